package main

import "github.com/spf13/cobra"

// workerCommand runs the worker alone.
func workerCommand(sh shell) *cobra.Command {
	var f serverFlags
	c := &cobra.Command{
		Use: "worker", Short: "Run a worker alone, on a Temporal cluster",
		Long: "Run a worker alone, on the Temporal cluster that TEMPORAL_ADDRESS, temporal.address or --address names. Workers run\n" +
			"the incidents; as many as you like share the work. Before a worker takes any, it checks that it can continue every\n" +
			"open incident. SIGHUP, or muster reload, reads configuration and runbooks again.",
		Example: "  TEMPORAL_ADDRESS=temporal:7233 muster worker --config musterbook.yaml", Args: words(),
		RunE: func(c *cobra.Command, _ []string) error {
			return serve(c.Context(), sh, f, stackOptions{Worker: true})
		},
	}
	f.addCommon(c)
	return c
}

package main

import "github.com/spf13/cobra"

// gatewayCommand runs the gateway alone.
func gatewayCommand(sh shell) *cobra.Command {
	var f serverFlags
	c := &cobra.Command{
		Use: "gateway", Short: "Run the gateway alone, on a Temporal cluster",
		Long: "Run the gateway alone, on the Temporal cluster that TEMPORAL_ADDRESS, temporal.address or --address names. It takes\n" +
			"alerts, the clicks of Slack, the keys of telephones, and the JSON API. SIGHUP, or muster reload, reads configuration\n" +
			"and runbooks again.",
		Example: "  TEMPORAL_ADDRESS=temporal:7233 muster gateway --config musterbook.yaml", Args: words(),
		RunE: func(c *cobra.Command, _ []string) error {
			return serve(c.Context(), sh, f, stackOptions{Gateway: true})
		},
	}
	f.addCommon(c)
	f.addListen(c)
	return c
}

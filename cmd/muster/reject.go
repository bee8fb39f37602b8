package main

import (
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// rejectCommand says no.
func rejectCommand(sh shell) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "reject KEY STEP --reason WHY", Short: "Reject what a step asks approval for",
		Example: `  muster reject INC-1 failover --reason "the replica lags"`, Args: words("KEY", "STEP"),
	}
	c = acting(sh, c, contract.VerbReject, func(words []string) contract.Act {
		return contract.Act{Step: words[0], Reason: reason}
	})
	c.Flags().StringVar(&reason, "reason", "", "why; required")
	required(c, "reason")
	return c
}

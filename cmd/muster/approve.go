package main

import (
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// approveCommand says yes.
func approveCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "approve KEY STEP", Short: "Approve what a step asks approval for",
		Example: "  muster approve INC-1 failover", Args: words("KEY", "STEP"),
	}
	return acting(sh, c, contract.VerbApprove, func(words []string) contract.Act { return contract.Act{Step: words[0]} })
}

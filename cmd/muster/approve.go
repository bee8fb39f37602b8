package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// approveCommand says yes.
func approveCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "approve KEY STEP [FIELD=VALUE…]", Short: "Approve what a step asks approval for",
		Long: "Approve what a step asks approval for. A text that waits for its review may be put into other words:\n" +
			"message=\"what is sent instead\".",
		Example: "  muster approve INC-1 failover", Args: wordsAndFields(false, "KEY", "STEP"),
	}
	return actingWith(sh, c, contract.VerbApprove, func(_ context.Context, a acted) (contract.Act, error) {
		fields, err := parseFields(a.words[1:])
		return contract.Act{Step: a.words[0], Fields: fields}, err
	})
}

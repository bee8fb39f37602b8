package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// skipCommand passes over a step.
func skipCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "skip KEY STEP [REASON]", Short: "Skip a step: one that holds, runs or waits, or that has not begun",
		Long: "Skip a step. One that runs or waits is withdrawn; one that has not begun is passed over when its turn comes. The steps\n" +
			"after it go on.",
		Example: "  muster skip INC-1 rollback it is done by hand", Args: wordsAndText("KEY", "STEP"),
	}
	return acting(sh, c, contract.VerbSkip, func(words []string) contract.Act {
		return contract.Act{Step: words[0], Reason: strings.Join(words[1:], " ")}
	})
}

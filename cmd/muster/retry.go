package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// retryCommand has a step tried again.
func retryCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "retry KEY STEP [REASON]", Short: "Try a step again that holds, runs or waits",
		Long: "Try a step again. One that holds begins anew, as when its question is answered with retry; one that runs or waits is\n" +
			"withdrawn first. Of a list, only the items that have failed begin again.",
		Example: "  muster retry INC-1 rollback", Args: wordsAndText("KEY", "STEP"),
	}
	return acting(sh, c, contract.VerbRetry, func(words []string) contract.Act {
		return contract.Act{Step: words[0], Reason: strings.Join(words[1:], " ")}
	})
}

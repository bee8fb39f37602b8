package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// stopCommand ends a step and its block as failed.
func stopCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "stop KEY STEP [REASON]", Short: "Stop a step, and end the block around it as failed",
		Long: "Stop a step that holds, runs or waits, and end the block around it as failed: a group, a branch, an item of a list,\n" +
			"or the phase. What follows is up to the on_failure of that block.",
		Example: "  muster stop INC-1 rollback", Args: wordsAndText("KEY", "STEP"),
	}
	return acting(sh, c, contract.VerbStop, func(words []string) contract.Act {
		return contract.Act{Step: words[0], Reason: strings.Join(words[1:], " ")}
	})
}

package main

import (
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// advanceCommand ends a phase.
func advanceCommand(sh shell) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "advance KEY [PHASE]", Short: "End the phase: what waits is withdrawn, what has not begun is skipped",
		Long: "End a phase that is under way, the latest unless you name another. What waits is withdrawn wherever it is shown, what\n" +
			"has not begun is skipped, and the next phase begins. Pages that nobody has acknowledged go on.",
		Example: `  muster advance INC-1 containment --reason "the traffic has moved"`, Args: wordsUpTo(1, "KEY", "PHASE"),
	}
	c = acting(sh, c, contract.VerbAdvance, func(words []string) contract.Act {
		return contract.Act{Value: phaseWord(words), Reason: reason}
	})
	c.Flags().StringVar(&reason, "reason", "", "why")
	return c
}

package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// returnCommand goes back to an earlier phase.
func returnCommand(sh shell) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "return KEY PHASE --reason WHY", Short: "Go back to an earlier phase, as a new pass of it",
		Long: "Go back to a phase that has begun. It and every later phase run again, whole, as a new pass; what waits in them is\n" +
			"withdrawn. What was done stays on the timeline, and is not taken back: that is muster revert.",
		Example: `  muster return INC-1 containment --reason "the errors are back"`, Args: words("KEY", "PHASE"),
	}
	c = acting(sh, c, contract.VerbReturn, func(words []string) contract.Act {
		return contract.Act{Value: phaseWord(words), Reason: reason}
	})
	c.Flags().StringVar(&reason, "reason", "", "why; required")
	required(c, "reason")
	return c
}

// phaseWord is a phase as people type it: "lessons-learned" is lessons_learned.
func phaseWord(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return strings.ReplaceAll(strings.ToLower(words[0]), "-", "_")
}

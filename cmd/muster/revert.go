package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// revertCommand takes recorded steps back.
func revertCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "revert KEY PHASE|STEP…", Short: "Take back what a phase, or steps, have done",
		Long: "Run the undo of steps that are done: of a whole phase, or of the steps named. The newest is taken back first, each at\n" +
			"most once. One that fails holds, and the others go on. muster show lists what can be taken back.",
		Example: "  muster revert INC-1 containment", Args: wordsAndText("KEY", "PHASE or STEP"),
	}
	return acting(sh, c, contract.VerbRevert, revertAct)
}

// revertAct is the act that takes a phase or steps back.
func revertAct(words []string) contract.Act {
	if phase := phaseWord(words); len(words) == 1 && slices.Contains(incident.Phases(), incident.Phase(phase)) {
		return contract.Act{Value: phase}
	}
	return contract.Act{Fields: map[string]any{"what": words}}
}

package main

import (
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// answerCommand answers a question of the runbook.
func answerCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "answer KEY STEP CHOICE", Short: "Answer a question",
		Long: "Answer a question of the runbook, accept or decline a role (accept, decline), or say what becomes of a step that\n" +
			"waits for you (retry, skip, stop). muster show KEY lists what is asked, with the choices.",
		Example: "  muster answer INC-1 stop rollback", Args: words("KEY", "STEP", "CHOICE"),
	}
	return acting(sh, c, contract.VerbAnswer, func(words []string) contract.Act {
		return contract.Act{Step: words[0], Value: words[1]}
	})
}

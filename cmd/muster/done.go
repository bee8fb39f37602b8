package main

import (
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// doneCommand says that a task is done.
func doneCommand(sh shell) *cobra.Command {
	var note string
	c := &cobra.Command{
		Use: "done KEY STEP", Short: "Say that a task is done",
		Example: `  muster done INC-1 cause --note "a bad deploy"`, Args: words("KEY", "STEP"),
	}
	c = acting(sh, c, contract.VerbDone, func(words []string) contract.Act {
		return contract.Act{Step: words[0], Reason: note}
	})
	c.Flags().StringVar(&note, "note", "", "what was done")
	return c
}

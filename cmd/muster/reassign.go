package main

import (
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// reassignCommand gives a question or a task to another person.
func reassignCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "reassign KEY STEP PERSON", Short: "Give a question or a task to another person",
		Long: "Give a question or a task to another person, who is asked at once and may answer it, besides those who could before.\n" +
			"A role is given with muster assign.",
		Example: "  muster reassign INC-1 cause ben", Args: words("KEY", "STEP", "PERSON"),
	}
	return acting(sh, c, contract.VerbReassign, func(words []string) contract.Act {
		return contract.Act{Step: words[0], Person: words[1]}
	})
}

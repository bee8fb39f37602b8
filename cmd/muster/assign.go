package main

import (
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// assignCommand gives a role to a person.
func assignCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "assign KEY ROLE PERSON", Short: "Give a role to a person",
		Example: "  muster assign INC-1 commander ana", Args: words("KEY", "ROLE", "PERSON"),
	}
	return acting(sh, c, contract.VerbAssign, func(words []string) contract.Act {
		return contract.Act{Role: incident.Role(words[0]), Person: words[1]}
	})
}

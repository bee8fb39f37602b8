package main

import (
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// cancelCommand ends what is no incident.
func cancelCommand(sh shell) *cobra.Command {
	var reason string
	var undo undoFlags
	c := &cobra.Command{
		Use: "cancel KEY --reason WHY", Short: "End an incident that is none after all",
		Example: `  muster cancel INC-1 --reason "a test"`, Args: words("KEY"),
	}
	c = acting(sh, c, contract.VerbCancel, func([]string) contract.Act {
		return contract.Act{Reason: reason, Undo: undo.choice()}
	})
	c.Flags().StringVar(&reason, "reason", "", "why; required")
	undo.add(c)
	required(c, "reason")
	return c
}

package main

import (
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// cancelCommand ends what is no incident.
func cancelCommand(sh shell) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "cancel KEY --reason WHY", Short: "End an incident that is none after all",
		Example: `  muster cancel INC-1 --reason "a test"`, Args: words("KEY"),
	}
	c = acting(sh, c, contract.VerbCancel, func([]string) contract.Act { return contract.Act{Reason: reason} })
	c.Flags().StringVar(&reason, "reason", "", "why; required")
	required(c, "reason")
	return c
}

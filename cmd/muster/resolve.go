package main

import (
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// resolveCommand ends an incident.
func resolveCommand(sh shell) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "resolve KEY", Short: "Say that the service works again: ends the incident and starts its review",
		Example: "  muster resolve INC-1", Args: words("KEY"),
	}
	c = acting(sh, c, contract.VerbResolve, func([]string) contract.Act { return contract.Act{Reason: reason} })
	c.Flags().StringVar(&reason, "reason", "", "what made it work again")
	return c
}

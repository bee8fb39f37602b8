package main

import (
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// severityCommand sets the severity.
func severityCommand(sh shell) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "severity KEY SEVERITY", Short: "Set the severity; lowering it needs a reason",
		Example: "  muster severity INC-1 SEV1", Args: words("KEY", "SEVERITY"),
	}
	c = acting(sh, c, contract.VerbSeverity, func(words []string) contract.Act {
		return contract.Act{Value: string(severityName(words[0])), Reason: reason}
	})
	c.Flags().StringVar(&reason, "reason", "", "why")
	return c
}

package main

import (
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// escalateCommand sends pages on.
func escalateCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "escalate KEY", Short: "Call the next level of the open pages at once",
		Long: "Call the next level at once, without waiting for the time that the present one has. Whoever was called\n" +
			"already may still acknowledge.",
		Example: "  muster escalate INC-1", Args: words("KEY"),
	}
	return acting(sh, c, contract.VerbEscalate, func([]string) contract.Act { return contract.Act{} })
}

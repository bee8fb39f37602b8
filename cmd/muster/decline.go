package main

import (
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// declineCommand takes whoever says so off the calls of one incident.
func declineCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "decline KEY", Short: "Not me: be called no more for this incident",
		Long: "Be called no more for this incident: your telephone stops, the buttons in your messages go, and a level that\n" +
			"waits for nobody else is over at once. Others are still called, and you may still acknowledge.",
		Example: "  muster decline INC-1", Args: words("KEY"),
	}
	return acting(sh, c, contract.VerbQuiet, func([]string) contract.Act { return contract.Act{} })
}

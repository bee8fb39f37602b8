package main

import (
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// ackCommand acknowledges.
func ackCommand(sh shell) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "ack KEY", Short: "Acknowledge: the pages that have rung for you, else the oldest",
		Long: "Acknowledge an incident: it ends the pages that have rung for you; if there are none, the oldest open page.\n" +
			"The answer says what still rings.",
		Example: "  muster ack INC-1", Args: words("KEY"),
	}
	c = acting(sh, c, contract.VerbAck, func([]string) contract.Act { return contract.Act{All: all} })
	c.Flags().BoolVar(&all, "all", false, "acknowledge every open page")
	return c
}

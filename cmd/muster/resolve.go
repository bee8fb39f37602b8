package main

import (
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// resolveCommand ends an incident.
func resolveCommand(sh shell) *cobra.Command {
	var reason string
	var undo undoFlags
	c := &cobra.Command{
		Use: "resolve KEY", Short: "Say that the service works again: ends the incident and starts its review",
		Long: "Say that the service works again: ends the incident and starts its review. Where steps can still be taken back, you\n" +
			"choose: --revert runs their undo first, --leave names them in the record.",
		Example: "  muster resolve INC-1", Args: words("KEY"),
	}
	c = acting(sh, c, contract.VerbResolve, func([]string) contract.Act {
		return contract.Act{Reason: reason, Undo: undo.choice()}
	})
	c.Flags().StringVar(&reason, "reason", "", "what made it work again")
	undo.add(c)
	return c
}

// undoFlags say what becomes of steps that can be taken back, when the incident ends.
type undoFlags struct{ revert, leave bool }

// add gives a command the flags.
func (f *undoFlags) add(c *cobra.Command) {
	c.Flags().BoolVar(&f.revert, "revert", false, "first take back what can be taken back")
	c.Flags().BoolVar(&f.leave, "leave", false, "leave it; the record names it")
	c.MarkFlagsMutuallyExclusive("revert", "leave")
}

// choice is what the person has said; empty where nothing was.
func (f *undoFlags) choice() string {
	switch {
	case f.revert:
		return contract.UndoRevert
	case f.leave:
		return contract.UndoLeave
	}
	return ""
}

package main

import (
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// resumeCommand lets the runbook go on.
func resumeCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "resume KEY", Short: "Let a runbook go on that was paused",
		Example: "  muster resume INC-1", Args: words("KEY"),
	}
	return acting(sh, c, contract.VerbResume, func([]string) contract.Act { return contract.Act{} })
}

package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// pauseCommand lets no further step begin.
func pauseCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "pause KEY [REASON]", Short: "Pause the runbook: no further step begins; pages and questions go on",
		Example: "  muster pause INC-1 the vendor is looking", Args: wordsAndText("KEY"),
	}
	return acting(sh, c, contract.VerbPause, func(words []string) contract.Act {
		return contract.Act{Reason: strings.Join(words, " ")}
	})
}

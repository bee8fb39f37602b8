package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// noteCommand writes on the timeline.
func noteCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "note KEY TEXT", Short: "Write a note on the timeline",
		Example: "  muster note INC-1 the error rate falls", Args: wordsAndText("KEY", "TEXT"),
	}
	return acting(sh, c, contract.VerbNote, func(words []string) contract.Act {
		return contract.Act{Value: strings.Join(words, " ")}
	})
}

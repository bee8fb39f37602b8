package main

import (
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// withdrawCommand takes the words of a note away.
func withdrawCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "withdraw KEY LINE", Short: "Take a note off the timeline, or a message that was pinned",
		Long: "Take the words of a note away, or of a message that was pinned in the chat: a mistake, or what must not stand in\n" +
			"the record. The line stays and says who has withdrawn it. muster timeline shows its number. Temporal's history\n" +
			"keeps the words as long as it keeps the incident, and so does a ticket that has them: a secret must be changed.",
		Example: "  muster withdraw INC-1 12", Args: words("KEY", "LINE"),
	}
	return acting(sh, c, contract.VerbWithdraw, func(words []string) contract.Act { return contract.Act{Value: words[0]} })
}

package main

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/gateway"
)

// drillCommand begins an incident that only people notice.
func drillCommand(sh shell) *cobra.Command {
	var f declareFlags
	var title, room string
	var telephones bool
	c := &cobra.Command{
		Use: "drill RUNBOOK", Short: "Practise a runbook on the real server, with people and without effects",
		Long: "Begin a drill: an incident on the real server that drives the runbook, asks people, escalates and keeps the record.\n" +
			"Not done, only written down: actions, http, commands, tickets, bridges, updates to anybody outside, and their undo.\n" +
			"All messages and questions go to one private room. Nobody is telephoned, unless you say --telephones.\n" +
			"DRILL stands in everything that it says; lists and statistics leave it out (muster list --drills).",
		Example: "  muster drill service-outage --room '#drill' --service checkout --severity SEV2",
		Args:    words("RUNBOOK"), ValidArgsFunction: completeBooks(sh, &f.files),
		RunE: func(c *cobra.Command, words []string) error {
			f.runbook = words[0]
			n, err := f.incident(cmp.Or(title, words[0]))
			if err != nil {
				return err
			}
			n.Drill, n.DrillRoom, n.Telephones = true, room, telephones
			return f.begun(c.Context(), sh, n)
		},
	}
	f.addBeginning(c)
	c.Flags().StringVar(&title, "title", "", "what is played (default the runbook's name)")
	c.Flags().StringVar(&room, "room", "#drill", "the private room; drills of one name share it")
	c.Flags().BoolVar(&telephones, "telephones", false, "really call and text people; the first words are \"This is a drill\"")
	return c
}

// completeBooks suggests the runbooks that are here. Whatever goes wrong suggests nothing.
func completeBooks(sh shell, files *sources) cobra.CompletionFunc {
	return func(_ *cobra.Command, words []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(words) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		books, err := callerBooks(sh, *files)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var found []cobra.Completion
		for _, book := range books.Known() {
			found = append(found, book.ID)
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// drillLines say of a drill where it plays and what it does not do; nothing of an incident.
func drillLines(n gateway.NewIncident, begun gateway.Declared) []string {
	if !n.Drill {
		return nil
	}
	lines := []string{
		"It is a drill, in the private room #" + begun.DrillRoom + ". Systems, tickets and customers are left alone;",
		"what would have been done there is written into the room and on the timeline.",
	}
	if n.Telephones {
		return append(lines, "People are really called, with the words: This is a drill.")
	}
	return append(lines, "Nobody is called or texted: people acknowledge in the room, or with muster ack.")
}

package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// sendCommand sends a signal that the runbook waits for.
func sendCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "send KEY SIGNAL [FIELD=VALUE…]", Short: "Send a signal that the runbook waits for",
		Long: "Send a signal that an await step waits for, or will: one that comes early counts. muster show lists what is awaited,\n" +
			"with its fields.\n\n" + fieldsHelp,
		Example: "  muster send INC-1 restored region=eu", Args: wordsAndFields(false, "KEY", "SIGNAL"),
	}
	return actingWith(sh, c, contract.VerbSend, func(_ context.Context, a acted) (contract.Act, error) {
		fields, err := parseFields(a.words[1:])
		return contract.Act{Value: a.words[0], Fields: fields}, err
	})
}

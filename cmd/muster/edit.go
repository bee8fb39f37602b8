package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
)

// editCommand gives a step that holds other parameters.
func editCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "edit KEY STEP FIELD=VALUE…", Short: "Give a step that holds other parameters; muster retry runs it with them",
		Long: "Give a step that holds other parameters, by the names that the runbook has for them: with.service, timeout, message,\n" +
			"or the step's kind for its main value (http, say). They count as they stand, when the step is tried again with\n" +
			"muster retry.\n\n" + fieldsHelp,
		Example: "  muster edit INC-1 rollback with.service=checkout with.replicas:=3", Args: wordsAndFields(true, "KEY", "STEP"),
	}
	return actingWith(sh, c, contract.VerbEdit, func(_ context.Context, a acted) (contract.Act, error) {
		fields, err := parseFields(a.words[1:])
		return contract.Act{Step: a.words[0], Fields: fields}, err
	})
}

package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
)

// Buttons that need more than a click say so (contract.Button.Form): the chat asks for the rest before it sends the act.

// formButtons are the acts of the card that always make sense, and always need more than a click.
func (r *run) formButtons(ctx workflow.Context) []contract.Button {
	var buttons []contract.Button
	if r.inc.Severity != "" {
		buttons = append(buttons, r.button(ctx, "Severity…", contract.VerbSeverity, ""))
	}
	buttons = append(buttons, r.button(ctx, "Page…", contract.VerbPage, ""), r.button(ctx, "Roles…", contract.VerbAssign, ""))
	for n := range buttons {
		buttons[n].Form = true
	}
	return buttons
}

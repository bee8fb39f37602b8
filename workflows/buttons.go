package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Buttons that need more than a click say so (contract.Button.Form): the chat asks for the rest before it sends the act.

// questionButtons are the answers of a question. Where there is more to say than the choice, a button asks for that.
func (r *run) questionButtons(ctx workflow.Context, q *incident.Question) []contract.Button {
	var buttons []contract.Button
	for _, c := range q.Choices {
		b := r.button(ctx, c.Label, contract.VerbAnswer, c.Key)
		b.Question = q.Key
		switch q.Kind {
		case incident.QuestionSeverity:
			b.Verb = contract.VerbSeverity
		case incident.QuestionTask:
			b.Verb = contract.VerbDone
		case incident.QuestionApprove:
			b.Verb = contract.VerbApprove
			if c.Key == incident.ChoiceNo {
				b.Verb, b.Danger, b.Form = contract.VerbReject, true, true
			}
		case incident.QuestionForm:
			b.Label, b.Form = "Fill in…", true
		case incident.QuestionSignal:
			b.Label, b.Verb, b.Value, b.Form = "Send "+q.Signal, contract.VerbSend, q.Signal, len(q.Form) > 0
		case incident.QuestionHold:
			b.Form = c.Key == incident.ChoiceSkip
		case incident.QuestionAsk, incident.QuestionAssign:
		}
		buttons = append(buttons, b)
	}
	if q.Kind == incident.QuestionApprove && len(q.Form) > 0 {
		change := r.button(ctx, "Change it…", contract.VerbApprove, incident.ChoiceYes)
		change.Question, change.Form = q.Key, true
		buttons = append(buttons, change)
	}
	return buttons
}

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

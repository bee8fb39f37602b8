package contract

import "github.com/musterbook/musterbook/incident"

// Reach says which incident a button acts on.
type Reach struct {
	Incident string       // workflow id
	Key      incident.Key // empty while it has no number
}

// Button makes a button that reaches the incident.
func (to Reach) Button(label string, verb Verb, value string) Button {
	return Button{Label: label, Verb: verb, Value: value, Incident: to.Incident, Key: string(to.Key)}
}

// Answers are the answers of a question. Where there is more to say than the choice, a button asks for that.
func (to Reach) Answers(q *incident.Question) []Button {
	var buttons []Button
	for _, c := range q.Choices {
		b := to.Button(c.Label, VerbAnswer, c.Key)
		b.Question = q.Key
		switch q.Kind {
		case incident.QuestionSeverity:
			b.Verb = VerbSeverity
		case incident.QuestionTask:
			b.Verb = VerbDone
		case incident.QuestionApprove:
			b.Verb = VerbApprove
			if c.Key == incident.ChoiceNo {
				b.Verb, b.Danger, b.Form = VerbReject, true, true
			}
		case incident.QuestionForm:
			b.Label, b.Form = "Fill in…", true
		case incident.QuestionSignal:
			b.Label, b.Verb, b.Value, b.Form = "Send "+q.Signal, VerbSend, q.Signal, len(q.Form) > 0
		case incident.QuestionHold:
			b.Form = c.Key == incident.ChoiceSkip
		case incident.QuestionAsk, incident.QuestionAssign:
		}
		buttons = append(buttons, b)
	}
	if q.Kind == incident.QuestionApprove && len(q.Form) > 0 {
		change := to.Button("Change it…", VerbApprove, incident.ChoiceYes)
		change.Question, change.Form = q.Key, true
		buttons = append(buttons, change)
	}
	return buttons
}

// Ringing is what somebody can do about a page that calls them. The attempt is the one whose message shows it; 0 = none.
func (to Reach) Ringing(page string, attempt int) []Button {
	buttons := []Button{
		to.Button("Acknowledge", VerbAck, ""), to.Button("Escalate", VerbEscalate, ""), to.Button("Not me", VerbQuiet, ""),
	}
	for n := range buttons {
		buttons[n].Page, buttons[n].Attempt = page, attempt
	}
	return buttons
}

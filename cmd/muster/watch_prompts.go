package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
)

// prompt is one thing that is asked of the person.
type prompt struct {
	question string // key of the question that it answers; empty = it answers none
	title    string
	notes    []string // what helps to answer
	options  []option // of which one is picked; none = a text is typed
	names    []string // suggestions for the text
	typing   string   // what is typed, beside the line
	blank    bool     // an empty text is an answer
	problem  string   // what was wrong with the last answer
	// then says what an answer leads to: another prompt, a deed, or an error that the person can mend.
	then func(answer string) (*prompt, *gateway.Deed, error)
}

// option is one possible answer, picked by its number or its letter.
type option struct {
	value, label string
	letter       string // empty where every letter of it is taken
}

// choose makes options of values and labels; each takes the first letter of its value that is free.
func choose(pairs ...[2]string) []option {
	var out []option
	taken := map[rune]bool{}
	for _, pair := range pairs {
		o := option{value: pair[0], label: cmp.Or(pair[1], pair[0])}
		for _, r := range strings.ToLower(o.value) {
			if !taken[r] && r < unicode.MaxASCII && unicode.IsLetter(r) {
				taken[r], o.letter = true, string(r)
				break
			}
		}
		out = append(out, o)
	}
	return out
}

// pick finds the option of a key.
func (p *prompt) pick(key string) (string, bool) {
	for n, o := range p.options {
		if key == strconv.Itoa(n+1) || o.letter != "" && strings.EqualFold(key, o.letter) {
			return o.value, true
		}
	}
	return "", false
}

// sure asks for a yes where somebody is called or a telephone falls silent by one key.
func (m *watch) sure(title string, verb contract.Verb) *prompt {
	return &prompt{
		title: title, options: choose([2]string{"yes", "Yes"}, [2]string{"no", "No"}),
		then: func(answer string) (*prompt, *gateway.Deed, error) {
			if answer != "yes" {
				return nil, nil, nil
			}
			return nil, m.deed(verb, contract.Act{}), nil
		},
	}
}

// severityPrompt asks for the severity, and for a reason where it is lowered. The question may be empty.
func (m *watch) severityPrompt(question string) *prompt {
	inc := &m.shown.Incident
	options := make([]option, 0, len(inc.Severities)) // by number alone: their letters are mostly the same
	for _, s := range inc.Severities {
		label := string(s)
		if s == inc.Severity {
			label += " (now)"
		}
		options = append(options, option{value: string(s), label: label})
	}
	return &prompt{
		question: question, title: "How severe is it?", options: options,
		then: func(answer string) (*prompt, *gateway.Deed, error) {
			change := incident.SeverityChange{To: incident.Severity(answer)}
			err := inc.CheckSeverity(change)
			if err == nil {
				return nil, m.deed(contract.VerbSeverity, contract.Act{Value: answer}), nil
			}
			change.Reason = "given"
			if inc.CheckSeverity(change) != nil {
				return nil, nil, err
			}
			return m.reasonPrompt(question, err.Error(), func(reason string) *gateway.Deed {
				return m.deed(contract.VerbSeverity, contract.Act{Value: answer, Reason: reason})
			}), nil, nil
		},
	}
}

// reasonPrompt asks why; the answer must be there.
func (m *watch) reasonPrompt(question, title string, deed func(reason string) *gateway.Deed) *prompt {
	return &prompt{
		question: question, title: title, typing: "why", then: func(answer string) (*prompt, *gateway.Deed, error) {
			return nil, deed(answer), nil
		},
	}
}

// notePrompt asks for a line of the timeline.
func (m *watch) notePrompt() *prompt {
	return &prompt{title: "A note on the timeline", typing: "note", then: func(answer string) (*prompt, *gateway.Deed, error) {
		return nil, m.deed(contract.VerbNote, contract.Act{Value: answer}), nil
	}}
}

// pagePrompt asks whom to page, and with which words.
func (m *watch) pagePrompt() *prompt {
	notes := []string{"A person, a role, a schedule, a team or a policy. Tab completes a name."}
	return &prompt{title: "Whom to page?", notes: notes, typing: "name", names: m.names, then: func(target string) (*prompt, *gateway.Deed, error) {
		return &prompt{
			title: "Page " + target, typing: "message, or nothing", blank: true, then: func(message string) (*prompt, *gateway.Deed, error) {
				return nil, m.deed(contract.VerbPage, contract.Act{Value: target, Reason: message}), nil
			},
		}, nil, nil
	}}
}

// resolvePrompt asks what becomes of what can be taken back, and what made the service work again.
func (m *watch) resolvePrompt() *prompt {
	reason := func(undo string) *prompt {
		return &prompt{
			title: "The service works again: resolve " + string(m.key), typing: "what helped, or nothing", blank: true,
			then: func(answer string) (*prompt, *gateway.Deed, error) {
				return nil, m.deed(contract.VerbResolve, contract.Act{Reason: answer, Undo: undo}), nil
			},
		}
	}
	var left []string
	for _, u := range m.shown.Undo {
		if !u.Reverted {
			left = append(left, u.Address)
		}
	}
	if len(left) == 0 {
		return reason("")
	}
	return &prompt{
		title: "What becomes of what can be taken back?", notes: []string{strings.Join(left, ", ")},
		options: choose([2]string{contract.UndoRevert, "First take it back"}, [2]string{contract.UndoLeave, "Leave it; the record names it"}),
		then:    func(undo string) (*prompt, *gateway.Deed, error) { return reason(undo), nil, nil },
	}
}

// questionPrompt asks for the answer to a question, as its kind wants it.
func (m *watch) questionPrompt(q *incident.Question) *prompt {
	p := &prompt{question: q.Key, title: q.Step + ": " + oneLine(q.Text), notes: m.questionNotes(q)}
	answer := func(verb contract.Verb, act contract.Act) *gateway.Deed {
		act.Step, act.Question = q.Step, q.Key
		return m.deed(verb, act)
	}
	switch q.Kind {
	case incident.QuestionSeverity:
		severity := m.severityPrompt(q.Key)
		severity.notes = p.notes
		return severity
	case incident.QuestionForm:
		return m.formPrompt(q, func(fields map[string]any) *gateway.Deed {
			return answer(contract.VerbAnswer, contract.Act{Value: incident.ChoiceFilled, Fields: fields})
		})
	case incident.QuestionSignal:
		return m.formPrompt(q, func(fields map[string]any) *gateway.Deed {
			return m.deed(contract.VerbSend, contract.Act{Value: q.Signal, Fields: fields})
		})
	case incident.QuestionTask:
		p.typing, p.blank = "done; what was done, or nothing", true
		p.then = func(note string) (*prompt, *gateway.Deed, error) {
			return nil, answer(contract.VerbDone, contract.Act{Reason: note}), nil
		}
		return p
	case incident.QuestionApprove:
		p.options = choose([2]string{incident.ChoiceYes, "Approve"}, [2]string{incident.ChoiceNo, "Reject"})
		p.then = func(choice string) (*prompt, *gateway.Deed, error) {
			if choice == incident.ChoiceYes {
				return nil, answer(contract.VerbApprove, contract.Act{}), nil
			}
			return m.reasonPrompt(q.Key, "Reject "+q.Step, func(reason string) *gateway.Deed {
				return answer(contract.VerbReject, contract.Act{Reason: reason})
			}), nil, nil
		}
		return p
	case incident.QuestionAsk, incident.QuestionAssign, incident.QuestionHold:
	}
	pairs := make([][2]string, 0, len(q.Choices))
	for _, c := range q.Choices {
		pairs = append(pairs, [2]string{c.Key, oneLine(c.Label)})
	}
	p.options = choose(pairs...)
	p.then = func(choice string) (*prompt, *gateway.Deed, error) {
		return nil, answer(contract.VerbAnswer, contract.Act{Value: choice}), nil
	}
	return p
}

// questionNotes are who is asked, until when, and what belongs to it.
func (m *watch) questionNotes(q *incident.Question) []string {
	var notes []string
	if len(q.Who) > 0 {
		notes = append(notes, "asked of "+strings.Join(q.Who, ", "))
	}
	if q.Quorum > 1 {
		notes = append(notes, fmt.Sprintf("%d of %d have approved", len(q.Votes), q.Quorum))
	}
	if !q.Deadline.IsZero() {
		notes = append(notes, untilText(q))
	}
	for _, item := range q.Checklist {
		notes = append(notes, "- "+oneLine(item))
	}
	return slices.Clip(notes)
}

package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
)

// formPrompt asks for a form field by field, and shows what will be sent before it is. The fields are checked as the
// incident itself checks them.
func (m *watch) formPrompt(q *incident.Question, send func(fields map[string]any) *gateway.Deed) *prompt {
	return m.fieldPrompt(form{q: q, send: send, fields: map[string]any{}}, 0)
}

// form is a form that is being filled in.
type form struct {
	q      *incident.Question
	fields map[string]any
	send   func(map[string]any) *gateway.Deed
}

// fieldPrompt asks for the nth field, and after the last one whether all is right.
func (m *watch) fieldPrompt(f form, n int) *prompt {
	p := &prompt{question: f.q.Key, title: f.q.Step + ": " + oneLine(f.q.Text)}
	if n == len(f.q.Form) {
		p.notes = append(m.questionNotes(f.q), f.filled()...)
		p.options = choose([2]string{"send", "Send it"}, [2]string{"again", "Begin again"})
		p.then = func(answer string) (*prompt, *gateway.Deed, error) {
			if answer == "again" {
				return m.formPrompt(f.q, f.send), nil, nil
			}
			return nil, f.send(f.fields), nil
		}
		return p
	}
	field := f.q.Form[n]
	p.notes = f.filled()
	if field.Description != "" {
		p.notes = append(p.notes, oneLine(field.Description))
	}
	p.typing, p.options = fmt.Sprintf("%d/%d %s", n+1, len(f.q.Form), fieldWord(field)), fieldOptions(field)
	p.blank = !field.Required || field.Default != nil
	p.then = func(answer string) (*prompt, *gateway.Deed, error) {
		filled, err := incident.FillForm([]incident.FormField{field}, map[string]any{field.Name: answer})
		if err != nil {
			return nil, nil, err
		}
		next := form{q: f.q, send: f.send, fields: maps.Clone(f.fields)}
		maps.Copy(next.fields, filled)
		return m.fieldPrompt(next, n+1), nil, nil
	}
	return p
}

// fieldOptions are the values of a field that has few; none where one is typed.
func fieldOptions(f incident.FormField) []option {
	values := f.Enum
	if f.Type == "bool" {
		values = []string{"yes", "no"}
	}
	if len(values) == 0 {
		return nil
	}
	var pairs [][2]string
	for _, value := range values {
		pairs = append(pairs, [2]string{value, value})
	}
	switch {
	case f.Default != nil:
		pairs = append(pairs, [2]string{"", fmt.Sprintf("the default, %v", f.Default)})
	case !f.Required:
		pairs = append(pairs, [2]string{"", "nothing"})
	}
	return choose(pairs...)
}

// filled are the fields that were filled in, in the form's order.
func (f form) filled() []string {
	var out []string
	for _, field := range f.q.Form {
		if value, ok := f.fields[field.Name]; ok {
			out = append(out, oneLine(fmt.Sprintf("%s = %v", field.Name, value)))
		}
	}
	return slices.Clip(out)
}

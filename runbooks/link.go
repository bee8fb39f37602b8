package runbooks

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/expression"
)

// link pins what the runbook takes from its surroundings: the runbooks that it imports, and the manifests of its
// actions. What is not known is left open.
func (r *reader) link(rb *Runbook, known Known) {
	rb.Walk(func(_ Place, s *Step) {
		switch {
		case s.Runbook != nil && s.Runbook.ID != "" && known.Runbooks != nil:
			r.linkImport(rb, s, known)
		case s.Action != nil && s.Action.Name != "" && known.Actions != nil:
			r.linkAction(s, known.Actions)
		case s.Update != nil && known.Audiences != nil:
			r.knownName(s.Path+".update", "audience", s.Update.Audience, known.Audiences)
		case s.Bridge != nil && known.Bridges != nil:
			r.knownName(s.Path+".bridge", "bridge", s.Bridge.Provider, known.Bridges)
		case s.Ticket != nil && known.Trackers != nil:
			r.knownName(s.Path+".ticket", "tracker", s.Ticket.Tracker, known.Trackers)
		}
	})
}

// linkAction pins the manifest of an action and checks what it is given.
func (r *reader) linkAction(s *Step, actions map[string]Manifest) {
	m, ok := actions[s.Action.Name]
	if !ok {
		r.knownName(s.Path+".action", "action", s.Action.Name, sortedKeys(actions))
		return
	}
	s.Action.Manifest = &m
	r.checkWith(s, "action "+s.Action.Name, s.Action.With, m.In)
}

// checkWith compares what a step gives with what is taken.
func (r *reader) checkWith(s *Step, what string, with []Field, takes []Input) {
	var names []string
	for _, in := range takes {
		names = append(names, in.Name)
		given := slices.ContainsFunc(with, func(f Field) bool { return f.Name == in.Name })
		if in.Required && in.Default == nil && !given && in.Name != inputService {
			r.report(r.place(s.Path), Problem{Code: CodeWith, Message: fmt.Sprintf("%s needs %s", what, in.Name), Hint: fmt.Sprintf("write with: { %s: … }", in.Name)})
		}
	}
	for _, f := range with {
		place := r.place(s.Path + ".with." + f.Name)
		i := slices.IndexFunc(takes, func(in Input) bool { return in.Name == f.Name })
		if i < 0 {
			p := Problem{Code: CodeWith, Message: fmt.Sprintf("%s takes no %q", what, f.Name), Hint: "it takes " + orNothing(names)}
			if near, ok := expression.Nearest(f.Name, names); ok {
				p.Hint = fmt.Sprintf("did you mean %q?", near)
			}
			r.report(place, p)
			continue
		}
		if text, isText := f.Value.(string); isText && strings.Contains(text, "${{") {
			continue // its type is known only when it is filled in
		}
		if _, err := takes[i].accept(f.Value); err != nil {
			r.report(place, Problem{Code: CodeWith, Message: fmt.Sprintf("%s of %s: %v", f.Name, what, err)})
		}
	}
}

// orNothing lists names for a message.
func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// linkImport pins an imported runbook below its step.
func (r *reader) linkImport(rb *Runbook, s *Step, known Known) {
	place := s.Path + ".runbook"
	body, err := importOf(s.Runbook.ID, []string{rb.ID}, known)
	if err != nil {
		p := Problem{Code: CodeUnknownName, Message: err.Error(), Hint: "name a runbook that lies beside this one"}
		var circle *cycle
		if errors.As(err, &circle) {
			p.Code, p.Hint = CodeCycle, "take the steps that both need into a runbook of their own"
		}
		r.report(r.place(place), p)
		return
	}
	r.checkWith(s, "runbook "+s.Runbook.ID, s.Runbook.With, body.Inputs)
	body.rebase(s.Path+"/runbook/", s.Address+"/")
	s.Runbook.Body = body
}

// cycle is a runbook that comes back to itself.
type cycle struct{ ids []string }

func (c *cycle) Error() string { return "runbooks import one another: " + strings.Join(c.ids, " → ") }

// importOf reads a runbook and what it imports in turn, as a copy of its own.
func importOf(id string, above []string, known Known) (*Runbook, error) {
	if slices.Contains(above, id) {
		return nil, &cycle{ids: append(slices.Clip(above), id)}
	}
	found, err := known.Runbooks(id)
	if err != nil {
		return nil, err
	}
	body, err := found.copied()
	if err != nil {
		return nil, err
	}
	body.Match, body.Watch, body.Finally = "", nil, nil // these are the incident's, and this is a part of one
	var first error
	body.Walk(func(_ Place, s *Step) {
		switch {
		case first != nil:
		case s.Action != nil:
			if m, ok := known.Actions[s.Action.Name]; ok {
				s.Action.Manifest = &m
			}
		case s.Runbook != nil:
			inner, err := importOf(s.Runbook.ID, append(slices.Clip(above), id), known)
			if err != nil {
				first = err
				return
			}
			inner.rebase(s.Path+"/runbook/", s.Address+"/")
			s.Runbook.Body = inner
		}
	})
	return body, first
}

// copied is a deep copy.
func (rb *Runbook) copied() (*Runbook, error) {
	text, err := rb.JSON()
	if err != nil {
		return nil, err
	}
	out := &Runbook{}
	if err := json.Unmarshal(text, out); err != nil {
		return nil, fmt.Errorf("copy runbook %s: %w", rb.ID, err)
	}
	return out, nil
}

// rebase moves a runbook below a step: its paths and addresses begin with the step's.
func (rb *Runbook) rebase(path, address string) {
	rb.WalkAll(func(_ Place, s *Step) { s.Path, s.Address = path+s.Path, address+s.Address })
}

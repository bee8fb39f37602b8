package workflows

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// values is what expressions see: workflow state alone, at one instant.
type values struct {
	r       *run
	at      time.Time
	elapsed time.Duration // of the incident; a wait sees it as it was when the wait began
}

// values at the present instant.
func (r *run) values(ctx workflow.Context) values {
	return r.seenAt(now(ctx))
}

// seenAt is what expressions see of the present state, with the clock of another instant.
func (r *run) seenAt(at time.Time) values {
	return values{r: r, at: at, elapsed: at.Sub(r.inc.DeclaredAt)}
}

// Lookup gives a variable by its dotted name, and false while it is not known.
func (v values) Lookup(name string) (any, bool) {
	inc := v.r.inc
	switch name {
	case "severity":
		return string(inc.Severity), true
	case "level":
		return inc.Level(), true
	case "phase":
		return string(inc.Phase), true
	case "pass":
		return v.r.st.Pass, true
	case "elapsed":
		return v.elapsed, true
	case "phase_elapsed":
		return v.at.Sub(inc.PhaseAt), true
	}
	area, rest, _ := strings.Cut(name, ".")
	switch area {
	case "policy":
		value, ok := v.r.row().Columns[rest]
		return value, ok
	case "inputs":
		value, ok := v.r.st.Inputs[rest]
		return value, ok
	case "vars":
		value, ok := v.r.st.Vars[rest]
		return value, ok
	case "roles":
		return v.role(incident.Role(rest))
	case "incident":
		return v.incident(rest)
	case "steps":
		return v.step(rest)
	}
	return nil, false
}

// row is the severity's row in force; while the severity is not set it is the worst.
func (r *run) row() runbooks.SeverityRow { return r.in.Runbook.Severities[r.inc.Level()-1] }

// role is the present holder's name, else the name that the runbook fills the role with.
func (v values) role(role incident.Role) (any, bool) {
	if h, ok := v.r.inc.Holders[role]; ok {
		return h.Name, true
	}
	return v.r.fill(role, v)
}

// fill is the name that the runbook's table gives for a role.
func (r *run) fill(role incident.Role, v values) (any, bool) {
	for _, entry := range r.in.Runbook.Roles {
		if entry.Name != role {
			continue
		}
		if entry.Fill == "${{ roles."+string(role)+" }}" {
			return nil, false
		}
		out, err := r.plan.Text(entry.Fill).Eval(v)
		if err != nil || !out.Known() {
			return nil, false
		}
		return out.Value, true
	}
	return nil, false
}

// incident gives a field of the incident.
func (v values) incident(field string) (any, bool) {
	inc := v.r.inc
	texts := map[string]string{
		"id": inc.ID, "key": strings.TrimPrefix(string(inc.Key), "INC-"), "title": inc.Title, "type": inc.Type,
		"url": inc.URL, "declared_by": inc.DeclaredBy.String(), "service": inc.Service, "codename": inc.Title,
	}
	if text, ok := texts[field]; ok {
		return text, true
	}
	switch field {
	case "services":
		return []any{inc.Service}, true
	case "labels":
		labels := map[string]any{}
		for _, k := range sortedKeys(inc.Labels) {
			labels[k] = inc.Labels[k]
		}
		return labels, true
	}
	return nil, false
}

// step gives a field of a step: its common ones at any time, its outputs when they are there.
func (v values) step(name string) (any, bool) {
	id, field, _ := strings.Cut(name, ".")
	s := v.r.plan.Step(id)
	if s == nil {
		return nil, false
	}
	sr := v.r.stepRun(s)
	switch field {
	case "state":
		if sr.State == contract.StepPending {
			return "pending", true
		}
		return string(sr.State), true
	case "by":
		if by, ok := sr.Output[field]; ok {
			return by, true
		}
		return sr.By, sr.By != "" || sr.State.Terminal()
	case "started":
		return sr.Started, !sr.Started.IsZero()
	case "ended":
		return sr.Ended, !sr.Ended.IsZero()
	}
	value, ok := sr.Output[field]
	return value, ok
}

// fillInputs completes the inputs with their defaults and computes the constants; it answers what is missing, in words.
func (r *run) fillInputs() string {
	if r.st.Inputs == nil {
		r.st.Inputs = map[string]any{}
	}
	var missing []string
	for _, input := range r.in.Runbook.Inputs {
		if _, given := r.st.Inputs[input.Name]; given {
			continue
		}
		switch {
		case input.Name == "service" && r.inc.Service != "":
			r.st.Inputs[input.Name] = r.inc.Service
		case input.Default != nil:
			r.st.Inputs[input.Name] = input.Default
		case input.Required:
			missing = append(missing, input.Name)
		}
	}
	r.st.Vars = map[string]any{}
	for _, v := range r.in.Runbook.Vars {
		out, err := r.plan.Expression(v.Value).Eval(values{r: r, at: r.inc.DeclaredAt})
		if err != nil || !out.Known() {
			missing = append(missing, "vars."+v.Name)
			continue
		}
		r.st.Vars[v.Name] = out.Value
	}
	if len(missing) == 0 {
		return ""
	}
	return "the runbook's inputs are incomplete: " + strings.Join(missing, ", ") + "; steps that read them will hold"
}

// sortedKeys lists a map's keys in order, so that no workflow depends on the order of a map.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return workflow.DeterministicKeys(m)
}

// missing is a value that a step needs and that will not come.
type missing struct{ what string }

func (m *missing) Error() string { return m.what }

// evaluate computes a text or condition for a step. What a running step will still give is waited for; what a skipped
// step can never give is an error that says so.
func (r *run) evaluate(ctx workflow.Context, eval func(expression.Values) (expression.Result, error)) (any, error) {
	for {
		out, err := eval(r.values(ctx))
		if err != nil {
			return nil, &missing{what: err.Error()}
		}
		if out.Known() {
			return out.Value, nil
		}
		if err := r.awaitKnown(ctx, out.Unknown); err != nil {
			return nil, err
		}
	}
}

// awaitKnown waits until one of the unknown values is there or can never be.
func (r *run) awaitKnown(ctx workflow.Context, names []string) error {
	for _, name := range names {
		id, _, _ := strings.Cut(strings.TrimPrefix(name, "steps."), ".")
		s := r.plan.Step(id)
		if !strings.HasPrefix(name, "steps.") || s == nil {
			return &missing{what: fmt.Sprintf("needs `%s`, which has no value", name)}
		}
		sr := r.stepRun(s)
		given := func() bool { _, ok := r.values(ctx).Lookup(name); return ok }
		over := func() bool { return given() || (sr.State.Terminal() && !r.inOutbox(r.stepKey(s))) }
		if sr.State == contract.StepPending {
			return &missing{what: fmt.Sprintf("needs `%s`, which was never reached", name)}
		}
		until := never
		if s.Kind == runbooks.KindChannel || s.Kind == runbooks.KindSay {
			otherwise := roomTimeout
			if s.Kind == runbooks.KindSay {
				otherwise = sayTimeout
			}
			until = timeAt(sr.Started.Add(r.durationAt(s.Timeout, otherwise, r.seenAt(sr.Started))))
		}
		ok, err := wait(ctx, waiting{summary: "wait for " + name, done: over, until: until})
		if err != nil {
			return err
		}
		if !ok {
			r.fallBack(ctx, s, sr)
		}
		if !given() {
			return &missing{what: fmt.Sprintf("needs `%s`, which was %s", name, strings.ReplaceAll(string(sr.State), "_", " "))}
		}
	}
	return nil
}

// How long the output of a telling is waited for, unless its step says otherwise.
const (
	roomTimeout = time.Minute
	sayTimeout  = 30 * time.Second
)

// fallBack fills the outputs of a telling that chat has not taken in time, so that doing goes on.
func (r *run) fallBack(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) {
	sr.Output = noOutput(s.Kind)
	r.log(ctx, incident.Entry{Kind: incident.EntryProblem, Step: s.Address, Text: "chat has not answered in time; going on without it"})
}

// noOutput is what a telling has for output when chat has not taken it.
func noOutput(kind runbooks.Kind) map[string]any {
	if kind == runbooks.KindChannel {
		return map[string]any{"id": "", "name": "", "url": ""}
	}
	return map[string]any{"ts": ""}
}

// inOutbox says whether something of a step still waits to be delivered.
func (r *run) inOutbox(stepKey string) bool {
	return slices.ContainsFunc(r.st.Outbox, func(o contract.Outgoing) bool { return o.Step == stepKey })
}

// text computes a text of a step as a string.
func (r *run) text(ctx workflow.Context, source string) (string, error) {
	if source == "" {
		return "", nil
	}
	value, err := r.evaluate(ctx, r.plan.Text(source).Eval)
	if err != nil {
		return "", err
	}
	return expression.Format(value), nil
}

// names computes texts that name people; one text may give a list.
func (r *run) names(ctx workflow.Context, sources []string) ([]string, error) {
	var out []string
	for _, source := range sources {
		value, err := r.evaluate(ctx, r.plan.Text(source).Eval)
		if err != nil {
			return nil, err
		}
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		for _, v := range list {
			out = append(out, expression.Format(v))
		}
	}
	return out, nil
}

// durationAt computes a duration as it is seen from given values, without waiting for anything; a text that is empty or
// has no value yet gives the default.
func (r *run) durationAt(source string, otherwise time.Duration, v values) time.Duration {
	if source == "" {
		return otherwise
	}
	if constant, err := expression.ParseDuration(source); err == nil {
		return constant
	}
	out, err := r.plan.Text(source).Eval(v)
	if err != nil || !out.Known() {
		return otherwise
	}
	switch d := out.Value.(type) {
	case time.Duration:
		return d
	case string:
		parsed, err := expression.ParseDuration(d)
		if err == nil {
			return parsed
		}
	}
	return otherwise
}

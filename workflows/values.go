package workflows

import (
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// values is what expressions see: workflow state alone, at one instant, from the place of one step.
type values struct {
	r       *run
	f       *frame // nil = the incident's own runbook, outside every step
	at      time.Time
	elapsed time.Duration // of the incident; a wait sees it as it was when the wait began
}

// values at the present instant, from the place of a step.
func (r *run) values(ctx workflow.Context, f *frame) values { return r.seenAt(f, now(ctx)) }

// seenAt is what expressions see of the present state, with the clock of another instant.
func (r *run) seenAt(f *frame, at time.Time) values {
	if f == nil {
		f = r.ownFrame()
	}
	return values{r: r, f: f, at: at, elapsed: at.Sub(r.inc.DeclaredAt)}
}

// Lookup gives a variable by its dotted name, and false while it is not known.
func (v values) Lookup(name string) (any, bool) {
	if value, ok := v.f.fixed[name]; ok {
		return value, true
	}
	inc := v.r.inc
	switch name {
	case "severity":
		return string(inc.Severity), true
	case "level":
		return inc.Level(), true
	case "phase":
		return string(inc.Phase), true
	case "pass":
		return v.f.pass, true
	case "elapsed":
		return v.elapsed, true
	case "phase_elapsed":
		return v.at.Sub(inc.PhaseAt), true
	}
	if value, ok := v.f.names[name]; ok {
		return value, true
	}
	area, rest, _ := strings.Cut(name, ".")
	switch area {
	case "policy":
		value, ok := v.r.rowOf(v.f.scope.rb).Columns[rest]
		return value, ok
	case "inputs":
		value, ok := v.inputs()[rest]
		return value, ok
	case "vars":
		value, ok := v.vars()[rest]
		return value, ok
	case "roles":
		return v.role(incident.Role(rest))
	case "incident":
		return v.incident(rest)
	case "steps":
		return v.step(rest)
	case "secrets":
		return contract.SecretMark(rest, inc.ID), true
	}
	return nil, false
}

// inputs are those of the incident, or those that an imported runbook was given.
func (v values) inputs() map[string]any {
	if step := v.f.scope.step; step != nil {
		return step.sr.Inputs
	}
	return v.r.st.Inputs
}

// vars likewise.
func (v values) vars() map[string]any {
	if step := v.f.scope.step; step != nil {
		return step.sr.Vars
	}
	return v.r.st.Vars
}

// rowOf is the severity's row in force in a runbook: the one of its name, else the one of its rank.
func (r *run) rowOf(rb *runbooks.Runbook) runbooks.SeverityRow {
	for _, row := range rb.Severities {
		if row.Severity == r.inc.Severity {
			return row
		}
	}
	if len(rb.Severities) == 0 {
		return runbooks.SeverityRow{}
	}
	return rb.Severities[min(r.inc.Level(), len(rb.Severities))-1]
}

// role is the present holder's name, else the name that the runbook fills the role with.
func (v values) role(role incident.Role) (any, bool) {
	if h, ok := v.r.inc.Holders[role]; ok {
		return h.Name, true
	}
	return v.r.fill(role, v)
}

// fill is the name that the runbook's table gives for a role. An imported runbook fills the roles that the incident's
// own does not have.
func (r *run) fill(role incident.Role, v values) (any, bool) {
	if v.f.scope.step != nil {
		if own, ok := r.fill(role, r.seenAt(nil, v.at)); ok {
			return own, true
		}
	}
	for _, entry := range v.f.scope.rb.Roles {
		if entry.Name != role {
			continue
		}
		if entry.Fill == "${{ roles."+string(role)+" }}" {
			return nil, false
		}
		out, err := v.f.scope.plan.Text(entry.Fill).Eval(v)
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
		"url": inc.URL, "declared_by": inc.DeclaredBy.String(), "service": inc.Service, "codename": inc.Codename,
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

// step gives a field of a step: its common ones at any time, its outputs when they are there. Within a loop it is the
// step of the same turn.
func (v values) step(name string) (any, bool) {
	id, field, _ := strings.Cut(name, ".")
	n := v.r.stepSeen(v.f, id)
	if n == nil {
		return nil, false
	}
	sr := n.sr
	switch field {
	case "": // all outputs of a step whose outputs are not declared
		return sr.Output, sr.Output != nil
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
	if payload, ok := strings.CutPrefix(field, "payload."); ok {
		fields, _ := sr.Output["payload"].(map[string]any)
		value, ok := fields[payload]
		return value, ok
	}
	value, ok := sr.Output[field]
	return value, ok
}

// stepSeen finds the run of a step that an expression of a frame names: of the loops that the two share the same turn,
// of the others the newest.
func (r *run) stepSeen(f *frame, id string) *node {
	s := f.scope.plan.Step(id)
	if s == nil {
		return nil
	}
	of := &frame{scope: f.scope, lane: f.lane, phase: f.phase, pass: f.pass}
	if f.scope.step != nil {
		of.items = slices.Clone(f.scope.step.items)
	} else {
		of.phase, of.pass = r.standing(s.Path)
		if of.phase == f.phase {
			of.pass = f.pass
		}
	}
	for _, loop := range f.scope.plan.Loops(s.Path) {
		if slices.ContainsFunc(of.items, func(i contract.Item) bool { return i.Loop == loop }) {
			continue
		}
		index, ok := r.turn(f, of, loop)
		if !ok {
			return nil
		}
		of.items = append(of.items, contract.Item{Loop: loop, Index: index})
	}
	return r.peek(of, s)
}

// turn is the turn of a loop that a frame sees: its own, else the newest. A list has no newest item.
func (r *run) turn(f, of *frame, loop string) (int, bool) {
	for _, item := range f.items {
		if item.Loop == loop {
			return item.Index, true
		}
	}
	if w, ok := r.st.Watches[loop]; ok {
		return w.Fired, true
	}
	s := f.scope.plan.At(loop)
	if s == nil || s.Repeat == nil {
		return 0, s == nil
	}
	return max(1, r.peek(of, s).sr.Rounds), true
}

// standing is the phase in which a path stands, and its present pass.
func (r *run) standing(path string) (incident.Phase, int) {
	first, _, _ := strings.Cut(path, "/")
	if slices.Contains(incident.Phases(), incident.Phase(first)) {
		return incident.Phase(first), r.phaseSeen(incident.Phase(first)).Pass
	}
	return "", 1
}

// fillInputs completes the inputs with their defaults and computes the constants; it answers what is missing, in words.
func (r *run) fillInputs() string {
	if r.st.Inputs == nil {
		r.st.Inputs = map[string]any{}
	}
	lacks := complete(&r.in.Runbook, r.st.Inputs, r.inc.Service)
	vars, bad := r.constants(r.ownFrame(), r.inc.DeclaredAt, func(vars map[string]any) { r.st.Vars = vars })
	r.st.Vars = vars
	if lacks = append(lacks, bad...); len(lacks) == 0 {
		return ""
	}
	return "the runbook's inputs are incomplete: " + strings.Join(lacks, ", ") + "; steps that read them will hold"
}

// complete fills inputs that were not given with their defaults, and lists those that are missing.
func complete(rb *runbooks.Runbook, inputs map[string]any, service string) []string {
	var lacks []string
	for _, input := range rb.Inputs {
		if _, given := inputs[input.Name]; given {
			continue
		}
		switch {
		case input.Name == "service" && service != "":
			inputs[input.Name] = service
		case input.Default != nil:
			inputs[input.Name] = input.Default
		case input.Required:
			lacks = append(lacks, input.Name)
		}
	}
	return lacks
}

// constants computes `vars` in the order of the file, each from those before it.
func (r *run) constants(f *frame, at time.Time, keep func(map[string]any)) (vars map[string]any, lacks []string) {
	vars = map[string]any{}
	keep(vars)
	for _, v := range f.scope.rb.Vars {
		out, err := f.scope.plan.Expression(v.Value).Eval(r.seenAt(f, at))
		if err != nil || !out.Known() {
			lacks = append(lacks, "vars."+v.Name)
			continue
		}
		vars[v.Name] = out.Value
	}
	return vars, lacks
}

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
		return incident.Phase(first), r.phasePass(incident.Phase(first))
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

// sortedKeys lists a map's keys in order, so that no workflow depends on the order of a map.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return workflow.DeterministicKeys(m)
}

// missing is a value that a step needs and that will not come.
type missing struct{ what string }

func (m *missing) Error() string { return m.what }

// evaluate computes a text or condition for a step. What a running step will still give is waited for; what a skipped
// step can never give is an error that says so.
func (r *run) evaluate(ctx workflow.Context, f *frame, eval func(expression.Values) (expression.Result, error)) (any, error) {
	for {
		out, err := eval(r.values(ctx, f))
		if err != nil {
			return nil, &missing{what: err.Error()}
		}
		if out.Known() {
			return out.Value, nil
		}
		if err := r.awaitKnown(ctx, f, out.Unknown); err != nil {
			return nil, err
		}
	}
}

// awaitKnown waits until one of the unknown values is there or can never be.
func (r *run) awaitKnown(ctx workflow.Context, f *frame, names []string) error {
	for _, name := range names {
		id, _, _ := strings.Cut(strings.TrimPrefix(name, "steps."), ".")
		var n *node
		if strings.HasPrefix(name, "steps.") {
			n = r.stepSeen(f, id)
		}
		if n == nil {
			return &missing{what: fmt.Sprintf("needs `%s`, which has no value", name)}
		}
		if n.sr.State == contract.StepPending {
			return &missing{what: fmt.Sprintf("needs `%s`, which was never reached", name)}
		}
		given := func() bool { _, ok := r.values(ctx, f).Lookup(name); return ok }
		over := func() bool { return given() || (n.sr.State.Terminal() && !r.inOutbox(n.key)) }
		ok, err := wait(ctx, waiting{summary: "wait for " + name, done: over, until: r.tellingDeadline(n)})
		if err != nil {
			return err
		}
		if !ok {
			r.fallBack(ctx, n)
		}
		if !given() {
			return &missing{what: fmt.Sprintf("needs `%s`, which was %s", name, strings.ReplaceAll(string(n.sr.State), "_", " "))}
		}
	}
	return nil
}

// How long the output of a telling is waited for, unless its step says otherwise.
const (
	roomTimeout = time.Minute
	sayTimeout  = 30 * time.Second
)

// tellingDeadline is until when the output of a telling is waited for; every other step is waited for without an end.
func (r *run) tellingDeadline(n *node) func() time.Time {
	if noOutput(n.s.Kind) == nil {
		return never
	}
	otherwise := roomTimeout
	if n.s.Kind == runbooks.KindSay {
		otherwise = sayTimeout
	}
	return timeAt(n.sr.Started.Add(r.durationAt(n.s.Timeout, otherwise, r.seenAt(n.frame, n.sr.Started))))
}

// fallBack fills the outputs of a telling that nobody has taken in time, so that doing goes on.
func (r *run) fallBack(ctx workflow.Context, n *node) {
	n.sr.Output = noOutput(n.s.Kind)
	r.log(ctx, incident.Entry{
		Kind: incident.EntryProblem, Step: n.address(), Text: fmt.Sprintf("no answer to %s in time; going on without it", n.s.Kind),
	})
}

// noOutput is what a telling has for output when nobody has taken it; nil for every other kind.
func noOutput(kind runbooks.Kind) map[string]any {
	fields := map[runbooks.Kind][]string{
		runbooks.KindChannel: {"id", "name", "url"}, runbooks.KindSay: {"ts"},
		runbooks.KindBridge: {"id", "url"}, runbooks.KindTicket: {"key", "url"},
	}[kind]
	if fields == nil {
		return nil
	}
	out := map[string]any{}
	for _, field := range fields {
		out[field] = ""
	}
	return out
}

// inOutbox says whether something of a step still waits to be delivered.
func (r *run) inOutbox(key string) bool {
	return slices.ContainsFunc(r.st.Outbox, func(o contract.Outgoing) bool { return o.Step == key })
}

// value computes the value of a field of a step. What a person has edited counts as it stands.
func (r *run) value(ctx workflow.Context, n *node, field, source string) (any, error) {
	if edited, ok := n.sr.Edits[field]; ok {
		return edited, nil
	}
	return r.evaluate(ctx, n.frame, n.scope.plan.Text(source).Eval)
}

// text computes a text of a step as a string.
func (r *run) text(ctx workflow.Context, n *node, field, source string) (string, error) {
	if _, edited := n.sr.Edits[field]; source == "" && !edited {
		return "", nil
	}
	value, err := r.value(ctx, n, field, source)
	if err != nil {
		return "", err
	}
	return expression.Format(value), nil
}

// texts computes a list of texts.
func (r *run) texts(ctx workflow.Context, n *node, field string, sources []string) ([]string, error) {
	out := make([]string, 0, len(sources))
	for i, source := range sources {
		text, err := r.text(ctx, n, fmt.Sprintf("%s[%d]", field, i), source)
		if err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, nil
}

// condition computes a bare expression of a step that is true or false.
func (r *run) condition(ctx workflow.Context, n *node, source string) (bool, error) {
	value, err := r.evaluate(ctx, n.frame, n.scope.plan.Expression(source).Eval)
	if err != nil {
		return false, err
	}
	wanted, _ := value.(bool)
	return wanted, nil
}

// holds says whether a bare expression is true at present; what is not known yet is not.
func (r *run) holds(ctx workflow.Context, f *frame, source string) bool {
	value, known := r.verdict(ctx, f, source)
	return known && value
}

// verdict is a bare expression's value at present, and whether it is known.
func (r *run) verdict(ctx workflow.Context, f *frame, source string) (value, known bool) {
	out, err := f.scope.plan.Expression(source).Eval(r.values(ctx, f))
	if err != nil || !out.Known() {
		return false, false
	}
	value, _ = out.Value.(bool)
	return value, true
}

// tree computes a field of any build: texts are filled in wherever they stand, and one that is exactly one ${{ }} keeps
// its type. Durations and times become text, because what follows is JSON.
func (r *run) tree(ctx workflow.Context, n *node, field string, value any) (any, error) {
	if edited, ok := n.sr.Edits[field]; ok {
		return edited, nil
	}
	switch v := value.(type) {
	case string:
		out, err := r.evaluate(ctx, n.frame, n.scope.plan.Text(v).Eval)
		return sendable(out), err
	case []any:
		list := make([]any, 0, len(v))
		for i, item := range v {
			out, err := r.tree(ctx, n, fmt.Sprintf("%s[%d]", field, i), item)
			if err != nil {
				return nil, err
			}
			list = append(list, out)
		}
		return list, nil
	case map[string]any:
		object := map[string]any{}
		for _, key := range sortedKeys(v) {
			out, err := r.tree(ctx, n, field+"."+key, v[key])
			if err != nil {
				return nil, err
			}
			object[key] = out
		}
		return object, nil
	}
	return value, nil
}

// sendable is a value as JSON takes it without losing what it means.
func sendable(value any) any {
	switch value.(type) {
	case time.Duration, time.Time:
		return expression.Format(value)
	}
	return value
}

// fields computes named values.
func (r *run) fields(ctx workflow.Context, n *node, field string, list []runbooks.Field) (map[string]any, error) {
	out := map[string]any{}
	for _, f := range list {
		value, err := r.tree(ctx, n, field+"."+f.Name, f.Value)
		if err != nil {
			return nil, err
		}
		out[f.Name] = value
	}
	return out, nil
}

// words computes named texts.
func (r *run) wordsOf(ctx workflow.Context, n *node, field string, list []runbooks.Field) (map[string]string, error) {
	values, err := r.fields(ctx, n, field, list)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, name := range sortedKeys(values) {
		out[name] = expression.Format(values[name])
	}
	return out, nil
}

// names computes texts that name people; one text may give a list.
func (r *run) names(ctx workflow.Context, n *node, field string, sources []string) ([]string, error) {
	if edited, ok := n.sr.Edits[field]; ok {
		return strings.FieldsFunc(expression.Format(edited), func(c rune) bool { return c == ',' || c == ' ' }), nil
	}
	var out []string
	for i, source := range sources {
		value, err := r.value(ctx, n, fmt.Sprintf("%s[%d]", field, i), source)
		if err != nil {
			return nil, err
		}
		out = append(out, nameList(value)...)
	}
	return out, nil
}

// nameList is the names in a value, which is one name or a list.
func nameList(value any) []string {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, expression.Format(v))
	}
	return out
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
	out, err := v.f.scope.plan.Text(source).Eval(v)
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

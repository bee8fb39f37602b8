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
			return nil, &missing{what: r.lacking(err.Error())}
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

// verdict is a bare expression's value at present, and whether it is known. One that cannot be evaluated, for a field that
// is not there, counts as not known yet; since it may stay so for ever, the timeline says it.
func (r *run) verdict(ctx workflow.Context, f *frame, source string) (value, known bool) {
	out, err := f.scope.plan.Expression(source).Eval(r.values(ctx, f))
	if err != nil && r.since(versionMends) {
		r.tellOnce(ctx, "`"+source+"` counts as not yet", ": "+err.Error())
	}
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

// wordsOf computes named texts.
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

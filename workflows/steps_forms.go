package workflows

import (
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

// askForm asks for fields, each an output of the step.
func (r *run) askForm(ctx workflow.Context, n *node) error {
	a, err := r.question(ctx, n, wording{n.s.Ask.Question, n.s.Ask.Who})
	if err != nil {
		return err
	}
	a.kind, a.remind, a.form = incident.QuestionForm, n.s.Ask.Remind, contract.FormOf(n.s.Ask.Form)
	a.choices = []incident.Choice{{Key: incident.ChoiceFilled, Label: "filled in"}}
	q, err := r.askPeople(ctx, a)
	if err != nil {
		return err
	}
	n.sr.By = q.By.String()
	n.sr.Output = filled(n.s.Ask.Form, q.Fields)
	n.sr.Output["by"] = who(q.By)
	return nil
}

// filled is what was filled in, and the defaults of what was not.
func filled(inputs []runbooks.Input, fields map[string]any) map[string]any {
	out := map[string]any{}
	for _, in := range inputs {
		if value, ok := fields[in.Name]; ok {
			out[in.Name] = value
		} else if in.Default != nil {
			out[in.Name] = in.Default
		}
	}
	return out
}

// await waits for the severity, or for a signal.
func (r *run) await(ctx workflow.Context, n *node) error {
	if n.s.Await.Signal == runbooks.AwaitSeverity {
		return r.awaitSeverity(ctx, n)
	}
	return r.awaitSignal(ctx, n)
}

// assess asks the six questions, proposes a severity, and sets the one that the person confirms.
func (r *run) assess(ctx workflow.Context, n *node) error {
	if n.sr.Output == nil {
		if err := r.askSix(ctx, n); err != nil {
			return err
		}
	}
	proposed := r.propose(ctx, n.frame, r.inc.Assessment)
	a := r.asking(ctx, n, asking{
		kind: incident.QuestionAsk, remind: n.s.Assess.Remind, who: []string{n.s.Assess.Who},
		text: fmt.Sprintf("%s is proposed. Which severity is it?", proposed),
	})
	a.key += "/confirm"
	for _, name := range r.inc.Severities {
		label := string(name)
		if name == proposed {
			label += " (proposed)"
		}
		a.choices = append(a.choices, incident.Choice{Key: string(name), Label: label})
	}
	q, err := r.askPeople(ctx, a)
	if err != nil {
		return err
	}
	chosen := incident.Severity(q.Choice)
	if q.Choice == "" {
		chosen = proposed
	}
	n.sr.Output["severity"] = string(chosen)
	if r.inc.Severity == chosen || !r.inc.Open() {
		return nil
	}
	before := r.inc.Severity
	err = r.inc.SetSeverity(now(ctx), q.By, incident.SeverityChange{To: chosen, Reason: "assessed by the six questions"})
	r.severityChanged(before)
	return err
}

// sixQuestions are the fields of `assess` as a step's outputs.
func sixQuestions() []runbooks.Input {
	var out []runbooks.Input
	for _, f := range incident.SixQuestions() {
		out = append(out, runbooks.Input{
			Name: f.Name, Type: f.Type, Required: f.Required, Default: f.Default, Enum: f.Enum, Description: f.Description,
		})
	}
	return out
}

// askSix asks the six questions and keeps the answers.
func (r *run) askSix(ctx workflow.Context, n *node) error {
	a := r.asking(ctx, n, asking{
		kind: incident.QuestionForm, remind: n.s.Assess.Remind, who: []string{n.s.Assess.Who}, form: incident.SixQuestions(),
		text: "Assess the impact: six questions", choices: []incident.Choice{{Key: incident.ChoiceFilled, Label: "filled in"}},
	})
	q, err := r.askPeople(ctx, a)
	if err != nil {
		return err
	}
	n.sr.By = q.By.String()
	n.sr.Waiting = time.Time{} // the confirmation has a clock of its own
	answers := filled(sixQuestions(), q.Fields)
	r.inc.Assess(now(ctx), q.By, assessment(answers))
	answers["by"] = who(q.By)
	n.sr.Output = answers
	return nil
}

// assessment reads the answers to the six questions; what cannot be read is not known.
func assessment(answers map[string]any) incident.Assessment {
	text := func(name string) string { return strings.TrimSpace(expression.Format(answers[name])) }
	out := incident.Assessment{Scope: incident.ScopeUnknown}
	if answers["impact"] != nil {
		out.Impact = text("impact")
	}
	if answers["symptoms"] != nil {
		out.Symptoms = text("symptoms")
	}
	if scope := incident.Scope(text("scope")); slices.Contains([]incident.Scope{incident.ScopeNone, incident.ScopeSome, incident.ScopeAll}, scope) {
		out.Scope = scope
	}
	if at, err := time.Parse(time.RFC3339, text("started_at")); err == nil {
		out.StartedAt = at.UTC()
	}
	var cases int
	if _, err := fmt.Sscanf(text("support_cases"), "%d", &cases); err == nil {
		out.SupportCases = &cases
	}
	if answers["factors"] != nil {
		for _, factor := range nameList(answers["factors"]) {
			out.Factors = append(out.Factors, strings.ReplaceAll(strings.TrimSpace(factor), " ", "_"))
		}
	}
	return out
}

// propose is the severity that the answers speak for: the worst rule of the runbook that matches, where one that cannot
// be decided counts as matching; without rules the default one.
func (r *run) propose(ctx workflow.Context, f *frame, answers *incident.Assessment) incident.Severity {
	worst, least := r.inc.Severities[0], r.inc.Severities[len(r.inc.Severities)-1]
	rules := f.scope.rb.Assess
	if len(rules) == 0 {
		switch n := answers.Weight(); {
		case n <= 1 || len(r.inc.Severities) == 1:
			return worst
		case n == 2:
			return r.inc.Severities[1]
		}
		return least
	}
	seen := assessed{values: r.values(ctx, f), a: answers}
	for _, name := range r.inc.Severities {
		for _, rule := range rules {
			if rule.Severity != name {
				continue
			}
			out, err := f.scope.plan.Expression(rule.When).Eval(seen)
			if matches, _ := out.Value.(bool); err != nil || !out.Known() || matches {
				return name
			}
		}
	}
	return least
}

// assessed is what the rules of `assess` see besides everything else.
type assessed struct {
	values
	a *incident.Assessment
}

// Lookup gives the answers.
func (v assessed) Lookup(name string) (any, bool) {
	a := v.a
	switch name {
	case "answers.impact":
		return a.Impact, true
	case "answers.symptoms":
		return a.Symptoms, true
	case "answers.scope":
		return string(a.Scope), true
	case "answers.started_at":
		return a.StartedAt, !a.StartedAt.IsZero()
	case "answers.support_cases":
		if a.SupportCases == nil {
			return nil, false
		}
		return *a.SupportCases, true
	case "answers.factors":
		factors := make([]any, 0, len(a.Factors))
		for _, f := range a.Factors {
			factors = append(factors, f)
		}
		return factors, true
	}
	return v.values.Lookup(name)
}

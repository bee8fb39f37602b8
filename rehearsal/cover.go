package rehearsal

import (
	"fmt"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// Coverage says what the plays of a runbook have reached of it: steps that were run, and choices that were taken. Steps
// that take others back count as they are run.
type Coverage struct {
	runbook *runbooks.Runbook
	steps   map[string]bool // by path
	choices map[string]bool // "address: choice"
}

// NewCoverage begins to count.
func NewCoverage(rb *runbooks.Runbook) *Coverage {
	return &Coverage{runbook: rb, steps: map[string]bool{}, choices: map[string]bool{}}
}

// Add counts what a play has reached.
func (c *Coverage) Add(r *Result) {
	for _, line := range r.Final.Steps {
		if line.State != "" && line.State != "skipped" {
			c.steps[line.Path] = true
		}
	}
	for _, e := range r.Entries { // what an earlier pass has run is in the timeline alone
		if step := r.step(e.Step); step != nil && e.Kind != incident.EntrySkipped {
			c.steps[step.Path] = true
		}
	}
	for _, q := range r.Final.Incident.Questions {
		if q.State == incident.QuestionAnswered {
			c.choices[runbooks.WithoutItems(q.Step)+": "+q.Choice] = true
		}
	}
}

// Covered is how much of a runbook was reached.
type Covered struct {
	Steps      int      `json:"steps"`
	AllSteps   int      `json:"all_steps"`
	Choices    int      `json:"choices"`
	AllChoices int      `json:"all_choices"`
	Missing    []string `json:"missing"` // what no play has reached, in the order of the runbook
}

// Sum compares what was reached with all that there is. The ways that count are the choices of people: each answer of an
// ask, yes and no of an approval.
func (c *Coverage) Sum() Covered {
	out := Covered{Missing: []string{}}
	c.runbook.WalkAll(func(_ runbooks.Place, s *runbooks.Step) {
		out.AllSteps++
		if c.steps[s.Path] {
			out.Steps++
		} else {
			out.Missing = append(out.Missing, fmt.Sprintf("%s (%s) is never run", s.Address, s.Summary()))
		}
		for _, choice := range choicesOf(s) {
			out.AllChoices++
			if c.choices[s.Address+": "+choice] {
				out.Choices++
			} else {
				out.Missing = append(out.Missing, fmt.Sprintf("%s: %s is never chosen", s.Address, choice))
			}
		}
	})
	return out
}

// choicesOf lists the answers that a step distinguishes.
func choicesOf(s *runbooks.Step) []string {
	switch {
	case s.Approve != nil:
		return []string{incident.ChoiceYes, incident.ChoiceNo}
	case s.Ask != nil:
		var out []string
		for _, c := range s.Ask.Choices {
			out = append(out, c.Key)
		}
		return out
	}
	return nil
}

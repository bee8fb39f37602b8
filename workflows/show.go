package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// answerQueries registers the questions that change nothing.
func (r *run) answerQueries(ctx workflow.Context) error {
	handlers := []struct {
		name    string
		handler any
		help    string
	}{
		{string(contract.Show), r.snapshot, "The incident and its steps, without the timeline."},
		{string(contract.Timeline), r.timeline, `The timeline after a line's number: {"after":0}.`},
		{string(contract.Brief), r.brief, "What the telephone says."},
		{string(contract.RunbookOf), r.runbookNow, "The runbook in force."},
	}
	for _, h := range handlers {
		err := workflow.SetQueryHandlerWithOptions(ctx, h.name, h.handler, workflow.QueryHandlerOptions{Description: h.help})
		if err != nil {
			return fmt.Errorf("answer %s: %w", h.name, err)
		}
	}
	return nil
}

// snapshot is the incident and its steps as people want to see them. Of the loops every turn is there that has begun.
func (r *run) snapshot(contract.None) (contract.Snapshot, error) {
	inc := *r.inc
	inc.Timeline = nil
	s := contract.Snapshot{
		Incident: inc, Record: r.st.Record, Closed: !r.inc.Open() && !r.inc.Reviewing, Hash: r.in.Hash, Upgraded: r.st.Upgraded,
		Paused: r.st.Paused, Links: r.links(), NextUpdate: r.nextUpdate(),
	}
	for i := range r.in.Runbook.Phases {
		p := &r.in.Runbook.Phases[i]
		pr := r.phaseSeen(p.Name)
		s.Phases = append(s.Phases, contract.PhaseLine{Phase: p.Name, Goal: p.Goal, Pass: pr.Pass, Started: pr.Started, Ended: pr.Ended})
	}
	for _, u := range r.st.Undo {
		u.Values = nil
		s.Undo = append(s.Undo, u)
	}
	r.eachNode(func(n *node) { s.Steps = append(s.Steps, r.stepLine(n)) })
	return s, nil
}

// stepLine is one step and where it stands.
func (r *run) stepLine(n *node) contract.StepLine {
	line := contract.StepLine{
		Address: n.address(), Path: n.s.Path, Phase: n.phase, Text: n.s.Summary(), State: n.sr.State, Key: n.key,
		Kind: string(n.s.Kind), By: n.sr.By, Problem: n.sr.Problem, Item: n.itemText(), Pass: n.pass, Parallel: n.s.Background,
	}
	if n.sr.State == contract.StepWaiting || n.sr.State == contract.StepHolding {
		for _, q := range r.inc.OpenQuestions() {
			if q.Step == n.address() {
				line.Until = q.Deadline
			}
		}
	}
	return line
}

// runbookNow is the runbook in force, for whoever adds a step or compares it with a newer text.
func (r *run) runbookNow(contract.None) (contract.RunbookState, error) {
	return contract.RunbookState{Runbook: r.in.Runbook, Hash: r.in.Hash, AdHoc: len(r.st.AdHoc)}, nil
}

// timeline gives the lines after a number.
func (r *run) timeline(req contract.TimelineRequest) (contract.TimelinePart, error) {
	part := contract.TimelinePart{Key: r.inc.Key, Closed: !r.inc.Open()}
	for _, e := range r.inc.Timeline {
		if e.Seq > req.After {
			part.Entries = append(part.Entries, e)
		}
	}
	return part, nil
}

// brief is what a telephone says about an attempt.
func (r *run) brief(req contract.Callback) (contract.Briefing, error) {
	p := r.inc.Page(req.Page)
	b := contract.Briefing{Say: r.words(p), Closed: !r.inc.Open() || (req.Key != "" && req.Key != string(r.inc.Key))}
	if p != nil {
		b.Attempt = p.Attempt(req.Attempt) != nil
		if p.State == incident.PageAcknowledged {
			b.AckedBy = p.AckedBy.String()
		}
	}
	return b, nil
}

// details is the incident as Markdown, for the card and for the Temporal UI: what is going on, what is awaited from
// whom until when, who holds which role. It holds nothing that changes by itself with time.
func (r *run) details() string {
	inc := r.inc
	lines := []string{
		fmt.Sprintf("**%s · %s**", inc.Key, inc.Title),
		strings.Join(nonEmpty(orElse(string(inc.Severity), "severity not set"), inc.Service, stateWord(inc)), " · "),
	}
	if inc.Summary != "" {
		lines = append(lines, inc.Summary)
	}
	if r.st.Paused != nil {
		lines = append(lines, "Paused by "+r.st.Paused.By.String())
	}
	if inc.Bridge.URL != "" {
		lines = append(lines, "Bridge: "+inc.Bridge.URL)
	}
	if inc.Ticket.ID != "" {
		lines = append(lines, nonEmptyJoin("Ticket: "+inc.Ticket.ID, inc.Ticket.URL))
	}
	if !inc.ClearedAt.IsZero() {
		lines = append(lines, "The alert has cleared.")
	}
	calling := "Calling"
	if r.callsNobody() {
		calling = "Would be calling"
	}
	for _, p := range inc.OpenPages() {
		lines = append(lines, fmt.Sprintf("%s %s (level %d of %d, round %d)",
			calling, p.Levels[p.Level].Target, p.Level+1, len(p.Levels), p.Round+1))
	}
	if !inc.AcknowledgedAt.IsZero() {
		lines = append(lines, fmt.Sprintf("Acknowledged by %s at %s UTC", inc.AcknowledgedBy, inc.AcknowledgedAt.Format("15:04:05")))
	}
	for _, q := range inc.OpenQuestions() {
		lines = append(lines, awaited(q))
	}
	for _, role := range sortedKeys(inc.Holders) {
		h := inc.Holders[role]
		line := fmt.Sprintf("%s: %s", role, h.Name)
		if !h.Accepted {
			line += " (offered)"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// awaited is an open question in one line.
func awaited(q *incident.Question) string {
	line := "Waiting: " + q.Text
	if len(q.Who) > 0 {
		line += " (" + strings.Join(q.Who, ", ") + ")"
	}
	if !q.Deadline.IsZero() {
		line += fmt.Sprintf(" until %s UTC, then: %s", q.Deadline.Format("15:04:05"), q.OnTimeout)
	}
	return line
}

// stateWord is where the incident stands, in a word.
func stateWord(inc *incident.Incident) string {
	if !inc.Open() {
		return strings.ReplaceAll(string(inc.Ending), "_", " ")
	}
	return string(inc.Phase)
}

// nonEmpty keeps the texts that say something.
func nonEmpty(texts ...string) []string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}

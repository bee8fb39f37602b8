package workflows

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
)

// page starts one page for each target and waits until enough of them are acknowledged. The pages themselves live in
// the state and are driven by callPeople, so they outlive the step.
func (r *run) page(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) error {
	if !r.inc.Open() {
		return &missing{what: "nobody is called for an incident that is closed"}
	}
	keys, err := r.startPages(ctx, s)
	if err != nil {
		return err
	}
	sr.State = contract.StepWaiting
	need := needed(s.Page, len(keys))
	enough := func() bool { return r.countPages(keys, incident.PageAcknowledged) >= need }
	over := func() bool { return enough() || r.countPages(keys, incident.PageOpen) == 0 }
	if _, err := wait(ctx, waiting{done: over, until: never}); err != nil {
		return err
	}
	if !enough() {
		return errTimedOut
	}
	first := r.firstAcknowledged(keys)
	sr.By = first.AckedBy.String()
	sr.Output = map[string]any{
		"acked_by": who(first.AckedBy), "acked_at": first.AckedAt.Format(time.RFC3339Nano), "level": first.AckLevel,
	}
	return nil
}

// startPages adds the step's pages to the state; those that are there already stay as they are.
func (r *run) startPages(ctx workflow.Context, s *runbooks.Step) ([]string, error) {
	stem := r.effectKey(s, "page")
	if keys := r.pagesUnder(stem); len(keys) > 0 {
		return keys, nil
	}
	targets, err := r.names(ctx, s.Page.Targets)
	if err != nil {
		return nil, err
	}
	higher, err := r.names(ctx, s.Page.Escalate)
	if err != nil {
		return nil, err
	}
	message, err := r.text(ctx, s.Page.Message)
	if err != nil {
		return nil, err
	}
	if len(targets) == 0 { // an empty list must never count as everybody having acknowledged
		targets = []string{oncall.Fallback}
		r.problem(ctx, s.Address, fmt.Sprintf("%s names nobody to page; calling the fallback", s.Address))
	}
	repeat := s.OnTimeout == nil || s.OnTimeout.Do == runbooks.DoRepeat
	for n, target := range targets {
		p := incident.Page{
			Key: stem + "/" + itoa(n), Step: s.Address, Message: message, Rounds: s.Page.Rounds, Via: vias(s.Page.Via),
			Ack: r.ackTime(s.Page.Ack, incident.DefaultAck, now(ctx)), AckText: s.Page.Ack, Repeat: repeat,
		}
		if p.Rounds == 0 {
			p.Rounds = incident.DefaultRounds
		}
		for _, level := range append([]string{target}, higher...) {
			p.Levels = append(p.Levels, incident.PageLevel{Target: level})
		}
		r.inc.StartPage(now(ctx), p)
	}
	return r.pagesUnder(stem), nil
}

// pagesUnder lists the keys of the pages of one step.
func (r *run) pagesUnder(stem string) []string {
	var keys []string
	for _, p := range r.inc.Pages {
		if strings.HasPrefix(p.Key, stem+"/") {
			keys = append(keys, p.Key)
		}
	}
	return keys
}

// countPages counts the pages of the keys that are in a state.
func (r *run) countPages(keys []string, state incident.PageState) int {
	count := 0
	for _, key := range keys {
		if p := r.inc.Page(key); p != nil && p.State == state {
			count++
		}
	}
	return count
}

// firstAcknowledged is the page of the keys that was acknowledged first.
func (r *run) firstAcknowledged(keys []string) *incident.Page {
	var first *incident.Page
	for _, key := range keys {
		p := r.inc.Page(key)
		if p.State == incident.PageAcknowledged && (first == nil || p.AckedAt.Before(first.AckedAt)) {
			first = p
		}
	}
	return first
}

// needed is how many acknowledgements end the step.
func needed(p *runbooks.Page, targets int) int {
	switch p.Need {
	case "any":
		return min(1, targets)
	case "all", "":
		return targets
	}
	n, err := strconv.Atoi(p.Need)
	if err != nil {
		return targets
	}
	return min(n, targets)
}

// vias turns the runbook's ways into plain names; without any it is both, side by side.
func vias(list []runbooks.Via) []string {
	if len(list) == 0 {
		return bothWays()
	}
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

// bothWays is the default: a message and a call at once.
func bothWays() []string { return []string{string(runbooks.ViaSMS), string(runbooks.ViaCall)} }

// itoa writes a number.
func itoa(n int) string { return strconv.Itoa(n) }

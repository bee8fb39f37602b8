package workflows

import (
	"fmt"
	"slices"
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
func (r *run) page(ctx workflow.Context, n *node) error {
	if !r.inc.Open() {
		return &missing{what: "nobody is called for an incident that is closed"}
	}
	stem := r.effectKey(n, "page")
	if err := r.startPages(ctx, n, stem); err != nil {
		return err
	}
	n.sr.State = contract.StepWaiting
	enough := func() bool {
		keys := r.pagesUnder(stem)
		return r.countPages(keys, incident.PageAcknowledged) >= needed(n.s.Page, len(keys)-r.countPages(keys, incident.PageWithdrawn))
	}
	over := func() bool { return enough() || r.countPages(r.pagesUnder(stem), incident.PageOpen) == 0 }
	if _, err := wait(ctx, waiting{done: over, until: never}); err != nil {
		return err
	}
	first := r.firstAcknowledged(r.pagesUnder(stem))
	switch {
	case first == nil && r.countPages(r.pagesUnder(stem), incident.PageExhausted) == 0:
		r.end(ctx, n, contract.StepCancelled) // nobody is to be called any more: the severity was lowered
		return nil
	case first == nil || !enough():
		return errTimedOut
	}
	n.sr.By = first.AckedBy.String()
	n.sr.Output = map[string]any{
		"acked_by": who(first.AckedBy), "acked_at": first.AckedAt.Format(time.RFC3339Nano), "level": first.AckLevel,
	}
	return nil
}

// startPages adds the step's pages to the state; those that are there already stay as they are.
func (r *run) startPages(ctx workflow.Context, n *node, stem string) error {
	if keys := r.pagesUnder(stem); len(keys) > 0 {
		for _, key := range keys {
			r.pageNodes[key] = n
		}
		return nil
	}
	targets, err := r.names(ctx, n, "page", n.s.Page.Targets)
	if err != nil {
		return err
	}
	blank, err := r.newPage(ctx, n)
	if err != nil {
		return err
	}
	if len(targets) == 0 { // an empty list must never count as everybody having acknowledged
		targets = []string{oncall.Fallback}
		r.problem(ctx, n.address(), fmt.Sprintf("%s names nobody to page; calling the fallback", n.address()))
	}
	if need, err := strconv.Atoi(n.s.Page.Need); err == nil && need > len(targets) {
		r.log(ctx, incident.Entry{Kind: incident.EntryProblem, Step: n.address(), Text: fmt.Sprintf(
			"%s needs %d acknowledgements and calls %d: it goes on when each of them has acknowledged", n.address(), need, len(targets))})
	}
	for i, target := range targets {
		r.startPage(ctx, n, blank, stem+"/"+itoa(i), target)
	}
	return nil
}

// newPage is a page of the step without its key and its first target.
func (r *run) newPage(ctx workflow.Context, n *node) (incident.Page, error) {
	higher, err := r.names(ctx, n, "escalate", n.s.Page.Escalate)
	if err != nil {
		return incident.Page{}, err
	}
	message, err := r.text(ctx, n, "message", n.s.Page.Message)
	if err != nil {
		return incident.Page{}, err
	}
	p := incident.Page{
		Step: n.address(), Message: message, Rounds: n.s.Page.Rounds, Via: vias(n.s.Page.Via), OpenVia: len(n.s.Page.Via) == 0,
		Ack:     r.ackTime(n.s.Page.Ack, incident.DefaultAck, r.values(ctx, n.frame)),
		AckText: n.s.Page.Ack, Repeat: n.s.OnTimeout == nil || n.s.OnTimeout.Do == runbooks.DoRepeat,
	}
	if p.Rounds == 0 {
		p.Rounds, p.OpenRounds = incident.DefaultRounds, true
	}
	for _, level := range higher {
		p.Levels = append(p.Levels, incident.PageLevel{Target: level})
	}
	return p, nil
}

// startPage starts a page of the step for one target.
func (r *run) startPage(ctx workflow.Context, n *node, blank incident.Page, key, target string) {
	p := blank
	p.Key = key
	p.Levels = slices.Concat([]incident.PageLevel{{Target: target}}, blank.Levels)
	r.inc.StartPage(now(ctx), p)
	r.pageNodes[key] = n
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

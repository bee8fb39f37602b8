package workflows

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
)

// page starts one page for each target and waits until enough of them are acknowledged. The pages themselves live in
// the state and are driven by callPeople, so they outlive the step.
func (r *run) page(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) error {
	keys, err := r.startPages(ctx, s, sr)
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
func (r *run) startPages(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) ([]string, error) {
	stem := r.effectKey(s, "page")
	if sr.Tries > 0 {
		stem += "/try/" + itoa(sr.Tries)
	}
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
	repeat := s.OnTimeout == nil || s.OnTimeout.Do == runbooks.DoRepeat
	for n, target := range targets {
		p := incident.Page{
			Key: stem + "/" + itoa(n), Step: s.Address, Message: message, Rounds: s.Page.Rounds, Via: vias(s.Page.Via),
			Ack: r.durationOr(s.Page.Ack, incident.DefaultAck), AckText: s.Page.Ack, Repeat: repeat,
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

// callPeople drives every open page, those of the runbook and those by hand, each in a coroutine of its own.
func (r *run) callPeople(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		idle := func(p *incident.Page) bool { return !r.driving[p.Key] }
		for {
			err := workflow.Await(ctx, func() bool { return slices.ContainsFunc(r.inc.OpenPages(), idle) })
			if err != nil {
				return
			}
			for _, p := range r.inc.OpenPages() {
				if idle(p) {
					r.driving[p.Key] = true
					workflow.Go(ctx, func(ctx workflow.Context) { r.drive(ctx, p) })
				}
			}
		}
	})
}

// drive calls level after level and round after round until the page ends, then ends the calls that still ring.
func (r *run) drive(ctx workflow.Context, p *incident.Page) {
	defer func() { delete(r.driving, p.Key) }()
	attempts, stop := workflow.WithCancel(ctx)
	r.placeLost(attempts, p)
	for p.State == incident.PageOpen {
		if p.LevelAt.IsZero() {
			r.callLevel(attempts, p)
		}
		if err := r.waitLevel(ctx, p); err != nil {
			break
		}
		if p.State == incident.PageOpen {
			r.nextLevel(ctx, p)
		}
	}
	stop()
	r.endCalls(ctx, p)
}

// placeLost makes the attempts again that a former run had decided and never heard of.
func (r *run) placeLost(ctx workflow.Context, p *incident.Page) {
	for n := range p.Attempts {
		if a := p.Attempts[n]; a.Status == incident.CallPlanned && a.Provider == "" {
			r.goAttempt(ctx, p, a.Number, true)
		}
	}
}

// callLevel looks up who is on call now and calls all of them, each in every way at once.
func (r *run) callLevel(ctx workflow.Context, p *incident.Page) {
	targets := []string{p.Levels[p.Level].Target}
	if p.Exhausted {
		targets = append(targets, oncall.Fallback)
	}
	duties, problems := r.people(ctx, targets)
	if p.State != incident.PageOpen {
		return
	}
	p.LevelAt, p.ClockAt = now(ctx), time.Time{}
	for _, problem := range problems {
		r.problem(ctx, p.Step, problem)
	}
	reached := false
	for _, d := range duties {
		switch {
		case r.inc.Quiet[d.Person]:
			r.log(ctx, incident.Entry{Kind: incident.EntryCall, Step: p.Step, Text: d.Name + " asked not to be called for this incident"})
			continue
		case !d.Phone:
			r.problem(ctx, p.Step, d.Name+" has no telephone number")
			continue
		}
		reached = true
		r.log(ctx, incident.Entry{Kind: incident.EntryCall, Step: p.Step, Text: fmt.Sprintf("calling %s (%s)", d.Name, d.Why)})
		for _, via := range p.Via {
			r.goAttempt(ctx, p, p.Plan(now(ctx), d, via).Number, false)
		}
	}
	if !reached {
		r.problem(ctx, p.Step, "nobody can be called for "+strings.Join(targets, " and "))
	}
}

// goAttempt makes one attempt in the background.
func (r *run) goAttempt(ctx workflow.Context, p *incident.Page, number int, again bool) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		if p.State != incident.PageOpen {
			return
		}
		r.effects++
		r.attempt(ctx, p, number, again)
		r.effects--
	})
}

// attempt calls or texts one person and records what became of it. What is refused is told at once and the page goes
// on; what arrives after the page has ended is hung up.
func (r *run) attempt(ctx workflow.Context, p *incident.Page, number int, again bool) {
	a := *p.Attempt(number)
	effect := contract.Effect{Key: fmt.Sprintf("%s/%d", p.Key, number), Intended: a.At, Again: again}
	back := contract.Callback{
		WorkflowID: workflow.GetInfo(ctx).WorkflowExecution.ID, Key: string(r.inc.Key), Page: p.Key, Attempt: number,
	}
	progress := incident.CallProgress{Page: p.Key, Attempt: number}
	var err error
	if a.Via == string(runbooks.ViaSMS) {
		text, reference := r.shortMessage(p, number)
		var out contract.TextResult
		out, err = call(phoneOptions(ctx, p, "text "+a.Name), contract.SendText, contract.TextRequest{
			Effect: effect, Callback: back, Person: a.Person, Text: text, Reference: reference, Validity: max(p.Ack, leastValidity),
		})
		progress.Provider, progress.Status = out.Provider, incident.CallQueued
	} else {
		var out contract.CallResult
		out, err = call(phoneOptions(ctx, p, "page "+a.Name+" by telephone"), contract.PlaceCall, contract.CallRequest{
			Effect: effect, Callback: back, Person: a.Person, Say: r.words(p), Ring: ringTime(p.Ack),
		})
		progress.Provider, progress.Status = out.Provider, incident.CallQueued
		if err == nil && out.Silent {
			p.ClockAt = now(ctx)
			r.retimes++
		}
	}
	if err != nil {
		progress.Status, progress.Detail = incident.CallRefused, plain(err)
		if temporal.IsCanceledError(err) {
			progress.Detail = "the page had ended"
		}
	}
	r.inc.Progress(now(ctx), progress)
	r.retimes++
	if progress.Status == incident.CallRefused && p.State == incident.PageOpen {
		r.post(ctx, posting{message: contract.Message{
			Text: fmt.Sprintf("%s cannot be reached (%s): %s", a.Name, a.Via, progress.Detail), Tone: contract.ToneRed,
		}})
	}
	if p.State != incident.PageOpen {
		r.hangUp(ctx, p.Attempt(number))
	}
}

// Bounds of a call. A telephone rings shorter than it takes for voicemail to answer.
const (
	shortestRing  = 5 * time.Second
	longestRing   = 25 * time.Second
	leastValidity = time.Minute
	clockCap      = 30 * time.Second // the level's clock starts without a ring after this
	longestRepeat = 15 * time.Minute // between two calls of the fallback
)

// ringTime is how long a telephone rings: below the time until the next level is called, where that is possible.
func ringTime(ack time.Duration) time.Duration {
	return min(max(ack-5*time.Second, shortestRing), longestRing)
}

// phoneOptions gives an attempt about as long as its level has: after that the page has gone on. A page that ends
// takes back what has not been placed yet, and waits for what has, so that it can be hung up.
func phoneOptions(ctx workflow.Context, p *incident.Page, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: contract.QueuePhone, StartToCloseTimeout: 15 * time.Second,
		ScheduleToCloseTimeout: max(p.Ack, time.Minute), WaitForCancellation: true, Summary: summary,
		Priority: temporal.Priority{PriorityKey: 1},
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 1.5, MaximumInterval: 10 * time.Second,
		},
	})
}

// waitLevel waits until the page ends, somebody sends it on, no answer can come any more, or the level's time is over.
// When everything is exhausted it always waits, so that a repetition without a telephone does not spin.
func (r *run) waitLevel(ctx workflow.Context, p *incident.Page) error {
	hopeless := func() bool { return !p.Exhausted && !p.Waiting() }
	_, err := wait(ctx, waiting{
		summary: fmt.Sprintf("escalate %s, level %d", p.Levels[p.Level].Target, p.Level+2),
		done:    func() bool { return p.State != incident.PageOpen || p.Next || hopeless() },
		until:   func() time.Time { return levelDeadline(p) },
		change:  func() int { return r.retimes },
	})
	return err
}

// levelDeadline is when the next level is called. The clock starts when a telephone rings, is answered or has failed;
// a lost callback does not stop it. A page that repeats for ever does so at growing intervals.
func levelDeadline(p *incident.Page) time.Time {
	patience := p.Ack
	if p.Exhausted {
		for n := p.Rounds; n < p.Round && patience < longestRepeat; n++ {
			patience = min(2*patience, longestRepeat)
		}
	}
	if !p.ClockAt.IsZero() {
		return p.ClockAt.Add(patience)
	}
	return p.LevelAt.Add(clockCap + patience)
}

// nextLevel moves a page on: the next level, the next round, and in the end the last level and the fallback, for ever.
// Silence is never an end state.
func (r *run) nextLevel(ctx workflow.Context, p *incident.Page) {
	p.LevelAt, p.ClockAt, p.Next = time.Time{}, time.Time{}, false
	switch {
	case p.Exhausted:
		p.Round++
	case p.Level+1 < len(p.Levels):
		p.Level++
	case p.Round+1 < p.Rounds:
		p.Level, p.Round = 0, p.Round+1
	case p.Repeat:
		p.Exhausted = true
		p.Round++
		r.problem(ctx, p.Step, fmt.Sprintf(
			"Nobody has acknowledged %s after %d rounds. Calling %s and the fallback until somebody does.",
			r.inc.Key, p.Rounds, p.Levels[p.Level].Target))
		return
	default:
		p.State = incident.PageExhausted
		r.problem(ctx, p.Step, fmt.Sprintf("Nobody has acknowledged %s after %d rounds.", r.inc.Key, p.Rounds))
		return
	}
	text := fmt.Sprintf("no answer; calling %s (level %d, round %d)", p.Levels[p.Level].Target, p.Level+1, p.Round+1)
	if p.Exhausted {
		text = fmt.Sprintf("no answer; calling %s and the fallback again", p.Levels[p.Level].Target)
	}
	r.log(ctx, incident.Entry{Kind: incident.EntryEscalate, Step: p.Step, Text: text})
}

// endCalls hangs up what still rings or speaks, except the call on which the acknowledgement was just pressed: that
// one hears its answer and ends by itself.
func (r *run) endCalls(ctx workflow.Context, p *incident.Page) {
	for n := range p.Attempts {
		a := &p.Attempts[n]
		speaking := a.Status == incident.CallAnswered && a.Person == p.AckedBy.Person
		if !speaking {
			r.hangUp(ctx, a)
		}
	}
}

// hangUp ends one call. A call that is over already is success; one that cannot be ended hears who has acknowledged.
func (r *run) hangUp(ctx workflow.Context, a *incident.Attempt) {
	if a.Via != string(runbooks.ViaCall) || a.Provider == "" || a.Status.Final() {
		return
	}
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	provider, name := a.Provider, a.Name
	workflow.Go(ctx, func(ctx workflow.Context) {
		r.effects++
		defer func() { r.effects-- }()
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			TaskQueue: contract.QueuePhone, StartToCloseTimeout: 15 * time.Second, ScheduleToCloseTimeout: 30 * time.Second,
			Summary: "stop the call to " + name, RetryPolicy: &temporal.RetryPolicy{MaximumInterval: 5 * time.Second},
		})
		if _, err := call(ctx, contract.HangUp, contract.HangUpRequest{Provider: provider}); err != nil {
			workflow.GetLogger(ctx).Warn("call not ended; it rings out and hears who has acknowledged", "person", name, "error", err)
		}
	})
}

// words are the first words on the telephone.
func (r *run) words(p *incident.Page) string {
	parts := []string{string(r.inc.Key), orElse(string(r.inc.Severity), "severity not set")}
	if !r.inc.ClearedAt.IsZero() {
		parts = append(parts, "the alert has cleared")
	}
	parts = append(parts, strings.TrimSpace(r.inc.Service+" "+r.inc.Title))
	if p != nil && p.Message != "" {
		parts = append(parts, p.Message)
	}
	return strings.Join(parts, ". ") + "."
}

// shortMessage is the text of an SMS and the piece of it that no other message to this person has. The reply's code is
// the incident's number.
func (r *run) shortMessage(p *incident.Page, number int) (text, reference string) {
	code := strings.ToLower(strings.TrimPrefix(string(r.inc.Key), "INC-"))
	reference = fmt.Sprintf("[%s-%d]", code, r.ordinal(p)*1000+number)
	words := strings.TrimSuffix(r.words(p), ".")
	tail := fmt.Sprintf(". Reply %sa to acknowledge, %se to escalate. %s", code, code, reference)
	const segment = 160
	if len(words)+len(tail) > segment && len(tail) < segment {
		words = strings.ToValidUTF8(words[:min(len(words), segment-len(tail))], "")
	}
	return words + tail, reference
}

// ordinal is a page's place among the incident's pages.
func (r *run) ordinal(p *incident.Page) int {
	return slices.Index(r.inc.Pages, p) + 1
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

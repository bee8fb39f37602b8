package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// Bounds of a direct page.
const (
	directWait    = time.Minute
	mostWait      = 10 * time.Minute
	directMemory  = time.Hour // so long the same id means the same page
	lookEvery     = time.Second
	firstPause    = time.Second // before something that went wrong is tried again
	longestDirect = 250         // characters of a message that are spoken; the rest is in the SMS
	longestBy     = 60          // characters of who pages
	probeTime     = 2 * time.Second
)

// directID is an id of a page: it is a file's name and stands in an SMS.
var directID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`)

// directFlags are those of a page that goes straight to the telephone.
type directFlags struct {
	id, data string
	wait     time.Duration
}

// calendarPatience is how long calendars of other tools are waited for; after that their last good copies count.
const calendarPatience = 3 * time.Second

// checked completes and checks the flags. named says that somebody chose the id, so that it may be a repetition.
func (f directFlags) checked() (_ directFlags, named bool, err error) {
	named = f.id != ""
	if !named {
		f.id = strings.ToLower(rand.Text()[:8])
	}
	switch f.wait = cmp.Or(f.wait, directWait); {
	case !directID.MatchString(f.id):
		return f, named, misused("--id db-down-1", "--id %q: letters, digits, dot, hyphen and underscore, at most 40", f.id)
	case f.wait < time.Second || f.wait > mostWait:
		return f, named, misused("--wait 60s", "--wait: between 1s and %s", mostWait)
	}
	return f, named, nil
}

// directPage calls people without Temporal.
func directPage(ctx context.Context, sh shell, f pageFlags, words []string) error {
	own, named, err := f.direct.checked()
	if err != nil {
		return err
	}
	e, err := openEmergency(sh, f.files, own.data)
	if err != nil {
		return err
	}
	looking, done := context.WithTimeout(ctx, calendarPatience)
	e.config, _ = calendarLook{path: e.path, data: e.data, getenv: sh.getenv, at: time.Now()}.look(looking, e.config)
	done()
	target, by := words[0], gateway.CLIActor(e.config, f.as, sh.login())
	if err := knownTarget(&e.config.Book, target); err != nil {
		return err
	}
	phone, err := openDirectPhones(e.config)
	if err != nil {
		return err
	}
	d := &direct{
		printer: printer{w: sh.stdout, json: f.json}, emergency: e, phone: phone, warnings: sh.stderr,
		id: own.id, named: named, by: by, message: cmp.Or(strings.Join(words[1:], " "), fmt.Sprintf("%s asks for you.", by)),
		wait: own.wait, every: lookEvery,
	}
	d.notes = d.openNotes(ctx)
	defer d.notes.close()
	if e.stale != "" {
		d.warn("%s", e.stale)
		d.warn("THE CONFIGURATION IS FAULTY: the last good copy is used, %s of %s; who is on call may have changed since",
			e.path, e.kept.Format("2 Jan 15:04"))
	}
	reachable := temporalAnswers(ctx, sh, f.callFlags, e)
	out, err := d.page(ctx, target, time.Now())
	if err != nil {
		return err
	}
	if out.Temporal = <-reachable; out.Temporal {
		d.warn("Temporal answers: `muster page %s` would have been tracked, and would have gone on until somebody acknowledged", target)
	}
	return d.tell(out)
}

// openNotes reads what this machine knows of the page. While another command with the same id is under way it waits for the
// outcome of that one, at most as long as it would wait for its own.
func (d *direct) openNotes(ctx context.Context) *notes {
	return openNotes(ctx, noting{
		data: d.data, id: d.id, now: time.Now, patience: d.wait,
		complain: func(err error) { d.warn("what is done cannot be noted here, so the same --id may call again: %v", err) },
		busy: func() {
			d.warn("the same page, --id %s, is under way on this machine: nobody is called again, what comes of it is waited for", d.id)
		},
	})
}

// temporalAnswers finds out, beside the calls, whether Temporal can be reached after all.
func temporalAnswers(ctx context.Context, sh shell, f callFlags, e *emergency) <-chan bool {
	answer := make(chan bool, 1)
	go func() {
		ctx, cancel := context.WithTimeout(ctx, probeTime)
		defer cancel()
		c, _, err := sh.dial(ctx, f.address, e.config.Temporal)
		if err == nil { // it is an aside: what matters is that people are called
			c.Close()
		}
		answer <- err == nil
	}()
	return answer
}

// directed is what came of a direct page.
type directed struct {
	ID        string           `json:"id"`
	Target    string           `json:"target"`
	Message   string           `json:"message"`
	By        string           `json:"by"`
	Config    string           `json:"config"`    // the file that was used
	LastGood  bool             `json:"last_good"` // it is the copy of a file that is faulty now
	Overrides bool             `json:"overrides"` // always false: only the server knows them
	Tracked   bool             `json:"tracked"`   // always false: nothing is recorded, repeated or acknowledged
	Temporal  bool             `json:"temporal"`  // it could have been tracked
	Fallback  bool             `json:"fallback"`  // nobody was on call, so the fallback was called
	Reached   bool             `json:"reached"`
	People    []directedPerson `json:"people"`
}

// directedPerson is how one person was told.
type directedPerson struct {
	Person oncall.PersonID `json:"person"`
	Name   string          `json:"name"`
	Why    string          `json:"why"`
	Call   directedWay     `json:"call"`
	SMS    directedWay     `json:"sms"`
}

// directedWay is one call or one message. Status is "unknown" where nobody knows whether it was placed.
type directedWay struct {
	Status   incident.CallStatus `json:"status"`
	Detail   string              `json:"detail,omitempty"`
	Provider string              `json:"provider,omitempty"`
	Earlier  bool                `json:"earlier,omitempty"` // placed by an earlier command with the same id
	At       time.Time           `json:"at"`
}

// statusUnknown is an attempt of which nobody knows whether it was made.
const statusUnknown incident.CallStatus = "unknown"

// reached says whether the person was reached in this way.
func (w directedWay) reached() bool {
	return w.Status == incident.CallAnswered || w.Status == incident.CallCompleted || w.Status == incident.CallDelivered
}

// settled says whether nothing more is to be expected. Who has answered is reached, however long the call goes on.
func (w directedWay) settled() bool { return w.Status.Final() || w.reached() }

// errNobodyReached is the outcome that matters most.
var errNobodyReached = errors.New("nobody was reached")

// errNobodyKnows is the outcome where a pager has taken calls.
var errNobodyKnows = errors.New("it is not known whether anybody was reached")

// tell shows the outcome. Nobody reached is a failure.
func (d *direct) tell(out directed) error {
	d.line("")
	for _, p := range out.People {
		d.line("%s: call %s; SMS %s", p.Name, p.Call.text("call"), p.SMS.text("sms"))
	}
	if err := d.object(out); err != nil {
		return err
	}
	if !out.Reached {
		if slices.ContainsFunc(out.People, func(p directedPerson) bool { return byPager(p.Call.Provider) || byPager(p.SMS.Provider) }) {
			return withHint(errNobodyKnows, "the pager has taken it and tells no more; call by hand to be sure")
		}
		hint := "call somebody else: muster page --direct " + oncall.Fallback + "; or by hand: muster oncall shows who is next"
		switch {
		case slices.ContainsFunc(out.People, func(p directedPerson) bool { return p.Call.Earlier || p.SMS.Earlier }):
			hint = "an earlier command with the id " + d.id + " has called them; another --id, or none, calls again"
		case out.Target == oncall.Fallback || out.Fallback:
			hint = "call by hand; the numbers stand in " + d.path
		}
		return withHint(errNobodyReached, hint)
	}
	return nil
}

// text is how the attempt went, in words.
func (w directedWay) text(via string) string {
	words := map[incident.CallStatus]string{
		incident.CallPlanned: "not known", incident.CallQueued: "placed", incident.CallInitiated: "placed",
		incident.CallRinging: "rings", incident.CallAnswered: "answered", incident.CallCompleted: "answered",
		incident.CallNoAnswer: "no answer", statusUnknown: "not placed, as far as is known",
	}
	if via == "sms" {
		words[incident.CallQueued] = "on its way"
	}
	text := cmp.Or(words[w.Status], string(w.Status))
	if w.Earlier {
		text += " (placed earlier by the same id, not again)"
	}
	if w.Detail != "" {
		text += ": " + w.Detail
	}
	return text
}

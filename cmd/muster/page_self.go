package main

import (
	"cmp"
	"context"
	_ "embed" // the runbook of a test page
	"errors"
	"fmt"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

//go:embed page_self.yaml
var selfText []byte

// Bounds of a test page.
const (
	testWait  = 3 * time.Minute
	testEvery = 300 * time.Millisecond
	testEnds  = 10 * time.Second // for the incident to end, or to be ended
)

// selfPaged is what came of a test page.
type selfPaged struct {
	Key          incident.Key    `json:"key"`
	Person       oncall.PersonID `json:"person"`
	Name         string          `json:"name"`
	Acknowledged bool            `json:"acknowledged"`
	Door         incident.Door   `json:"door,omitempty"`          // by which it was
	After        float64         `json:"after_seconds,omitempty"` // until then
	Attempts     []selfAttempt   `json:"attempts"`
	Ended        bool            `json:"ended"` // the incident has
}

// selfAttempt is one call or one message.
type selfAttempt struct {
	Via    string              `json:"via"`
	Status incident.CallStatus `json:"status"`
	Detail string              `json:"detail,omitempty"`
	After  float64             `json:"after_seconds"` // until the status, from the page's begin
}

// testPage pages whoever gives the command, by the same way that a real page takes.
func testPage(ctx context.Context, sh shell, f pageFlags) error {
	wait := cmp.Or(f.direct.wait, testWait)
	if wait < time.Second || wait > mostWait {
		return misused("--wait 3m", "--wait: between 1s and %s", mostWait)
	}
	f.begin.books = pageBook{text: selfText}
	return call(ctx, sh, f.callFlags, func(d *caller) error {
		person, err := d.self()
		if err != nil {
			return err
		}
		message := fmt.Sprintf("This is a TEST page of %s to themselves. Nothing is wrong.", person.Name)
		begun, err := d.Declare(ctx, gateway.NewIncident{
			Title: "TEST page to " + person.Name, Severity: pageSeverity, Runbook: "page", By: d.by,
			Inputs: map[string]any{"target": string(person.ID), "message": message},
		})
		if err != nil {
			return err
		}
		if begun.Key == "" {
			d.warnOfIdleness(ctx)
			return withHint(errors.New("the test page has no number yet, so nothing is known of it"), "it is found as "+begun.WorkflowID)
		}
		d.line("%s: a TEST page to %s. Acknowledge it by the telephone, by SMS or with: muster ack %s", begun.Key, person.Name, begun.Key)
		return d.tellTest(d.follow(ctx, selfPaged{Key: begun.Key, Person: person.ID, Name: person.Name}, wait))
	})
}

// self is the acting person, who must be somebody that a telephone reaches.
func (d *caller) self() (oncall.Person, error) {
	if d.config == nil {
		return oncall.Person{}, withHint(errors.New("there is no configuration here that says who you are"), "name it with --config")
	}
	person, ok := d.config.Person(d.by.Person)
	switch {
	case !ok:
		return person, withHint(fmt.Errorf("nobody in the roster is %s", d.by), "say who you are: muster page --test --as ana")
	case person.Phone == "":
		return person, withHint(fmt.Errorf("%s has no telephone number", person.Name), "add phone to people."+string(person.ID))
	}
	return person, nil
}

// follow waits until the page is acknowledged or over. A test that nobody answers, or that is broken off, is ended: it must
// not go on calling when nobody watches it.
func (d *caller) follow(ctx context.Context, out selfPaged, wait time.Duration) selfPaged {
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for over := false; !over && rest(waiting, testEvery); {
		shown, err := d.Show(waiting, out.Key)
		if err != nil {
			continue // the server may be busy; the time is bounded
		}
		over = out.take(shown)
	}
	ending, stop := context.WithTimeout(context.WithoutCancel(ctx), testEnds)
	defer stop()
	if !out.Acknowledged {
		_, err := d.Act(ending, out.Key, gateway.Deed{
			Verb: contract.VerbCancel, Act: contract.Act{Reason: "a test page that nobody acknowledged", By: d.by},
		})
		if err != nil {
			d.line("the test page could not be ended: %v", err)
		}
	}
	for !out.Ended && rest(ending, testEvery) {
		if shown, err := d.Show(ending, out.Key); err == nil {
			out.take(shown)
		}
	}
	return out
}

// take reads how far the page got, and says whether it is over.
func (t *selfPaged) take(shown contract.Snapshot) bool {
	i := shown.Incident
	t.Ended = shown.Closed || i.Ending != ""
	if len(i.Pages) == 0 {
		return t.Ended
	}
	p := i.Pages[0]
	t.Attempts = t.Attempts[:0]
	for _, a := range p.Attempts {
		at := a.StatusAt
		if at.IsZero() {
			at = a.At
		}
		t.Attempts = append(t.Attempts, selfAttempt{
			Via: a.Via, Status: a.Status, Detail: a.Detail, After: at.Sub(p.StartedAt).Seconds(),
		})
	}
	if p.State == incident.PageAcknowledged {
		t.Acknowledged, t.Door, t.After = true, p.AckedBy.Door, p.AckedAt.Sub(p.StartedAt).Seconds()
	}
	return p.State != incident.PageOpen || t.Ended
}

// tellTest shows what was reached, and how soon.
func (d *caller) tellTest(t selfPaged) error {
	if t.Attempts == nil {
		t.Attempts = []selfAttempt{}
	}
	for _, a := range t.Attempts {
		way := directedWay{Status: a.Status, Detail: a.Detail}
		d.line("  %s: %s after %.1f s", map[string]string{"call": "call", "sms": "SMS", "slack": "Slack", "email": "e-mail"}[a.Via], way.text(a.Via), a.After)
	}
	if t.Acknowledged {
		d.line("acknowledged after %.1f s (%s)", t.After, t.Door)
	}
	if t.Ended {
		d.line("%s has ended", t.Key)
	}
	if err := d.object(t); err != nil {
		return err
	}
	if !t.Acknowledged {
		return withHint(errors.New("the test page was not acknowledged"),
			"muster timeline "+string(t.Key)+" shows what was tried; does the number in the roster ring, and can the telephone company reach the gateway?")
	}
	return nil
}

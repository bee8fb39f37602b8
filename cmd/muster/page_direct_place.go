package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// Times of a direct attempt.
const (
	directRing     = 25 * time.Second // short of most answering machines
	directValidity = 10 * time.Minute // a page that arrives hours later is worse than none
	longestPause   = 5 * time.Second
)

// attempt is one call or one message that is to be placed once.
type attempt struct {
	name, via string
	person    oncall.PersonID
	earlier   string // what another machine has placed; may be empty
	place     func(context.Context, contract.Effect) (provider string, err error)
}

// key names the attempt in the notes.
func (a attempt) key() string { return noteKey(a.person, a.via) }

// call is the attempt to telephone somebody. The request names no incident: there is none to acknowledge.
func (d *direct) call(p directedPerson, earlier string) attempt {
	a := attempt{name: p.Name, via: "call", person: p.Person, earlier: earlier}
	a.place = func(ctx context.Context, effect contract.Effect) (string, error) {
		result, err := d.phone.Call(ctx, contract.CallRequest{
			Effect: effect, Callback: contract.Callback{Page: effect.Key, Attempt: 1}, Person: p.Person, Say: d.spoken(), Ring: directRing,
		})
		d.noted(result.Note)
		return result.Provider, err
	}
	return a
}

// text is the attempt to send somebody a message.
func (d *direct) text(p directedPerson, earlier string) attempt {
	a := attempt{name: p.Name, via: "sms", person: p.Person, earlier: earlier}
	a.place = func(ctx context.Context, effect contract.Effect) (string, error) {
		result, err := d.phone.Text(ctx, contract.TextRequest{
			Effect: effect, Callback: contract.Callback{Page: effect.Key, Attempt: 2}, Person: p.Person, Text: d.written(),
			Reference: d.reference(), Validity: directValidity,
		})
		d.noted(result.Note)
		return result.Provider, err
	}
	return a
}

// noted says what has failed before something was placed after all.
func (d *direct) noted(note string) {
	if note != "" {
		d.warn("%s", note)
	}
}

// tellBy places an attempt, unless it was placed before, and follows it to its end.
func (d *direct) tellBy(ctx context.Context, a attempt) directedWay {
	w := directedWay{Status: incident.CallQueued, At: time.Now(), Provider: d.notes.provider(a.key())}
	if w.Provider == "" {
		w.Provider = a.earlier
	}
	if w.Earlier = w.Provider != ""; !w.Earlier {
		w = d.placed(ctx, a)
	}
	if w.Provider == "" {
		d.show(a.name, a.via, w)
		return w
	}
	d.notes.placed(a.key(), w.Provider)
	d.show(a.name, a.via, w)
	return d.followed(ctx, a, w)
}

// placed places an attempt. It tries until that has worked, was refused, or the time is over. Each time after the first the
// telephone looks for what the time before may have done, so nobody is called twice for an answer that was lost.
func (d *direct) placed(ctx context.Context, a attempt) directedWay {
	effect := d.notes.intend(a.key(), time.Now())
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		provider, err := a.place(ctx, effect)
		w := directedWay{Status: incident.CallQueued, At: time.Now(), Provider: provider}
		if err == nil {
			return w
		}
		w.Detail = err.Error()
		if contract.IsRefused(err) {
			d.notes.forget(a.key()) // it was not placed, and may be when its reason is gone
			w.Status = incident.CallRefused
			return w
		}
		effect.Again = true
		d.warn("%s is tried again: %v", a.name, err)
		if !rest(ctx, pauseAfter(err, pause)) {
			w.Status = statusUnknown
			return w
		}
	}
}

// followed asks what has become of an attempt until it is over, or the time is.
func (d *direct) followed(ctx context.Context, a attempt, w directedWay) directedWay {
	for {
		progress, err := d.phone.Follow(ctx, w.Provider)
		switch {
		case err == nil && progress.Status != incident.CallPlanned && progress.Status != w.Status:
			w.Status, w.Detail, w.At = progress.Status, progress.Detail, time.Now()
			if w.Status == incident.CallFailed && w.Detail == "" {
				w.Detail = "the number could not be reached (check it in the roster)"
			}
			d.show(a.name, a.via, w)
		case contract.IsRefused(err):
			w.Detail = "what became of it cannot be asked: " + err.Error()
			return w
		}
		if w.settled() {
			return w
		}
		if !rest(ctx, pauseAfter(err, d.every)) {
			w.Detail = fmt.Sprintf("no more was known after %s", d.wait)
			if errors.Is(ctx.Err(), context.Canceled) {
				w.Detail = "nobody waited for more"
			}
			return w
		}
	}
}

// pauseAfter is how long to wait: what the error says, else the pause.
func pauseAfter(err error, pause time.Duration) time.Duration {
	var later *contract.Later
	if errors.As(err, &later) {
		return later.After
	}
	return pause
}

// rest waits; false means that the time is over.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/twilio"
)

// direct is one page that goes straight to the telephone. It is idempotent by its id: what an earlier command with the same
// id has placed within the hour is found in the notes of this machine, else at the telephone company, and is not placed
// again. Where neither can tell, people are called: a second call is harmless, and silence is not.
type direct struct {
	printer
	*emergency
	phone   directPhones
	notes   *notes
	id      string
	named   bool // somebody chose the id, so that it may be a repetition
	by      incident.Actor
	message string
	wait    time.Duration
	every   time.Duration // between two looks at what has become of a call

	mu       sync.Mutex // guards the printer and the warnings: people are called side by side
	warnings io.Writer
}

// page calls everybody whom the target means and waits until it is known what came of it.
func (d *direct) page(ctx context.Context, target string, now time.Time) (directed, error) {
	out := directed{
		ID: d.id, Target: target, Message: d.message, By: d.by.String(), Config: d.path, LastGood: d.stale != "",
		People: []directedPerson{},
	}
	d.line("Direct page %s to %s, straight from %s: nothing is recorded, repeated or acknowledged.", d.id, target, d.path)
	duties, err := d.duties(&out, target, now)
	if err != nil {
		return out, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.wait)
	defer cancel()
	out.People = make([]directedPerson, len(duties))
	var all sync.WaitGroup
	for n, duty := range duties {
		all.Go(func() { out.People[n] = d.person(ctx, duty) })
	}
	all.Wait()
	out.Reached = slices.ContainsFunc(out.People, func(p directedPerson) bool { return p.Call.reached() || p.SMS.reached() })
	return out, nil
}

// duties are the people to be called. Where nobody is on call it is the fallback: silence is never an end.
func (d *direct) duties(out *directed, target string, now time.Time) ([]oncall.Duty, error) {
	book := &d.config.Book
	duties, err := d.config.Duties(target, now)
	var unread *oncall.UnreadCalendar
	if err != nil && !errors.As(err, &unread) {
		return nil, err
	}
	if policy, ok := book.Policy(target); ok && len(policy.Levels) > 1 {
		d.warn("%s has %d levels; this calls the first one, all of it, and no other", target, len(policy.Levels))
	}
	if target != oncall.Fallback {
		d.warn("overrides do not count here: only the server knows them")
	}
	if len(duties) > 0 {
		return duties, nil
	}
	why := "nobody is on call on " + target + " now"
	if unread != nil {
		why = unread.Error()
	}
	d.warn("%s: the fallback is called", why)
	out.Fallback = true
	return d.config.Duties(oncall.Fallback, now)
}

// person tells one person by call and by message at once.
func (d *direct) person(ctx context.Context, duty oncall.Duty) directedPerson {
	p := directedPerson{Person: duty.Person, Name: cmp.Or(oneLine(duty.Name), string(duty.Person)), Why: duty.Why}
	earlier := d.earlier(ctx, duty.Person)
	call, text := d.call(p, earlier.Call), d.text(p, earlier.Text)
	var both sync.WaitGroup
	both.Go(func() { p.Call = d.tellBy(ctx, call) })
	both.Go(func() { p.SMS = d.tellBy(ctx, text) })
	both.Wait()
	return p
}

// earlier asks the telephone company what the same page has placed from another machine. It costs time, so it is asked only
// where somebody has chosen the id and the notes know nothing of the person.
func (d *direct) earlier(ctx context.Context, person oncall.PersonID) twilio.Earlier {
	if !d.named || d.notes.knows(person, time.Now()) {
		return twilio.Earlier{}
	}
	found, err := d.phone.Earlier(ctx, twilio.Sought{Person: person, Reference: d.reference(), Since: time.Now().Add(-directMemory)})
	if err != nil {
		d.warn("%s: could not find out whether the same page was placed from another machine: %v", person, err)
	}
	return found
}

// reference marks the messages of this page.
func (d *direct) reference() string { return "(direct " + d.id + ")" }

// spoken is what a call says. What the person must know stands before the message, which may be long.
func (d *direct) spoken() string {
	return fmt.Sprintf("This is a direct page by %s; it cannot be acknowledged. %s %s",
		atMost(longestBy, d.by.String()), ended(atMost(longestDirect, d.message)), d.callBack(true))
}

// written is what a message says.
func (d *direct) written() string {
	return fmt.Sprintf("Direct page by %s, cannot be acknowledged: %s %s %s",
		atMost(longestBy, d.by.String()), ended(d.message), d.callBack(false), d.reference())
}

// atMost cuts a text to so many characters, because a telephone company takes no more of them.
func atMost(characters int, text string) string {
	runes := []rune(text)
	if len(runes) <= characters {
		return text
	}
	return string(runes[:characters]) + "…"
}

// callBack says where to turn to. A number is spoken digit by digit.
func (d *direct) callBack(aloud bool) string {
	who, ok := d.config.Person(d.by.Person)
	if !ok || who.Phone == "" {
		return "See the chat."
	}
	number := who.Phone
	if aloud {
		number = "plus " + strings.Join(strings.Split(strings.TrimPrefix(number, "+"), ""), " ")
	}
	return fmt.Sprintf("Call back %s, or see the chat.", number)
}

// ended ends a sentence.
func ended(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.ContainsAny(text[len(text)-1:], ".!?") || strings.HasSuffix(text, "…") {
		return text
	}
	return text + "."
}

// show tells how far somebody's call or message got.
func (d *direct) show(name, via string, w directedWay) {
	d.mu.Lock()
	defer d.mu.Unlock()
	label := map[string]string{"call": "call", "sms": "SMS"}[via]
	d.line("  %s  %s: %s %s", time.Now().Format("15:04:05"), name, label, w.text(via))
}

// warn says what the person who pages should know, beside the result.
func (d *direct) warn(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	// What cannot be said to anybody is no reason to call nobody.
	_, _ = io.WriteString(d.warnings, plainText("muster: "+fmt.Sprintf(format, args...)+"\n"))
}

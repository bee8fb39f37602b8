package twilio

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// How the inbox is read.
const (
	// readEvery and readSlowest are the pauses between two looks, when Twilio answers and when it does not.
	readEvery   = 5 * time.Second
	readSlowest = 30 * time.Second
	// lookBack is how old a message may be that is still read: one that came while nobody read is not lost by a restart.
	lookBack = 10 * time.Minute
	// passPatience is how long a command is tried to be passed on before its sender is told that it could not be.
	passPatience = time.Minute
	// answerValidity is how long an answer is worth something.
	answerValidity = 5 * time.Minute

	inboxPage    = 100  // messages in a page of the list
	mostPages    = 10   // that one look turns over
	rememberRead = 8192 // messages
	fromOutside  = "inbound"

	referenceLength = 6 // of a message's identifier
)

// Inbox reads the messages that people send to our number, where no public address lets Twilio bring them. It must be used
// by one goroutine.
//
// A message is acted on once, because its identifier is the act's. It is answered once as far as Twilio can tell: each
// answer holds a piece of the identifier of what it answers, and is looked for before it is sent.
type Inbox struct {
	*handler
	// Every is the pause between two looks.
	Every time.Duration

	read    *recent[bool] // messages that are done with or wait, by identifier
	waiting []letter
}

// letter is a message that was read and is not done with.
type letter struct {
	incoming
	person oncall.Person
	sent   time.Time
	first  time.Time // when it was first tried
	acted  bool      // its command was passed on, or given up
	answer string
	done   bool
}

// Inbox is the inbox of the client's number; nothing is read before Run or Read.
func (c *Client) Inbox(incidents Incidents) *Inbox {
	return &Inbox{handler: c.handler(incidents), Every: readEvery, read: newRecent[bool](rememberRead)}
}

// Run reads until the context ends. While Twilio does not answer it asks less often, and says so once.
func (i *Inbox) Run(ctx context.Context) {
	pause, failing := i.Every, false
	for {
		err := i.Read(ctx)
		if ctx.Err() != nil {
			return
		}
		switch {
		case err == nil && failing:
			i.config.Log.Info("messages to our number are read and answered again", "number", i.config.From)
		case err != nil && !failing:
			i.config.Log.Error("messages to our number cannot be read or answered; trying on", "number", i.config.From, "error", err)
		}
		failing = err != nil
		pause = i.next(pause, err)
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// next is the pause before the next look.
func (i *Inbox) next(pause time.Duration, err error) time.Duration {
	var later *contract.Later
	switch {
	case err == nil:
		return i.Every
	case errors.As(err, &later):
		return min(max(later.After, 2*pause), readSlowest)
	default:
		return min(2*pause, readSlowest)
	}
}

// Read looks once: it takes what is new, does what it commands, and answers. What cannot be done now is tried again at the
// next look. All commands are passed on before anybody is answered, because an acknowledgement stops telephones.
func (i *Inbox) Read(ctx context.Context) error {
	return errors.Join(i.fetch(ctx), i.each(ctx, i.pass), i.each(ctx, i.send))
}

// each takes one step with everything that waits. The first failure ends it, for what is down is down for all; and it goes
// to the end of the line, so that it holds nobody up at the next look.
func (i *Inbox) each(ctx context.Context, step func(context.Context, *letter) error) error {
	defer func() {
		i.waiting = slices.DeleteFunc(i.waiting, func(l letter) bool { return l.done })
	}()
	for n := range i.waiting {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := step(ctx, &i.waiting[n]); err != nil {
			failed := i.waiting[n]
			i.waiting = append(slices.Delete(i.waiting, n, n+1), failed)
			return err
		}
	}
	return nil
}

// pass does what a message commands. A command that cannot be passed on for too long is given up, and its sender is told.
func (i *Inbox) pass(ctx context.Context, l *letter) error {
	if l.acted {
		return nil
	}
	now := i.config.Now()
	if l.first.IsZero() {
		l.first = now
	}
	answer, err := i.reply(ctx, l.incoming, l.person)
	if err != nil && now.Before(l.first.Add(passPatience)) {
		return err
	}
	if err != nil {
		i.config.Log.Error("a reply was not passed on; its sender is told", "message", l.sid, "error", err)
	}
	l.acted, l.answer, l.done = true, answer, answer == ""
	return nil
}

// send answers a message, unless that was done already.
func (i *Inbox) send(ctx context.Context, l *letter) error {
	if !l.acted {
		return nil
	}
	reference := fmt.Sprintf("(re %s)", l.sid[max(0, len(l.sid)-referenceLength):])
	_, err := i.Text(ctx, contract.TextRequest{
		Effect:   contract.Effect{Intended: l.sent, Again: true}, // another process may have answered
		Callback: contract.Callback{Page: "answer/" + l.sid},
		Person:   l.person.ID, Text: l.answer + " " + reference, Reference: reference, Validity: answerValidity,
	})
	if err != nil && !contract.IsRefused(err) && i.config.Now().Before(l.first.Add(lookBack)) {
		return err
	}
	if err != nil {
		i.config.Log.Error("a reply was done and is not answered", "message", l.sid, "person", l.person.ID, "error", err)
	}
	l.done = true
	return nil
}

// fetch takes the messages that are new, the oldest first. It turns over pages of the list, which has the newest first,
// until one has nothing new; when a page cannot be had nothing is taken, so that nothing is passed over at the next look.
func (i *Inbox) fetch(ctx context.Context) error {
	since := i.config.Now().Add(-lookBack).UTC()
	params := (&api.ListMessageParams{}).SetTo(i.config.From).SetDateSentAfter(since).SetPageSize(inboxPage)
	var found []letter
	token, number := "", ""
	for range mostPages {
		var page *api.ListMessageResponse
		_, err := i.request(ctx, "read the messages to "+i.config.From, func(s *api.ApiService) error {
			var err error
			page, err = s.PageMessage(params, token, number)
			return err
		})
		if err != nil {
			return err
		}
		fresh := i.fresh(page.Messages, since)
		found = append(found, fresh...)
		if token, number = nextPage(page.NextPageUri); len(fresh) == 0 || token == "" {
			break
		}
	}
	slices.Reverse(found)
	for _, l := range found {
		if _, twice := i.read.get(l.sid); twice { // the list has grown while its pages were turned over
			continue
		}
		i.read.put(l.sid, true)
		var ok bool
		if l.person, ok = i.sender(l.incoming); ok {
			i.waiting = append(i.waiting, l)
		}
	}
	return nil
}

// fresh picks the messages of a page that came from outside, within the time that counts, and were not read yet. Twilio may
// compare days where it is asked for a time, so the time is looked at here.
func (i *Inbox) fresh(messages []api.ApiV2010Message, since time.Time) (found []letter) {
	for n := range messages {
		m := &messages[n]
		if m.Sid == nil || m.From == nil || m.Direction == nil || *m.Direction != fromOutside {
			continue
		}
		l := letter{incoming: incoming{sid: *m.Sid, from: *m.From}}
		if m.Body != nil {
			l.body = *m.Body
		}
		var dated bool
		if l.sent, dated = wireTime(m.DateCreated); !dated {
			l.sent = i.config.Now()
		}
		if _, known := i.read.get(l.sid); !known && !l.sent.Before(since) {
			found = append(found, l)
		}
	}
	return found
}

// nextPage reads the place of the next page from its address; nothing where there is none.
func nextPage(address *string) (token, number string) {
	if address == nil {
		return "", ""
	}
	u, err := url.Parse(*address)
	if err != nil {
		return "", ""
	}
	return u.Query().Get("PageToken"), u.Query().Get("Page")
}

package faketwilio

import (
	"context"
	"fmt"
	"time"
)

// Reaction is what a telephone does when it rings.
type Reaction int

// The reactions of a telephone.
const (
	// RingsOut lets it ring until the call's timeout: no-answer.
	RingsOut Reaction = iota
	// Answers picks up after Behaviour.After and presses Behaviour.Presses.
	Answers
	// IsBusy is engaged.
	IsBusy
	// Fails cannot be reached at all.
	Fails
	// Voicemail is an answering machine that picks up after Behaviour.After,
	// listens to the end and presses nothing.
	Voicemail
	// Manual does nothing until Answer, Press, Silence, RingOut or HangUp tell
	// it to, and no time passes by itself: no timeout of ringing or of a Gather,
	// and pauses are skipped.
	Manual
)

// Press is one answer to a Gather: the keys, pressed so long after the
// question was spoken.
type Press struct {
	After time.Duration
	Keys  string
}

// Fate is what becomes of a message to a telephone.
type Fate int

// The fates of a message.
const (
	Arrives Fate = iota
	// Undelivered was sent and never arrived (Behaviour.ErrorCode).
	Undelivered
	// Unsendable failed before it was sent (Behaviour.ErrorCode).
	Unsendable
)

// Behaviour is how the owner of a number behaves. The zero value lets the
// telephone ring and reads messages without answering.
type Behaviour struct {
	Reaction Reaction
	// Queued is how long a call waits before it is dialled, as behind other
	// calls of an account that may place one a second.
	Queued time.Duration
	// After is how long the telephone rings before the reaction.
	After time.Duration
	// Presses answer the Gathers of a call in order, one each. When they are
	// used up, the person listens and presses nothing.
	Presses []Press
	// OnCall is called on a goroutine of its own when the telephone rings; with
	// Manual it is a scripted person. Its context ends with the call.
	OnCall func(context.Context, Call)

	// SMS is what becomes of messages, ErrorCode the reason when they fail
	// (0 means 30005, unknown destination).
	SMS       Fate
	ErrorCode int
	// SMSAfter is how long a message takes from queued to sent, and again from
	// sent to delivered.
	SMSAfter time.Duration
	// OnMessage is called on a goroutine of its own when a message arrives. Its
	// context ends with the server.
	OnMessage func(context.Context, Message)
}

// Phone says how the owner of a number behaves from the next call or message
// on. A number that was never mentioned has the zero Behaviour.
func (s *Server) Phone(number string, b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phones[number] = b
}

type verb int

const (
	doAnswer verb = iota
	doRingOut
	doPress
	doSilence
)

func (v verb) String() string {
	return [...]string{"answer", "ring out", "press keys", "stay silent"}[v]
}

// command is one thing that a person does with a telephone.
type command struct {
	do    verb
	keys  string
	reply chan error // Buffered: the call never waits for the commander.
}

// Answer picks the telephone up and returns when the call is in progress. It
// waits while the call is still queued.
func (s *Server) Answer(sid string) error { return s.command(sid, command{do: doAnswer}) }

// RingOut ends the ringing as if the call's timeout had passed.
func (s *Server) RingOut(sid string) error { return s.command(sid, command{do: doRingOut}) }

// Press presses keys and returns when a Gather has taken them. It waits while
// something else is being said; it fails when the call ends first.
func (s *Server) Press(sid, keys string) error {
	return s.command(sid, command{do: doPress, keys: keys})
}

// Silence lets the next Gather pass without a key.
func (s *Server) Silence(sid string) error { return s.command(sid, command{do: doSilence}) }

// HangUp ends the call from the telephone's side: a ringing call is declined
// (busy), an answered one completed.
func (s *Server) HangUp(sid string) error {
	c := s.find(sid)
	if c == nil {
		return fmt.Errorf("hang up %s: no such call", sid)
	}
	s.mu.Lock()
	final := Completed
	if c.Status != InProgress {
		final = Busy
	}
	s.mu.Unlock()
	if !s.end(c, final) {
		return fmt.Errorf("hang up %s: the call is over", sid)
	}
	return nil
}

func (s *Server) command(sid string, cmd command) error {
	c := s.find(sid)
	if c == nil {
		return fmt.Errorf("%s on %s: no such call", cmd.do, sid)
	}
	cmd.reply = make(chan error, 1)
	select {
	case c.commands <- cmd:
		return <-cmd.reply
	case <-c.ctx.Done():
		return fmt.Errorf("%s on %s: the call is over", cmd.do, sid)
	}
}

// refuse answers a command that does not fit the moment.
func (cmd command) refuse(why string) { cmd.reply <- fmt.Errorf("%s: %s", cmd.do, why) }

package faketwilio

import (
	"net/url"
	"slices"
	"strconv"
	"time"
)

// live is the life of one call from the queue to its end.
func (s *Server) live(c *call) {
	b := c.behaviour
	if !s.sleep(c.ctx, b.Queued) || !s.turn(c) {
		return
	}
	s.dial(c)
	if b.Reaction == Fails {
		s.end(c, Failed)
		return
	}
	if !s.advance(c, Ringing, eventRinging, CallRinging) {
		return
	}
	if b.OnCall != nil {
		s.mu.Lock()
		shot := c.snapshot()
		s.mu.Unlock()
		s.start(func() { b.OnCall(c.ctx, shot) })
	}
	if s.ring(c) {
		s.converse(c)
	}
}

// turn waits until the account may dial the call; false means that it was
// ended before. Calls wait in the order in which they came, and one that is
// ended in the queue takes nobody's turn.
func (s *Server) turn(c *call) bool {
	if s.queue == nil {
		return true
	}
	select {
	case <-s.queue:
	case <-c.ctx.Done():
		return false
	}
	s.start(func() {
		if s.sleep(s.ctx, time.Duration(float64(time.Second)/s.opts.CallsASecond)) {
			s.queue <- struct{}{}
		}
	})
	return c.ctx.Err() == nil
}

// dial marks the moment at which the call leaves the queue. Its status stays
// queued until it rings; only the callback knows "initiated".
func (s *Server) dial(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Status.Over() {
		return
	}
	c.Started, c.Updated = s.now(), s.now()
	s.notify(c, eventInitiated, eventInitiated)
	s.announce(Event{Kind: CallInitiated, Call: c.snapshot()})
}

// ring waits for the reaction; true means that somebody, or something, has
// answered.
func (s *Server) ring(c *call) bool {
	b := c.behaviour
	var timeout, reaction <-chan time.Time
	if b.Reaction != Manual {
		timer, stop := s.timer(c.RingTimeout)
		defer stop()
		timeout = timer
	}
	if b.Reaction == Answers || b.Reaction == IsBusy || b.Reaction == Voicemail {
		timer, stop := s.timer(b.After)
		defer stop()
		reaction = timer
	}
	for {
		select {
		case <-c.ctx.Done():
			return false
		case <-timeout:
			s.end(c, NoAnswer)
			return false
		case <-reaction:
			if b.Reaction == IsBusy {
				s.end(c, Busy)
				return false
			}
			return s.pickUp(c)
		case cmd := <-c.commands:
			switch cmd.do {
			case doAnswer:
				answered := s.pickUp(c)
				cmd.reply <- nil
				return answered
			case doRingOut:
				s.end(c, NoAnswer)
				cmd.reply <- nil
				return false
			default:
				cmd.refuse("the telephone still rings")
			}
		}
	}
}

func (s *Server) pickUp(c *call) bool {
	s.mu.Lock()
	if detection := c.Form.Get("MachineDetection"); detection != "" {
		c.AnsweredBy = "human"
		if c.behaviour.Reaction == Voicemail {
			c.AnsweredBy = "machine_start"
		}
	}
	s.mu.Unlock()
	return s.advance(c, InProgress, eventAnswered, CallAnswered)
}

// advance moves a call that is not over to its next state and says so.
func (s *Server) advance(c *call, to CallStatus, event string, kind EventKind) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Status.Over() || c.ctx.Err() != nil {
		return false
	}
	c.Status, c.Updated = to, s.now()
	if to == InProgress {
		c.Answered = c.Updated
	}
	s.notify(c, event, string(to))
	s.announce(Event{Kind: kind, Call: c.snapshot()})
	return true
}

// end gives a call its final state, once.
func (s *Server) end(c *call, final CallStatus) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Status.Over() {
		return false
	}
	c.Status, c.Listening, c.Updated, c.Ended = final, false, s.now(), s.now()
	s.notify(c, eventCompleted, string(final))
	close(c.outbox)
	c.cancel()
	s.announce(Event{Kind: CallEnded, Call: c.snapshot()})
	return true
}

// statusEvent is one status callback that waits to be posted.
type statusEvent struct {
	event  string
	params url.Values
}

// notify queues a status callback. The caller holds s.mu. Sequence numbers
// count all events, subscribed or not, as the service does.
func (s *Server) notify(c *call, event, status string) {
	sequence := c.sequence
	c.sequence++
	subscribed := c.Form["StatusCallbackEvent"]
	if len(subscribed) == 0 {
		subscribed = []string{eventCompleted}
	}
	if c.Form.Get("StatusCallback") == "" || !slices.Contains(subscribed, event) {
		return
	}
	params := s.callParams(c.Call)
	params.Set("CallStatus", status)
	params.Set("Timestamp", s.now().Format(time.RFC1123Z))
	params.Set("CallbackSource", "call-progress-events")
	params.Set("SequenceNumber", strconv.Itoa(sequence))
	if c.Status.Over() {
		params.Set("CallDuration", strconv.Itoa(int(c.talkTime()/time.Second)))
		params.Set("SipResponseCode", sipCode(c.Status))
	}
	c.outbox <- statusEvent{event: event, params: params}
}

func (c *Call) talkTime() time.Duration {
	if c.Answered.IsZero() {
		return 0
	}
	return c.Ended.Sub(c.Answered).Round(time.Second)
}

// sipCode is how the network says that a call ended.
func sipCode(status CallStatus) string {
	switch status {
	case Busy:
		return "486"
	case NoAnswer, Canceled:
		return "487"
	case Failed:
		return "404"
	default:
		return "200"
	}
}

// callParams are the parameters of every webhook about a call
// (https://www.twilio.com/docs/voice/twiml#request-parameters).
func (s *Server) callParams(c Call) url.Values {
	params := url.Values{
		"CallSid":    {c.SID},
		"AccountSid": {s.opts.AccountSID},
		"From":       {c.From},
		"Caller":     {c.From},
		"To":         {c.To},
		"Called":     {c.To},
		"CallStatus": {string(c.Status)},
		"ApiVersion": {apiVersion},
		"Direction":  {"outbound-api"},
	}
	if c.AnsweredBy != "" {
		params.Set("AnsweredBy", c.AnsweredBy)
	}
	return params
}

// Delivery makes status callbacks misbehave. Events are those of calls
// (initiated, ringing, answered, completed) and of messages (sent, delivered,
// undelivered, failed).
type Delivery struct {
	// Late events are posted after all others of their call or message.
	Late []string
	// Twice events are posted two times, with the same idempotency token.
	Twice []string
	// Lost events are never posted.
	Lost []string
}

// Deliver sets how status callbacks travel from now on; the zero Delivery is
// in order, once each.
func (s *Server) Deliver(d Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delivery = d
}

// deliverStatus posts the status callbacks of one call, one after another, so
// that their order is the order of events unless Delivery says otherwise.
func (s *Server) deliverStatus(c *call) {
	target := webhook{url: c.Form.Get("StatusCallback"), method: c.Form.Get("StatusCallbackMethod"), call: c}
	var late []statusEvent
	for {
		select {
		case e, open := <-c.outbox:
			if !open {
				for _, e := range late {
					s.postStatus(target, e)
				}
				return
			}
			if s.travels(e.event).late {
				late = append(late, e)
				continue
			}
			s.postStatus(target, e)
		case <-s.ctx.Done():
			return
		}
	}
}

type travel struct{ late, twice, lost bool }

func (s *Server) travels(event string) travel {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.delivery
	return travel{slices.Contains(d.Late, event), slices.Contains(d.Twice, event), slices.Contains(d.Lost, event)}
}

func (s *Server) postStatus(target webhook, e statusEvent) {
	how := s.travels(e.event)
	if how.lost {
		return
	}
	target.params, target.token = e.params, newSID("")
	// A failed status callback is already recorded; nothing waits for it.
	_, _ = s.post(target)
	if how.twice {
		_, _ = s.post(target)
	}
}

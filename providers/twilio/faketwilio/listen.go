package faketwilio

import "time"

// listener is one Gather's ear: it turns the behaviour of the telephone, the
// commands of a test and the passing of time into keys.
type listener struct {
	s       *Server
	c       *call
	timeout time.Duration
	press   *Press // What the person will press now, if anything.
}

// listen opens an ear. A person with keys left to press uses up one Press for
// each Gather.
func (s *Server) listen(c *call, timeout time.Duration) *listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &listener{s: s, c: c, timeout: timeout}
	if c.behaviour.Reaction == Answers && len(c.behaviour.Presses) > 0 {
		l.press = &c.behaviour.Presses[0]
		c.behaviour.Presses = c.behaviour.Presses[1:]
	}
	c.Listening = true
	s.wake()
	return l
}

func (l *listener) stop() {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.c.Listening = false
}

// next waits for the next keys; false means silence, or the end of the call.
func (l *listener) next() (string, bool) {
	var timeout, pressing <-chan time.Time
	if l.c.behaviour.Reaction != Manual {
		timer, stop := l.s.timer(l.timeout)
		defer stop()
		timeout = timer
	}
	if l.press != nil {
		timer, stop := l.s.timer(l.press.After)
		defer stop()
		pressing = timer
	}
	for {
		select {
		case <-l.c.ctx.Done():
			return "", false
		case <-timeout:
			l.silence()
			return "", false
		case <-pressing:
			keys := l.press.Keys
			l.press = nil
			l.take(keys)
			return keys, true
		case cmd := <-l.c.commands:
			switch cmd.do {
			case doPress:
				l.take(cmd.keys)
				cmd.reply <- nil
				return cmd.keys, true
			case doSilence:
				l.silence()
				cmd.reply <- nil
				return "", false
			default:
				cmd.refuse("the call is answered")
			}
		}
	}
}

func (l *listener) take(keys string) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.c.Pressed = append(l.c.Pressed, keys)
	l.s.announce(Event{Kind: CallPressed, Call: l.c.snapshot(), Text: keys})
}

func (l *listener) silence() {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.s.announce(Event{Kind: CallSilent, Call: l.c.snapshot()})
}

package activitiestest

import (
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// calling is the stage on which a person is called.
func (s phoneSuite) calling(t *testing.T) stage {
	w := s.open(t)
	req := w.call(1, w.Person)
	return stage{trouble: w, look: w.look, pass: w.Pass, act: func(again, restarted bool) (any, error) {
		req.Again = again
		return w.port(restarted).Call(t.Context(), req)
	}}
}

// hangingUp is the stage on which a call that rings is ended.
func (s phoneSuite) hangingUp(t *testing.T) stage {
	w := s.open(t)
	id := w.place(t, w.Phone, w.call(1, w.Person))
	return stage{trouble: w, look: w.look, pass: w.Pass, act: func(_, restarted bool) (any, error) {
		return nil, w.port(restarted).HangUp(t.Context(), contract.HangUpRequest{Provider: id})
	}}
}

// texting is the stage on which a message is sent, among others to the same person.
func (s phoneSuite) texting(t *testing.T) stage {
	w := s.open(t)
	w.send(t, w.Phone, w.text(2, w.Person, "[1-1002]"))
	req := w.text(1, w.Person, "[1-1001]")
	return stage{trouble: w, look: w.look, pass: w.Pass, act: func(again, restarted bool) (any, error) {
		req.Again = again
		return w.port(restarted).Text(t.Context(), req)
	}}
}

// calls: one telephone rings, and the result names the call.
func (s phoneSuite) calls(t *testing.T) {
	w := s.open(t)
	id := w.place(t, w.Phone, w.call(1, w.Person))
	if got := w.one(t); got.ID != id || id == "" || got.Person != w.Person || got.Over {
		t.Errorf("the call is %s, the result names %q", text(got), id)
	}
}

// callsEachAttempt: another attempt is another call, also when it looks for itself first.
func (s phoneSuite) callsEachAttempt(t *testing.T) {
	w := s.open(t)
	first := w.place(t, w.Phone, w.call(1, w.Person))
	again := w.call(2, w.Person)
	again.Again = true
	second := w.place(t, w.Phone, again)
	if first == second || len(w.Calls()) != 2 {
		t.Fatalf("attempts are calls %q and %q of %s", first, second, text(w.Calls()))
	}
	if third := w.place(t, w.Phone, again); third != second {
		t.Errorf("repeated, the second attempt is call %q, before %q", third, second)
	}
}

// callsAfterARestart: a process that remembers nothing does not take a call of long ago for its own.
func (s phoneSuite) callsAfterARestart(t *testing.T) {
	w := s.open(t)
	first := w.place(t, w.Phone, w.call(1, w.Person))
	w.Pass(time.Hour)
	again := w.call(2, w.Person)
	again.Again = true
	if second := w.place(t, w.Restarted(), again); first == second || len(w.Calls()) != 2 {
		t.Errorf("attempts are calls %q and %q of %s", first, second, text(w.Calls()))
	}
}

// callsEachPerson: the call of another person is never adopted.
func (s phoneSuite) callsEachPerson(t *testing.T) {
	w := s.open(t)
	w.place(t, w.Phone, w.call(1, w.Person))
	again := w.call(2, w.Other)
	again.Again = true
	id := w.place(t, w.Restarted(), again)
	calls := w.Calls()
	if len(calls) != 2 || calls[1].Person != w.Other || calls[1].ID != id {
		t.Errorf("the calls are %s, the second result names %q", text(calls), id)
	}
}

// hangsUp: a call that rings ends, the other one rings on, and ending it again is success.
func (s phoneSuite) hangsUp(t *testing.T) {
	w := s.open(t)
	rings, other := w.place(t, w.Phone, w.call(1, w.Person)), w.place(t, w.Phone, w.call(2, w.Other))
	for range 2 {
		must(t, w.Phone.HangUp(t.Context(), contract.HangUpRequest{Provider: rings}))
		same(t, "calls", []Call{{rings, w.Person, true}, {other, w.Other, false}}, w.Calls())
	}
	must(t, w.Restarted().HangUp(t.Context(), contract.HangUpRequest{Provider: other}))
	same(t, "calls", []Call{{rings, w.Person, true}, {other, w.Other, true}}, w.Calls())
}

// hangsUpWhatIsOver: a call that has ended by itself is success.
func (s phoneSuite) hangsUpWhatIsOver(t *testing.T) {
	w := s.open(t)
	id := w.place(t, w.Phone, w.call(1, w.Person))
	w.Finish(id)
	for range 2 {
		must(t, w.Phone.HangUp(t.Context(), contract.HangUpRequest{Provider: id}))
	}
	if got := w.one(t); !got.Over {
		t.Errorf("the call is %s", text(got))
	}
}

// texts: the message arrives, holds its reference however long it is, and the result names it.
func (s phoneSuite) texts(t *testing.T) {
	w := s.open(t)
	long := w.text(2, w.Other, "[1-1002]")
	long.Text = strings.Repeat("a very long story. ", 500) + long.Reference
	for n, req := range []contract.TextRequest{w.text(1, w.Person, "[1-1001]"), long} {
		id := w.send(t, w.Phone, req)
		sent := w.Texts()
		if len(sent) != n+1 {
			t.Fatalf("%d messages were sent, want %d", len(sent), n+1)
		}
		if got := sent[n]; got.ID != id || id == "" || got.Person != req.Person || !strings.Contains(got.Body, req.Reference) {
			t.Errorf("the message is %s, the result names %q", text(got), id)
		}
	}
}

// textsEachReference: only the message that holds the reference is adopted.
func (s phoneSuite) textsEachReference(t *testing.T) {
	w := s.open(t)
	first := w.send(t, w.Phone, w.text(1, w.Person, "[1-1001]"))
	for _, test := range []struct {
		attempt   int
		who       oncall.PersonID
		reference string
	}{{2, w.Person, "[1-1002]"}, {3, w.Other, "[1-1003]"}} {
		again := w.text(test.attempt, test.who, test.reference)
		again.Again = true
		before := len(w.Texts())
		id := w.send(t, w.Restarted(), again)
		if id == first || len(w.Texts()) != before+1 {
			t.Errorf("%s has adopted message %q of %s", test.reference, id, text(w.Texts()))
		}
		if repeated := w.send(t, w.Restarted(), again); repeated != id || len(w.Texts()) != before+1 {
			t.Errorf("repeated, %s is message %q, before %q", test.reference, repeated, id)
		}
	}
}

// refusesUnreachable: whom no telephone can reach is told at once and for ever, and nothing is sent anywhere.
func (s phoneSuite) refusesUnreachable(t *testing.T) {
	w := s.open(t)
	if len(w.Unreachable) == 0 {
		t.Skip("this world calls everybody")
	}
	before := w.look()
	for _, who := range w.Unreachable {
		for _, again := range []bool{false, true} {
			call, message := w.call(1, who), w.text(2, who, "[1-1002]")
			call.Again, message.Again = again, again
			if _, err := w.Phone.Call(t.Context(), call); !contract.IsRefused(err) {
				t.Errorf("call %s: %v, want a refusal", who, err)
			}
			if _, err := w.Phone.Text(t.Context(), message); !contract.IsRefused(err) {
				t.Errorf("text %s: %v, want a refusal", who, err)
			}
		}
	}
	same(t, "traffic", before, w.look())
}

// keepsKindsApart: a call is no message, even to the same person at the same moment.
func (s phoneSuite) keepsKindsApart(t *testing.T) {
	w := s.open(t)
	call, message := w.call(1, w.Person), w.text(2, w.Person, "[1-1002]")
	call.Again, message.Again = true, true
	sent, rings := w.send(t, w.Phone, message), w.place(t, w.Phone, call)
	if sent == rings || len(w.Calls()) != 1 || len(w.Texts()) != 1 {
		t.Errorf("message %q, call %q: %s", sent, rings, text(w.look()))
	}
}

// follows: a telephone that says of a call or of a message that it can be followed tells how far that got, also in a
// process that has not placed it. What it does not know is refused, and looking changes nothing.
func (s phoneSuite) follows(t *testing.T) {
	w := s.open(t)
	call, err := w.Phone.Call(t.Context(), w.call(1, w.Person))
	must(t, err)
	text, err := w.Phone.Text(t.Context(), w.text(2, w.Person, "[1-1002]"))
	must(t, err)
	follower, can := w.Phone.(activities.Follower)
	switch {
	case !can && (call.Follow || text.Follow):
		t.Fatal("it says that attempts can be followed, and cannot be asked")
	case !call.Follow && !text.Follow:
		t.Skip("what happens to attempts comes by itself")
	case !call.Follow || !text.Follow:
		t.Errorf("call %t, message %t: both or none can be followed", call.Follow, text.Follow)
	}
	again := w.call(1, w.Person)
	again.Again = true
	if adopted, err := w.Restarted().Call(t.Context(), again); err != nil || !adopted.Follow {
		t.Errorf("adopted, the call is %+v, %v", adopted, err)
	}
	before := w.look()
	status := func(phone activities.Follower, provider string) incident.CallStatus {
		t.Helper()
		out, err := phone.Follow(t.Context(), provider)
		must(t, err)
		return out.Status
	}
	if got := status(follower, call.Provider); got == incident.CallPlanned || got.Final() {
		t.Errorf("a call that rings is %q", got)
	}
	if got := status(follower, text.Provider); got == incident.CallPlanned {
		t.Errorf("the message is %q", got)
	}
	if _, err := follower.Follow(t.Context(), "CA0"); !contract.IsRefused(err) {
		t.Errorf("a call that nobody has placed: %v, want a refusal", err)
	}
	same(t, "traffic", before, w.look())
	w.Finish(call.Provider)
	if got := status(w.Restarted().(activities.Follower), call.Provider); !got.Final() {
		t.Errorf("a call that is over is %q", got)
	}
}

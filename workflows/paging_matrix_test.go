package workflows_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// ackDoor is one way to acknowledge.
type ackDoor struct {
	door   incident.Door
	named  bool // it says which page it means
	signal bool // nobody waits for an answer
}

// ackDoors are all ways to acknowledge.
func ackDoors() map[string]ackDoor {
	return map[string]ackDoor{
		"key on the telephone":     {door: incident.DoorPhone, named: true},
		"reply to the SMS":         {door: incident.DoorSMS},
		"button in the room":       {door: incident.DoorSlack},
		"button in direct message": {door: incident.DoorSlack, named: true},
		"command line":             {door: incident.DoorCLI},
		"signal":                   {door: incident.DoorCLI, signal: true},
	}
}

// pageMoment is where a page stands when somebody acknowledges it.
type pageMoment struct {
	at       time.Duration
	who      oncall.PersonID
	rings    bool // their telephone rings before
	answered bool // and they have picked up
}

// pageMoments are the states of the pager's page; its levels last a minute from the first ring.
func pageMoments() map[string]pageMoment {
	return map[string]pageMoment{
		"queued":              {at: 2 * time.Second, who: "ana"},
		"rings":               {at: 5 * time.Second, who: "ana", rings: true},
		"answered":            {at: 5 * time.Second, who: "ana", rings: true, answered: true},
		"second level rings":  {at: 65 * time.Second, who: "ben", rings: true},
		"second level speaks": {at: 65 * time.Second, who: "ben", rings: true, answered: true},
		"exhausted rings":     {at: 4*time.Minute + 10*time.Second, who: "dan", rings: true},
		"exhausted speaks":    {at: 4*time.Minute + 10*time.Second, who: "dan", rings: true, answered: true},
	}
}

// ringing is what the telephones have done until the acknowledgement.
type ringing struct {
	page  string                         // key of the acknowledging person's newest call
	calls map[string]oncall.PersonID     // by the provider's id
	now   map[string]incident.CallStatus // as far as the provider has told
}

// telephones lets everybody's telephone ring out, but whoever acknowledges is as far as the moment says.
func (s *scenario) telephones(m pageMoment) *ringing {
	r := &ringing{calls: map[string]oncall.PersonID{}, now: map[string]incident.CallStatus{}}
	s.world.Placed = func(c contract.CallRequest, provider string) {
		r.calls[provider] = c.Person
		placed := s.stage.Now().Sub(start)
		says := func(after time.Duration, status incident.CallStatus) {
			if placed+after >= m.at { // from then on calls are hung up, and the provider has no word of its own
				return
			}
			r.now[provider] = status
			s.status(after, c, provider, status)
		}
		if c.Person == m.who {
			r.page = c.Callback.Page
		}
		if c.Person == m.who && !m.rings {
			return
		}
		says(200*time.Millisecond, incident.CallRinging)
		if c.Person == m.who && m.answered && m.at-placed < time.Minute {
			says(m.at-placed-time.Second, incident.CallAnswered)
			return
		}
		says(c.Ring, incident.CallNoAnswer)
	}
	return r
}

// TestAcknowledgementEndsThePage: each way to acknowledge, at each moment of a page, ends every call that rings, once, and
// lets whoever has pressed the key hear the answer; every direct message says once who has it, and for the rest of the hour
// nobody is called, texted or written to.
func TestAcknowledgementEndsThePage(t *testing.T) {
	t.Parallel()
	for way, d := range ackDoors() {
		for when, m := range pageMoments() {
			if d.door == incident.DoorPhone && !m.answered {
				continue // a key needs somebody who has picked up
			}
			t.Run(way+"/"+when, func(t *testing.T) {
				t.Parallel()
				acknowledgedOnce(t, d, m)
			})
		}
	}
}

// acknowledgedOnce plays one acknowledgement.
func acknowledgedOnce(t *testing.T, d ackDoor, m pageMoment) {
	t.Helper()
	s := newScenario(t, parse(t, pager))
	s.world.Book.Ways = oncall.Ways()
	for n := range s.world.Book.People {
		p := &s.world.Book.People[n]
		p.Email = string(p.ID) + "@example.com"
		p.Contact = oncall.Contact{High: []oncall.ContactRule{{Via: []oncall.Way{"call", "sms", "slack"}}}}
	}
	phones, o := s.telephones(m), &outcome{}
	s.at(m.at, func() {
		act := contract.Act{By: person(m.who, d.door), Key: "INC-1"}
		if d.named {
			act.Page = phones.page
		}
		if d.signal {
			s.env().SignalWorkflow(string(contract.VerbAck), act)
			return
		}
		s.actNow(contract.VerbAck, act, o)
	})
	s.stopAt(time.Hour)
	s.run()

	if len(phones.calls) == 0 {
		t.Fatalf("nobody was called\n%s", s.transcript())
	}
	if !d.signal && (o.receipt.Text != "INC-1 is acknowledged" || o.refused != "") {
		t.Errorf("the answer is %q %q", o.receipt.Text, o.refused)
	}
	name := person(m.who, d.door).Name
	if got := strings.Count(s.transcript(), "acknowledged: "+name+" acknowledged after "); got != 1 {
		t.Errorf("it is acknowledged %d times", got)
	}
	hungUp, told, written := map[string]int{}, map[string]int{}, 0
	for _, l := range s.world.Transcript() {
		switch {
		case l.Kind == "hangup":
			hungUp[l.Name]++
		case l.Kind == "settle" && strings.HasPrefix(l.Name, "DM-"):
			told[l.Name]++
			if !strings.Contains(l.Text, name+" has it") {
				t.Errorf("%s says %q", l.Name, l.Text)
			}
		case slices.Contains([]string{"call", "text", "dm"}, l.Kind) && l.At.Sub(start) > m.at:
			t.Errorf("%s after it was acknowledged: %s", l.At.Sub(start), l.What)
		case l.Kind == "dm":
			written++
		}
	}
	for provider, who := range phones.calls {
		want := 1
		own := who == m.who && (d.door == incident.DoorPhone || phones.now[provider] == incident.CallAnswered)
		if own || phones.now[provider].Final() {
			want = 0
		}
		if hungUp[provider] != want {
			t.Errorf("the call %s (%s) is hung up %d times, want %d", provider, phones.now[provider], hungUp[provider], want)
		}
	}
	if len(told) != written {
		t.Errorf("%d direct messages say who has it, of %d", len(told), written)
	}
	for message, times := range told {
		if times != 1 {
			t.Errorf("%s is changed %d times", message, times)
		}
	}
	if t.Failed() {
		t.Log(s.transcript())
	}
}

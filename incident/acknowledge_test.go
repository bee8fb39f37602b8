package incident_test

import (
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
)

// pages starts three pages, oldest first, and rings: for Ana on "one" and "three", for Ben on "two".
func pages() *incident.Incident {
	i := declared()
	for n, key := range []string{"one", "two", "three"} {
		p := i.StartPage(at(time.Duration(n)*time.Second), incident.Page{Key: key, Step: "step/" + key, Levels: levels("team-"+key, "boss"), Rounds: 3})
		who := "ana"
		if key == "two" {
			who = "ben"
		}
		p.Plan(at(time.Minute), duty(who), "call")
		i.Progress(at(time.Minute), incident.CallProgress{Page: key, Attempt: 1, Provider: "CA" + key, Status: incident.CallRinging})
	}
	return i
}

// TestAcknowledgeScope is the rule of who ends what: the pages that have rung for the actor, else the oldest, all on
// request; and the answer names what still rings.
func TestAcknowledgeScope(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		by    incident.Actor
		scope incident.AckScope
		ended []string
		rings []string
	}{
		{"two have rung for her", person("ana"), incident.AckScope{}, []string{"one", "three"}, []string{"team-two"}},
		{"one has rung for him", person("ben"), incident.AckScope{}, []string{"two"}, []string{"team-one", "team-three"}},
		{"none has rung: the oldest", person("cem"), incident.AckScope{}, []string{"one"}, []string{"team-two", "team-three"}},
		{"a visitor: the oldest", visitor("Zoe", "zoe"), incident.AckScope{}, []string{"one"}, []string{"team-two", "team-three"}},
		{"all on request", person("cem"), incident.AckScope{All: true}, []string{"one", "two", "three"}, nil},
		{"all, with a page named", person("ben"), incident.AckScope{All: true, Page: "two"}, []string{"one", "two", "three"}, nil},
		{"the telephone says which", person("ben"), incident.AckScope{Page: "two"}, []string{"two"}, []string{"team-one", "team-three"}},
		{"the telephone's, and what rang besides", person("ana"), incident.AckScope{Page: "two"}, []string{"one", "two", "three"}, nil},
		{"a page that nobody knows", person("cem"), incident.AckScope{Page: "gone"}, nil, []string{"team-one", "team-two", "team-three"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := pages()
			lines := len(i.Timeline)
			got, err := i.Acknowledge(at(2*time.Minute), test.by, test.scope)
			must(t, err)
			differs(t, "ended", test.ended, got.Ended)
			differs(t, "still rings", test.rings, got.Rings)
			if len(news(i, lines)) != len(test.ended) {
				t.Errorf("lines are %q", news(i, lines))
			}
			for _, key := range test.ended {
				p := i.Page(key)
				if p.State != incident.PageAcknowledged || p.AckedBy != test.by || !p.AckedAt.Equal(at(2*time.Minute)) || p.AckLevel != 1 {
					t.Errorf("page %s is %+v", key, p)
				}
			}
			if stamped := !i.AcknowledgedAt.IsZero(); stamped != (len(test.ended) > 0) {
				t.Errorf("the incident counts as acknowledged: %t", stamped)
			}
		})
	}
}

// TestAcknowledgeNeedsARing says which attempts a person can have noticed.
func TestAcknowledgeNeedsARing(t *testing.T) {
	t.Parallel()
	unnoticed := map[incident.CallStatus]bool{
		incident.CallPlanned: true, incident.CallQueued: true, incident.CallInitiated: true, incident.CallRefused: true, incident.CallFailed: true,
	}
	for _, via := range []string{"call", "sms"} {
		for _, status := range statuses() {
			i := declared()
			i.StartPage(start, incident.Page{Key: "old", Levels: levels("boss")})
			p := i.StartPage(start, incident.Page{Key: "mine", Levels: levels("ana")})
			p.Plan(start, duty("ana"), via).Status = status
			want := "mine"
			if unnoticed[status] && (via != "sms" || status != incident.CallQueued) { // a message is out of our hands at once
				want = "old"
			}
			got, err := i.Acknowledge(start, person("ana"), incident.AckScope{})
			must(t, err)
			differs(t, via+" "+string(status), []string{want}, got.Ended)
		}
	}
}

// TestAcknowledgeTwice is harmless: the answer names who was first.
func TestAcknowledgeTwice(t *testing.T) {
	t.Parallel()
	i := pages()
	_, err := i.Acknowledge(at(time.Minute), person("ben"), incident.AckScope{Page: "two"})
	must(t, err)
	_, err = i.Acknowledge(at(2*time.Minute), person("ana"), incident.AckScope{})
	must(t, err)
	before := frozen(t, i)
	tests := []struct {
		name  string
		scope incident.AckScope
		first incident.Actor
	}{
		{"the incident", incident.AckScope{}, person("ben")},
		{"all of it", incident.AckScope{All: true}, person("ben")},
		{"a page of his", incident.AckScope{Page: "two"}, person("ben")},
		{"a page of hers", incident.AckScope{Page: "three"}, person("ana")},
		{"a page that is not known", incident.AckScope{Page: "gone"}, person("ben")},
	}
	for _, test := range tests {
		got, err := i.Acknowledge(at(time.Hour), person("cem"), test.scope)
		must(t, err)
		differs(t, test.name, incident.Acknowledged{Before: test.first}, got)
	}
	if frozen(t, i) != before {
		t.Error("a second acknowledgement has changed something")
	}
	if !i.AcknowledgedAt.Equal(at(time.Minute)) || i.AcknowledgedBy != person("ben") {
		t.Errorf("the incident was acknowledged at %s by %s", i.AcknowledgedAt, i.AcknowledgedBy)
	}
}

func TestAcknowledgeNothing(t *testing.T) {
	t.Parallel()
	i := declared()
	for _, scope := range []incident.AckScope{{}, {All: true}, {Page: "gone"}} {
		got, err := i.Acknowledge(at(time.Minute), person("ana"), scope)
		must(t, err)
		differs(t, "no page was ever open", incident.Acknowledged{}, got)
	}
	if !i.AcknowledgedAt.IsZero() || len(i.Timeline) != 1 {
		t.Error("nothing was acknowledged, and it was written down")
	}
	_, err := finished(t).Acknowledge(start, person("ana"), incident.AckScope{})
	refused(t, err, "INC-1 is closed (resolved) (declare a new one if the trouble is back)")
}

// TestAcknowledgeLine tells how long it took, and at which level.
func TestAcknowledgeLine(t *testing.T) {
	t.Parallel()
	i, p := paged("call")
	p.Level = 1
	p.Plan(at(5*time.Minute), duty("ben"), "call").Status = incident.CallAnswered
	_, err := i.Acknowledge(at(5*time.Minute+12345*time.Millisecond), person("ben"), incident.AckScope{})
	must(t, err)
	e := i.Timeline[len(i.Timeline)-1]
	if e.Kind != incident.EntryAcknowledged || e.Text != "Ben acknowledged after 5m12.3s" || e.Step != "identification/1" || p.AckLevel != 2 {
		t.Errorf("the line is %+v, level %d", e, p.AckLevel)
	}
}

// TestAcknowledgedOnThisCall tells a key on a call of the page, which ends by itself, from every other way.
func TestAcknowledgedOnThisCall(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		door  incident.Door
		scope incident.AckScope
		want  []bool // of the pages one, two, three
	}{
		{"a key on the call", incident.DoorPhone, incident.AckScope{Page: "one"}, []bool{true, false, false}},
		{"a button", incident.DoorSlack, incident.AckScope{}, []bool{false, false, false}},
		{"a message that names the page", incident.DoorSMS, incident.AckScope{Page: "one"}, []bool{false, false, false}},
	} {
		i := pages()
		by := person("ana")
		by.Door = test.door
		if _, err := i.Acknowledge(at(time.Minute), by, test.scope); err != nil {
			t.Fatal(err)
		}
		var got []bool
		for _, p := range i.Pages {
			got = append(got, p.AckCall)
		}
		differs(t, test.name, test.want, got)
	}
}

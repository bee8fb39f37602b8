package oncall_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/oncall"
)

func TestRules(t *testing.T) {
	t.Parallel()
	everything := oncall.Person{ID: "ana", Email: "ana@example.com", Phone: "+34600000001", Slack: "U01"}
	phone, slack, mail := oncall.Person{Phone: "+34600000001"}, oncall.Person{Slack: "U01"}, oncall.Person{Email: "ana@example.com"}
	rule := func(after time.Duration, via ...oncall.Way) oncall.ContactRule {
		return oncall.ContactRule{Via: via, After: after}
	}
	own := func(p oncall.Person) oncall.Person {
		p.Contact = oncall.Contact{
			High: []oncall.ContactRule{rule(0, "slack"), rule(time.Minute, "call", "sms", "call"), rule(3*time.Minute, "call", "slack")},
			Low:  []oncall.ContactRule{rule(10*time.Minute, "email"), rule(30*time.Minute, "sms")},
		}
		return p
	}
	calls := []oncall.ContactRule{rule(0, "call", "sms")}
	tests := []struct {
		name   string
		person oncall.Person
		open   []oncall.Way
		high   []oncall.ContactRule
		low    []oncall.ContactRule
	}{
		{name: "every address", person: everything, high: calls, low: []oncall.ContactRule{rule(0, "slack")}},
		{name: "telephone alone", person: phone, high: calls, low: []oncall.ContactRule{rule(0, "sms")}},
		{name: "Slack alone", person: slack, high: []oncall.ContactRule{rule(0, "slack")}, low: []oncall.ContactRule{rule(0, "slack")}},
		{name: "e-mail finds people in Slack", person: mail, high: []oncall.ContactRule{rule(0, "slack", "email")}, low: []oncall.ContactRule{rule(0, "slack")}},
		{name: "no address"},
		{
			name: "an installation without Slack", person: everything, open: []oncall.Way{"call", "sms", "email"},
			high: calls, low: []oncall.ContactRule{rule(0, "email")},
		},
		{
			name: "an installation with Slack alone", person: everything, open: []oncall.Way{"slack"},
			high: []oncall.ContactRule{rule(0, "slack")}, low: []oncall.ContactRule{rule(0, "slack")},
		},
		{name: "an installation that has nothing for them", person: phone, open: []oncall.Way{"slack", "email"}},
		{
			name: "own rules", person: own(everything),
			high: []oncall.ContactRule{rule(0, "slack"), rule(time.Minute, "call", "sms"), rule(3*time.Minute, "call", "slack")},
			low:  []oncall.ContactRule{rule(10*time.Minute, "email"), rule(30*time.Minute, "sms")},
		},
		{
			name: "own rules without an address for the first: the others are made earlier", person: own(phone),
			high: []oncall.ContactRule{rule(0, "call", "sms"), rule(2*time.Minute, "call")}, low: []oncall.ContactRule{rule(10*time.Minute, "sms")},
		},
		{name: "own rules without any address", person: own(oncall.Person{})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.high, tt.person.Rules(oncall.UrgencyHigh, tt.open...)); diff != "" {
				t.Errorf("high (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.low, tt.person.Rules(oncall.UrgencyLow, tt.open...)); diff != "" {
				t.Errorf("low (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRulesLeaveThePersonAsIs holds because a page must not change the roster that everybody reads.
func TestRulesLeaveThePersonAsIs(t *testing.T) {
	t.Parallel()
	p := oncall.Person{Phone: "+34600000001", Contact: oncall.Contact{High: []oncall.ContactRule{
		{Via: []oncall.Way{oncall.WaySlack}}, {Via: []oncall.Way{oncall.WayCall}, After: time.Minute},
	}}}
	p.Rules(oncall.UrgencyHigh)[0].Via[0] = oncall.WayEmail
	want := []oncall.ContactRule{{Via: []oncall.Way{oncall.WaySlack}}, {Via: []oncall.Way{oncall.WayCall}, After: time.Minute}}
	if diff := cmp.Diff(want, p.Contact.High); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	const berlin, york = "Europe/Berlin", "America/New_York"
	tests := []struct {
		name     string
		zone     string
		from, to string // empty from = no quiet hours
		high     bool
		at       string
		want     string // empty = not at all
	}{
		{name: "in the night", zone: berlin, from: "22:00", to: "07:00", at: "2026-01-14T23:30:00Z", want: "2026-01-15T06:00:00Z"},
		{name: "in the evening", zone: berlin, from: "22:00", to: "07:00", at: "2026-01-14T21:00:00Z", want: "2026-01-15T06:00:00Z"},
		{name: "a second before", zone: berlin, from: "22:00", to: "07:00", at: "2026-01-14T20:59:59Z"},
		{name: "as they end", zone: berlin, from: "22:00", to: "07:00", at: "2026-01-15T06:00:00Z"},
		{name: "by day", zone: berlin, from: "22:00", to: "07:00", at: "2026-01-15T11:00:00Z"},
		{name: "within a day", zone: berlin, from: "12:00", to: "13:30", at: "2026-01-15T11:15:00Z", want: "2026-01-15T12:30:00Z"},
		{name: "high urgency never waits", zone: berlin, from: "22:00", to: "07:00", high: true, at: "2026-01-14T23:30:00Z"},
		{name: "no quiet hours", zone: berlin, at: "2026-01-14T23:30:00Z"},
		{name: "no zone", from: "22:00", to: "07:00", at: "2026-01-14T23:30:00Z"},
		{name: "a zone that does not exist", zone: "Europe/Atlantis", from: "22:00", to: "07:00", at: "2026-01-14T23:30:00Z"},
		{name: "the person's zone, not the reader's", zone: york, from: "22:00", to: "07:00", at: "2026-01-15T11:30:00Z", want: "2026-01-15T12:00:00Z"},
		// The night of 29 March is an hour short, that of 25 October an hour longer.
		{name: "the short night", zone: berlin, from: "22:00", to: "07:00", at: "2026-03-28T22:30:00Z", want: "2026-03-29T05:00:00Z"},
		{name: "the long night", zone: berlin, from: "22:00", to: "07:00", at: "2026-10-24T21:30:00Z", want: "2026-10-25T06:00:00Z"},
		{name: "an end that the clock leaves out", zone: berlin, from: "22:00", to: "02:30", at: "2026-03-29T00:59:00Z", want: "2026-03-29T01:00:00Z"},
		{name: "an end that it shows twice: the last", zone: berlin, from: "22:00", to: "02:30", at: "2026-10-25T01:00:00Z", want: "2026-10-25T01:30:00Z"},
		{name: "a begin that it shows twice: the first", zone: berlin, from: "02:30", to: "07:00", at: "2026-10-25T00:45:00Z", want: "2026-10-25T06:00:00Z"},
		{name: "a begin that it leaves out", zone: berlin, from: "02:30", to: "07:00", at: "2026-03-29T01:00:00Z", want: "2026-03-29T05:00:00Z"},
		{name: "hours that it leaves out are not quiet", zone: berlin, from: "02:10", to: "02:50", at: "2026-03-29T01:00:00Z"},
		{name: "west of Greenwich, the long night", zone: york, from: "22:00", to: "01:30", at: "2026-11-01T06:00:00Z", want: "2026-11-01T06:30:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, urgency := oncall.Person{Zone: tt.zone}, oncall.UrgencyLow
			if tt.from != "" {
				p.Quiet = &oncall.Window{From: mustClock(t, tt.from), To: mustClock(t, tt.to)}
			}
			if tt.high {
				urgency = oncall.UrgencyHigh
			}
			got := ""
			if until := p.Waits(urgency, mustTime(t, tt.at)); !until.IsZero() {
				got = until.Format(time.RFC3339)
			}
			if got != tt.want {
				t.Errorf("waits until %q, want %q", got, tt.want)
			}
		})
	}
}

// TestDutyRules: a page gets the rules that the installation can follow; e-mail is none of its ways.
func TestDutyRules(t *testing.T) {
	t.Parallel()
	rule := func(after time.Duration, via ...oncall.Way) oncall.ContactRule {
		return oncall.ContactRule{Via: via, After: after}
	}
	mixed := oncall.Contact{
		High: []oncall.ContactRule{rule(0, "slack"), rule(2*time.Minute, "call", "slack", "email")},
		Low:  []oncall.ContactRule{rule(0, "email"), rule(time.Minute, "slack")},
	}
	all, phoneOnly := []oncall.Way{"call", "sms", "slack", "email"}, []oncall.Way{"call", "sms"}
	tests := []struct {
		name      string
		person    oncall.Person
		ways      []oncall.Way
		high, low []oncall.ContactRule
	}{
		{name: "no rules, by telephone", person: oncall.Person{Phone: "+1"}, ways: all},
		{name: "no rules, also in Slack", person: oncall.Person{Phone: "+1", Slack: "U1"}, ways: all, low: []oncall.ContactRule{rule(0, "slack")}},
		{name: "no rules, an installation without Slack", person: oncall.Person{Phone: "+1", Slack: "U1"}, ways: phoneOnly},
		{
			name: "no rules, no telephone", person: oncall.Person{Email: "a@example.com"}, ways: all,
			high: []oncall.ContactRule{rule(0, "slack", "email")}, low: []oncall.ContactRule{rule(0, "slack")},
		},
		{
			name: "no rules, an installation without Slack that has mail", person: oncall.Person{Phone: "+1", Email: "a@example.com"}, ways: []oncall.Way{"call", "sms", "email"},
			low: []oncall.ContactRule{rule(0, "email")},
		},
		{
			name: "no rules, an installation without mail", person: oncall.Person{Email: "a@example.com"}, ways: []oncall.Way{"call", "sms", "slack"},
			high: []oncall.ContactRule{rule(0, "slack")}, low: []oncall.ContactRule{rule(0, "slack")},
		},
		{name: "no rules, no telephone, no Slack", person: oncall.Person{Email: "a@example.com"}, ways: phoneOnly},
		{
			name: "own rules", person: oncall.Person{Phone: "+1", Slack: "U1", Contact: mixed}, ways: all,
			high: []oncall.ContactRule{rule(0, "slack"), rule(2*time.Minute, "call", "slack")}, low: []oncall.ContactRule{rule(0, "slack")},
		},
		{
			name: "own rules, an installation without Slack", person: oncall.Person{Phone: "+1", Slack: "U1", Contact: mixed}, ways: phoneOnly,
			high: []oncall.ContactRule{rule(0, "call")},
		},
		{
			name: "own rules, nobody has said what the installation has", person: oncall.Person{Phone: "+1", Slack: "U1", Contact: mixed},
			high: []oncall.ContactRule{rule(0, "call")},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.person.ID = "ana"
			b := oncall.Book{People: []oncall.Person{tt.person}, Ways: tt.ways}
			duties, err := b.Duties("ana", time.Date(2026, 1, 13, 12, 0, 0, 0, time.UTC))
			if err != nil {
				t.Fatal(err)
			}
			want := []oncall.Duty{{Person: "ana", Why: "named", Phone: tt.person.Phone != "", High: tt.high, Low: tt.low}}
			if diff := cmp.Diff(want, duties); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

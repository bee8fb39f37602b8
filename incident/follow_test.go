package incident_test

import (
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
)

// TestBeyond is which statuses are news to somebody who knows another one.
func TestBeyond(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status, known incident.CallStatus
		want          bool
	}{
		{incident.CallInitiated, incident.CallQueued, false},
		{incident.CallRinging, incident.CallQueued, true},
		{incident.CallRinging, incident.CallRinging, false},
		{incident.CallRinging, incident.CallAnswered, false},
		{incident.CallSent, incident.CallPlanned, true},
		{incident.CallDelivered, incident.CallSent, true},
		{incident.CallBusy, incident.CallCompleted, false},
		{"waving", incident.CallPlanned, false},
	} {
		if got := test.status.Beyond(test.known); got != test.want {
			t.Errorf("%q after %q is news: %t, want %t", test.status, test.known, got, test.want)
		}
	}
}

// TestFollowed is how long an attempt is asked about.
func TestFollowed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		via    string
		follow bool
		after  time.Duration
		status incident.CallStatus
		change func(*incident.Incident, *incident.Page)
		want   bool
	}{
		"a call":                       {via: "call", follow: true, status: incident.CallQueued, want: true},
		"words come by themselves":     {via: "call", status: incident.CallQueued},
		"it is over":                   {via: "call", follow: true, status: incident.CallNoAnswer},
		"for too long":                 {via: "call", follow: true, status: incident.CallQueued, after: incident.FollowTime},
		"a call of a page that ended":  {via: "call", follow: true, status: incident.CallRinging, change: acknowledges, want: true},
		"a message":                    {via: "sms", follow: true, status: incident.CallSent, want: true},
		"a message that has arrived":   {via: "sms", follow: true, status: incident.CallDelivered},
		"one of a page that ended":     {via: "sms", follow: true, status: incident.CallSent, change: acknowledges},
		"one to somebody who declined": {via: "sms", follow: true, status: incident.CallSent, change: func(_ *incident.Incident, p *incident.Page) { p.Attempts[0].Declined = true }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i, p := paged(test.via)
			word := says(test.status)
			word.Follow = test.follow
			i.Progress(at(time.Second), word)
			if test.change != nil {
				test.change(i, p)
			}
			if got := p.Followed(start.Add(test.after), &p.Attempts[0]); got != test.want {
				t.Errorf("it is followed: %t, want %t", got, test.want)
			}
		})
	}
}

// acknowledges ends a page.
func acknowledges(_ *incident.Incident, p *incident.Page) { p.State = incident.PageAcknowledged }

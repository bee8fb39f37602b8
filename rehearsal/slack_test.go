package rehearsal_test

import (
	"testing"
	"time"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/rehearsal"
)

// A direct message counts as being told, in its own way and at its own time.
func TestPagedBySlack(t *testing.T) {
	t.Parallel()
	rb := parse(t, head+`
  identification:
    - page: sre-oncall
      id: first
`)
	book := &oncall.Book{
		People: []oncall.Person{{
			ID: "ana", Name: "Ana", Phone: "+12025550101", Slack: "U01", Email: "ana@example.com",
			Contact: oncall.Contact{High: []oncall.ContactRule{{Via: []oncall.Way{oncall.WayCall, oncall.WaySMS}}, {Via: []oncall.Way{oncall.WaySlack, oncall.WayEmail}, After: time.Minute}}},
		}},
		Schedules: []oncall.Schedule{{Name: "sre-oncall", Person: "ana"}, {Name: "payments-oncall", Person: "ana"}},
		Fallback:  []oncall.PersonID{"ana"},
		Ways:      []oncall.Way{oncall.WayCall, oncall.WaySMS, oncall.WaySlack, oncall.WayEmail},
	}
	for want, passes := range map[string]bool{
		"{ who: ana, via: slack, after: 1m, within: 1m }": true,
		"{ who: ana, via: slack, within: 30s }":           false,
		"{ who: ana, via: email, after: 1m, within: 1m }": true,
		"{ who: ana, via: email, within: 30s }":           false,
		"{ who: ana, via: call, within: 10s }":            true,
		"{ who: sre-oncall, via: sms, after: 1m }":        false,
	} {
		s := script(t, rb, "test: t\nrunbook: bad\nseverity: SEV1\nfor: 3m\nexpect: { paged: ["+want+"] }\n")
		if failures := run(t, rehearsal.Options{Runbook: rb, Script: s, Book: book}).Check(); (len(failures) == 0) != passes {
			t.Errorf("%s: %+v", want, failures)
		}
	}
}

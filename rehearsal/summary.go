package rehearsal

import (
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// Summary is a play in figures. Times are spans since the declaration; nil = it did not happen.
type Summary struct {
	FirstPage    *time.Duration    `json:"first_page,omitempty"`   // until the first telephone was asked for
	Acknowledged *time.Duration    `json:"acknowledged,omitempty"` // until somebody had it
	By           string            `json:"by,omitempty"`
	Ended        *time.Duration    `json:"ended,omitempty"`
	Ending       incident.Ending   `json:"ending,omitempty"` // empty = it was open when the play was over
	Severity     incident.Severity `json:"severity,omitempty"`
	Paged        []string          `json:"paged"`            // people, in the order of their first call or message
	Woken        []string          `json:"woken,omitempty"`  // those of them for whom it was night
	Calls        int               `json:"calls"`            // telephone calls
	Texts        int               `json:"texts"`            // short messages
	Silent       []string          `json:"silent,omitempty"` // questions that ran out of time, and those that nobody ever answered
	Open         []string          `json:"open,omitempty"`   // what still waited when the play was over
	Problems     int               `json:"problems"`
}

// Night, as people have it.
const (
	nightFalls = 22
	dayBreaks  = 7
)

// Summary sums a play up.
func (r *Result) Summary() Summary {
	inc := &r.Final.Incident
	s := Summary{Ending: inc.Ending, Severity: inc.Severity, By: inc.AcknowledgedBy.String(), Paged: []string{}}
	since := func(at time.Time) *time.Duration {
		if at.IsZero() {
			return nil
		}
		d := at.Sub(inc.DeclaredAt).Round(time.Second)
		return &d
	}
	s.Acknowledged = since(inc.AcknowledgedAt)
	for _, a := range r.Acts {
		switch a.Kind {
		case "call":
			s.Calls++
		case "text":
			s.Texts++
		case "dm":
		default:
			continue
		}
		if s.FirstPage == nil {
			s.FirstPage = since(a.At)
		}
		name := r.heard(a)
		if !slices.Contains(s.Paged, name) {
			s.Paged = append(s.Paged, name)
		}
		if a.Kind != "dm" && r.night(a.Who, a.At) && !slices.Contains(s.Woken, name) {
			s.Woken = append(s.Woken, name)
		}
	}
	for _, e := range r.Entries {
		switch e.Kind {
		case incident.EntryEnded:
			s.Ended = since(e.At)
		case incident.EntryProblem:
			s.Problems++
		}
	}
	s.Silent, s.Open = r.unanswered()
	return s
}

// night says whether it is night for a person: in their zone, or in the play's where theirs is not known.
func (r *Result) night(who oncall.PersonID, at time.Time) bool {
	zone := r.Zones[who]
	if zone == nil {
		zone = r.Start.Location()
	}
	hour := at.In(zone).Hour()
	return hour >= nightFalls || hour < dayBreaks
}

// unanswered lists the questions that ran out of time, and those that wait.
func (r *Result) unanswered() (silent, open []string) {
	for _, q := range r.Final.Incident.Questions {
		text := q.Step + ": " + firstLine(q.Text)
		switch {
		case q.State == incident.QuestionOpen:
			open = append(open, text)
		case q.State == incident.QuestionTimedOut || q.Turn > 0:
			silent = append(silent, text)
		}
	}
	for _, p := range r.Final.Incident.OpenPages() {
		open = append(open, "a page of "+p.Levels[0].Target)
	}
	return silent, open
}

// firstLine is a text up to its first line break.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// demoOutcome is how the demo's incident ended.
type demoOutcome struct {
	shown   contract.Snapshot
	entries []incident.Entry
	faults  []string // of the simulations
}

// check says in what the incident did not end as the runbook says; nil means that it did.
func (o *demoOutcome) check() error {
	inc := &o.shown.Incident
	var wrong []string
	expect := func(what, want, got string) {
		if want != got {
			wrong = append(wrong, fmt.Sprintf("%s: want %s, got %s", what, want, got))
		}
	}
	expect("ending", string(incident.Resolved), orNone(string(inc.Ending)))
	expect("ended by", string(incident.DoorRunbook), orNone(string(inc.EndedBy.Door)))
	expect("severity", "SEV1", orNone(string(inc.Severity)))
	expect("acknowledged by", "Ben by telephone", orNone(acknowledgement(inc)))
	expect("escalations of the page", "1", fmt.Sprint(o.pageEscalations()))
	for _, e := range o.entries {
		if e.Kind == incident.EntryProblem || e.Kind == incident.EntryRefused {
			wrong = append(wrong, "the timeline tells of a "+string(e.Kind)+": "+e.Text)
		}
	}
	if len(o.shown.Record) == 0 {
		wrong = append(wrong, "no record was written")
	}
	for _, place := range o.shown.Record {
		if info, err := os.Stat(place); err != nil || info.Size() == 0 {
			wrong = append(wrong, "the record "+place+" is not there, or empty")
		}
	}
	wrong = append(wrong, o.faults...)
	if wrong == nil {
		return nil
	}
	return errors.New("the demo's incident did not go as its runbook says:\n  " + strings.Join(wrong, "\n  "))
}

// pageEscalations counts how often the first page went on to another person.
func (o *demoOutcome) pageEscalations() int {
	if len(o.shown.Incident.Pages) == 0 {
		return 0
	}
	step, count := o.shown.Incident.Pages[0].Step, 0
	for _, e := range o.entries {
		if e.Kind == incident.EntryEscalate && e.Step == step {
			count++
		}
	}
	return count
}

// acknowledgement is who has acknowledged the first page, and how.
func acknowledgement(inc *incident.Incident) string {
	by := inc.AcknowledgedBy
	if by.Name == "" {
		return ""
	}
	if by.Door == incident.DoorPhone {
		return by.Name + " by telephone"
	}
	return by.Name + " by " + string(by.Door)
}

// orNone is a value, or a word for none.
func orNone(value string) string {
	if value == "" {
		return "nothing"
	}
	return value
}

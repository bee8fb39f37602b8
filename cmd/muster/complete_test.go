package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

func TestCompleteKnowsTheRunbook(t *testing.T) {
	t.Parallel()
	config := &roster.Config{Book: oncall.Book{People: []oncall.Person{{ID: "ana", Name: "Ana Ruiz"}}}}
	tests := []struct {
		name  string
		verb  contract.Verb
		words []string
		want  []string // without what explains them
	}{
		{"retry", contract.VerbRetry, nil, []string{"stop", "rollback", "isolate", "snapshot[2]", "calm", "look", "impact", "containment/5", "watch/1/1"}},
		{"edit", contract.VerbEdit, nil, []string{"rollback"}},
		{"a reason", contract.VerbStop, []string{"rollback"}, nil},
		{"advance", contract.VerbAdvance, nil, []string{"containment"}},
		{"return", contract.VerbReturn, nil, []string{"identification", "containment"}},
		{"revert", contract.VerbRevert, nil, []string{"containment", "freeze", "edr[2]"}},
		{"revert more", contract.VerbRevert, []string{"freeze"}, []string{"edr[2]"}},
		{"send", contract.VerbSend, nil, []string{"restored"}},
		{"a payload", contract.VerbSend, []string{"restored"}, []string{"region="}},
		{"the payload is there", contract.VerbSend, []string{"restored", "region=eu"}, nil},
		{"answer", contract.VerbAnswer, nil, []string{"rollback", "impact"}},
		{"a choice", contract.VerbAnswer, []string{"rollback"}, []string{"retry", "skip", "stop"}},
		{"a form", contract.VerbAnswer, []string{"impact"}, []string{"customers=", "scope="}},
		{"the rest of a form", contract.VerbAnswer, []string{"impact", "customers:=3"}, []string{"scope="}},
		{"reassign", contract.VerbReassign, nil, []string{"impact", "watch/1/1"}},
		{"reassign to", contract.VerbReassign, []string{"impact"}, []string{"ana"}},
		{"pause", contract.VerbPause, nil, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, c := range suggestions(test.verb, busy(), config, test.words) {
				word, _, _ := strings.Cut(c, "\t")
				got = append(got, word)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("suggestions (-want +got):\n%s", diff)
			}
		})
	}
	noted := busy()
	by := incident.Actor{Person: "ana", Name: "Ana Ruiz"}
	noted.Incident.Timeline = []incident.Entry{
		{Seq: 3, Kind: incident.EntryNote, By: by, Text: "first", Written: true},
		{Seq: 4, Kind: incident.EntryPhase, Text: "recovery"},
		{Seq: 7, Kind: incident.EntryNote, By: by, Text: "x", Quote: &incident.Quote{Author: "Ben"}, Written: true},
		{Seq: 9, Kind: incident.EntryNote, By: by, Withdrawn: true, Written: true},
	}
	if diff := cmp.Diff([]string{"7\t«x» – Ben", "3\tfirst"}, suggestions(contract.VerbWithdraw, noted, nil, nil)); diff != "" {
		t.Errorf("lines that can be withdrawn (-want +got):\n%s", diff)
	}
	if skip := suggestions(contract.VerbSkip, busy(), nil, nil); len(skip) != 18 {
		t.Errorf("%d steps can be skipped, want those that are not over", len(skip))
	}
}

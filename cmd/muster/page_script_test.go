//go:build !noengine

package main

import (
	"os"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// phone says how the owner of a number behaves: phone NUMBER answers|presses|fails.
func phone(ts *testscript.TestScript, neg bool, args []string) {
	behaviours := map[string]faketwilio.Behaviour{
		"answers": {Reaction: faketwilio.Answers},
		"presses": {Reaction: faketwilio.Answers, Presses: []faketwilio.Press{{Keys: "1"}}},
		"fails":   {Reaction: faketwilio.Fails, SMS: faketwilio.Undelivered, ErrorCode: 30005},
	}
	if neg || len(args) != 2 {
		ts.Fatalf("usage: phone NUMBER BEHAVIOUR")
	}
	behaviour, ok := behaviours[args[1]]
	if !ok {
		ts.Fatalf("no telephone behaves like %q", args[1])
	}
	ts.Value(outsideKey{}).(outside).twilio.Phone(args[0], behaviour)
}

// loses lets the telephone company place one call and one message of which the caller does not learn.
func loses(ts *testscript.TestScript, _ bool, _ []string) {
	company := ts.Value(outsideKey{}).(outside).twilio
	for _, op := range []faketwilio.Operation{faketwilio.CreateCall, faketwilio.CreateMessage} {
		company.Break(faketwilio.Fault{Op: op, Kind: faketwilio.Drop, AfterWork: true, Times: 1})
	}
}

// telephoned checks how many calls and messages a number had since the script began: telephoned NUMBER CALLS MESSAGES.
func telephoned(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: telephoned NUMBER CALLS MESSAGES")
	}
	company := ts.Value(outsideKey{}).(outside).twilio
	calls, texts := 0, 0
	for _, c := range company.Calls() {
		if c.To == args[0] {
			calls++
		}
	}
	for _, m := range company.Messages() {
		if m.To == args[0] && m.Direction == "outbound-api" {
			texts++
		}
	}
	if strconv.Itoa(calls) != args[1] || strconv.Itoa(texts) != args[2] {
		ts.Fatalf("%s had %d calls and %d messages, want %s and %s", args[0], calls, texts, args[1], args[2])
	}
}

// private checks that a file is this user's alone.
func private(ts *testscript.TestScript, _ bool, args []string) {
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		about, err := os.Stat(ts.MkAbs(args[0]))
		if err == nil && about.Mode().Perm() == 0o600 {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("%s: %v, %v", args[0], about, err)
		}
	}
}

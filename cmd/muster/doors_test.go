package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
)

func TestKeyInARoomsName(t *testing.T) {
	t.Parallel()
	tests := []struct {
		room string
		want incident.Key
	}{
		{room: "inc-12-checkout-is-slow", want: "INC-12"},
		{room: "inc-7", want: "INC-7"},
		{room: "INC-7-x", want: "INC-7"},
		{room: "inc-", want: ""},
		{room: "inc-x12", want: ""},
		{room: "inc-1²", want: ""},
		{room: "incidents-12", want: ""},
		{room: "privategroup", want: ""},
		{room: "", want: ""},
	}
	for _, test := range tests {
		if got := keyIn(test.room); got != test.want {
			t.Errorf("%q: %q, want %q", test.room, got, test.want)
		}
	}
}

func FuzzKeyIn(f *testing.F) {
	for _, seed := range []string{"inc-12-checkout", "inc-", "directmessage", "inc--1", "Inc-007-\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, room string) {
		key := string(keyIn(room))
		if key == "" {
			return
		}
		number, ok := strings.CutPrefix(key, "INC-")
		if !ok || number == "" || strings.Trim(number, "0123456789") != "" {
			t.Errorf("%q became the key %q", room, key)
		}
	})
}

func TestWithinLeavesTimeForTheAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		limit time.Duration // 0 = none
		least time.Duration
		most  time.Duration
	}{
		{name: "no limit", least: gateway.ActTime, most: gateway.ActTime},
		{name: "Slack's", limit: 2500 * time.Millisecond, least: time.Second, most: 1800 * time.Millisecond},
		{name: "a long one", limit: time.Minute, least: gateway.ActTime, most: gateway.ActTime},
		{name: "hardly any", limit: time.Millisecond, least: signalMargin, most: signalMargin},
	}
	for _, test := range tests {
		ctx, cancel := t.Context(), context.CancelFunc(func() {})
		if test.limit > 0 {
			ctx, cancel = context.WithTimeout(ctx, test.limit)
		}
		if got := within(ctx); got < test.least || got > test.most {
			t.Errorf("%s: %v, want %v to %v", test.name, got, test.least, test.most)
		}
		cancel()
	}
}

func TestRuledKeepsTheSentence(t *testing.T) {
	t.Parallel()
	err := ruled(&gateway.Refusal{Kind: gateway.RefusedClosed, What: "INC-1 is closed", Hint: "declare a new one"})
	var refusal *incident.Refusal
	if !errors.As(err, &refusal) || refusal.What != "INC-1 is closed" || refusal.Hint != "declare a new one" {
		t.Errorf("got %v", err)
	}
	away := &gateway.Away{What: "ack", Err: context.DeadlineExceeded}
	if got := ruled(away); !errors.Is(got, away) {
		t.Errorf("another error became %v", got)
	}
	if err := ruled(nil); err != nil {
		t.Errorf("no error became %v", err)
	}
}

package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// The outside is told only when our own pulse beats, and what goes wrong never shows the address.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	var told atomic.Int32
	watcher := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told.Add(1)
		if r.URL.Path == "/broken" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(watcher.Close)
	for name, test := range map[string]struct {
		address string
		pulse   error
		want    string // a piece of the error; empty = none
		told    int32
	}{
		"it lives":                  {address: watcher.URL + "/secret-id", told: 1},
		"no address":                {},
		"no worker answers":         {address: watcher.URL, pulse: errors.New("no worker"), want: "our own pulse: no worker"},
		"the watcher is away":       {address: "http://127.0.0.1:1/secret-id", want: "request the address of the heartbeat: dial"},
		"the watcher does not want": {address: watcher.URL + "/broken", want: "answers 500", told: 1},
	} {
		t.Run(name, func(t *testing.T) {
			before := told.Load()
			h := heartbeat{
				address: func() string { return test.address }, beat: func(context.Context) error { return test.pulse },
				client: http.DefaultClient, log: slog.New(slog.DiscardHandler),
			}
			err := h.once(t.Context())
			if (err != nil) != (test.want != "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret-id") {
				t.Errorf("the address is shown: %v", err)
			}
			if got := told.Load() - before; got != test.told {
				t.Errorf("the watcher was told %d times, want %d", got, test.told)
			}
		})
	}
}

//go:build !noengine

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/runbooks"
)

// driftSystems are the systems that the runbook asks, for real: a web server, and the custom action. They answer what
// the script's mocks say. The last part of a path, and of an action's name, is the step that asks.
type driftSystems struct {
	url   string
	mocks []runbooks.Mock

	mu   sync.Mutex
	used map[string]int // outcomes given, by mock
	seen []driftAsked
	keys map[string]bool
}

// driftAsked is one request to a system, in the words of the rehearsal.
type driftAsked struct {
	at   time.Time
	what string
}

// newDriftSystems starts the web server.
func newDriftSystems(t *testing.T) *driftSystems {
	t.Helper()
	d := &driftSystems{used: map[string]int{}, keys: map[string]bool{}}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

// asked lists the requests.
func (d *driftSystems) asked() []driftAsked {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.seen)
}

// take writes a request down and gives its answer. Attempts of one request count once, as in a rehearsal.
func (d *driftSystems) take(name, what string) runbooks.MockOutcome {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out runbooks.MockOutcome
	for _, m := range d.mocks {
		if m.Of == name {
			out = m.Outcomes[min(d.used[name], len(m.Outcomes)-1)]
			d.used[name]++
		}
	}
	if out.Fail == "" && out.Refuse == "" && !out.Timeout && !d.keys[what] {
		d.keys[what] = true
		d.seen = append(d.seen, driftAsked{time.Now(), what})
	}
	return out
}

// ServeHTTP answers a request of the runbook, or takes an update for an audience.
func (d *driftSystems) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	what := fmt.Sprintf("http %s %s%s", r.Method, d.url, r.URL.Path)
	if name == "update" {
		if what, err = readDriftUpdate(body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	out := d.take(name, what)
	switch {
	case out.Refuse != "":
		http.Error(w, out.Refuse, http.StatusForbidden)
		return
	case out.Fail != "" || out.Timeout:
		panic(http.ErrAbortHandler) // the connection ends without an answer
	}
	if status, err := strconv.Atoi(fmt.Sprint(out.OK["status"])); err == nil {
		w.WriteHeader(status)
	}
	if answer, ok := out.OK["body"]; ok {
		_ = json.NewEncoder(w).Encode(answer) // whoever has gone needs no answer
	}
}

// install writes the command that the runbook runs: each time it prints and ends as the next outcome says.
func (d *driftSystems) install(t *testing.T, path string) {
	t.Helper()
	text := "#!/bin/sh\nread n 2>/dev/null < \"$0.count\" || n=0\necho $((n + 1)) > \"$0.count\"\ncase $n in\n"
	for _, m := range d.mocks {
		if m.Of != "check" {
			continue
		}
		for n, out := range m.Outcomes {
			code, _ := strconv.Atoi(fmt.Sprint(out.OK["exit_code"])) // where none is given it ends well
			text += fmt.Sprintf("%d) printf %%s '%v'; exit %d ;;\n", n, out.OK["stdout"], code)
		}
	}
	if err := os.WriteFile(path, []byte(text+"esac\n"), 0o700); err != nil {
		t.Fatal(err)
	}
}

// register makes the custom actions known to the worker.
func (d *driftSystems) register(r activities.Registry) {
	r.RegisterActivityWithOptions(func(_ context.Context, with map[string]any, _ contract.Effect) (map[string]any, error) {
		out := d.take("shift", fmt.Sprintf("action traffic.shift {service: %v}", with["service"]))
		switch {
		case out.Refuse != "":
			return nil, temporal.NewNonRetryableApplicationError(out.Refuse, contract.RefusedType, nil)
		case out.Fail != "" || out.Timeout:
			return nil, errors.New(out.Fail)
		}
		return out.OK, nil
	}, activity.RegisterOptions{Name: "traffic.shift"})
}

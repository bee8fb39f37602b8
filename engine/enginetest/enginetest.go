// Package enginetest gives tests a real Temporal server that goes away with the test: the embedded engine in memory,
// which is the code that users run, or the same server on a PostgreSQL of its own, which is what a larger installation
// runs. It is imported by tests only.
package enginetest

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"

	"go.temporal.io/sdk/client"

	"github.com/musterbook/musterbook/engine"
)

// Start runs an engine in memory, without a Web UI, until the test ends. The overrides are settings of the server by
// the server's own names, such as "limit.historyCount.suggestContinueAsNew".
func Start(t testing.TB, overrides map[string]any) *engine.Engine {
	t.Helper()
	return StartWith(t, engine.Options{UIPort: -1, DynamicConfig: overrides})
}

// StartWith runs an engine as the options say until the test ends; stopping it earlier is allowed. A Logger that is
// not given is the test's.
func StartWith(t testing.TB, options engine.Options) *engine.Engine {
	t.Helper()
	if options.Logger == nil {
		options.Logger = Logger(t)
	}
	e, err := engine.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	// Registered after the logger's, so it runs before.
	t.Cleanup(func() {
		if err := e.Stop(context.Background()); err != nil {
			t.Errorf("stop the engine: %v", err)
		}
	})
	return e
}

// Client dials the engine, and hangs up before the engine is stopped at the end of the test.
func Client(t testing.TB, e *engine.Engine) client.Client {
	t.Helper()
	c, err := e.Client(t.Context(), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Logger writes warnings and errors into the output of the test, as long as the test runs: goroutines of a server may
// speak once more after it was stopped, which would end the whole test process.
func Logger(t testing.TB) *slog.Logger {
	w := &output{to: t.Output()}
	t.Cleanup(w.close)
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

type output struct {
	mu sync.Mutex
	to io.Writer // nil after the test
}

func (o *output) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.to == nil {
		return len(line), nil
	}
	return o.to.Write(line)
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.to = nil
}

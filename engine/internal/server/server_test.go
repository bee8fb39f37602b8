//go:build !noengine

package server

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/server/common/log/tag"
)

func textLogger(level slog.Level) (*logger, *bytes.Buffer) {
	var out bytes.Buffer
	return newLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})), level), &out
}

func TestFatalWhileStartingIsAnError(t *testing.T) {
	t.Parallel()
	cause := &net.OpError{Op: "listen", Err: syscall.EADDRINUSE}
	tests := []struct {
		name      string
		start     func(l *logger) error
		want      string
		wantTaken bool
	}{
		{name: "well", start: func(*logger) error { return nil }},
		{name: "error", start: func(*logger) error { return errors.New("no disk") }, want: "no disk"},
		{
			name:  "fatal",
			start: func(l *logger) error { l.Fatal("bad configuration"); return nil },
			want:  "bad configuration",
		},
		{
			name: "fatal with a cause, by a derived logger",
			start: func(l *logger) error {
				l.With(tag.Service("history")).Fatal("no listener", tag.Address("127.0.0.1:1"), tag.Error(cause))
				return nil
			},
			want: "no listener", wantTaken: true,
		},
		{
			name: "fatal within a sync.Once, as the server listens",
			start: func(l *logger) error {
				listen := sync.OnceValue(func() bool {
					l.Fatal("no listener", tag.Error(cause))
					return true
				})
				listen()
				return nil
			},
			want: "no listener", wantTaken: true,
		},
		{
			name: "fatal on another goroutine",
			start: func(l *logger) error {
				done := make(chan struct{})
				go func() {
					defer close(done)
					l.Fatal("lost")
				}()
				<-done
				return nil
			},
			want: "lost",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l, _ := textLogger(slog.LevelError)
			err := l.guard(func() error { return test.start(l) })
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %q", err, test.want)
			}
			if taken := errors.Is(err, errAddressTaken); taken != test.wantTaken {
				t.Errorf("a port was taken: %v, want %v", taken, test.wantTaken)
			}
		})
	}
}

func TestFatalAfterTheStartEndsTheProcess(t *testing.T) {
	t.Parallel()
	l, out := textLogger(slog.LevelError)
	if err := l.guard(func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, "cannot go on: store lost") {
			t.Errorf("panic is %q", got)
		}
		if !strings.Contains(out.String(), "store lost") {
			t.Errorf("the log lacks the reason: %q", out)
		}
	}()
	l.Fatal("store lost")
}

func TestLogLevelIsCapped(t *testing.T) {
	t.Parallel()
	l, out := textLogger(slog.LevelWarn)
	l.Debug("one")
	l.Info("two")
	l.With(tag.Service("history")).Warn("three", tag.WorkflowID("incident/1"))
	l.SLog().Info("four")
	l.SLog().WithGroup("g").With("a", 1).Info("five")
	l.DPanic("six")
	want := []string{"level=WARN msg=three component=temporal service=history wf-id=incident/1", "level=ERROR msg=six component=temporal"}
	got := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(got) != len(want) || !strings.HasSuffix(got[0], want[0]) || !strings.HasSuffix(got[1], want[1]) {
		t.Errorf("log is %q, want %q", got, want)
	}
}

func TestExpectedComplaintsAreQuiet(t *testing.T) {
	t.Parallel()
	l, out := textLogger(slog.LevelError)
	l.Error("poll", tag.Error(errors.New("read task queue: context canceled")))
	if out.Len() > 0 {
		t.Errorf("a client that hung up is logged: %q", out)
	}
	l.Error("disk", tag.Error(errors.New("input/output error")))
	if !strings.Contains(out.String(), "input/output error") {
		t.Errorf("a real error is lost: %q", out)
	}
	out.Reset()
	l.quieten()
	l.With(tag.Service("matching")).Error("task queue closed")
	if out.Len() > 0 {
		t.Errorf("the noise of stopping is logged: %q", out)
	}
}

func TestPanicPanics(t *testing.T) {
	t.Parallel()
	l, _ := textLogger(slog.LevelError)
	defer func() {
		if got := recover(); got != "impossible" {
			t.Errorf("panic is %v", got)
		}
	}()
	l.Panic("impossible")
}

func TestFreePortsAreDifferent(t *testing.T) {
	t.Parallel()
	ports, err := FreePorts(t.Context(), 20)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, port := range ports {
		if port <= 0 || seen[port] {
			t.Errorf("port %d twice or impossible among %v", port, ports)
		}
		seen[port] = true
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	merged, err := mergeSettings(map[string]any{
		"history.longPollExpirationInterval": 1500 * time.Millisecond,
		"LIMIT.maxidlength":                  100, // the server does not mind the case
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for key := range merged {
		got[key.String()] = merged.GetValue(key)[0].Value
	}
	for name, want := range map[string]any{
		"history.transferprocessormaxpollrps":   1000,
		"history.timerprocessormaxpollrps":      1000,
		"history.visibilityprocessormaxpollrps": 200,
		"frontend.namespacerps.visibility":      100,
		"frontend.enableserverversioncheck":     false,
		"history.longpollexpirationinterval":    "1.5s",
		"limit.maxidlength":                     100,
	} {
		if got[name] != want {
			t.Errorf("%s is %v (%T), want %v", name, got[name], got[name], want)
		}
	}
}

func TestSettingsFile(t *testing.T) {
	t.Parallel()
	got, err := CheckSettingsFile([]byte("limit.maxIDLength:\n  - value: 255\n"))
	if err != nil || got["limit.maxidlength"] != 255 {
		t.Errorf("settings are %v, %v", got, err)
	}
	for _, bad := range []string{
		"limit.maxIdLenght:\n  - value: 255\n", // unknown name
		"limit.maxIDLength:\n  - value: long\n",
		"limit.maxIDLength: 255\n",
		"limit.maxIDLength: []\n",
	} {
		if got, err := CheckSettingsFile([]byte(bad)); err == nil {
			t.Errorf("%q was accepted: %v", bad, got)
		}
	}
}

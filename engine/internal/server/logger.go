//go:build !noengine

package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

// errAddressTaken marks a failed start that may succeed on other ports.
var errAddressTaken = errors.New("a port is taken")

// logger hands the server's lines to slog. The server reports some failures by Fatal, which in its own logger ends the
// process; here a Fatal while the server starts becomes an error of the start.
type logger struct {
	slog *slog.Logger // with the cap on its level
	fate *fate
}

// fate is shared by a logger and those derived from it.
type fate struct {
	mu       sync.Mutex
	started  bool
	err      error
	stopping atomic.Bool
}

var (
	_ log.Logger      = (*logger)(nil)
	_ log.WithLogger  = (*logger)(nil)
	_ log.SLogWrapper = (*logger)(nil)
)

func newLogger(to *slog.Logger, level slog.Level) *logger {
	to = to.With("component", "temporal")
	return &logger{slog: slog.New(&floor{Handler: to.Handler(), level: level}), fate: &fate{}}
}

// guard runs start and returns its error, or the first Fatal that was logged meanwhile. It uses a goroutine of its own
// because Fatal must not return to its caller: it ends the goroutine instead.
func (l *logger) guard(start func() error) error {
	done := make(chan struct{})
	err := errors.New("the server gave up")
	go func() {
		defer close(done)
		defer func() {
			// Parts of the server start within a sync.Once, which makes a panic of a goroutine's end.
			if p := recover(); p != nil && !l.fatal() {
				panic(p)
			}
		}()
		err = start()
	}()
	<-done
	l.fate.mu.Lock()
	defer l.fate.mu.Unlock()
	if l.fate.err != nil {
		return l.fate.err
	}
	l.fate.started = err == nil
	return err
}

// fatal says whether there was a Fatal.
func (l *logger) fatal() bool {
	l.fate.mu.Lock()
	defer l.fate.mu.Unlock()
	return l.fate.err != nil
}

func (l *logger) Debug(msg string, tags ...tag.Tag) { l.write(slog.LevelDebug, msg, tags) }
func (l *logger) Info(msg string, tags ...tag.Tag)  { l.write(slog.LevelInfo, msg, tags) }
func (l *logger) Warn(msg string, tags ...tag.Tag)  { l.write(slog.LevelWarn, msg, tags) }
func (l *logger) Error(msg string, tags ...tag.Tag) { l.write(slog.LevelError, msg, tags) }

// DPanic is for failures that should stop a developer's machine but not a production server.
func (l *logger) DPanic(msg string, tags ...tag.Tag) { l.write(slog.LevelError, msg, tags) }

func (l *logger) Panic(msg string, tags ...tag.Tag) {
	l.write(slog.LevelError, msg, tags)
	panic(msg)
}

// Fatal fails the start. After the start it brings the process down: a server that cannot go on must not look alive,
// and everything that was accepted is on the disk for the next process.
func (l *logger) Fatal(msg string, tags ...tag.Tag) {
	l.write(slog.LevelError, msg, tags)
	err := fatalError(msg, tags)
	l.fate.mu.Lock()
	started := l.fate.started
	if l.fate.err == nil {
		l.fate.err = err
	}
	l.fate.mu.Unlock()
	if started {
		panic(fmt.Sprintf("the embedded Temporal server cannot go on: %v", err))
	}
	runtime.Goexit()
}

func (l *logger) With(tags ...tag.Tag) log.Logger {
	return &logger{slog: slog.New(l.slog.Handler().WithAttrs(attributes(tags))), fate: l.fate}
}

// SLog is used by those parts of the server that log through slog themselves.
func (l *logger) SLog() *slog.Logger { return l.slog }

func (l *logger) write(level slog.Level, msg string, tags []tag.Tag) {
	ctx := context.Background()
	if !l.slog.Enabled(ctx, level) {
		return
	}
	if l.expected(tags) {
		level = slog.LevelDebug
	}
	l.slog.LogAttrs(ctx, level, msg, attributes(tags)...)
}

// expected is true for complaints that come with every orderly end: the server's parts miss each other while it stops,
// and a client that hangs up cancels what it waited for. Nobody should be woken by those.
func (l *logger) expected(tags []tag.Tag) bool {
	if l.fate.stopping.Load() {
		return true
	}
	for _, t := range tags {
		if cause := causeOf(t); cause != nil && strings.Contains(cause.Error(), context.Canceled.Error()) {
			return true
		}
	}
	return false
}

// quieten is called when an orderly stop begins.
func (l *logger) quieten() { l.fate.stopping.Store(true) }

func attributes(tags []tag.Tag) []slog.Attr {
	attrs := make([]slog.Attr, 0, len(tags))
	for _, t := range tags {
		attrs = append(attrs, slog.Any(t.Key(), t.Value()))
	}
	return attrs
}

// fatalError keeps the cause, which the server passes as a tag, as an error that can be told from others.
func fatalError(msg string, tags []tag.Tag) error {
	for _, t := range tags {
		cause := causeOf(t)
		if cause == nil {
			continue
		}
		if errors.Is(cause, syscall.EADDRINUSE) {
			return fmt.Errorf("%s: %w: %w", msg, errAddressTaken, cause)
		}
		return fmt.Errorf("%s: %w", msg, cause)
	}
	return errors.New(msg)
}

// causeOf is the error that a tag carries, nil for other tags. (A tag's Value is the error's text only.)
func causeOf(t tag.Tag) error {
	zap, ok := t.(tag.ZapTag)
	if !ok {
		return nil
	}
	cause, _ := zap.Field().Interface.(error)
	return cause
}

// floor drops records below a level, whatever the handler beneath would take.
type floor struct {
	slog.Handler
	level slog.Level
}

func (f *floor) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= f.level && f.Handler.Enabled(ctx, level)
}

func (f *floor) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &floor{Handler: f.Handler.WithAttrs(attrs), level: f.level}
}

func (f *floor) WithGroup(name string) slog.Handler {
	return &floor{Handler: f.Handler.WithGroup(name), level: f.level}
}

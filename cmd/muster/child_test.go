//go:build !noengine

package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// child is a muster process of its own, so that it can be killed.
type child struct {
	t    testing.TB
	cmd  *exec.Cmd
	out  *locked
	done chan struct{}
}

// locked is a buffer that a process writes into while the test reads it.
type locked struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// startChild starts a muster process: this test's binary under the command's name.
func startChild(t testing.TB, environment []string, args ...string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, out: &locked{}, done: make(chan struct{})}
	c.cmd = &exec.Cmd{
		Path: self, Args: append([]string{"muster"}, args...), Stdout: c.out, Stderr: c.out,
		Env: append(os.Environ(), environment...),
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		// How it ended is read from the process's state.
		_ = c.cmd.Wait()
		close(c.done)
	}()
	t.Cleanup(c.kill)
	return c
}

// kill ends the process at once, as a power cut does, and waits until it is gone.
func (c *child) kill() {
	select {
	case <-c.done:
	default:
		// It may end by itself at this very moment; then there is nothing to kill.
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

// stop ends the process in good order.
func (c *child) stop(patience time.Duration) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Errorf("stop muster: %v", err)
	}
	select {
	case <-c.done:
		if code := c.cmd.ProcessState.ExitCode(); code != 0 {
			c.t.Errorf("muster ended with %d:\n%s", code, c.out)
		}
	case <-time.After(patience):
		c.t.Errorf("muster has not stopped within %s:\n%s", patience, c.out)
		c.kill()
	}
}

// ready waits until the gateway answers that everything behind it works.
func (v *town) ready(ctx context.Context) error {
	for {
		status, err := v.get(ctx, "/readyz")
		if err == nil && status == 200 {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		pause(ctx, 20*time.Millisecond)
	}
}

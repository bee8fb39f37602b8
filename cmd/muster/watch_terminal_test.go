//go:build linux && !noengine

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/term"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
)

// pseudo is a terminal without a screen: what is written to it is kept, and keys are typed into it.
type pseudo struct {
	t           *testing.T
	master, end *os.File
	mu          sync.Mutex
	written     bytes.Buffer
}

// openPseudo opens one of 80 by 24.
func openPseudo(t *testing.T) *pseudo {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no pseudo terminals here: %v", err)
	}
	var number uint32
	var locked int32
	ioctl(t, master, syscall.TIOCSPTLCK, unsafe.Pointer(&locked))
	ioctl(t, master, syscall.TIOCGPTN, unsafe.Pointer(&number))
	end, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &pseudo{t: t, master: master, end: end}
	p.size(80, 24)
	go func() {
		_, _ = io.Copy(p, master) // it ends when the terminal is closed
	}()
	t.Cleanup(func() {
		_, _ = end.Close(), master.Close()
	})
	return p
}

// ioctl is a request to a terminal's driver.
func ioctl(t *testing.T, f *os.File, request uintptr, value unsafe.Pointer) {
	t.Helper()
	if _, _, fault := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(value)); fault != 0 {
		t.Fatal(fault)
	}
}

// size gives the window a size.
func (p *pseudo) size(width, height uint16) {
	p.t.Helper()
	window := [4]uint16{height, width}
	ioctl(p.t, p.master, syscall.TIOCSWINSZ, unsafe.Pointer(&window))
}

// Write keeps what the screen is sent.
func (p *pseudo) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written.Write(text)
}

// sent is everything that the screen was sent.
func (p *pseudo) sent() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written.String()
}

// waitFor waits until the screen was sent something.
func (p *pseudo) waitFor(text string) {
	p.t.Helper()
	for end := time.Now().Add(10 * time.Second); !strings.Contains(p.sent(), text); pause(p.t.Context(), 10*time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%q was not drawn: %q", text, p.sent())
		}
	}
}

// typed types keys.
func (p *pseudo) typed(keys string) {
	p.t.Helper()
	if _, err := p.master.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
}

// startled is a door at which a deed goes wrong inside ourselves.
type startled struct{ *fakeDoor }

func (startled) Act(context.Context, incident.Key, gateway.Deed) (contract.Receipt, error) {
	panic("the door is startled")
}

// TestWatchLeavesTheTerminalAsItWas however it ends.
func TestWatchLeavesTheTerminalAsItWas(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		end   func(p *pseudo, signal context.CancelFunc)
		fails bool
	}{
		{"by its key", func(p *pseudo, _ context.CancelFunc) { p.typed("q") }, false},
		{"by Ctrl-C while something is typed", func(p *pseudo, _ context.CancelFunc) { p.typed("nsomething\x03") }, false},
		{"by a signal", func(_ *pseudo, signal context.CancelFunc) { signal() }, false},
		{"by a fault of ours", func(p *pseudo, _ context.CancelFunc) { p.typed("a") }, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := openPseudo(t)
			before, err := term.GetState(int(p.end.Fd()))
			if err != nil {
				t.Fatal(err)
			}
			ctx, signal := context.WithCancel(t.Context())
			defer signal()
			m := newWatch(ctx, startled{busyDoor()}, watchOptions{key: "INC-7"})
			m.take(m.look(0))
			ended := make(chan error, 1)
			go func() { ended <- m.draw(ctx, p.end, p.end) }()
			p.waitFor("INC-7")
			test.end(p, signal)
			select {
			case err := <-ended:
				if (err != nil) != test.fails {
					t.Errorf("it ended with %v", err)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("it does not end")
			}
			after, err := term.GetState(int(p.end.Fd()))
			if err != nil {
				t.Fatal(err)
			}
			if *before != *after {
				t.Errorf("the terminal was %+v and is %+v", before, after)
			}
			p.waitFor("\x1b[?1049l") // the screen of before
			p.waitFor("\x1b[?25h")   // the cursor
			if strings.Contains(p.sent(), "\x1b[?1000h") {
				t.Error("the mouse was taken")
			}
		})
	}
}

// TestWatchDrawsOnlyWhatChanges: what stands still is not sent again, and a new size draws all of it.
func TestWatchDrawsOnlyWhatChanges(t *testing.T) {
	t.Parallel()
	p := openPseudo(t)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	m := newWatch(ctx, busyDoor(), watchOptions{key: "INC-7", now: func() time.Time { return busy().Incident.DeclaredAt }})
	m.take(m.look(0))
	ended := make(chan error, 1)
	go func() { ended <- m.draw(ctx, p.end, p.end) }()
	p.waitFor("answer")
	pause(t.Context(), 200*time.Millisecond)
	drawn := len(p.sent())
	pause(t.Context(), 1500*time.Millisecond) // it is asked again, and nothing is new
	if again := p.sent()[drawn:]; len(again) > 200 || strings.Contains(again, "INC-7") {
		t.Errorf("what stands still was drawn again: %q", again)
	}
	p.size(60, 20)
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	p.waitFor("? shows the keys")
	p.typed("q")
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

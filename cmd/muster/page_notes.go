package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// notesDir is where direct pages are noted, in the data directory.
const notesDir = "direct"

// freshIntent is how long after an intention the telephone company's list tells by itself what came of it.
const freshIntent = 2 * time.Minute

// notesKept is how long notes are kept that count no more.
const notesKept = 24 * time.Hour

// notes are what this machine knows of a direct page: what it was about to place, written before, and what it has placed.
// They outlive the command, so that one that was killed can be given again. As long as a command has them they are locked:
// another one with the same id waits for what it has placed.
type notes struct {
	path     string // empty: nothing can be noted
	complain func(error)
	release  func() error // of the lock

	mu   sync.Mutex // guards what follows, and the file
	page notedPage
}

// notedPage is the file.
type notedPage struct {
	At   time.Time           `json:"at"` // of the first command
	Ways map[string]notedWay `json:"ways"`
}

// notedWay is one call or one message.
type notedWay struct {
	Intended time.Time `json:"intended"`
	Provider string    `json:"provider,omitempty"` // empty: it may have been placed or not
}

// noteKey names a call or a message.
func noteKey(person oncall.PersonID, via string) string { return string(person) + "/" + via }

// noting is how notes are opened.
type noting struct {
	data, id string
	now      func() time.Time
	patience time.Duration // so long another command with the same id is waited for
	complain func(error)   // nothing can be noted
	busy     func()        // another command has them; it is waited for
}

// openNotes reads the notes of an id, and locks them until they are closed. They lie in the data directory; where there is
// none, or none that this user may write to, in the user's own. Without any the page goes on, loudly. So it does when
// another command with the id does not end in time: what that one has noted counts, and silence would be worse.
func openNotes(ctx context.Context, o noting) *notes {
	n := &notes{complain: o.complain, release: func() error { return nil }}
	var problems []error
	for _, dir := range notesDirs(o.data) {
		err := n.open(ctx, dir, o)
		if err == nil {
			return n
		}
		problems = append(problems, err)
	}
	n.path, n.page = "", notedPage{At: o.now(), Ways: map[string]notedWay{}}
	n.complain(errors.Join(problems...))
	return n
}

// open reads the notes in a directory, and finds out whether they can be written there.
func (n *notes) open(ctx context.Context, dir string, o noting) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	release, err := lockWaiting(ctx, filepath.Join(dir, o.id+".lock"), o)
	if err != nil {
		return err
	}
	n.path = filepath.Join(dir, o.id+".json")
	now := o.now()
	page, ok := readNotes(n.path)
	if !ok || now.Sub(page.At) >= directMemory {
		page = notedPage{At: now, Ways: map[string]notedWay{}}
	}
	n.page = page
	if err := n.write(); err != nil {
		return errors.Join(err, release())
	}
	n.release = release
	forgetNotes(dir, now)
	return nil
}

// lockWaiting locks a file, and waits where another command has it, but not for ever.
func lockWaiting(ctx context.Context, path string, o noting) (release func() error, err error) {
	deadline := o.now().Add(o.patience)
	for told := false; ; told = true {
		release, err := lockFile(path)
		if !errors.Is(err, errLocked) {
			if err == nil {
				// A lock that is in use is none that counts no more. Where that cannot be noted it is removed a day early.
				_ = os.Chtimes(path, time.Time{}, o.now())
			}
			return release, err
		}
		if !told {
			o.busy()
		}
		if o.now().After(deadline) || !rest(ctx, lockPause) {
			return func() error { return nil }, nil
		}
	}
}

// lockPause is how long a command waits before it looks again whether another one has ended.
const lockPause = 200 * time.Millisecond

// close lets another command with the id go on. A lock that cannot be given back goes with the process.
func (n *notes) close() { _ = n.release() }

// notesDirs are the directories for notes, the better first.
func notesDirs(data string) []string {
	var dirs []string
	if about, err := os.Stat(data); err == nil && about.IsDir() {
		dirs = append(dirs, filepath.Join(data, notesDir))
	}
	if own, err := os.UserCacheDir(); err == nil {
		dirs = append(dirs, filepath.Join(own, "musterbook", notesDir))
	}
	return dirs
}

// readNotes reads a file of notes; what cannot be read counts as none, because people are to be called.
func readNotes(path string) (notedPage, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return notedPage{}, false
	}
	var page notedPage
	err = json.Unmarshal(text, &page)
	return page, err == nil && page.Ways != nil
}

// forgetNotes removes notes that count no more. What cannot be removed stays; it is a few hundred bytes.
func forgetNotes(dir string, now time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		about, err := e.Info()
		ours := strings.HasSuffix(e.Name(), ".json") || strings.HasSuffix(e.Name(), ".lock")
		if err == nil && ours && now.Sub(about.ModTime()) > notesKept {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// fresh says whether the notes suffice to find what was placed. An intention of long ago does not: calls that were placed
// since for something else would be taken for it, and the person would not be called.
func (w notedWay) fresh(now time.Time) bool {
	return w.Provider != "" || !w.Intended.IsZero() && now.Sub(w.Intended) < freshIntent
}

// knows says whether what was placed for a person is found by the notes.
func (n *notes) knows(person oncall.PersonID, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.page.Ways[noteKey(person, "call")].fresh(now) && n.page.Ways[noteKey(person, "sms")].fresh(now)
}

// provider is what was placed; empty: nothing, or nobody knows.
func (n *notes) provider(key string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.page.Ways[key].Provider
}

// intend notes that something is about to be placed. What was about to be placed before may have been: it is looked for.
func (n *notes) intend(key string, now time.Time) contract.Effect {
	effect := contract.Effect{Key: key, Intended: now}
	n.change(func(ways map[string]notedWay) {
		if before := ways[key]; before.fresh(now) {
			effect.Intended, effect.Again = before.Intended, true
			return
		}
		ways[key] = notedWay{Intended: now}
	})
	return effect
}

// placed notes what was placed.
func (n *notes) placed(key, provider string) {
	n.change(func(ways map[string]notedWay) {
		ways[key] = notedWay{Intended: ways[key].Intended, Provider: provider}
	})
}

// forget takes back an intention.
func (n *notes) forget(key string) {
	n.change(func(ways map[string]notedWay) { delete(ways, key) })
}

// change changes the notes and writes them. The first failure is told, and nothing is noted from then on.
func (n *notes) change(f func(map[string]notedWay)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f(n.page.Ways)
	if n.path == "" {
		return
	}
	if err := n.write(); err != nil {
		n.path = ""
		n.complain(err)
	}
}

// write writes the file.
func (n *notes) write() error {
	text, err := json.Marshal(n.page)
	if err != nil {
		return fmt.Errorf("write notes: %w", err)
	}
	return writeWhole(n.path, text)
}

package main

import (
	"slices"
	"sync"
	"time"

	"github.com/musterbook/musterbook/incident"
)

// feedDelay is how long a line is held back, so that what happened at about the same time on two sides, in the
// incident and in a simulation, is shown in the order in which it happened.
const feedDelay = 400 * time.Millisecond

// demoFeed brings the lines of the incident and of the simulations into one order and shows them. It is safe for
// concurrent use.
type demoFeed struct {
	mu      sync.Mutex
	view    *view
	waiting []demoLine
	faults  []string
}

// demoLine is a line that waits to be shown.
type demoLine struct {
	at   time.Time
	show func(*view)
}

// Entry takes a line of the incident's timeline. What a telephone company said about a call is left out: the demo
// shows the same moment from the telephone's side.
func (f *demoFeed) Entry(e incident.Entry) {
	if e.Kind == incident.EntryCall && e.By == (incident.Actor{}) {
		return
	}
	f.add(e.At, func(v *view) { v.Entry(e) })
}

// Simulated takes something that a simulation saw or did.
func (f *demoFeed) Simulated(at time.Time, who, text string) {
	f.add(at, func(v *view) { v.Simulated(at, who, text) })
}

// Remark takes a line of the demo's own.
func (f *demoFeed) Remark(at time.Time, label, text string) {
	f.add(at, func(v *view) { v.Remark(at, label, text) })
}

// Fault takes something that should not have happened in the simulations. It is shown, and the demo has failed.
func (f *demoFeed) Fault(at time.Time, who, text string) {
	f.Simulated(at, who, text)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, who+": "+text)
}

// Faults lists what should not have happened.
func (f *demoFeed) Faults() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.faults)
}

func (f *demoFeed) add(at time.Time, show func(*view)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = append(f.waiting, demoLine{at: at, show: show})
}

// Show shows what happened before an instant; lines of the same instant in the order in which they came.
func (f *demoFeed) Show(before time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	slices.SortStableFunc(f.waiting, func(a, b demoLine) int { return a.at.Compare(b.at) })
	n := 0
	for n < len(f.waiting) && f.waiting[n].at.Before(before) {
		f.waiting[n].show(f.view)
		n++
	}
	f.waiting = slices.Clone(f.waiting[n:])
}

// ShowAll shows everything that waits.
func (f *demoFeed) ShowAll() { f.Show(time.Now().Add(time.Hour)) }

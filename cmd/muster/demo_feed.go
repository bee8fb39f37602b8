package main

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/musterbook/musterbook/incident"
)

// feedDelay is how long a line is held back, so that what happened at about the same time on two sides, in the
// incident and in a simulation, is shown in the order in which it happened, and what belongs together in one line.
const feedDelay = 400 * time.Millisecond

// demoFeed brings the lines of the incident and of the simulations into one order and shows them. It is safe for
// concurrent use.
type demoFeed struct {
	mu      sync.Mutex
	view    *view
	waiting []demoLine
	faults  []string
}

// demoLine is a line that waits to be shown: an entry of the incident's timeline, or of a simulation.
type demoLine struct {
	at    time.Time
	entry incident.Entry // empty kind: not of the incident
	times int            // how often the entry came
	who   string
	text  string
	heard bool // the text is what a telephone said
}

// show shows the line.
func (l demoLine) show(v *view) {
	if l.entry.Kind == "" {
		if l.heard {
			l.text = "hears “" + shorten(l.text, spokenCells) + "”"
		}
		v.Simulated(l.at, l.who, l.text)
		return
	}
	if l.times > 1 {
		l.entry.Text += fmt.Sprintf(" (×%d)", l.times)
	}
	v.Entry(l.entry)
}

// Entry takes a line of the incident's timeline. What a telephone company said about a call is left out: the demo
// shows the same moment from the telephone's side. Equal lines, such as those of the alerts of one group, become one.
func (f *demoFeed) Entry(e incident.Entry) {
	if e.Kind == incident.EntryCall && e.By == (incident.Actor{}) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := range f.waiting {
		if w := &f.waiting[n]; w.entry.Kind == e.Kind && w.entry.Text == e.Text {
			w.times++
			return
		}
	}
	f.waiting = append(f.waiting, demoLine{at: e.At, entry: e, times: 1})
}

// Simulated takes something that a simulation saw or did.
func (f *demoFeed) Simulated(at time.Time, who, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = append(f.waiting, demoLine{at: at, who: who, text: text})
}

// Heard takes a sentence that a telephone has said. Sentences that follow at once become one line.
func (f *demoFeed) Heard(at time.Time, who, words string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := range f.waiting {
		if w := &f.waiting[n]; w.heard && w.who == who && at.Sub(w.at) < feedDelay {
			w.text += " " + words
			return
		}
	}
	f.waiting = append(f.waiting, demoLine{at: at, who: who, text: words, heard: true})
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

// Name tells the view which incident it shows.
func (f *demoFeed) Name(key incident.Key) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.view.key = key
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

package feeds

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/musterbook/musterbook/roster"
)

// When calendars are read again.
const (
	every      = 5 * time.Minute
	everyFirst = 30 * time.Second // while a calendar has no copy at all, pages to it reach nobody
)

// Roster is what calendars are kept for.
type Roster interface {
	Config() *roster.Config
	SetShifts(schedule string, s roster.Shifts)
}

// Options are what a keeper needs. Roster is required.
type Options struct {
	Roster Roster
	Reader Reader
	After  func(time.Duration) <-chan time.Time // nil = time.After
	Logger *slog.Logger                         // nil = nowhere
}

// Keeper keeps the calendars of a roster: it reads them again and again, and gives the roster the last good ones.
type Keeper struct {
	roster Roster
	reader Reader
	after  func(time.Duration) <-chan time.Time
	log    *slog.Logger

	reading sync.Mutex      // one refresh at a time, so that an older answer never replaces a newer one
	held    map[string]kept // the good copies, by schedule
	told    map[string]string
	unread  bool // some calendar has no copy
	asked   bool // the sources were asked since the start
}

// NewKeeper makes a keeper. It reads nothing yet.
func NewKeeper(o Options) *Keeper {
	k := &Keeper{roster: o.Roster, reader: o.Reader, after: o.After, log: o.Logger, held: map[string]kept{}, told: map[string]string{}}
	if k.after == nil {
		k.after = time.After
	}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	return k
}

// Start brings the copies on disk into force, so that a restart knows at once who is on call, whatever the feeds do. Only
// when one of them is missing the sources are asked first.
func (k *Keeper) Start(ctx context.Context) {
	k.reading.Lock()
	missing := false
	for _, a := range k.calendars() {
		k.recall(a.schedule)
		if k.held[a.schedule].Read.IsZero() {
			missing = true
			continue
		}
		known := k.reader.tell(a, k.held[a.schedule], "")
		missing = missing || known.Read.IsZero()
		if !known.Read.IsZero() {
			k.roster.SetShifts(a.schedule, known.Known())
		}
	}
	k.reading.Unlock()
	if missing {
		k.Refresh(ctx)
	}
}

// Run reads the calendars again and again, until the context ends.
func (k *Keeper) Run(ctx context.Context) {
	k.reading.Lock()
	asked := k.asked
	k.reading.Unlock()
	if !asked {
		k.Refresh(ctx)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.after(k.pause()):
			k.Refresh(ctx)
		}
	}
}

// pause is the time until the next reading. It varies by a tenth, so that many servers do not ask a feed all at once.
func (k *Keeper) pause() time.Duration {
	k.reading.Lock()
	defer k.reading.Unlock()
	base := every
	if k.unread {
		base = everyFirst
	}
	return base - base/10 + rand.N(base/5)
}

// Refresh reads every calendar of the configuration in force once, side by side, and answers what is known of each, by the
// name of the schedule. It takes at most ten seconds, and the time of the refresh that goes on already.
func (k *Keeper) Refresh(ctx context.Context) []Calendar {
	k.reading.Lock()
	defer k.reading.Unlock()
	calendars := k.calendars()
	afters, known := make([]kept, len(calendars)), make([]Calendar, len(calendars))
	var all sync.WaitGroup
	for n, a := range calendars {
		k.recall(a.schedule)
		before := k.held[a.schedule]
		all.Go(func() {
			afters[n], known[n] = k.reader.renew(ctx, a, before)
			if ctx.Err() == nil || known[n].Fault == "" {
				k.roster.SetShifts(a.schedule, known[n].Known())
			}
		})
	}
	all.Wait()
	k.unread, k.asked = false, true
	for n, a := range calendars {
		k.unread = k.unread || known[n].Read.IsZero()
		k.keep(a.schedule, afters[n])
		if ctx.Err() == nil {
			k.tell(known[n])
		}
	}
	k.tidy(calendars)
	return known
}

// tidy removes copies that no schedule of the configuration in force has used for a week. A file with a mistake never comes
// into force, so it removes nothing.
func (k *Keeper) tidy(calendars []asked) {
	used := make([]string, 0, len(calendars))
	for _, a := range calendars {
		used = append(used, a.schedule)
	}
	if err := k.reader.tidy(used); err != nil {
		k.log.Warn("old copies of calendars cannot be removed", "error", err)
	}
}

// calendars are those of the configuration in force, by name.
func (k *Keeper) calendars() []asked {
	config := k.roster.Config()
	out := make([]asked, 0, len(config.Calendars))
	for _, schedule := range slices.Sorted(maps.Keys(config.Calendars)) {
		out = append(out, asked{config: config, schedule: schedule, source: config.Calendars[schedule]})
	}
	return out
}

// recall reads the copy on disk of a calendar of which nothing is known yet.
func (k *Keeper) recall(schedule string) {
	if !k.held[schedule].Read.IsZero() || k.reader.Dir == "" {
		return
	}
	copied, err := k.reader.load(schedule)
	switch {
	case err == nil:
		k.held[schedule] = copied
	case !errors.Is(err, fs.ErrNotExist):
		k.log.Warn("the copy of a calendar cannot be read; its source is asked", "schedule", schedule, "error", err)
	}
}

// keep holds a copy, and writes it where it says something new.
func (k *Keeper) keep(schedule string, copied kept) {
	before := k.held[schedule]
	k.held[schedule] = copied
	if copied.Read.IsZero() || copied.Read.Equal(before.Read) {
		return
	}
	if err := k.reader.save(copied); err != nil {
		k.log.Warn("the copy of a calendar cannot be kept; a restart while its source is down would not know who is on call",
			"schedule", schedule, "error", err)
	}
}

// tell logs what is wrong with a calendar: each time that it cannot be read, and once what is wrong with its events.
func (k *Keeper) tell(c Calendar) {
	switch {
	case c.Fault != "" && c.Read.IsZero():
		k.log.Error("a calendar cannot be read, and there is no copy of it: nobody is called by it", "schedule", c.Schedule, "reason", c.Fault)
	case c.Fault != "":
		k.log.Warn("a calendar cannot be read; the last good copy counts", "schedule", c.Schedule, "reason", c.Fault,
			"age", k.reader.now().Sub(c.Read).Round(time.Second).String())
	}
	text := fmt.Sprint(c.Problems)
	if text == k.told[c.Schedule] || len(c.Problems) == 0 && k.told[c.Schedule] == "" {
		return
	}
	k.told[c.Schedule] = text
	for _, p := range c.Problems {
		k.log.Warn("a calendar has an event that does not count", "schedule", c.Schedule, "problem", p.Message, "remedy", p.Remedy)
	}
}

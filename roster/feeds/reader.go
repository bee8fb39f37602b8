// Package feeds reads the calendars that schedules come from, over HTTP or from files, and keeps the last good copy of each.
// It knows nothing of the engine: what it has read it gives to roster.Live, which everybody asks. The address of a feed is a
// secret, so it stands in no error, in no log and in no file that is written here.
package feeds

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

// Window is the time around now of which shifts are kept in force: a schedule is served as a calendar of its own from four
// weeks back to 26 weeks ahead, and what lies at its edges must be whole.
const (
	weeksBack  = 5
	weeksAhead = 27
	week       = 7 * 24 * time.Hour
)

// StaleAfter is the age from which a copy is told as old: an hour holds ten attempts to read it again.
const StaleAfter = oncall.StaleAfter

// Calendar is what is known of a schedule's calendar.
type Calendar struct {
	Schedule string
	Shifts   []oncall.Shift
	Read     time.Time       // when the source last said what counts; zero = it never did, and no shift is known
	Fault    string          // why it could not be read just now; empty = it could, or was not asked
	Problems roster.Problems // of single events; the others count
}

// Known is the calendar for the roster.
func (c Calendar) Known() roster.Shifts {
	if c.Read.IsZero() {
		return roster.Shifts{Unread: c.Fault}
	}
	return roster.Shifts{List: c.Shifts, Read: c.Read}
}

// Reader reads calendars. The zero value asks the network, with the clock of this machine, and keeps nothing.
type Reader struct {
	Dir    string           // of the copies; empty = there are none
	Client *http.Client     // nil = one with the bounds of this package; another one must bring its own
	Now    func() time.Time // nil = time.Now
	// From and To are the time of which shifts are wanted; zero = from five weeks back to 27 weeks ahead.
	From, To time.Time
}

// asked is one calendar of a configuration.
type asked struct {
	config   *roster.Config
	schedule string
	source   roster.CalendarSource
}

// now is the time.
func (r Reader) now() time.Time {
	if r.Now != nil {
		return r.Now()
	}
	return time.Now()
}

// window is the time of which shifts are wanted.
func (r Reader) window() (from, to time.Time) {
	from, to = r.From, r.To
	if from.IsZero() {
		from = r.now().Add(-weeksBack * week)
	}
	if to.IsZero() {
		to = r.now().Add(weeksAhead * week)
	}
	return from, to
}

// Look tells what is known of a schedule's calendar, for a command that runs beside the server or without it: the copy of
// the server where it is fresh enough, else what the source says, else the copy whatever its age. It writes nothing: a copy
// that belongs to another user could not be replaced by the server.
func (r Reader) Look(ctx context.Context, c *roster.Config, schedule string, fresh time.Duration) Calendar {
	a := asked{config: c, schedule: schedule, source: c.Calendars[schedule]}
	before, err := r.load(schedule)
	if err == nil && a.source.URL.IsZero() && a.source.File == "" {
		return r.tell(a, before, "its address cannot be had here")
	}
	age := r.now().Sub(before.Read)
	if err == nil && before.Source == fingerprint(a.source) && a.source.File == "" && age >= 0 && age <= fresh {
		if out := r.tell(a, before, ""); !out.Read.IsZero() {
			return out
		}
	}
	_, out := r.renew(ctx, a, before)
	return out
}

// renew asks a source once. It answers the copy that counts from now on, which is the one before when the new one is worth
// less, and what is known by it.
func (r Reader) renew(ctx context.Context, a asked, before kept) (kept, Calendar) {
	if before.Source != fingerprint(a.source) {
		before.ETag, before.Modified = "", "" // they are those of another source
	}
	got, err := r.fetch(ctx, a.source, before)
	if err != nil {
		return before, r.tell(a, before, short(err.Error()))
	}
	after := before
	if !got.unchanged {
		after = kept{Schedule: a.schedule, Source: fingerprint(a.source), Data: got.data, ETag: got.etag, Modified: got.modified}
	}
	after.Read = r.now().UTC()
	from, to := r.window()
	shifts, problems, err := a.config.ReadShifts(a.schedule, after.Data, from, to)
	if err != nil {
		if got.unchanged {
			before.ETag, before.Modified = "", "" // the copy is worth nothing, so ask for the whole
		}
		return before, r.tell(a, before, short(err.Error()))
	}
	if len(shifts) == 0 && !got.unchanged && !before.Read.IsZero() {
		// A pager that was set up anew, or names that somebody changed there, must not leave the night to nobody.
		if had, _, err := a.config.ReadShifts(a.schedule, before.Data, from, to); err == nil && len(had) > 0 {
			fault := "it has no shift any more of anybody known here"
			if len(problems) > 0 {
				fault += "; " + problems[0].Message
			}
			return before, r.tell(a, before, short(fault))
		}
	}
	return after, Calendar{Schedule: a.schedule, Shifts: shifts, Read: after.Read, Problems: problems}
}

// tell is what is known by a copy, with the fault that keeps us from knowing more. A copy that nobody can read is none.
func (r Reader) tell(a asked, k kept, fault string) Calendar {
	out := Calendar{Schedule: a.schedule, Fault: fault}
	if k.Read.IsZero() {
		return out
	}
	from, to := r.window()
	shifts, problems, err := a.config.ReadShifts(a.schedule, k.Data, from, to)
	if err != nil {
		return out
	}
	out.Shifts, out.Problems, out.Read = shifts, problems, k.Read
	return out
}

// fingerprint tells sources apart without telling what they are.
func fingerprint(s roster.CalendarSource) string {
	sum := sha256.Sum256([]byte("musterbook calendar\x00" + s.URL.Reveal() + "\x00" + s.File))
	return hex.EncodeToString(sum[:])
}

// mostReason is how long a reason may be, in letters; it is spoken of in rooms and shown in tables.
const mostReason = 160

// short makes a reason one line of a bearable length.
func short(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == ' ' }), " ")
	if letters := []rune(text); len(letters) > mostReason {
		return string(letters[:mostReason-1]) + "…"
	}
	return text
}

package roster

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/musterbook/musterbook/oncall"
)

// maxFeed bounds a feed in bytes. The library reads nested components by recursion, so this bounds its stack too.
const maxFeed = 4 << 20

// Feed says how the iCalendar of another pager, or of a calendar that people keep by hand, is to be read.
type Feed struct {
	Name     string         // of the file or the address, for problems
	Zone     *time.Location // of times without a zone, where the calendar names none; nil = UTC
	From, To time.Time      // events of this time; one that reaches beyond is given whole
	// People says who is meant by a text of the feed: a name, an e-mail address, a login. Case makes no difference.
	People map[string]oncall.PersonID
}

// ReadICal reads the events of a feed as shifts, in the order in which they begin: single ones and repeated ones, with
// what was moved, left out or cancelled. Everything that cannot be read or is nobody's is told, and the rest is given all
// the same: half a schedule calls more people than none.
func ReadICal(data []byte, f Feed) ([]oncall.Shift, Problems) {
	r := &feedReader{feed: f, names: folded(f.People), zone: cmp.Or(f.Zone, time.UTC), unknown: map[string]int{}}
	cal, err := parseFeed(data)
	if err != nil {
		r.fault("is it the address of an iCalendar feed, and did it arrive whole?", "this is no iCalendar: %v", err)
		return nil, r.problems
	}
	r.readZones(cal)
	for _, series := range r.series(cal.Events()) {
		r.addSeries(series)
	}
	r.tellUnknown()
	slices.SortStableFunc(r.shifts, func(a, b oncall.Shift) int {
		return cmp.Or(a.Since.Compare(b.Since), a.Until.Compare(b.Until), cmp.Compare(a.Person, b.Person))
	})
	return slices.Compact(r.shifts), r.problems
}

// parseFeed reads the calendar's lines. The library takes one that was cut off for whole, so its end is looked for here.
func parseFeed(data []byte) (*ics.Calendar, error) {
	if len(data) > maxFeed {
		return nil, fmt.Errorf("it is larger than %d bytes", maxFeed)
	}
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	if !bytes.HasSuffix(bytes.ToUpper(data), []byte("END:VCALENDAR")) {
		return nil, errors.New("it does not end with END:VCALENDAR")
	}
	return ics.ParseCalendarWithOptions(bytes.NewReader(data), ics.WithUnknownPropertyHandler(ics.AcceptUnknownPropertyHandler))
}

// feedReader is one reading of a feed.
type feedReader struct {
	feed     Feed
	names    map[string]oncall.PersonID // by folded text
	zone     *time.Location
	zones    map[string]string // the calendar's own names of zones → IANA
	shifts   []oncall.Shift
	problems Problems
	unknown  map[string]int // texts that are nobody's, and in how many events
}

// fault notes a problem, once.
func (r *feedReader) fault(remedy, format string, args ...any) {
	p := Problem{File: r.feed.Name, Message: fmt.Sprintf(format, args...), Remedy: remedy}
	if !slices.Contains(r.problems, p) {
		r.problems = append(r.problems, p)
	}
}

// series is an event with what was changed of its repetitions.
type series struct {
	main    *ics.VEvent
	changed map[time.Time]*ics.VEvent // by the instant at which the repetition would have begun
}

// series puts changed repetitions (RECURRENCE-ID) to the events that they belong to. One without such an event stands
// for itself; of one that is there twice the later version counts.
func (r *feedReader) series(events []*ics.VEvent) []series {
	var out []series
	place := map[string]int{}
	var changed []*ics.VEvent
	for _, e := range events {
		uid := textOf(e, ics.PropertyUid)
		if textOf(e, ics.PropertyRecurrenceId) != "" {
			changed = append(changed, e)
			continue
		}
		if n, there := place[uid]; there && uid != "" {
			if sequenceOf(e) > sequenceOf(out[n].main) {
				out[n].main = e
			}
			continue
		}
		place[uid] = len(out)
		out = append(out, series{main: e, changed: map[time.Time]*ics.VEvent{}})
	}
	for _, e := range changed {
		at, err := r.timeOf(e.GetProperty(ics.ComponentProperty(ics.PropertyRecurrenceId)))
		n, there := place[textOf(e, ics.PropertyUid)]
		switch {
		case err != nil:
			r.fault("", "event %s: RECURRENCE-ID: %v", titleOf(e), err)
		case parameter(e.GetProperty(ics.ComponentProperty(ics.PropertyRecurrenceId)), "RANGE") == "THISANDFUTURE":
			r.fault("change the repetition into a series of its own", "event %s changes all later repetitions, which is not read", titleOf(e))
		case !there:
			out = append(out, series{main: e}) // the feed may leave out the past of a series
		default:
			before, again := out[n].changed[at.instant]
			if !again || sequenceOf(e) >= sequenceOf(before) {
				out[n].changed[at.instant] = e
			}
		}
	}
	return out
}

// addSeries adds the shifts of an event and of its repetitions.
func (r *feedReader) addSeries(s series) {
	if !cancelled(s.main) {
		length, begins, err := r.occurrences(s.main)
		if err != nil {
			r.fault("", "event %s: %v", titleOf(s.main), err)
		}
		for _, since := range begins {
			if _, moved := s.changed[since.UTC()]; !moved {
				r.addShifts(s.main, since, length.after(since))
			}
		}
	}
	for _, at := range slices.SortedFunc(maps.Keys(s.changed), time.Time.Compare) {
		e := s.changed[at]
		if cancelled(e) {
			continue
		}
		since, length, err := r.extent(e)
		if err != nil {
			r.fault("", "event %s: %v", titleOf(e), err)
			continue
		}
		begin := since.instant.In(since.zone)
		r.addShifts(e, begin, length.after(begin))
	}
}

// addShifts adds a shift for everybody whom an event is about, where it lies in the time that was asked for.
func (r *feedReader) addShifts(e *ics.VEvent, since, until time.Time) {
	if !until.After(r.feed.From) || !since.Before(r.feed.To) || isGap(e) {
		return
	}
	if !since.Before(until) {
		r.fault("give it an end", "event %s has no length", titleOf(e))
		return
	}
	for _, person := range r.peopleOf(e) {
		r.shifts = append(r.shifts, oncall.Shift{
			Person: person, Since: since.UTC(), Until: until.UTC(), Why: visible(textOf(e, ics.PropertySummary)),
		})
	}
}

// isGap recognises the events by which our own calendars show that nobody is on call.
func isGap(e *ics.VEvent) bool {
	_, _, ours := strings.Cut(textOf(e, ics.PropertyUid), ".-.")
	return ours && textOf(e, ics.PropertyCategories) == gapCategory
}

// cancelled says whether an event was called off.
func cancelled(e *ics.VEvent) bool {
	return strings.EqualFold(textOf(e, ics.PropertyStatus), string(ics.ObjectStatusCancelled))
}

// textOf is an event's property without the spaces around it; empty where it has none.
func textOf(e *ics.VEvent, name ics.Property) string {
	if p := e.GetProperty(ics.ComponentProperty(name)); p != nil {
		return strings.TrimSpace(p.Value)
	}
	return ""
}

// titleOf names an event for people.
func titleOf(e *ics.VEvent) string {
	return quoted(cmp.Or(textOf(e, ics.PropertySummary), textOf(e, ics.PropertyUid))) + " of " + cmp.Or(textOf(e, ics.PropertyDtstart), "no time")
}

// sequenceOf is the number of an event's version.
func sequenceOf(e *ics.VEvent) int {
	n, err := strconv.Atoi(textOf(e, ics.PropertySequence))
	if err != nil {
		return 0 // the first one goes without a number
	}
	return n
}

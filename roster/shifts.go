package roster

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// Shifts are what is known of a schedule's calendar at present.
type Shifts struct {
	List   []oncall.Shift // the last good ones
	Read   time.Time      // when the source last said so; zero = not known
	Unread string         // why none are known; empty: the list counts, also when it is empty
}

// notYet is why a calendar's shifts are not known before it was read for the first time.
const notYet = "it was not read yet"

// WithShifts is the configuration with the shifts of its calendars, by schedule. The receiver stays as it is. A calendar of
// which nothing is said is unread. Shifts of people whom the configuration has no more are left out: a reload may take
// somebody away before the calendar is read again.
func (c *Config) WithShifts(known map[string]Shifts) *Config {
	if len(c.Calendars) == 0 {
		return c
	}
	out := *c
	out.Book.Schedules = slices.Clone(c.Book.Schedules)
	for n := range out.Book.Schedules {
		s := &out.Book.Schedules[n]
		if !s.Calendar {
			continue
		}
		shifts, read := known[s.Name]
		if !read {
			shifts.Unread = notYet
		}
		s.Unread, s.Read, s.Shifts = shifts.Unread, shifts.Read, nil
		for _, shift := range shifts.List {
			if _, ok := c.Person(shift.Person); ok {
				s.Shifts = append(s.Shifts, shift)
			}
		}
	}
	return &out
}

// CalendarNames says whom the texts of a schedule's calendar mean: what its `people` say goes before what people are
// usually called by.
func (c *Config) CalendarNames(schedule string) map[string]oncall.PersonID {
	names := FeedNames(c.Book.People)
	maps.Copy(names, c.Calendars[schedule].People)
	return names
}

// ReadShifts reads the calendar of a schedule as ReadICal does. The error says that the data is no whole calendar, so that
// nothing of it counts; the problems are those of a calendar that counts all the same.
func (c *Config) ReadShifts(schedule string, data []byte, from, to time.Time) ([]oncall.Shift, Problems, error) {
	if _, err := parseFeed(data); err != nil {
		return nil, nil, fmt.Errorf("this is no iCalendar: %w", err)
	}
	f := Feed{Name: "calendar of " + schedule, From: from, To: to, People: c.CalendarNames(schedule)}
	if s, ok := c.Book.Schedule(schedule); ok && s.Zone != "" {
		zone, err := time.LoadLocation(s.Zone)
		if err != nil {
			return nil, nil, fmt.Errorf("zone of schedule %s: %w", schedule, err)
		}
		f.Zone = zone
	}
	shifts, problems := ReadICal(data, f)
	return shifts, problems, nil
}

// LoadCalendars reads of a file where its calendars come from, with the secrets that this takes and no others, so that it
// works where the server's other secrets are not. A calendar whose address cannot be had is among the faults instead.
func LoadCalendars(path string, from Outside) (sources map[string]CalendarSource, faults map[string]Problems) {
	sources, faults = map[string]CalendarSource{}, map[string]Problems{}
	data, err := from.ReadFile(path)
	if err != nil {
		return sources, faults // whoever asks has read the file, and told what is wrong with it
	}
	var f file
	if !(&decoder{path: path}).document(data, &f) {
		return sources, faults
	}
	for _, e := range f.Schedules {
		if e.what.Calendar == nil {
			continue
		}
		b := &builder{decoder: &decoder{path: path}, from: from, file: &f, config: &Config{Path: path}, kinds: map[string]string{}}
		b.names()
		b.problems = nil // of names, which are not asked about here
		b.calendar(e.key.value, e.what.Calendar, "schedules."+e.key.value+".calendar")
		if len(b.problems) > 0 {
			faults[e.key.value] = b.problems.sorted()
			continue
		}
		sources[e.key.value] = b.config.Calendars[e.key.value]
	}
	return sources, faults
}

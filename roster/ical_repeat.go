package roster

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"
)

// occurrences lists when an event begins in the time that was asked for, in its own zone, and how long it lasts. What an
// error says is left out; what is listed all the same is right.
func (r *feedReader) occurrences(e *ics.VEvent) (length, []time.Time, error) {
	since, long, err := r.extent(e)
	if err != nil {
		return long, nil, err
	}
	first := since.instant.In(since.zone)
	begins := []time.Time{first}
	var problems []error
	switch rules := e.GetProperties(ics.ComponentPropertyRrule); len(rules) {
	case 0:
	case 1:
		if begins, err = r.repeated(rules[0].Value, since, long); err != nil {
			// The one that is written down stays: nobody should be missing who was there.
			begins, problems = []time.Time{first}, append(problems, err)
		}
	default:
		problems = append(problems, errors.New("it has several RRULEs, of which none is read"))
	}
	extra, err := r.dates(e, ics.ComponentPropertyRdate)
	problems = append(problems, err)
	for _, m := range extra {
		begins = append(begins, m.instant.In(since.zone))
	}
	excluded, err := r.dates(e, ics.ComponentPropertyExdate)
	problems = append(problems, err)
	begins = slices.DeleteFunc(begins, func(t time.Time) bool {
		return slices.ContainsFunc(excluded, func(m moment) bool { return m.names(t) })
	})
	return long, begins, errors.Join(problems...)
}

// names says whether a time to be left out is the time of an occurrence. A date leaves out whatever begins on that day.
func (m moment) names(t time.Time) bool {
	return m.instant.Equal(t) || m.allDay && dateOf(t) == dateOf(m.instant.In(m.zone))
}

// dates reads the properties that hold lists of times.
func (r *feedReader) dates(e *ics.VEvent, name ics.ComponentProperty) ([]moment, error) {
	var out []moment
	var problems []error
	for _, p := range e.GetProperties(name) {
		for text := range strings.SplitSeq(p.Value, ",") {
			one := *p
			one.Value = text
			m, err := r.timeOf(&one)
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", name, err))
				continue
			}
			out = append(out, m)
		}
	}
	return out, errors.Join(problems...)
}

// repeated lists when the repetitions of an event begin that lie in the time that was asked for.
func (r *feedReader) repeated(text string, since moment, long length) ([]time.Time, error) {
	rule, err := parseRule(text, since)
	if err != nil {
		return nil, fmt.Errorf("RRULE: %w", err)
	}
	first := since.instant.In(since.zone)
	reach := long.after(first).Sub(first) + 24*time.Hour // the clocks may change
	return rule.Between(r.feed.From.Add(-reach), r.feed.To, true), nil
}

// maxInterval bounds how rarely something is repeated.
const maxInterval = 10_000

// errNever is returned for rules that name no time at all; the library would look for one until the year 9999, or for
// ever.
var errNever = errors.New("it names no time")

// parseRule reads a rule, and refuses those that no roster needs and that would keep the library busy.
func parseRule(text string, since moment) (*rrule.RRule, error) {
	option, err := rrule.StrToROptionInLocation(strings.ToUpper(text), since.zone)
	if err != nil {
		return nil, err
	}
	option.Dtstart = since.instant.In(since.zone)
	if !since.allDay && !option.Until.IsZero() && untilIsDate(text) {
		option.Until = option.Until.AddDate(0, 0, 1).Add(-time.Second) // that day counts
	}
	switch {
	case option.Freq > rrule.HOURLY:
		return nil, fmt.Errorf("%s is too often", option.Freq)
	case option.Interval > maxInterval:
		return nil, fmt.Errorf("INTERVAL is more than %d", maxInterval)
	case len(option.Byeaster) > 0:
		return nil, errors.New("BYEASTER is none of iCalendar's")
	case option.Freq >= rrule.DAILY && len(option.Byyearday)+len(option.Byweekno) > 0:
		return nil, fmt.Errorf("BYYEARDAY and BYWEEKNO do not go with %s", option.Freq)
	case !dayExists(option) || !hourComes(option):
		return nil, errNever
	}
	return rrule.NewRRule(*option)
}

// untilIsDate says whether the last repetition is told by its day.
func untilIsDate(text string) bool {
	_, until, _ := strings.Cut(strings.ToUpper(text), "UNTIL=")
	until, _, _ = strings.Cut(until, ";")
	return len(until) == len("20060102")
}

// dayExists says whether one of the months that a rule names has one of the days that it names.
func dayExists(o *rrule.ROption) bool {
	if len(o.Bymonthday) == 0 || len(o.Bymonth) == 0 {
		return true
	}
	return slices.ContainsFunc(o.Bymonth, func(month int) bool {
		last := time.Date(2024, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day() // of a leap year
		return slices.ContainsFunc(o.Bymonthday, func(day int) bool { return max(day, -day) <= last })
	})
}

// hourComes says whether an hourly rule ever comes to one of the hours that it names.
func hourComes(o *rrule.ROption) bool {
	if o.Freq != rrule.HOURLY || len(o.Byhour) == 0 {
		return true
	}
	for n := range 24 {
		if slices.Contains(o.Byhour, (o.Dtstart.Hour()+n*max(o.Interval, 1))%24) {
			return true
		}
	}
	return false
}

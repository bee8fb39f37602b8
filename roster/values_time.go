package roster

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/oncall"
)

// date is a calendar day.
type date struct {
	text
	day oncall.Date
}

func (v *date) fromNode(d *decoder, n *yaml.Node, what string) {
	v.text.fromNode(d, n, what)
	if !v.given() {
		return
	}
	day, err := oncall.ParseDate(v.value)
	if err != nil || day.Year < 1970 {
		d.fault(v.at, "write year-month-day, for example 2026-01-05", "%s: %s is no date", what, quoted(v.value))
		v.text = text{}
		return
	}
	v.day = day
}

// clockTime is a time of day.
type clockTime struct {
	text
	time oncall.ClockTime
}

func (v *clockTime) fromNode(d *decoder, n *yaml.Node, what string) {
	v.text.fromNode(d, n, what)
	if !v.given() {
		return
	}
	clock, err := oncall.ParseClockTime(v.value)
	if err != nil {
		remedy := "write hours and minutes, for example \"09:00\""
		if v.value == "24:00" {
			remedy = "write \"00:00\": a time that ends then ends with the day"
		}
		d.fault(v.at, remedy, "%s: %s is no time of day", what, quoted(v.value))
		v.text = text{}
		return
	}
	v.time = clock
}

// duration is a length of time in hours, minutes and seconds.
type duration struct {
	text
	length time.Duration // negative: what stands there is none, and its problem is told already
}

// durationForm is how a duration is written; the reader wants at least one of the three.
var durationForm = regexp.MustCompile(`^([0-9]+h)?([0-9]+m)?([0-9]+s)?$`)

func (v *duration) fromNode(d *decoder, n *yaml.Node, what string) {
	v.text.fromNode(d, n, what)
	if !v.given() {
		return
	}
	length, err := time.ParseDuration(v.value)
	if err != nil || !durationForm.MatchString(v.value) {
		d.fault(v.at, "write 30s, 5m or 1h30m", "%s: %s is no duration", what, quoted(v.value))
		v.text, v.length = text{}, -1
		return
	}
	v.length = length
}

// weekdays are days of the week, in the order of the file. They are written as mon, as mon-fri, or as a list of both.
type weekdays struct {
	days []time.Weekday
	at   place
}

// given says whether the file holds them.
func (v weekdays) given() bool { return v.at.line > 0 }

func (v *weekdays) fromNode(d *decoder, n *yaml.Node, what string) {
	words := wordsOf(n)
	if len(words) == 0 {
		d.fault(placeOf(n), "name at least one day, or remove the key, which means every day", "%s is empty", what)
		return
	}
	var days []time.Weekday
	for _, word := range words {
		var t text
		if d.value(word, reflectOf(&t), what); !t.given() {
			return
		}
		more, ok := daysOf(t.value)
		if !ok {
			d.fault(t.at, "write mon, tue, wed, thu, fri, sat, sun, or mon-fri", "%s: %s is no day of the week", what, quoted(t.value))
			return
		}
		for _, day := range more {
			if slices.Contains(days, day) {
				d.fault(t.at, "keep one", "%s: %s stands here twice", what, day)
				return
			}
			days = append(days, day)
		}
	}
	v.days, v.at = days, placeOf(n)
}

// daysOf reads one day, or the days from one to another, which may go over the week's end.
func daysOf(word string) ([]time.Weekday, bool) {
	from, to, ranged := strings.Cut(word, "-")
	if !ranged {
		to = from
	}
	day, last := slices.Index(dayNames(), from), slices.Index(dayNames(), to)
	if day < 0 || last < 0 || ranged && day == last {
		return nil, false
	}
	days := []time.Weekday{time.Weekday(day)}
	for day != last {
		day = (day + 1) % len(dayNames())
		days = append(days, time.Weekday(day))
	}
	return days, true
}

// dayNames are the days as they are written, in the order of time.Weekday.
func dayNames() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

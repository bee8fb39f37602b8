package expression

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Lengths of the units that time has no name for. A day is 24 hours: runbooks
// count spans, not calendar days.
const (
	day  = 24 * time.Hour
	week = 7 * day
)

// ErrNoUnit is returned (wrapped) by ParseDuration for a bare number: nobody can
// tell whether five means seconds or minutes.
var ErrNoUnit = errors.New("a duration needs a unit")

// unit is one letter of the duration syntax.
type unit struct {
	letter byte
	length time.Duration
}

// durationUnits lists the units from the longest to the shortest, the order in
// which a duration must name them.
func durationUnits() []unit {
	return []unit{{'w', week}, {'d', day}, {'h', time.Hour}, {'m', time.Minute}, {'s', time.Second}}
}

// ParseDuration reads the runbook language's durations: 30s, 5m, 4h, 5d, 2w and
// combinations from the longest unit to the shortest, with or without spaces
// (1h30m, 1h 30m). Signs and fractions are refused; a bare number gives ErrNoUnit.
func ParseDuration(text string) (time.Duration, error) {
	rest := strings.TrimSpace(text)
	if rest == "" {
		return 0, errors.New("an empty duration (write 30s, 5m, 4h, 5d or 2w)")
	}
	units := durationUnits()
	var total time.Duration
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		if digits == 0 {
			return 0, fmt.Errorf("%q is not a duration (write 30s, 5m, 4h, 5d or 2w)", text)
		}
		if digits == len(rest) {
			return 0, fmt.Errorf("%q: %w (write %ss, %sm or %sh)", text, ErrNoUnit, rest, rest, rest)
		}
		var part time.Duration
		var err error
		if part, units, err = parsePart(rest[:digits], rest[digits], units); err != nil {
			return 0, fmt.Errorf("%q: %w", text, err)
		}
		if part > math.MaxInt64-total {
			return 0, fmt.Errorf("%q: a duration may not exceed 15000 weeks", text)
		}
		total += part
		rest = strings.TrimLeft(rest[digits+1:], " ")
	}
	return total, nil
}

// parsePart reads one number with its unit, which must be among units, and
// returns the units that may still follow.
func parsePart(digits string, letter byte, units []unit) (time.Duration, []unit, error) {
	for i, u := range units {
		if u.letter != letter {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n > math.MaxInt64/int64(u.length) {
			return 0, nil, errors.New("a duration may not exceed 15000 weeks")
		}
		return time.Duration(n) * u.length, units[i+1:], nil
	}
	if strings.IndexByte("wdhms", letter) >= 0 {
		return 0, nil, errors.New("name each unit once, the longest first (1h 30m)")
	}
	return 0, nil, errors.New("the units are w, d, h, m and s")
}

// FormatDuration writes a duration as people read it, from days down to seconds:
// "1h 2m", "5d", "0s". Fractions of a second are cut off. What it writes of a
// positive duration ParseDuration reads.
func FormatDuration(d time.Duration) string {
	seconds := int64(d / time.Second)
	if seconds == 0 {
		return "0s"
	}
	sign := ""
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	var parts []string
	for _, u := range durationUnits()[1:] {
		size := int64(u.length / time.Second)
		if n := seconds / size; n > 0 {
			parts = append(parts, strconv.FormatInt(n, 10)+string(u.letter))
			seconds %= size
		}
	}
	return sign + strings.Join(parts, " ")
}

// parseValueDuration reads a duration that a program wrote: the language's own
// syntax, or Go's ("1h0m0.5s"), which CEL's own function accepts as well.
func parseValueDuration(text string) (time.Duration, error) {
	d, err := ParseDuration(text)
	if err == nil {
		return d, nil
	}
	if std, stdErr := time.ParseDuration(text); stdErr == nil && !errors.Is(err, ErrNoUnit) {
		return std, nil
	}
	return 0, err
}

package record

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/musterbook/musterbook/incident"
)

// Span is a length of time that may not be known. The zero value is not known; a known length may be zero.
type Span struct {
	Length time.Duration
	Known  bool
}

// Spans are the times of an incident. Detect and Impact need to know when the trouble began, which often nobody does.
// The others count from the moment it was noticed: detected by an alert, else declared by a person.
type Spans struct {
	Detect      Span `json:"detect_seconds"`      // trouble began → detected
	Acknowledge Span `json:"acknowledge_seconds"` // noticed → first acknowledgement
	Mitigate    Span `json:"mitigate_seconds"`    // noticed → impact over
	Resolve     Span `json:"resolve_seconds"`     // noticed → resolved
	Impact      Span `json:"impact_seconds"`      // trouble began → impact over
}

// Times computes the times of an incident from its stamps. A stamp that is missing makes the time unknown, and so does
// one that lies before the other, as with clocks that disagree.
func Times(inc incident.Incident) Spans {
	noticed := inc.DetectedAt
	if noticed.IsZero() {
		noticed = inc.DeclaredAt
	}
	return Spans{
		Detect:      between(inc.StartedAt, inc.DetectedAt),
		Acknowledge: between(noticed, inc.AcknowledgedAt),
		Mitigate:    between(noticed, inc.MitigatedAt),
		Resolve:     between(noticed, inc.ResolvedAt),
		Impact:      between(inc.StartedAt, inc.MitigatedAt),
	}
}

// between is the time from one stamp to another, to the millisecond.
func between(from, to time.Time) Span {
	if from.IsZero() || to.IsZero() || to.Before(from) {
		return Span{}
	}
	return Span{Length: to.Sub(from).Round(time.Millisecond), Known: true}
}

// String says the length with its two largest units, or "not known".
func (s Span) String() string {
	if !s.Known {
		return "not known"
	}
	return words(s.Length)
}

// words is a length for people: 4.1s, 4m 10s, 1h 2m, 3d 4h.
func words(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < 0:
		return "-" + words(-d)
	case d < time.Minute-50*time.Millisecond:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Hour-500*time.Millisecond:
		d = d.Round(time.Second)
		return fmt.Sprintf("%dm %ds", d/time.Minute, d%time.Minute/time.Second)
	case d < day-30*time.Second:
		d = d.Round(time.Minute)
		return fmt.Sprintf("%dh %dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	d = d.Round(time.Hour)
	return fmt.Sprintf("%dd %dh", d/day, d%day/time.Hour)
}

// MarshalJSON writes seconds, or null.
func (s Span) MarshalJSON() ([]byte, error) {
	if !s.Known {
		return []byte("null"), nil
	}
	out, err := json.Marshal(s.Length.Seconds())
	if err != nil {
		return nil, fmt.Errorf("write a time: %w", err)
	}
	return out, nil
}

// UnmarshalJSON reads seconds, or null.
func (s *Span) UnmarshalJSON(data []byte) error {
	var seconds *float64
	if err := json.Unmarshal(data, &seconds); err != nil {
		return fmt.Errorf("read a time in seconds: %w", err)
	}
	if seconds == nil {
		*s = Span{}
		return nil
	}
	nanoseconds := math.Round(*seconds * float64(time.Second))
	if nanoseconds < 0 || nanoseconds >= math.MaxInt64 {
		return fmt.Errorf("read a time in seconds: %v is out of range", *seconds)
	}
	*s = Span{Length: time.Duration(nanoseconds), Known: true}
	return nil
}

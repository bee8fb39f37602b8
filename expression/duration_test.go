package expression

import (
	"errors"
	"math"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text  string
		want  time.Duration
		fails string
	}{
		{text: "30s", want: 30 * time.Second},
		{text: "5m", want: 5 * time.Minute},
		{text: "4h", want: 4 * time.Hour},
		{text: "5d", want: 120 * time.Hour},
		{text: "2w", want: 336 * time.Hour},
		{text: "1h30m", want: 90 * time.Minute},
		{text: "1w 2d 3h 4m 5s", want: 7*24*time.Hour + 51*time.Hour + 4*time.Minute + 5*time.Second},
		{text: " 1h ", want: time.Hour},
		{text: "0s", want: 0},
		{text: "", fails: "an empty duration (write 30s, 5m, 4h, 5d or 2w)"},
		{text: "5", fails: `"5": a duration needs a unit (write 5s, 5m or 5h)`},
		{text: "1h 30", fails: `"1h 30": a duration needs a unit (write 30s, 30m or 30h)`},
		{text: "30m1h", fails: `"30m1h": name each unit once, the longest first (1h 30m)`},
		{text: "1m1m", fails: `"1m1m": name each unit once, the longest first (1h 30m)`},
		{text: "5y", fails: `"5y": the units are w, d, h, m and s`},
		{text: "1.5h", fails: `"1.5h": the units are w, d, h, m and s`},
		{text: "-5m", fails: `"-5m" is not a duration (write 30s, 5m, 4h, 5d or 2w)`},
		{text: "soon", fails: `"soon" is not a duration (write 30s, 5m, 4h, 5d or 2w)`},
		{text: "99999999999999999999s", fails: `"99999999999999999999s": a duration may not exceed 15000 weeks`},
		{text: "15250w 9999d", fails: `"15250w 9999d": a duration may not exceed 15000 weeks`},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			got, err := ParseDuration(tt.text)
			if tt.fails != "" {
				if err == nil || err.Error() != tt.fails {
					t.Fatalf("error %v, want %s", err, tt.fails)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("got %v, %v; want %v", got, err, tt.want)
			}
		})
	}
	if _, err := ParseDuration("5"); !errors.Is(err, ErrNoUnit) {
		t.Errorf("a bare number gives %v, want ErrNoUnit", err)
	}
}

func TestFormatDuration(t *testing.T) {
	t.Parallel()
	tests := []struct {
		d    time.Duration
		want string
	}{
		{0, "0s"},
		{999 * time.Millisecond, "0s"},
		{59*time.Second + 900*time.Millisecond, "59s"},
		{62 * time.Minute, "1h 2m"},
		{14 * 24 * time.Hour, "14d"},
		{26*time.Hour + time.Second, "1d 2h 1s"},
		{-5 * time.Minute, "-5m"},
		{math.MaxInt64, "106751d 23h 47m 16s"},
		{math.MinInt64, "-106751d 23h 47m 16s"},
	}
	for _, tt := range tests {
		if got := FormatDuration(tt.d); got != tt.want {
			t.Errorf("FormatDuration(%d) = %q, want %q", tt.d, got, tt.want)
		}
	}
}

func TestParseType(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text  string
		want  Type
		fails bool
	}{
		{text: "string", want: String},
		{text: " list<string> ", want: ListOf(String)},
		{text: "list", want: ListOf(Dyn)},
		{text: "map", want: MapOf(Dyn)},
		{text: "map<list<duration>>", want: MapOf(ListOf(Duration))},
		{text: "list< int >", want: ListOf(Int)},
		{text: "text", fails: true},
		{text: "list<", fails: true},
		{text: "list<>", fails: true},
		{text: "set<int>", fails: true},
		{text: "list<list<list<list<list<list<list<list<list<list<int>>>>>>>>>>", fails: true},
	}
	for _, tt := range tests {
		got, err := ParseType(tt.text)
		if (err != nil) != tt.fails || (err == nil && got != tt.want) {
			t.Errorf("ParseType(%q) = %q, %v; want %q, failing %v", tt.text, got, err, tt.want, tt.fails)
		}
	}
}

func TestTypeAccepts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		want, got Type
		ok        bool
	}{
		{Dyn, Int, true},
		{"", Int, true},
		{Int, Dyn, true},
		{Int, Int, true},
		{Int, Double, false},
		{ListOf(String), ListOf(Dyn), true},
		{ListOf(String), ListOf(Int), false},
		{ListOf(String), MapOf(String), false},
		{MapOf(ListOf(Int)), MapOf(ListOf(Int)), true},
	}
	for _, tt := range tests {
		if got := tt.want.Accepts(tt.got); got != tt.ok {
			t.Errorf("%q.Accepts(%q) = %v, want %v", tt.want, tt.got, got, tt.ok)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	words := []string{"who", "with", "name", "timeout", "on_timeout", "severity"}
	tests := []struct {
		word, want string
		found      bool
	}{
		{"wihh", "with", true},
		{"severty", "severity", true},
		{"time_out", "timeout", true},
		{"naem", "name", true},
		{"x", "", false},
		{"with", "", false},
		{"goodbye", "", false},
	}
	for _, tt := range tests {
		got, found := Nearest(tt.word, words)
		if found != tt.found || (found && got != tt.want) {
			t.Errorf("Nearest(%q) = %q, %v; want %q, %v", tt.word, got, found, tt.want, tt.found)
		}
	}
}

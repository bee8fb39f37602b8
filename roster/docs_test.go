package roster_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/oncall"
)

// onCallPage is the page about who is called.
func onCallPage(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../docs/oncall.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// withBlock is the example with what a page shows: of people and schedules those that it has go before the example's, and
// other sections are the page's alone.
func withBlock(t *testing.T, block string) []byte {
	t.Helper()
	var whole, shown map[string]any
	for _, part := range []struct {
		text string
		into *map[string]any
	}{{string(example(t)), &whole}, {block, &shown}} {
		if err := yaml.Unmarshal([]byte(part.text), part.into); err != nil {
			t.Fatal(err)
		}
	}
	for section, value := range shown {
		known, ours := whole[section].(map[string]any)
		more, theirs := value.(map[string]any)
		if !ours || !theirs || section == "services" || section == "default" {
			whole[section] = value
			continue
		}
		for name, what := range more {
			known[name] = what
		}
	}
	data, err := yaml.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	// The YAML library writes dates as instants; a day is what the page shows.
	return []byte(strings.ReplaceAll(string(data), "T00:00:00Z", ""))
}

// TestOnCallPage reads everything that the page shows.
func TestOnCallPage(t *testing.T) {
	t.Parallel()
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(onCallPage(t), -1)
	if len(blocks) < 6 {
		t.Fatalf("the page shows %d examples", len(blocks))
	}
	for _, block := range blocks {
		c := parseExample(t, withBlock(t, block[1]))
		for _, name := range c.Book.Names() {
			duties, err := c.Duties(name, time.Date(2026, 9, 4, 13, 0, 0, 0, time.UTC))
			if _, fed := c.Calendars[name]; err != nil || len(duties) == 0 && !fed {
				t.Errorf("%s has %v, %v in\n%s", name, duties, err, block[1])
			}
		}
	}
}

// TestOnCallPageClocks computes what the page says about the nights when the clocks change.
func TestOnCallPageClocks(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	quiet := oncall.Person{Zone: "Europe/Berlin", Quiet: &oncall.Window{From: oncall.ClockTime{Hour: 22}, To: oncall.ClockTime{Hour: 7}}}
	half := oncall.ClockTime{Hour: 2, Minute: 30}
	tests := []struct {
		name          string
		day           oncall.Date
		begins, ends  string // of half past two, UTC
		twelve, quiet time.Duration
		says          []string
	}{
		{
			name: "spring", day: oncall.Date{Year: 2026, Month: time.March, Day: 29}, begins: "01:00", ends: "01:00",
			twelve: 11 * time.Hour, quiet: 8 * time.Hour, says: []string{"| take 11 hours |", "| 8 hours |"},
		},
		{
			name: "autumn", day: oncall.Date{Year: 2026, Month: time.October, Day: 25}, begins: "00:30", ends: "01:30",
			twelve: 13 * time.Hour, quiet: 10 * time.Hour, says: []string{" take 13 hours |", " 10 hours |"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			begin, end := oncall.Start(tt.day, half, berlin).UTC(), oncall.End(tt.day, half, berlin).UTC()
			if begin.Format("15:04") != tt.begins || end.Format("15:04") != tt.ends {
				t.Errorf("half past two begins at %s and ends at %s", begin, end)
			}
			evening := oncall.Date{Year: tt.day.Year, Month: tt.day.Month, Day: tt.day.Day - 1}
			shift := oncall.Schedule{Name: "s", Zone: "Europe/Berlin", Rotation: &oncall.Rotation{
				Members: oncall.Members("ana", "ben"), Start: evening, At: oncall.ClockTime{Hour: 20}, Hours: 12,
			}}
			turns, err := shift.OnCall(begin)
			if err != nil || len(turns) != 1 || turns[0].Until.Sub(turns[0].Since) != tt.twelve {
				t.Errorf("twelve hours are %+v, %v", turns, err)
			}
			from := oncall.Start(evening, oncall.ClockTime{Hour: 22}, berlin)
			if got := quiet.Waits(oncall.UrgencyLow, from).Sub(from); got != tt.quiet {
				t.Errorf("it is quiet for %s", got)
			}
			for _, cell := range tt.says {
				if !strings.Contains(onCallPage(t), cell) {
					t.Errorf("the page does not say %q", cell)
				}
			}
		})
	}
}

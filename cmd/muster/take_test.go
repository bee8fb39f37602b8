//go:build !noengine

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/roster"
	"github.com/musterbook/musterbook/roster/feeds"
)

// TestTakeFindsTheScheduleByTheServersCopy: who is on a calendar of another tool stands in it alone. Where its address is a
// secret of the server, the server's copy tells; without it the command says what it could not read.
func TestTakeFindsTheScheduleByTheServersCopy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, source := filepath.Join(dir, "musterbook.yaml"), filepath.Join(dir, "search.ics")
	text := strings.Replace(outageConfig, "  sre-oncall: { person: ben }\n", "  sre-oncall: { zone: UTC, calendar: { url: \"${FEED}\" } }\n", 1)
	text = strings.NewReplacer("@ACCOUNT@", "AC"+strings.Repeat("0", 32), "@API@", "http://127.0.0.1:1", "@DATA@", filepath.Join(dir, "none")).Replace(text)
	for file, content := range map[string]string{path: text, source: onCallNow("Ben Ito")} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config, err := readConfiguration(path)
	if err != nil {
		t.Fatal(err)
	}
	server := *config
	server.Calendars = map[string]roster.CalendarSource{"sre-oncall": {File: source}}
	data := filepath.Join(dir, "data")
	feeds.NewKeeper(feeds.Options{Roster: fixedRoster{&server}, Reader: feeds.Reader{Dir: calendarFolder(data)}}).Refresh(t.Context())

	take := func(data string) (string, error) {
		d := &caller{config: config, by: incident.Actor{Person: "ben", Name: "Ben Ito"}}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		return d.ownSchedule(ctx, "", calendarLook{data: data, getenv: func(string) string { return "" }})
	}
	if schedule, err := take(data); err != nil || schedule != "sre-oncall" {
		t.Errorf("with the server's copy: %q, %v", schedule, err)
	}
	_, err = take("")
	if err == nil || !strings.Contains(err.Error(), "Ben Ito is on no schedule that is known here: the calendar of sre-oncall cannot be read: ") {
		t.Errorf("without it: %v", err)
	}
}

// fixedRoster is a roster that no calendar changes.
type fixedRoster struct{ config *roster.Config }

func (f fixedRoster) Config() *roster.Config          { return f.config }
func (f fixedRoster) SetShifts(string, roster.Shifts) {}

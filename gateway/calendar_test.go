package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/musterbook/musterbook/gateway"
)

// wall is a roster with one schedule.
type wall struct{ text string }

func (w *wall) Calendar(_ context.Context, schedule string) ([]byte, bool, error) {
	switch schedule {
	case "checkout-oncall":
		return []byte(w.text), true, nil
	case "broken":
		return nil, true, errors.New("the line of overrides is silent")
	}
	return nil, false, nil
}

func (w *wall) Schedules() []string { return []string{"broken", "checkout-oncall"} }

func TestACalendarIsServedToWhoeverHasItsToken(t *testing.T) {
	t.Parallel()
	roster := &wall{text: "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"}
	d := newDoor(t, func(_ *gateway.Options, c *gateway.ServerConfig) { c.Calendars = roster })
	path, token := gateway.CalendarPath("checkout-oncall"), gateway.CalendarToken(apiToken, "checkout-oncall")
	tests := []struct {
		name    string
		method  string
		path    string
		headers []string
		status  int
		hint    string
	}{
		{name: "the token of the API", path: path, headers: []string{"Authorization", "Bearer " + apiToken}, status: http.StatusOK},
		{name: "its own token", path: path + "?token=" + token, status: http.StatusOK},
		{name: "its own token, of another holder", path: path + "?token=" + gateway.CalendarToken("bot-secret", "checkout-oncall"), status: http.StatusOK},
		{name: "without one", path: path, status: http.StatusUnauthorized, hint: "muster oncall ical"},
		{name: "an empty one", path: path + "?token=", status: http.StatusUnauthorized},
		{name: "the token of the API in the address", path: path + "?token=" + apiToken, status: http.StatusUnauthorized},
		{name: "one of another schedule", path: path + "?token=" + gateway.CalendarToken(apiToken, "broken"), status: http.StatusUnauthorized},
		{name: "one made from a token that nobody has", path: path + "?token=" + gateway.CalendarToken("", "checkout-oncall"), status: http.StatusUnauthorized},
		{name: "its token opens nothing else", path: "/v1/incidents?token=" + token, status: http.StatusUnauthorized},
		{
			name: "another name", path: gateway.CalendarPath("checkout-onall"), headers: []string{"Authorization", "Bearer " + apiToken},
			status: http.StatusNotFound, hint: `did you mean "checkout-oncall"?`,
		},
		{
			name: "one that cannot be made", path: gateway.CalendarPath("broken") + "?token=" + gateway.CalendarToken(apiToken, "broken"),
			status: http.StatusInternalServerError, hint: "log",
		},
		{name: "another method", method: http.MethodPost, path: path + "?token=" + token, status: http.StatusMethodNotAllowed, hint: "GET"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			method := test.method
			if method == "" {
				method = http.MethodGet
			}
			got := d.send(t, method, test.path, "", test.headers...)
			if got.status != test.status {
				t.Fatalf("status %d, want %d: %s", got.status, test.status, got.body)
			}
			if test.status == http.StatusOK {
				if kind := got.header.Get("Content-Type"); got.body != roster.text || kind != "text/calendar; charset=utf-8" {
					t.Errorf("%s: %q", kind, got.body)
				}
				return
			}
			if _, hint := got.problem(t); !strings.Contains(hint, test.hint) {
				t.Errorf("hint %q, want %q", hint, test.hint)
			}
		})
	}
}

func TestACalendarThatHasNotChangedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	roster := &wall{text: "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"}
	d := newDoor(t, func(_ *gateway.Options, c *gateway.ServerConfig) { c.Calendars = roster })
	path := gateway.CalendarPath("checkout-oncall") + "?token=" + gateway.CalendarToken(apiToken, "checkout-oncall")
	first := d.send(t, http.MethodGet, path, "")
	tag := first.header.Get("ETag")
	if tag == "" || first.header.Get("Cache-Control") != "private, no-cache" {
		t.Fatalf("head: %v", first.header)
	}
	if again := d.send(t, http.MethodGet, path, "", "If-None-Match", tag); again.status != http.StatusNotModified || again.body != "" {
		t.Errorf("the same again: %d %q", again.status, again.body)
	}
	if head := d.send(t, http.MethodHead, path, ""); head.status != http.StatusOK || head.header.Get("ETag") != tag {
		t.Errorf("HEAD: %d %v", head.status, head.header)
	}
	roster.text = "BEGIN:VCALENDAR\r\nX-NEW:1\r\nEND:VCALENDAR\r\n"
	if changed := d.send(t, http.MethodGet, path, "", "If-None-Match", tag); changed.status != http.StatusOK || changed.body != roster.text {
		t.Errorf("changed: %d %q", changed.status, changed.body)
	}
	if log := d.log.String(); strings.Contains(log, "token=") || !strings.Contains(log, "calendar.ics") {
		t.Errorf("the log: %s", log)
	}
}

func TestWithoutCalendarsThereAreNone(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	got := d.send(t, http.MethodGet, gateway.CalendarPath("checkout-oncall"), "", "Authorization", "Bearer "+apiToken)
	if got.status != http.StatusNotFound {
		t.Errorf("status %d", got.status)
	}
}

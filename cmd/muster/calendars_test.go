//go:build !noengine

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/roster/feeds"
)

// onCallNow is a calendar that has one name on call for a day around now.
func onCallNow(name string) string {
	now := time.Now().UTC()
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//another pager//EN\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260301T000000Z\r\nDTSTART:" +
		now.Add(-12*time.Hour).Format("20060102T150405Z") + "\r\nDTEND:" + now.Add(12*time.Hour).Format("20060102T150405Z") +
		"\r\nSUMMARY:" + name + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
}

// TestStackFollowsACalendar: whoever a feed has on call is called, also after a restart without the feed; a reload reads it
// again, and the gateway serves it as a calendar.
func TestStackFollowsACalendar(t *testing.T) {
	t.Parallel()
	var content atomic.Pointer[string]
	set := func(text string) { content.Store(&text) }
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, *content.Load()) // a client that has gone away needs no answer
	}))
	t.Cleanup(feed.Close)
	set(onCallNow("Ana"))
	v := newTown(t)
	v.config = v.write("musterbook.yaml", strings.Replace(v.settings(), "payments-oncall: { person: ana }",
		"payments-oncall: { zone: Europe/Berlin, calendar: { url: \""+feed.URL+"/private-4f1c9ab0.ics\" } }", 1))
	s := v.serve(t)
	is := func(s *stack, want string) {
		t.Helper()
		duties, err := s.options.Live.Duties("payments-oncall", time.Now())
		if err != nil || len(duties) != 1 || string(duties[0].Person) != want {
			t.Errorf("on call is %v, %v; want %s", duties, err, want)
		}
	}
	is(s, "ana")
	path := gateway.CalendarPath("payments-oncall") + "?token=" + gateway.CalendarToken(townAPIToken, "payments-oncall")
	if status, err := v.get(t.Context(), path); err != nil || status != http.StatusOK {
		t.Errorf("the schedule's own calendar: %d %v", status, err)
	}
	set(onCallNow("Ben"))
	if out := s.Reload(); len(out.Problems)+len(out.Warnings) > 0 {
		t.Errorf("reload: %+v", out)
	}
	is(s, "ben")
	set("<html>Sign in</html>")
	if out := s.Reload(); len(out.Problems) > 0 || len(out.Warnings) != 1 || !strings.Contains(out.Warnings[0], "the copy of 0m ago counts") {
		t.Errorf("reload with a broken feed: %+v", out)
	}
	is(s, "ben")
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	feed.Close()
	again := v.serve(t)
	is(again, "ben")

	// Without a copy it is told, and no calendar of gaps is served.
	if err := again.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(v.dir, "data", feeds.Folder)); err != nil {
		t.Fatal(err)
	}
	third := v.serve(t)
	_, err := third.options.Live.Duties("payments-oncall", time.Now())
	if err == nil || err.Error() != "the calendar of payments-oncall cannot be read: its host refuses the connection" {
		t.Errorf("without a copy: %v", err)
	}
	if status, err := v.get(t.Context(), path); err != nil || status < http.StatusInternalServerError {
		t.Errorf("a calendar of gaps is served: %d %v", status, err)
	}
	if sentence := calendarSentence(feeds.Calendar{Schedule: "a", Fault: "it answers 404"}, time.Now()); !strings.Contains(sentence, "nobody is called by it") {
		t.Error(sentence)
	}
}

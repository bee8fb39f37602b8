package feeds_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterbook/musterbook/roster/feeds"
)

// TestRefresh follows a feed through good and bad days; whatever it does, whoever was on call by it stays.
func TestRefresh(t *testing.T) {
	t.Parallel()
	s := newSource(t)
	s.serves(ical("Ana Ruiz", "Ben Ito"))
	d := newDesk(t, "url: "+s.URL+secretPath)
	d.is("before the start", "the calendar of search-oncall cannot be read: it was not read yet")
	d.keeper.Start(t.Context())
	d.is("after the start", "ana")
	d.says("after the start")

	before := d.live.Config()
	d.later(5 * time.Minute)
	known := d.keeper.Refresh(t.Context())
	if s.requests() != 2 || known[0].Fault != "" || !known[0].Read.Equal(d.now()) {
		t.Errorf("a calendar that has not changed: %d requests, %+v", s.requests(), known)
	}
	if got := s.asked[1].Header.Get("If-None-Match"); got == "" {
		t.Error("the feed was not asked whether it has changed")
	}
	if config := d.live.Config(); config == before || len(before.Book.Schedules[0].Shifts) != 2 {
		t.Error("what somebody holds of the roster was changed under their hands")
	}

	for _, test := range []struct{ name, reason, content string }{
		{name: "it answers nothing good", reason: "it answers 500 Internal Server Error"},
		{name: "a page to sign in", reason: "it does not end with END:VCALENDAR", content: "<html>Sign in</html>"},
		{name: "cut off", reason: "it does not end with END:VCALENDAR", content: ical("Ben Ito")[:90]},
		{name: "too large", reason: "it is larger than 2 MiB", content: ical(strings.Repeat("x", 3<<20))},
		{name: "suddenly empty", reason: "it has no shift any more of anybody known here", content: ical()},
		{name: "of strangers", reason: `nobody is known by \"Zoe Long\"`, content: ical("Zoe Long")},
	} {
		s.answers(func(w http.ResponseWriter, _ *http.Request) {
			if test.content == "" {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			write(w, test.content)
		})
		d.later(time.Minute)
		known := d.keeper.Refresh(t.Context())
		d.is(test.name, "ana")
		d.says(test.name, test.reason, "age="+d.now().Sub(known[0].Read).String(), "last good copy")
	}

	s.serves(ical("Ben Ito", "Zoe Long"))
	d.keeper.Refresh(t.Context())
	d.is("good again", "ben")
	d.says("good again", `nobody is known by \"Zoe Long\"`)
	d.keeper.Refresh(t.Context())
	d.says("the same problem")
	d.later(8 * 24 * time.Hour)
	d.is("in a gap", "nobody")
}

// TestRestartWithoutTheFeed: the copy on disk says who is on call, and is nobody else's to read.
func TestRestartWithoutTheFeed(t *testing.T) {
	t.Parallel()
	s := newSource(t)
	s.serves(ical("Ana Ruiz", "Ben Ito"))
	d := newDesk(t, "url: "+s.URL+secretPath)
	d.keeper.Start(t.Context())
	s.Close()

	d.later(7 * 24 * time.Hour)
	d.restart()
	asked := s.requests()
	d.keeper.Start(t.Context())
	d.is("after the restart", "ben")
	if s.requests() != asked {
		t.Error("the start has waited for the feed, and there is a copy")
	}
	known := d.keeper.Refresh(t.Context())
	d.is("after a refresh", "ben")
	if old, is := d.live.OldCalendar("search-oncall", d.now()); !is || !old.Read.Equal(monday) {
		t.Errorf("the calendar counts as old: %v, of %v", is, old.Read)
	}
	if _, is := d.live.OldCalendar("search-oncall", monday.Add(time.Hour)); is {
		t.Error("a calendar of an hour ago counts as old")
	}
	d.says("after a refresh", "its host refuses the connection", "age=168h0m0s")
	if !known[0].Read.Equal(monday) {
		t.Errorf("the copy is of %v", known[0].Read)
	}

	path := filepath.Join(d.copies(), "search-oncall.json")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil || info.Mode().Perm() != 0o600 || strings.Contains(string(data), "4f1c9ab0") {
		t.Errorf("the copy: %v %v, with the address: %v", err, info.Mode(), strings.Contains(string(data), "4f1c9ab0"))
	}
	if all, err := os.ReadDir(d.copies()); err != nil || len(all) != 1 {
		t.Errorf("the folder holds %v, %v", all, err)
	}

	if err := os.WriteFile(path, data[:len(data)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	d.restart()
	d.keeper.Start(t.Context())
	d.is("with a broken copy", "the calendar of search-oncall cannot be read: its host refuses the connection")
	d.says("with a broken copy", "there is no copy of it")
}

// TestFile reads a calendar that lies on this machine, and again when it changes.
func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "search.ics")
	put := func(content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(ical("On call: A. R."))
	d := newDesk(t, `file: `+path+`, people: { "A. R.": ana }`)
	d.keeper.Start(t.Context())
	d.is("by the names of the calendar", "ana")
	put(ical("Ben Ito"))
	d.keeper.Refresh(t.Context())
	d.is("changed", "ben")
	put(ical("Ana Ruiz")[:40])
	d.keeper.Refresh(t.Context())
	d.is("half written", "ben")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	d.keeper.Refresh(t.Context())
	d.is("gone", "ben")
	d.says("gone", "no such file")

	// A reload that changes where the calendar is, or who is there, keeps what is known until it is read.
	d.writes(strings.ReplaceAll(configuration("file: "+path), "ben", "bea"))
	if _, problems := d.live.Reload(); len(problems) > 0 {
		t.Fatal(problems)
	}
	d.is("after a reload without Ben", "nobody")
	put(ical("Bea", "bea@example.com"))
	d.keeper.Refresh(t.Context())
	d.later(7 * 24 * time.Hour)
	d.is("after it was read", "bea")
}

// TestSlowFeed: one that does not answer is given up.
func TestSlowFeed(t *testing.T) {
	t.Parallel()
	s := newSource(t)
	s.answers(func(w http.ResponseWriter, r *http.Request) {
		write(w, ical("Ana Ruiz")[:50])
		_ = http.NewResponseController(w).Flush() // a client that went away is the test's intention
		<-r.Context().Done()
	})
	d := newDesk(t, "url: "+s.URL+secretPath)
	d.client = feeds.Client()
	d.client.Timeout = 50 * time.Millisecond
	d.restart()
	d.keeper.Start(t.Context())
	d.is("too slow", "the calendar of search-oncall cannot be read: it does not answer in time")
	d.says("too slow", "it does not answer in time")
}

// TestTruncated: an answer that ends before its length is none, also where it looks whole.
func TestTruncated(t *testing.T) {
	t.Parallel()
	s := newSource(t)
	s.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		write(w, ical("Ana Ruiz"))
	})
	d := newDesk(t, "url: "+s.URL+secretPath)
	d.keeper.Start(t.Context())
	d.is("cut off", "the calendar of search-oncall cannot be read: its answer was cut off")
}

// TestRedirects follows them on this machine, and nowhere that is not https; the address goes nowhere with them.
func TestRedirects(t *testing.T) {
	t.Parallel()
	s, other := newSource(t), newSource(t)
	other.serves(ical("Ben Ito"))
	to := other.URL + "/moved"
	s.answers(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })
	d := newDesk(t, "url: "+s.URL+secretPath)
	d.keeper.Start(t.Context())
	d.is("to this machine", "ben")
	if referer := other.asked[0].Header.Get("Referer"); referer != "" {
		t.Errorf("the address was told: %s", referer)
	}
	for _, test := range []struct{ to, reason string }{
		{"http://calendar.example.com/4f1c9ab0", "it redirects to an address that is not https"},
		{"file:///etc/passwd", "it redirects to an address that is not https"},
		{s.URL + secretPath, "it redirects too often"},
		{"http://%zz/4f1c9ab0", "the connection failed"},
	} {
		to = test.to
		d.keeper.Refresh(t.Context())
		d.says(test.to, test.reason)
		d.is(test.to, "ben")
	}
}

// TestRemoteMayNotAskThisMachine: a feed elsewhere does not choose what is asked of servers here.
func TestRemoteMayNotAskThisMachine(t *testing.T) {
	t.Parallel()
	first := httptest.NewRequest(http.MethodGet, "https://calendar.example.com/a.ics", nil)
	for to, follows := range map[string]bool{
		"https://files.example.com/a.ics": true, "http://127.0.0.1:7233/": false, "http://localhost/": false, "http://files.example.com/": false,
	} {
		if err := feeds.Client().CheckRedirect(httptest.NewRequest(http.MethodGet, to, nil), []*http.Request{first}); (err == nil) != follows {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// TestRun reads at each tick, and ends with its context; whoever asks meanwhile always has an answer.
func TestRun(t *testing.T) {
	t.Parallel()
	s := newSource(t)
	s.serves(ical("Ana Ruiz", "Ben Ito"))
	d := newDesk(t, "url: "+s.URL+secretPath)
	d.keeper.Start(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { d.keeper.Run(ctx) })
	for range 3 {
		group.Go(func() {
			for range 200 {
				if got := d.onCall(); got != "ana" && got != "ben" {
					t.Errorf("on call is %s", got)
				}
			}
		})
	}
	for n := range 20 {
		s.serves(ical([]string{"Ana Ruiz", "Ben Ito"}[n%2], "Ben Ito"))
		d.ticks <- d.now()
		if n%5 == 0 {
			if _, problems := d.live.Reload(); len(problems) > 0 {
				t.Error(problems)
			}
		}
	}
	cancel()
	group.Wait()
	if n := s.requests(); n < 20 {
		t.Errorf("the feed was asked %d times", n)
	}
}

// TestPauses: a calendar without any copy is asked more often, and no pause is exactly that of another server.
func TestPauses(t *testing.T) {
	t.Parallel()
	s := newSource(t)
	d := newDesk(t, "url: "+s.URL+secretPath)
	pauses := make(chan time.Duration)
	k := feeds.NewKeeper(feeds.Options{Roster: d.live, Reader: feeds.Reader{Now: d.now}, After: func(pause time.Duration) <-chan time.Time {
		pauses <- pause
		return d.ticks
	}})
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	s.answers(http.NotFound)
	group.Go(func() { k.Run(ctx) })
	seen := map[time.Duration]bool{}
	around := func(base time.Duration) {
		t.Helper()
		pause := <-pauses
		if seen[pause] = true; pause < base*9/10 || pause > base*11/10 {
			t.Errorf("the pause is %v, want about %v", pause, base)
		}
	}
	around(30 * time.Second)
	d.ticks <- d.now()
	around(30 * time.Second)
	s.serves(ical("Ana Ruiz"))
	d.ticks <- d.now()
	around(5 * time.Minute)
	s.answers(http.NotFound)
	d.ticks <- d.now()
	around(5 * time.Minute)
	cancel()
	group.Wait()
	if len(seen) < 4 {
		t.Errorf("pauses are %v", seen)
	}
}

// TestLook: a command takes the server's copy where it is fresh, asks the source where it is not, and writes nothing.
func TestLook(t *testing.T) {
	t.Parallel()
	s := newSource(t)
	s.serves(ical("Ana Ruiz", "Ben Ito"))
	d := newDesk(t, "url: "+s.URL+secretPath)
	d.keeper.Start(t.Context())
	look := func(dir string) feeds.Calendar {
		return feeds.Reader{Dir: dir, Now: d.now}.Look(t.Context(), d.live.Config(), "search-oncall", 10*time.Minute)
	}
	d.later(9 * time.Minute)
	if c := look(d.copies()); !c.Read.Equal(monday) || len(c.Shifts) != 2 || s.requests() != 1 {
		t.Errorf("a fresh copy: %+v, %d requests", c, s.requests())
	}
	d.later(2 * time.Minute)
	if c := look(d.copies()); !c.Read.Equal(d.now()) || len(c.Shifts) != 2 || s.requests() != 2 {
		t.Errorf("an older copy: %+v, %d requests", c, s.requests())
	}
	if c := look(""); !c.Read.Equal(d.now()) || len(c.Shifts) != 2 || s.requests() != 3 {
		t.Errorf("no copy: %+v, %d requests", c, s.requests())
	}
	s.Close()
	if c := look(d.copies()); !c.Read.Equal(monday) || len(c.Shifts) != 2 || c.Fault != "its host refuses the connection" {
		t.Errorf("an old copy and no feed: %+v", c)
	}
	if c := look(t.TempDir()); !c.Read.IsZero() || c.Known().Unread != "its host refuses the connection" {
		t.Errorf("nothing: %+v", c)
	}
}

// TestUnusedCopiesAreRemoved: the copy of a schedule that is gone is kept for a week, in case it returns; one that is in use
// stays, however long its source fails, and a faulty configuration removes nothing.
func TestUnusedCopiesAreRemoved(t *testing.T) {
	t.Parallel()
	s := newSource(t)
	s.serves(ical("Ana Ruiz", "Ben Ito"))
	d := newDesk(t, "url: "+s.URL+secretPath)
	d.keeper.Start(t.Context())
	s.Close()
	path := filepath.Join(d.copies(), "search-oncall.json")
	there := func(when string, want bool) {
		t.Helper()
		d.keeper.Refresh(t.Context())
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v", when, err)
		}
	}
	d.later(20 * 24 * time.Hour)
	there("after three weeks without the source", true)

	with := configuration("url: " + s.URL + secretPath)
	without := strings.ReplaceAll(with, "calendar: { url: "+s.URL+secretPath+" }", "rotation: { members: [ana], start: 2026-01-05, at: \"09:00\" }")
	reload := func(text string, works bool) {
		t.Helper()
		d.writes(text)
		if _, problems := d.live.Reload(); (len(problems) == 0) != works {
			t.Fatal(problems)
		}
	}
	reload("people: 7", false)
	d.later(8 * 24 * time.Hour)
	there("after a faulty file", true)
	reload(without, true)
	there("at once", true)
	d.later(6 * 24 * time.Hour)
	there("after six days", true)
	reload(with, true)
	there("when it has returned", true)
	reload(without, true)
	d.later(8 * 24 * time.Hour)
	there("after eight days", false)
}

package feeds_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterbook/musterbook/roster"
	"github.com/musterbook/musterbook/roster/feeds"
)

// secretPath is the part of a feed's address that must never be seen again.
const secretPath = "/private-4f1c9ab0/basic.ics"

// monday is when every test begins: in the shift of Ana.
var monday = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// ical is a calendar with weekly shifts from that Monday on, one for each name.
func ical(names ...string) string {
	var out strings.Builder
	out.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//another pager//EN\r\n")
	for n, name := range names {
		since := monday.Truncate(24*time.Hour).AddDate(0, 0, 7*n)
		fmt.Fprintf(&out, "BEGIN:VEVENT\r\nUID:%d\r\nDTSTAMP:20260301T000000Z\r\nDTSTART:%s\r\nDTEND:%s\r\nSUMMARY:%s\r\nEND:VEVENT\r\n",
			n, since.Format("20060102T150405Z"), since.AddDate(0, 0, 7).Format("20060102T150405Z"), name)
	}
	out.WriteString("END:VCALENDAR\r\n")
	return out.String()
}

// source is a feed whose answers can be changed.
type source struct {
	*httptest.Server
	mu     sync.Mutex
	answer http.HandlerFunc
	asked  []*http.Request
}

func newSource(t *testing.T) *source {
	t.Helper()
	s := &source{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		answer := s.answer
		s.asked = append(s.asked, r)
		s.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// answers sets what the feed says from now on.
func (s *source) answers(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = h
}

// serves sets a calendar with an ETag.
func (s *source) serves(content string) {
	tag := fmt.Sprintf("\"%x\"", sha256.Sum256([]byte(content)))
	s.answers(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", tag)
		write(w, content)
	})
}

// write answers with a text; a client that went away is the test's intention.
func write(w http.ResponseWriter, content string) { _, _ = w.Write([]byte(content)) }

// requests is how often the feed was asked.
func (s *source) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

// desk is a server's roster and keeper on a data directory, with a clock that stands still until it is moved.
type desk struct {
	t      *testing.T
	live   *roster.Live
	keeper *feeds.Keeper
	dir    string
	config string // path of the configuration
	ticks  chan time.Time
	client *http.Client // nil: the keeper's own

	mu    sync.Mutex
	clock time.Time
	log   bytes.Buffer
}

// Write is the log.
func (d *desk) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.Write(p)
}

// logged is what was logged since it was last asked for.
func (d *desk) logged() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.log.Reset()
	return d.log.String()
}

func (d *desk) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.clock
}

func (d *desk) later(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clock = d.clock.Add(by)
}

// configuration is a musterbook.yaml with a schedule that is a calendar.
func configuration(calendar string) string {
	return fmt.Sprintf(`people:
  ana: { name: Ana Ruiz, email: ana@example.com, phone: "+12025550101" }
  ben: { name: Ben Ito, email: ben@example.com, phone: "+12025550102" }
schedules:
  search-oncall: { zone: Europe/Berlin, calendar: { %s } }
fallback: [ben]
services: { search: { owner: search-oncall } }
default: { service: search, runbook: service-outage }
gateway: { tokens: { api: "${API}" } }
slack: { token: "${SLACK}", signing_secret: "${SIGNING}" }
`, calendar)
}

// environment is what the configuration refers to.
func environment(name string) string {
	return map[string]string{"API": "0123456789abcdef0123456789abcdef", "SLACK": "xoxb-1-2-three", "SIGNING": "8f742231b10e8888abcd99yyyzzz85a5"}[name]
}

// newDesk opens a desk for a calendar.
func newDesk(t *testing.T, calendar string) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), clock: monday, ticks: make(chan time.Time)}
	d.config = filepath.Join(d.dir, "musterbook.yaml")
	d.writes(configuration(calendar))
	d.restart()
	return d
}

// writes replaces the configuration.
func (d *desk) writes(text string) {
	d.t.Helper()
	if err := os.WriteFile(d.config, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// restart forgets everything that is not on disk.
func (d *desk) restart() {
	d.t.Helper()
	live, problems := roster.Open(d.config, roster.Outside{ReadFile: os.ReadFile, Getenv: environment})
	if err := problems.Err(); err != nil {
		d.t.Fatal(err)
	}
	d.live = live
	d.keeper = feeds.NewKeeper(feeds.Options{
		Roster: live, Reader: feeds.Reader{Dir: d.copies(), Now: d.now, Client: d.client},
		After:  func(time.Duration) <-chan time.Time { return d.ticks },
		Logger: slog.New(slog.NewTextHandler(d, nil)),
	})
}

// copies is where the copies lie.
func (d *desk) copies() string { return filepath.Join(d.dir, "data", feeds.Folder) }

// onCall is who is called now, or why nobody is.
func (d *desk) onCall() string {
	duties, err := d.live.Duties("search-oncall", d.now())
	switch {
	case err != nil:
		return err.Error()
	case len(duties) == 0:
		return "nobody"
	}
	return string(duties[0].Person)
}

// is compares who is on call.
func (d *desk) is(when, want string) {
	d.t.Helper()
	if got := d.onCall(); got != want {
		d.t.Errorf("%s: %s, want %s", when, got, want)
	}
}

// says looks for words in the log, and that the address is not among them.
func (d *desk) says(when string, words ...string) {
	d.t.Helper()
	log := d.logged()
	for _, word := range words {
		if !strings.Contains(log, word) {
			d.t.Errorf("%s: the log does not say %q:\n%s", when, word, log)
		}
	}
	if strings.Contains(log, "4f1c9ab0") {
		d.t.Errorf("%s: the log holds the address:\n%s", when, log)
	}
	if len(words) == 0 && log != "" {
		d.t.Errorf("%s: the log is not empty:\n%s", when, log)
	}
}

package gateway

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// Calendars is the part of the roster that gives schedules as calendars.
type Calendars interface {
	// Calendar is a schedule as an iCalendar, and false when there is no such schedule. It is the same, byte by byte,
	// until something changes.
	Calendar(ctx context.Context, schedule string) (data []byte, ok bool, err error)
	// Schedules lists the names of all schedules, for hints.
	Schedules() []string
}

// CalendarPath is the address of a schedule's calendar, from the server's root.
func CalendarPath(schedule string) string { return "/v1/schedules/" + schedule + "/calendar.ics" }

// calendarFor tells the tokens of calendars from whatever else may be made from the API's token.
const calendarFor = "musterbook calendar\n"

// CalendarToken opens the calendar of one schedule, and nothing else: calendars that subscribe can send no header, so
// that what opens it stands in the address, and the address is given to many. It is made from the API's token (RFC 2104
// with SHA-256), which it does not tell; a new API token closes all calendars.
func CalendarToken(api, schedule string) string {
	mac := hmac.New(sha256.New, []byte(api))
	_, _ = mac.Write([]byte(calendarFor + schedule)) // a hash takes everything
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// mayReadCalendar says whether a request shows a token of the API in its header, or that of the calendar in its address.
func (s *Server) mayReadCalendar(r *http.Request, schedule string) bool {
	var tokens []Token
	if s.tokens != nil {
		tokens = s.tokens()
	}
	if _, ok := bearer(r, tokens); ok {
		return true
	}
	shown := []byte(r.URL.Query().Get("token"))
	found := false
	for _, t := range usable(tokens) {
		// Every token is compared, so that the time tells nothing.
		found = hmac.Equal(shown, []byte(CalendarToken(t.Value, schedule))) || found
	}
	return found
}

// calendar is GET /v1/schedules/{schedule}/calendar.ics.
func (s *Server) calendar(w http.ResponseWriter, r *http.Request) {
	schedule := r.PathValue("schedule")
	if !s.mayReadCalendar(r, schedule) {
		s.refuseCalendar(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), apiTime)
	defer cancel()
	data, ok, err := s.calendars.Calendar(ctx, schedule)
	if err != nil {
		s.failWith(w, r, fmt.Errorf("calendar of %s: %w", schedule, err))
		return
	}
	if !ok {
		s.failWith(w, r, s.noSchedule(schedule))
		return
	}
	hash := sha256.Sum256(data)
	w.Header().Set("ETag", `"`+hex.EncodeToString(hash[:16])+`"`)
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Content-Disposition", `inline; filename="`+schedule+`.ics"`)
	// Nobody in between keeps it, and whoever has it asks whether it has changed.
	w.Header().Set("Cache-Control", "private, no-cache")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is a secret
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// refuseCalendar answers a request without a token that opens the calendar.
func (s *Server) refuseCalendar(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="musterbook"`)
	s.fail(w, r, problem{
		status: http.StatusUnauthorized, what: "the token is missing or wrong",
		hint: "muster oncall ical SCHEDULE --url prints the address with its token",
	})
}

// noSchedule refuses a name that the roster does not have.
func (s *Server) noSchedule(name string) error {
	names := s.calendars.Schedules()
	hint := "the schedules are: " + strings.Join(names, ", ")
	if near, ok := oncall.Nearest(name, names); ok {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return &Refusal{Kind: RefusedAbsent, What: fmt.Sprintf("no schedule is called %q", name), Hint: hint}
}

package faketwilio

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// defaultPage and largestPage are the list's page sizes
// (https://www.twilio.com/docs/usage/twilios-response#paging).
const (
	defaultPage = 50
	largestPage = 1000
)

func (s *Server) listCalls(r *http.Request) reply {
	query := r.URL.Query()
	calls := s.Calls()
	var found []any
	for i := len(calls) - 1; i >= 0; i-- { // Newest first, as Twilio lists.
		c := calls[i]
		if !equals(query, "To", c.To) || !equals(query, "From", c.From) || !equals(query, "Status", string(c.Status)) {
			continue
		}
		if within(query, "StartTime", c.Started) && within(query, "EndTime", c.Ended) {
			found = append(found, s.callResource(c))
		}
	}
	return s.page(r, "calls", found)
}

func (s *Server) listMessages(r *http.Request) reply {
	query := r.URL.Query()
	messages := s.Messages()
	var found []any
	for i := len(messages) - 1; i >= 0; i-- {
		m := messages[i]
		if equals(query, "To", m.To) && equals(query, "From", m.From) && within(query, "DateSent", m.Sent) {
			found = append(found, s.messageResource(m))
		}
	}
	return s.page(r, "messages", found)
}

// equals says whether a filter is absent or matches.
func equals(query url.Values, key, have string) bool {
	want := query.Get(key)
	return want == "" || want == have
}

// within applies the filters key, key< and key>. A filter of time never finds
// what has no such time yet, so a queued call is invisible to StartTime. Twilio
// compares whole days in UTC when it is given a date, and instants otherwise.
func within(query url.Values, key string, have time.Time) bool {
	for _, filter := range []struct {
		suffix string
		holds  func(have, want time.Time) bool
	}{
		{"", func(have, want time.Time) bool { return have.Format(time.DateOnly) == want.Format(time.DateOnly) }},
		{"<", func(have, want time.Time) bool { return !have.After(want) }},
		{">", func(have, want time.Time) bool { return !have.Before(want) }},
	} {
		raw := query.Get(key + filter.suffix)
		if raw == "" {
			continue
		}
		want, err := listTime(raw)
		if err != nil || have.IsZero() || !filter.holds(have.UTC(), want) {
			return false
		}
	}
	return true
}

func listTime(raw string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, raw); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, raw)
	return t.UTC(), err
}

// page cuts one page out of a list and links to its neighbours.
func (s *Server) page(r *http.Request, name string, all []any) reply {
	query := r.URL.Query()
	size, number := defaultPage, 0
	if n, err := strconv.Atoi(query.Get("PageSize")); err == nil && n > 0 {
		size = min(n, largestPage)
	}
	if n, err := strconv.Atoi(query.Get("Page")); err == nil && n > 0 {
		number = n
	}
	from := min(number*size, len(all))
	to := min(from+size, len(all))
	link := func(n int) string {
		q := url.Values{}
		for key, values := range query {
			q[key] = values
		}
		q.Set("PageSize", strconv.Itoa(size))
		q.Set("Page", strconv.Itoa(n))
		q.Del("PageToken")
		if n > 0 {
			q.Set("PageToken", "PA"+strings.ToUpper(name[:1])+strconv.Itoa(n*size))
		}
		return r.URL.Path + "?" + q.Encode()
	}
	var next, previous *string
	if to < len(all) {
		next = orNull(link(number + 1))
	}
	if number > 0 {
		previous = orNull(link(number - 1))
	}
	rows := all[from:to]
	if rows == nil {
		rows = []any{}
	}
	return jsonReply(http.StatusOK, map[string]any{
		"first_page_uri":    link(0),
		"next_page_uri":     next,
		"previous_page_uri": previous,
		"uri":               link(number),
		"page":              number,
		"page_size":         size,
		"start":             from,
		"end":               max(to-1, from),
		name:                rows,
	})
}

package pager_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/activities/activitiestest"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/pager"
	"github.com/musterbook/musterbook/providers/pager/fakepager"
)

var _ activities.Phone = (*pager.Client)(nil)

const secret = "a secret of thirty-two characters"

// people are Ana and Ben.
type people struct{}

func (people) Person(id oncall.PersonID) (oncall.Person, bool) {
	switch id {
	case "ana":
		return oncall.Person{ID: "ana", Name: "Ana Ruiz", Email: "ana@example.com", Phone: "+12025550101"}, true
	case "ben":
		return oncall.Person{ID: "ben", Name: "Ben Ito", Phone: "+12025550102"}, true
	}
	return oncall.Person{}, false
}

// clock is one that is set by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// world is a receiver and the way to it.
type world struct {
	clock    *clock
	receiver *fakepager.Receiver
	url      string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{clock: &clock{at: time.Date(2026, 7, 14, 2, 7, 0, 0, time.UTC)}}
	w.receiver = fakepager.New(secret, w.clock.now)
	server := httptest.NewServer(w.receiver)
	t.Cleanup(server.Close)
	w.url = server.URL + "/hook/s3cr3t"
	return w
}

// client is the port.
func (w *world) client(t *testing.T) *pager.Client {
	t.Helper()
	c, err := pager.New(pager.Config{URL: w.url, Secret: secret, People: people{}, Now: w.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// trouble breaks the receiver in the words of the acceptance tests.
type trouble struct{ *fakepager.Receiver }

func (r trouble) Break(m activitiestest.Mishap, skip int) (struck func() bool) {
	switch m {
	case activitiestest.Lost, activitiestest.Away:
		return r.Drop(m == activitiestest.Lost, skip)
	case activitiestest.Busy:
		r.Answer(http.StatusTooManyRequests, nil)
	case activitiestest.Refuses:
		r.Answer(http.StatusUnprocessableEntity, nil)
	case activitiestest.Revoked:
		r.Answer(http.StatusUnauthorized, nil)
	}
	return r.Struck
}

// providerID is the result's id of a page that was taken.
func providerID(p fakepager.Page) string { return "pager:" + p.ID + " " + p.Number }

// TestAcceptance holds the pager to what every telephone promises.
func TestAcceptance(t *testing.T) {
	t.Parallel()
	activitiestest.Phone(t, func(t *testing.T) *activitiestest.PhoneWorld {
		w := newWorld(t)
		over := map[string]bool{}
		return &activitiestest.PhoneWorld{
			Trouble: trouble{w.receiver}, Phone: w.client(t), Restarted: func() activities.Phone { return w.client(t) },
			Person: "ana", Other: "ben", Unreachable: []oncall.PersonID{"nobody-of-that-name"},
			Calls: func() (calls []activitiestest.Call) {
				for _, p := range w.receiver.Pages() {
					if id := providerID(p); p.Kind == "call" {
						calls = append(calls, activitiestest.Call{ID: id, Person: oncall.PersonID(p.Person["id"]), Over: p.Cancelled || over[id]})
					}
				}
				return calls
			},
			Texts: func() (texts []activitiestest.Text) {
				for _, p := range w.receiver.Pages() {
					if p.Kind == "sms" {
						texts = append(texts, activitiestest.Text{ID: providerID(p), Person: oncall.PersonID(p.Person["id"]), Body: p.Text})
					}
				}
				return texts
			},
			Finish: func(call string) { over[call] = true },
			Now:    w.clock.now, Pass: w.clock.pass,
		}
	})
}

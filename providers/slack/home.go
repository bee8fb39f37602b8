package slack

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
)

// The app's Home tab shows one person what concerns them. It is published anew
// whenever they open it, and after everything that they do in it; nothing polls.

// homeCallback is the callback id of a home, and begins the action ids of its
// own buttons.
const homeCallback = "home"

// The action ids of a home's own buttons; its other ones act on incidents.
const (
	homeDeclares = homeCallback + ".declare"
	homeRefresh  = homeCallback + ".refresh"
)

// Bounds in time of a home.
const (
	homeShared = 2 * time.Second  // a home that is opened may show what stood so long before: many open theirs at once
	homeAsks   = 15 * time.Second // for finding out what it shows; the rest is Slack's
)

// Home is what concerns one person.
type Home struct {
	At        time.Time               // as it stood then
	Away      bool                    // nothing is known of the incidents
	Incidents []contract.HomeIncident // open ones that they may see, in order
	Tasks     []contract.HomeTask     // in order
	Duties    []HomeDuty              // in order
	Silent    int                     // open incidents of which nothing is known
	Notes     []string                // what else is to know, in sentences
}

// HomeDuty is a time on call: the present one, or the next.
type HomeDuty struct {
	Schedule string
	Now      bool
	Since    time.Time // zero = not known
	Until    time.Time // zero = no end is known
}

// atHome says whether somebody acted in their home.
func (in interaction) atHome() bool { return in.View.Type == string(slack.VTHomeTab) }

// homeOpened is what we need of the event
// (https://docs.slack.dev/reference/events/app_home_opened).
type homeOpened struct {
	User string `json:"user"`
	Tab  string `json:"tab"` // "home" or "messages"
}

// openHome publishes the home of somebody who opens it. It sets, so it is
// idempotent by nature.
func (d *Desk) openHome(_ context.Context, e event) (answer, error) {
	var in homeOpened
	if err := json.Unmarshal(e.raw, &in); err != nil || in.User == "" {
		d.log.Warn("Slack tells of a home that was opened and not whose", "event", e.ID, "error", err)
		return answer{}, nil // it would come again as it is
	}
	if in.Tab != homeCallback {
		return answer{}, nil
	}
	w := wish{since: time.Now().Add(-homeShared)}
	return answer{then: func(ctx context.Context) { d.showHome(ctx, in.User, w) }}, nil
}

// pressHome takes the buttons of a home that act on no incident.
func (d *Desk) pressHome(ctx context.Context, in interaction) (answer, error) {
	if in.User.ID == "" {
		return answer{}, errors.New("the payload lacks user.id")
	}
	switch in.Actions[0].ActionID {
	case homeDeclares:
		return d.declareByShortcut(ctx, in)
	case homeRefresh:
		w := wish{name: in.name(), since: time.Now().Add(-homeShared)}
		return answer{then: func(ctx context.Context) { d.showHome(ctx, in.User.ID, w) }}, nil
	}
	return answer{}, nil
}

// wish is that somebody's home be published.
type wish struct {
	name  string    // what Slack calls the person; empty = not told
	since time.Time // nothing in it is older
	said  string    // what came of what they did; empty = nothing
}

// homes sees to it that the homes of one person are published one after the
// other, so that none of them hides a newer one, and that those who wait become
// one. The zero value is idle.
type homes struct {
	mu    sync.Mutex
	waits map[string]*wish // by user, while one is published; nil = none waits
}

// begin tells whether the caller publishes. Otherwise somebody does already, and
// takes this wish next.
func (h *homes) begin(user string, w wish) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	before, busy := h.waits[user]
	if !busy {
		if h.waits == nil {
			h.waits = map[string]*wish{}
		}
		h.waits[user] = nil
		return true
	}
	if before != nil {
		if w.since.Before(before.since) {
			w.since = before.since
		}
		w.said = strings.TrimSpace(before.said + "\n" + w.said)
	}
	h.waits[user] = &w
	return false
}

// next is the wish that waits, or ends the publishing.
func (h *homes) next(user string) (wish, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.waits[user]
	if w == nil {
		delete(h.waits, user)
		return wish{}, false
	}
	h.waits[user] = nil
	return *w, true
}

// end ends the publishing, whatever waits.
func (h *homes) end(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.waits, user)
}

// showHome publishes somebody's home as it stands. It sets, so it is idempotent
// by nature. What does not succeed is logged: opening it again is the remedy.
func (d *Desk) showHome(ctx context.Context, user string, w wish) {
	if !d.homes.begin(user, w) {
		return
	}
	finished := false
	defer func() {
		if !finished { // a fault, which may not close the home for ever
			d.homes.end(user)
		}
	}()
	for more := true; more; w, more = d.homes.next(user) {
		d.publishHome(ctx, user, w)
	}
	finished = true
}

// publishHome asks behind the door, and shows what it hears. Where nothing is
// known the home says so, and what stood in it before goes.
func (d *Desk) publishHome(ctx context.Context, user string, w wish) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterWithin) // a wish that waited has time of its own
	defer cancel()
	asking, done := context.WithTimeout(ctx, homeAsks)
	defer done()
	who := d.client.actor(asking, user, w.name)
	home, err := d.door.Home(asking, who, w.since)
	if err != nil {
		d.log.Error("a home cannot be filled; it says so", "user", user, "error", err)
		home = Home{At: time.Now(), Away: true}
	}
	err = d.publish(ctx, user, homeView(user, who, home, w.said))
	if _, single := refusal(err); single && code(err) != notEnabled {
		d.log.Error("Slack refuses a home; it is told to the person there", "user", user, "error", err)
		err = d.publish(ctx, user, plainHome(w.said))
	}
	if err != nil {
		d.log.Warn("a home stays as it was; its person may open it again", "user", user, "error", err)
	}
}

// publish sets somebody's home. It is idempotent by nature, and tries again where
// Slack is away.
func (d *Desk) publish(ctx context.Context, user string, view slack.HomeTabViewRequest) error {
	return d.tryOn(ctx, func(bool) error {
		_, err := d.client.api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: user, View: view})
		return classify("publish a home", err)
	})
}

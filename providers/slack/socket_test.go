package slack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// patience is that of a workspace in tests where answers get lost.
const patience = 400 * time.Millisecond

// pluggedHouse is a house whose app is reached through sockets alone; log takes
// what it says.
func pluggedHouse(t *testing.T, log *slog.Logger) (house, func()) {
	t.Helper()
	h := house{
		world: startIn(t, fakeslack.Options{Patience: patience}, slack.Options{Log: log}),
		door:  &door{answer: contract.Receipt{Text: "done"}},
	}
	url, unplug := h.plug(t, slack.NewDesk(h.Client, h.door))
	h.url = url
	return h, unplug
}

// until waits for something.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for range 2000 {
		if so() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("in vain: %s", what)
}

func (h house) ack(t *testing.T) string {
	t.Helper()
	return h.command(t, "ack")
}

// ids are the ids of the acts that came through the door, and how often each did.
func (d *door) ids() map[string]int {
	out := map[string]int{}
	for _, a := range d.all() {
		out[a.Act.ID]++
	}
	return out
}

func TestSocketComesBack(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		end  func(h house)
	}{
		{"the network breaks", func(h house) { h.Cut() }},
		{"Slack is about to end it", func(h house) { h.Disconnect("warning", 300*time.Millisecond) }},
		{"Slack renews it", func(h house) { h.Disconnect("refresh_requested", 50*time.Millisecond) }},
		{"Slack renews it and never closes", func(h house) { h.Disconnect("refresh_requested", time.Hour) }},
		{"Socket Mode is turned off and on", func(h house) { h.Disconnect("link_disabled", 0) }},
		{"another reason", func(h house) { h.Disconnect("too_many_websockets", 0) }},
		{"Slack is away for a while", func(h house) {
			h.Break(fakeslack.Fault{Kind: fakeslack.ServerError, Method: "apps.connections.open", Times: 3})
			h.Cut()
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h, _ := pluggedHouse(t, nil)
			for round := range 3 {
				if said := h.ack(t); said != "done" {
					t.Errorf("round %d: %q", round, said)
				}
				_, before := h.Connections()
				test.end(h)
				until(t, "another connection", func() bool { _, ever := h.Connections(); return ever > before })
			}
			if said := h.ack(t); said != "done" {
				t.Errorf("%q", said)
			}
			if ids := h.door.ids(); len(ids) != 4 {
				t.Errorf("four acts came as %v", ids)
			}
		})
	}
}

// A connection that Slack is about to end is read until it ends, and the next
// one is there before.
func TestSocketIsRenewedWithoutAGap(t *testing.T) {
	t.Parallel()
	h, _ := pluggedHouse(t, nil)
	h.ack(t)
	h.Disconnect("warning", time.Hour)
	until(t, "two connections at once", func() bool { open, _ := h.Connections(); return open == 2 })
	for range 12 { // through either
		if said := h.ack(t); said != "done" {
			t.Errorf("%q", said)
		}
	}
	until(t, "the old one is given up", func() bool { open, _ := h.Connections(); return open == 1 })
	h.ack(t)
}

// What keeps a socket from opening is told once, loudly where only a person can
// mend it, and never ends the attempts.
func TestSocketThatDoesNotOpen(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault fakeslack.Fault
		level string
		says  string
	}{
		{"bad token", fakeslack.Fault{Kind: fakeslack.Refuse, Error: "invalid_auth"}, "ERROR", "connections:write"},
		{"revoked", fakeslack.Fault{Kind: fakeslack.RevokeToken}, "ERROR", "token_revoked"},
		{"no scope", fakeslack.Fault{Kind: fakeslack.Refuse, Error: "missing_scope", Needed: "connections:write"}, "ERROR", "missing_scope"},
		{"forbidden", fakeslack.Fault{Kind: fakeslack.Refuse, Error: "forbidden_team"}, "ERROR", "forbidden_team"},
		{"trouble at Slack's", fakeslack.Fault{Kind: fakeslack.Refuse, Error: "internal_error"}, "WARN", "internal_error"},
		{"server error", fakeslack.Fault{Kind: fakeslack.ServerError, Status: http.StatusBadGateway}, "WARN", "502"},
		{"maintenance page", fakeslack.Fault{Kind: fakeslack.HTMLPage}, "WARN", "no JSON"},
		{"no answer", fakeslack.Fault{Kind: fakeslack.DropBeforeWork}, "WARN", "open a socket"},
		{"lost answer", fakeslack.Fault{Kind: fakeslack.WorkThenDrop}, "WARN", "open a socket"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			log := &lines{}
			h, _ := pluggedHouse(t, log.logger())
			h.ack(t)
			test.fault.Method = "apps.connections.open"
			h.Break(test.fault)
			calls := h.calls("apps.connections.open")
			h.Cut()
			until(t, "five attempts", func() bool { return h.calls("apps.connections.open") >= calls+5 })
			h.Mend()
			if said := h.ack(t); said != "done" {
				t.Errorf("after the trouble: %q", said)
			}
			if told := log.count("level="+test.level, test.says); told != 1 {
				t.Errorf("told %d times:\n%s", told, log)
			}
		})
	}
}

func TestSocketWaitsAsLongAsSlackSays(t *testing.T) {
	t.Parallel()
	h, _ := pluggedHouse(t, nil)
	h.ack(t)
	h.Break(fakeslack.Fault{Kind: fakeslack.RateLimited, Method: "apps.connections.open", RetryAfter: time.Second, Times: 1})
	calls := h.calls("apps.connections.open")
	began := time.Now()
	h.Cut()
	until(t, "a second attempt", func() bool { return h.calls("apps.connections.open") == calls+2 })
	if took := time.Since(began); took < time.Second {
		t.Errorf("it came again after %s, Slack said one second", took)
	}
}

// An act is one, however often its envelope comes: when the acknowledgement is
// lost, the same id comes through the door again, and the incident knows it.
func TestLostAcknowledgementsAreOneAct(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		kind  fakeslack.FaultKind
		least int // how often the act comes through the door
	}{
		{"dropped between work and acknowledgement", fakeslack.WorkThenDrop, 2},
		{"dropped on delivery", fakeslack.DropBeforeWork, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h, _ := pluggedHouse(t, nil)
			click := h.ask(t, contract.Button{Label: "Ack", Verb: contract.VerbAck, Incident: "i", Key: "INC-1"})
			h.Break(fakeslack.Fault{Kind: test.kind, Method: fakeslack.Socket, Times: 1})
			reply, err := h.Click(t.Context(), h.url, click)
			if err != nil || reply.Status != http.StatusOK {
				t.Fatalf("%+v, %v", reply, err)
			}
			ids := h.door.ids()
			if len(ids) != 1 || len(h.door.all()) < test.least {
				t.Errorf("one click came as %v", ids)
			}
			until(t, "the connection was dropped, and another one opened", func() bool {
				_, ever := h.Connections()
				return ever >= 2
			})
		})
	}
}

// What goes on after an event goes on although its acknowledgement is lost: the process knows the event when it comes again,
// and does nothing then.
func TestLostAcknowledgementOfAnEvent(t *testing.T) {
	t.Parallel()
	h, _ := pluggedHouse(t, nil)
	h.url = fakeslack.OverSocket
	room := h.lounge()
	h.door.meanwhile = func(acted) {
		h.Disconnect("warning", 0)
		time.Sleep(100 * time.Millisecond) // the connection ends while the event is handled
	}
	h.mentions(t, room, "", "@musterbook status INC-3")
	h.told(t, room, 1)
	if n := len(h.door.all()); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
}

// A form is filled although the acknowledgement of what has opened it is lost: a second time it does not open.
func TestLostAcknowledgementOfAForm(t *testing.T) {
	t.Parallel()
	h, _ := pluggedHouse(t, nil)
	h.door.offer = offers
	h.Break(fakeslack.Fault{Kind: fakeslack.Slow, Method: "views.open", Delay: 200 * time.Millisecond, Times: 1})
	var said sync.WaitGroup
	said.Go(func() { h.command(t, "declare") })
	h.seen(t, h.ana.ID, "Loading")
	h.Disconnect("warning", 0)
	h.seen(t, h.ana.ID, "What is wrong?")
	said.Wait()
}

// Two replicas share the envelopes, and each act comes through one of them.
func TestTwoReplicas(t *testing.T) {
	t.Parallel()
	h, unplug := pluggedHouse(t, nil)
	other := &door{answer: contract.Receipt{Text: "done"}}
	h.plug(t, slack.NewDesk(h.Client, other))
	until(t, "two connections", func() bool { open, _ := h.Connections(); return open == 2 })
	for range 40 {
		if said := h.ack(t); said != "done" {
			t.Fatalf("%q", said)
		}
	}
	here, there := h.door.ids(), other.ids()
	if len(here)+len(there) != 40 || len(here) == 0 || len(there) == 0 {
		t.Errorf("%d acts here and %d there", len(here), len(there))
	}
	// One goes; the other takes everything.
	unplug()
	before := len(there)
	for range 10 {
		if said := h.ack(t); said != "done" {
			t.Fatalf("%q", said)
		}
	}
	if after := len(other.ids()); after != before+10 {
		t.Errorf("%d of 10 acts went to the one that is left", after-before)
	}
}

// heldDoor answers when it is let go.
type heldDoor struct {
	*door
	came, let chan struct{}
}

func (d heldDoor) Act(ctx context.Context, to slack.Target, verb contract.Verb, act contract.Act) (contract.Receipt, error) {
	close(d.came)
	<-d.let
	return d.door.Act(ctx, to, verb, act)
}

// Who stops answers what was taken, and takes no more.
func TestSocketStopsClean(t *testing.T) {
	t.Parallel()
	h := house{world: start(t), door: &door{answer: contract.Receipt{Text: "done"}}}
	held := heldDoor{door: h.door, came: make(chan struct{}), let: make(chan struct{})}
	url, unplug := h.plug(t, slack.NewDesk(h.Client, held))
	h.url = url
	var said sync.WaitGroup
	said.Go(func() {
		if got := h.ack(t); got != "done" {
			t.Errorf("what was taken is answered with %q", got)
		}
	})
	<-held.came
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		unplug()
	}()
	select {
	case <-stopped:
		t.Error("it stopped before it had answered")
	case <-time.After(50 * time.Millisecond):
	}
	close(held.let)
	said.Wait()
	<-stopped
	until(t, "the connection is closed", func() bool { open, _ := h.Connections(); return open == 0 })
	if acks := h.Acks(); len(acks) != 1 || acks[0].Dropped {
		t.Errorf("%+v", acks)
	}
}

// An answer that Slack would drop for its length is shortened, and says so.
func TestLongAnswersGetThrough(t *testing.T) {
	t.Parallel()
	h, _ := pluggedHouse(t, nil)
	h.door.answer.Text = strings.Repeat("<a> & \"b\"\n", 5000)
	if said := h.ack(t); !strings.Contains(said, "too long for Slack") {
		t.Errorf("%d characters end with %q", len(said), said[max(0, len(said)-100):])
	}
	for _, a := range h.Acks() {
		if a.Dropped {
			t.Errorf("an answer of %d bytes was dropped", a.Bytes)
		}
	}
}

// A malformed envelope is acknowledged and left out: it would be no better the
// next time. The connection lives on.
func TestMalformedEnvelopes(t *testing.T) {
	t.Parallel()
	h, _ := pluggedHouse(t, nil)
	for _, form := range []string{
		`payload={"type":7}`, `payload={"type":"block_actions","actions":[{"action_id":"musterbook.0","value":"{"}]}`, `command=/muster`, `payload=null`,
	} {
		reply, err := h.Send(t.Context(), h.url, []byte(form), fakeslack.Signing{})
		if err != nil || len(reply.Body) != 0 {
			t.Errorf("%s gives %s, %v", form, reply.Body, err)
		}
	}
	if reply, err := h.Event(t.Context(), h.url, "", map[string]any{"type": "x"}); err != nil || len(reply.Body) != 0 {
		t.Errorf("%s, %v", reply.Body, err)
	}
	if _, ever := h.Connections(); ever != 1 || len(h.door.all()) != 0 {
		t.Errorf("%d connections, %v", ever, h.door.all())
	}
}

func TestReach(t *testing.T) {
	t.Parallel()
	w := start(t)
	desk := slack.NewDesk(w.Client, nil)
	if err := slack.NewSocket(fakeslack.DefaultAppToken, desk).Reach(t.Context()); err != nil {
		t.Error(err)
	}
	for _, token := range []string{"xapp-other", fakeslack.DefaultToken, ""} {
		if err := slack.NewSocket(token, desk).Reach(t.Context()); !contract.IsRefused(err) || !strings.Contains(err.Error(), "xapp-") {
			t.Errorf("%q: %v", token, err)
		}
	}
	w.GrantApp("authorizations:read")
	if err := slack.NewSocket(fakeslack.DefaultAppToken, desk).Reach(t.Context()); !contract.IsRefused(err) {
		t.Error(err)
	}
	if open, ever := w.Connections(); open != 0 || ever != 0 {
		t.Errorf("asking opened %d connections", ever)
	}
}

// lines is a log in memory.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// count is the number of lines with all of the words.
func (l *lines) count(words ...string) (n int) {
	for line := range strings.Lines(l.String()) {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			n++
		}
	}
	return n
}

// The shapes that Slack publishes come through the socket as over the web.
func TestEventsThroughEachDoor(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, func(t *testing.T, h house) {
		for _, inner := range []string{`{"type":"app_home_opened","user":"U1","tab":"home"}`, `{"type":"never_heard_of"}`} {
			var event map[string]any
			if err := json.Unmarshal([]byte(inner), &event); err != nil {
				t.Fatal(err)
			}
			reply, err := h.Event(t.Context(), h.url+"/slack/events", "Ev1", event)
			if err != nil || reply.Status != http.StatusOK || len(reply.Body) != 0 {
				t.Errorf("%s: %d %s, %v", inner, reply.Status, reply.Body, err)
			}
		}
	})
}

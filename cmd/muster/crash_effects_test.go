//go:build !noengine

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// doneOnce is how often something of one page was done in the world.
type doneOnce struct {
	Calls, Texts, Messages, Settled, NextCalls int
}

// crashEffect is an effect of a page, and what the world has seen of the page when the process was killed after the vendor
// had done it and before we had recorded it.
type crashEffect struct {
	name   string
	held   func(p *crashPage, r vendorRequest) bool
	before bool // the vendor has not done it: what came before it has happened, and is not recorded
	acked  bool // the first one acknowledges, and the effect follows from that
	blind  bool // after the crash Twilio cannot tell of earlier calls
	want   doneOnce
}

// crashEffects are all effects of a page but the look-up of people, which leaves the process by no door.
func crashEffects() []crashEffect {
	every := doneOnce{Calls: 1, Texts: 1, Messages: 1, Settled: 1, NextCalls: 1}
	ended := every
	ended.NextCalls = 0
	twice := ended
	twice.Calls = 2
	call := func(p *crashPage, r vendorRequest) bool {
		return strings.HasSuffix(r.path, "/Calls.json") && r.method == http.MethodPost && r.form.Get("To") == p.number
	}
	message := func(method string) func(*crashPage, vendorRequest) bool {
		return func(p *crashPage, r vendorRequest) bool {
			return r.path == "/api/"+method && strings.HasPrefix(r.form.Get("channel"), "D") && strings.Contains(r.form.Get("text"), p.title)
		}
	}
	hangUp := func(p *crashPage, r vendorRequest) bool {
		return r.form.Get("Status") == string(faketwilio.Canceled) && p.called(strings.TrimSuffix(path.Base(r.path), ".json"))
	}
	return []crashEffect{
		{name: "place a call", held: call, want: every},
		{name: "place a call of which Twilio cannot tell", held: call, blind: true, want: twice},
		{name: "count a call on the line", held: call, before: true, want: every},
		{name: "send a text", want: every, held: func(p *crashPage, r vendorRequest) bool {
			return strings.HasSuffix(r.path, "/Messages.json") && r.method == http.MethodPost && r.form.Get("To") == p.number
		}},
		{name: "write in Slack", held: message("chat.postMessage"), want: every},
		{name: "change what was written in Slack", held: message("chat.update"), acked: true, want: ended},
		{name: "leave a call on the line", held: hangUp, before: true, acked: true, want: ended},
		{name: "hang up", held: hangUp, acked: true, want: ended},
	}
}

// crashPage is one page of the crash.
type crashPage struct {
	crashEffect
	c      *crowd
	pair   int
	title  string
	number string // of the first one
	key    incident.Key
	hold   *hold
}

// called says whether it is a call to the first one.
func (p *crashPage) called(sid string) bool {
	return slices.ContainsFunc(p.calls(p.number), func(c faketwilio.Call) bool { return c.SID == sid })
}

// calls are those to a number.
func (p *crashPage) calls(number string) []faketwilio.Call {
	return slices.DeleteFunc(p.c.twilio.Calls(), func(c faketwilio.Call) bool { return c.To != number })
}

// crashBetweenDoneAndRecorded kills a whole Musterbook, engine and all, at the moment at which several pages wait for
// a vendor's answer, one for each kind of effect: the vendor has done it, and nobody has recorded it. Then it starts again
// on the same data. Nobody is missed, every page goes on in its order, and nothing is done twice but the call of which
// the vendor itself cannot tell, which is harmless.
func crashBetweenDoneAndRecorded(t *testing.T) {
	for range 2 {
		err := crashBetween(t)
		if !errors.Is(err, errEarly) {
			if err != nil {
				t.Error(err)
			}
			return
		}
		t.Logf("the machine is overloaded, so all of it is tried once more: %v", err)
	}
	t.Error("the machine was overloaded twice")
}

// crashPatience is how long the first level has: longer than a request that was lost is waited for.
const crashPatience = 30 * time.Second

// crashBetween plays it once.
func crashBetween(t *testing.T) error {
	effects := crashEffects()
	c := newCrowd(t, len(effects), 300*time.Millisecond)
	c.tellBy(t, "call, sms, slack")
	for n := range effects {
		c.twilio.Phone(firstNumber(n), faketwilio.Behaviour{Reaction: faketwilio.Manual})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	port, err := freePort()
	if err != nil {
		return err
	}
	serve := func() *child {
		return startChild(t, c.environment(), "serve", "--config", c.config, "--runbooks", filepath.Join(c.dir, "runbooks"),
			"--data", filepath.Join(c.dir, "data"), "--engine-port", strconv.Itoa(port), "--ui-port", "-1")
	}
	first := serve()
	if err := c.ready(ctx); err != nil {
		return fmt.Errorf("never ready: %w\n%s", err, first.out)
	}
	pages := make([]*crashPage, len(effects))
	for n, e := range effects {
		pages[n] = &crashPage{crashEffect: e, c: c, pair: n, title: "Trouble with " + e.name + ".", number: firstNumber(n)}
		pages[n].hold = newHold(func(r vendorRequest) bool { return e.held(pages[n], r) })
		pages[n].hold.before = e.before
		c.holds.add(pages[n].hold)
	}
	if err := c.holdAll(ctx, pages); err != nil {
		return fmt.Errorf("%w\n%s", err, first.out)
	}
	first.kill()
	for _, p := range pages {
		if p.blind {
			c.twilio.Break(faketwilio.Fault{Kind: faketwilio.Broken, Op: faketwilio.ListCalls, To: p.number})
		}
	}
	second := serve()
	if err := c.ready(ctx); err != nil {
		return fmt.Errorf("never ready after the crash: %w\n%s", err, second.out)
	}
	judges := map[string]func(*testing.T){}
	for _, p := range pages {
		judges[p.name] = func(t *testing.T) { p.afterCrash(ctx, t) }
	}
	atOnce(t, judges)
	c.countedOnce(ctx, t, port)
	if t.Failed() {
		t.Logf("before the crash:\n%s\nafter it:\n%s", first.out, second.out)
	}
	second.kill()
	return nil
}

// holdAll declares the incidents and waits until each of them waits for the answer that never comes: first those whose
// level begins, then those whose page is over.
func (c *crowd) holdAll(ctx context.Context, pages []*crashPage) error {
	for _, p := range pages {
		if err := p.declare(ctx); err != nil {
			return err
		}
	}
	for _, p := range pages {
		if !p.acked {
			if err := p.hold.until(ctx); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			continue
		}
		if err := p.rings(ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if _, err := p.ask(ctx, http.MethodPost, "/"+string(contract.VerbAck), map[string]any{"as": firstOf(p.pair)}); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if err := p.hold.until(ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	for _, p := range pages {
		if p.hold.leftEarly() {
			return fmt.Errorf("%s: %w", p.name, errEarly)
		}
	}
	return nil
}

// declare begins the page's incident.
func (p *crashPage) declare(ctx context.Context) error {
	now := time.Now()
	body, err := json.Marshal(map[string]any{
		"title": p.title, "service": "payments", "severity": "SEV1", "inputs": map[string]any{
			"first": firstOf(p.pair), "next": nextOf(p.pair), "begun": now.UTC(), "due": now.Add(crashPatience).UTC(),
		},
	})
	if err != nil {
		return err
	}
	answer, err := p.c.request(ctx, http.MethodPost, "/v1/incidents", body)
	if err != nil {
		return err
	}
	var declared struct {
		Key incident.Key `json:"key"`
	}
	if err := json.Unmarshal(answer, &declared); err != nil || declared.Key == "" {
		return fmt.Errorf("the incident has no key: %s %w", answer, err)
	}
	p.key = declared.Key
	return nil
}

// ask asks about the incident, or does something with it.
func (p *crashPage) ask(ctx context.Context, method, what string, body any) (answer []byte, err error) {
	var text []byte
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	return p.c.request(ctx, method, "/v1/incidents/"+string(p.key)+what, text)
}

// page reads how the page stands.
func (p *crashPage) page(ctx context.Context) (incident.Page, error) {
	answer, err := p.ask(ctx, http.MethodGet, "", nil)
	if err != nil {
		return incident.Page{}, err
	}
	var shown contract.Snapshot
	if err := json.Unmarshal(answer, &shown); err != nil {
		return incident.Page{}, err
	}
	if len(shown.Incident.Pages) != 1 {
		return incident.Page{}, fmt.Errorf("%s has %d pages", p.key, len(shown.Incident.Pages))
	}
	return *shown.Incident.Pages[0], nil
}

// rings waits until everything of the first level has been done, and the telephone rings.
func (p *crashPage) rings(ctx context.Context) error {
	for {
		page, err := p.page(ctx)
		told := func(a incident.Attempt) bool {
			return a.Provider != "" && (a.Via != "call" || a.Status == incident.CallRinging)
		}
		if err == nil && len(page.Attempts) == 3 && !slices.ContainsFunc(page.Attempts, func(a incident.Attempt) bool { return !told(a) }) {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("the first level was not told: %w %w %+v", ctx.Err(), err, page)
		}
		pause(ctx, 20*time.Millisecond)
	}
}

// request asks the gateway and gives its answer, which must be a good one.
func (v *town) request(ctx context.Context, method, where string, body []byte) (answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, v.gateway()+where, strings.NewReader(string(body)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+townAPIToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	answer, err = io.ReadAll(res.Body)
	err = errors.Join(err, res.Body.Close())
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s %s", method, where, res.Status, answer)
	}
	return answer, err
}

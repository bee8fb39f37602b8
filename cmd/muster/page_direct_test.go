package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// outage is an installation of which nothing works but the telephone company: neither Temporal nor a gateway is there.
type outage struct {
	t      *testing.T
	fake   *faketwilio.Server
	dir    string
	behind atomic.Int64 // the company's clock, nanoseconds
	env    map[string]string
}

const (
	anaNumber  = "+12025550101"
	benNumber  = "+12025550102"
	olgaNumber = "+12025550103"
)

// outageConfig has somebody of every kind. Its secrets besides the telephone's are not there.
const outageConfig = `people:
  ana: { name: Ana Ruiz, phone: "` + anaNumber + `" }
  ben: { name: Ben Ito, phone: "` + benNumber + `" }
  olga: { name: Olga Marsh, phone: "` + olgaNumber + `" }
  mute: { name: Mia Mute, email: mia@example.com }
teams:
  search: { members: [ana, ben] }
schedules:
  sre-oncall: { person: ben }
  gap-oncall:
    zone: UTC
    layers: [{ name: past, rotation: { members: [{ who: ana, until: 2020-01-02 }], start: 2020-01-01, at: "09:00" } }]
policies:
  search-policy: { levels: [{ targets: [sre-oncall] }, { targets: [ana] }] }
fallback: [olga]
services:
  checkout: { owner: sre-oncall }
default: { service: checkout, runbook: service-outage }
gateway: { public_url: https://gone.example.com, tokens: { api: "${MUSTER_API_TOKEN}" } }
slack: { token: "${SLACK_BOT_TOKEN}", signing_secret: "${SLACK_SIGNING_SECRET}" }
twilio: { account_sid: "@ACCOUNT@", auth_token: "${TWILIO_AUTH_TOKEN}", from: "+12025550100", api_url: "@API@" }
data: @DATA@
`

func newOutage(t *testing.T) *outage {
	t.Helper()
	n := &outage{t: t, dir: t.TempDir()}
	fake := faketwilio.New(faketwilio.Options{Speed: 100, Now: func() time.Time { return time.Now().Add(-time.Duration(n.behind.Load())) }})
	api := httptest.NewServer(fake)
	t.Cleanup(api.Close)
	t.Cleanup(fake.Close)
	fake.Number("+12025550100", "")
	for _, number := range []string{anaNumber, benNumber, olgaNumber} {
		fake.Phone(number, faketwilio.Behaviour{Reaction: faketwilio.Answers})
	}
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	n.fake = fake
	n.env = map[string]string{
		"TWILIO_AUTH_TOKEN": fake.AuthToken(), "TEMPORAL_ADDRESS": net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
	}
	if err := os.Mkdir(n.data(), 0o700); err != nil {
		t.Fatal(err)
	}
	n.write(strings.NewReplacer("@ACCOUNT@", fake.AccountSID(), "@API@", api.URL, "@DATA@", n.data()).Replace(outageConfig))
	return n
}

func (n *outage) data() string   { return filepath.Join(n.dir, "data") }
func (n *outage) config() string { return filepath.Join(n.dir, "musterbook.yaml") }

func (n *outage) write(config string) {
	n.t.Helper()
	if err := os.WriteFile(n.config(), []byte(config), 0o600); err != nil {
		n.t.Fatal(err)
	}
}

// said is what a command answered.
type said struct {
	status         int
	stdout, stderr string
	out            directed // with --json
}

// page runs `muster page --direct` with further words.
func (n *outage) page(words ...string) said {
	n.t.Helper()
	var stdout, stderr bytes.Buffer
	args := append([]string{"page", "--direct", "--config", n.config(), "--json", "--wait", "20s"}, words...)
	s := said{status: run(context.Background(), args, shell{
		getenv: func(name string) string { return n.env[name] }, login: func() string { return "root" }, stdout: &stdout, stderr: &stderr,
	})}
	s.stdout, s.stderr = stdout.String(), stderr.String()
	if strings.Contains(s.stdout+s.stderr, n.fake.AuthToken()) {
		n.t.Error("the auth token is shown")
	}
	if s.stdout != "" && json.Valid(stdout.Bytes()) {
		if err := json.Unmarshal(stdout.Bytes(), &s.out); err != nil {
			n.t.Fatal(err)
		}
	}
	return s
}

// placed says how many calls and messages the telephone company has.
func (n *outage) placed(calls, texts int) {
	n.t.Helper()
	if c, m := len(n.fake.Calls()), len(n.fake.Messages()); c != calls || m != texts {
		n.t.Errorf("%d calls and %d messages, want %d and %d", c, m, calls, texts)
	}
}

func TestDirectTargets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		target, people, stderr string
		fallback               bool
	}{
		{target: "ana", people: "ana", stderr: "overrides do not count"},
		{target: "sre-oncall", people: "ben", stderr: "overrides do not count"},
		{target: "search", people: "ana ben"},
		{target: "search-policy", people: "ben", stderr: "search-policy has 2 levels; this calls the first one"},
		{target: "fallback", people: "olga"},
		{target: "gap-oncall", people: "olga", fallback: true, stderr: "nobody is on call on gap-oncall now: the fallback is called"},
	} {
		t.Run(test.target, func(t *testing.T) {
			t.Parallel()
			n := newOutage(t)
			s := n.page(test.target, "the database", "is gone", "--as", "ana")
			var people []string
			for _, p := range s.out.People {
				people = append(people, string(p.Person))
				if p.Call.Status != incident.CallAnswered && p.Call.Status != incident.CallCompleted || p.SMS.Status != incident.CallDelivered {
					t.Errorf("%+v", p)
				}
			}
			if s.status != 0 || !s.out.Reached || s.out.Temporal || s.out.Overrides || s.out.Fallback != test.fallback ||
				strings.Join(people, " ") != test.people || !strings.Contains(s.stderr, test.stderr) {
				t.Errorf("%d\n%s\n%s", s.status, s.stdout, s.stderr)
			}
			n.placed(len(people), len(people))
			twiml, body := n.fake.Calls()[0].TwiML, n.fake.Messages()[0].Body
			for _, words := range []string{"direct page by Ana Ruiz", "cannot be acknowledged", "the database is gone", "plus 1 2 0 2 5 5 5 0 1 0 1"} {
				if !strings.Contains(twiml, words) {
					t.Errorf("the call does not say %q: %s", words, twiml)
				}
			}
			for _, words := range []string{"Ana Ruiz", "cannot be acknowledged", "the database is gone", anaNumber, "(direct " + s.out.ID + ")"} {
				if !strings.Contains(body, words) {
					t.Errorf("the message does not say %q: %s", words, body)
				}
			}
			if strings.Contains(twiml, "Gather") || strings.Contains(twiml, "muster ack") {
				t.Errorf("the call has a menu: %s", twiml)
			}
		})
	}
}

func TestDirectOutcomes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		phone   faketwilio.Behaviour
		target  string // empty: ana
		status  int
		call    incident.CallStatus
		sms     incident.CallStatus
		details string
	}{
		{
			name: "answered", phone: faketwilio.Behaviour{Reaction: faketwilio.Answers, SMS: faketwilio.Undelivered, ErrorCode: 30005},
			call: incident.CallAnswered, sms: incident.CallFailed, details: "Twilio error 30005 (check the telephone number in the roster)",
		},
		{name: "message only", phone: faketwilio.Behaviour{Reaction: faketwilio.IsBusy}, call: incident.CallBusy, sms: incident.CallDelivered},
		{
			name: "no answer", phone: faketwilio.Behaviour{Reaction: faketwilio.RingsOut, SMS: faketwilio.Unsendable}, status: 1,
			call: incident.CallNoAnswer, sms: incident.CallFailed,
		},
		{
			name: "unreachable", phone: faketwilio.Behaviour{Reaction: faketwilio.Fails, SMS: faketwilio.Undelivered}, status: 1,
			call: incident.CallFailed, sms: incident.CallFailed, details: "the number could not be reached",
		},
		{name: "no telephone", target: "mute", status: 1, call: incident.CallRefused, sms: incident.CallRefused, details: "no telephone number is known"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			n := newOutage(t)
			n.fake.Phone(anaNumber, test.phone)
			target := test.target
			if target == "" {
				target = "ana"
			}
			s := n.page(target)
			if s.status != test.status || len(s.out.People) != 1 {
				t.Fatalf("%d\n%s\n%s", s.status, s.stdout, s.stderr)
			}
			p := s.out.People[0]
			if p.Call.Status == incident.CallCompleted {
				p.Call.Status = incident.CallAnswered // the call may be over before it is looked at
			}
			if p.Call.Status != test.call || p.SMS.Status != test.sms || !strings.Contains(p.Call.Detail+p.SMS.Detail, test.details) {
				t.Errorf("%+v", p)
			}
			if test.status == 1 && (!strings.Contains(s.stderr, "nobody was reached") || !strings.Contains(s.stderr, "--direct fallback")) {
				t.Error(s.stderr)
			}
		})
	}
}

func TestDirectWaitIsBounded(t *testing.T) {
	t.Parallel()
	n := newOutage(t)
	n.fake.Phone(anaNumber, faketwilio.Behaviour{Reaction: faketwilio.Manual, SMSAfter: time.Hour})
	begun := time.Now()
	s := n.page("ana", "--wait", "2s")
	if took := time.Since(begun); took > 8*time.Second {
		t.Errorf("it took %s", took)
	}
	if len(s.out.People) != 1 {
		t.Fatal(s.stderr)
	}
	p := s.out.People[0]
	if s.status != 1 || p.Call.Status != incident.CallRinging || !strings.Contains(p.Call.Detail, "no more was known after 2s") || p.SMS.Status != incident.CallQueued {
		t.Errorf("%d\n%s\n%s", s.status, s.stdout, s.stderr)
	}
}

// TestDirectFaults breaks the telephone company before the work, after it, and while it is asked what became of it. Whatever
// happens nobody is called twice, and whoever can be called is.
func TestDirectFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		faults       []faketwilio.Fault
		status       int
		calls, texts int
		detail       string
	}{
		{name: "503", faults: []faketwilio.Fault{{Kind: faketwilio.Unavailable, Times: 2}}, calls: 1, texts: 1},
		{name: "503 as a page", faults: []faketwilio.Fault{{Kind: faketwilio.HTML, Times: 2}}, calls: 1, texts: 1},
		{name: "429", faults: []faketwilio.Fault{{Kind: faketwilio.TooMany, Times: 2, RetryAfter: time.Second}}, calls: 1, texts: 1},
		{name: "dropped before", faults: []faketwilio.Fault{{Kind: faketwilio.Drop, Times: 2}}, calls: 1, texts: 1},
		{name: "dropped after", calls: 1, texts: 1, faults: []faketwilio.Fault{
			{Op: faketwilio.CreateCall, Kind: faketwilio.Drop, AfterWork: true, Times: 1},
			{Op: faketwilio.CreateMessage, Kind: faketwilio.Drop, AfterWork: true, Times: 1},
		}},
		{name: "500 after", calls: 1, texts: 1, faults: []faketwilio.Fault{
			{Op: faketwilio.CreateCall, Kind: faketwilio.Broken, AfterWork: true, Times: 1},
			{Op: faketwilio.CreateMessage, Kind: faketwilio.HTML, AfterWork: true, Times: 1},
		}},
		{name: "looks fail", calls: 1, texts: 1, faults: []faketwilio.Fault{
			{Op: faketwilio.FetchCall, Kind: faketwilio.Drop, Times: 2}, {Op: faketwilio.FetchMessage, Kind: faketwilio.Unavailable, Times: 1},
		}},
		{name: "account refused", faults: []faketwilio.Fault{{Kind: faketwilio.Revoked}}, status: 1, detail: "check twilio's account sid and auth token"},
		{name: "refused between", faults: []faketwilio.Fault{
			{Op: faketwilio.FetchCall, Kind: faketwilio.Revoked}, {Op: faketwilio.FetchMessage, Kind: faketwilio.Revoked},
		}, status: 1, calls: 1, texts: 1, detail: "what became of it cannot be asked"},
		{name: "number invalid", faults: []faketwilio.Fault{{Kind: faketwilio.Refuse, Code: 21211}}, status: 1, detail: "check the telephone number in the roster"},
		{name: "unsubscribed", faults: []faketwilio.Fault{{Op: faketwilio.CreateMessage, Kind: faketwilio.Refuse, Code: 21610}}, calls: 1, detail: "replied STOP"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			n := newOutage(t)
			for _, f := range test.faults {
				n.fake.Break(f)
			}
			s := n.page("ana")
			if s.status != test.status || len(s.out.People) != 1 {
				t.Fatalf("%d\n%s\n%s", s.status, s.stdout, s.stderr)
			}
			n.placed(test.calls, test.texts)
			if p := s.out.People[0]; !strings.Contains(p.Call.Detail+p.SMS.Detail, test.detail) {
				t.Errorf("%+v", p)
			}
		})
	}
}

func TestDirectIsIdempotentByItsID(t *testing.T) {
	t.Parallel()
	drop := func(op faketwilio.Operation) faketwilio.Fault {
		return faketwilio.Fault{Op: op, Kind: faketwilio.Drop, AfterWork: true, Times: 1}
	}
	for _, test := range []struct {
		name         string
		between      func(*outage)
		faults       []faketwilio.Fault
		first        []string
		second       string // id
		hours        int    // the company's clock is so much behind at first
		calls, texts int
	}{
		{name: "again", second: "one", calls: 1, texts: 1},
		{name: "another id", second: "on", calls: 2, texts: 2},
		{name: "another machine", second: "one", calls: 1, texts: 1, between: func(n *outage) {
			if err := os.RemoveAll(filepath.Join(n.data(), notesDir)); err != nil {
				n.t.Error(err)
			}
		}},
		{name: "more than an hour later", second: "one", calls: 2, texts: 2, hours: 2, between: func(n *outage) {
			path := filepath.Join(n.data(), notesDir, "one.json")
			page, _ := readNotes(path)
			page.At = page.At.Add(-directMemory)
			text, err := json.Marshal(page)
			if err == nil {
				err = os.WriteFile(path, text, 0o600)
			}
			if err != nil {
				n.t.Error(err)
			}
		}},
		// The company has done the work and the command has ended before it learned of it.
		{name: "broken off", second: "one", calls: 1, texts: 1, first: []string{"--wait", "1s"}, faults: []faketwilio.Fault{
			drop(faketwilio.CreateCall), drop(faketwilio.CreateMessage),
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			n := newOutage(t)
			for _, f := range test.faults {
				n.fake.Break(f)
			}
			n.behind.Store(int64(test.hours) * int64(time.Hour))
			n.page(append([]string{"ana", "--id", "one"}, test.first...)...)
			n.behind.Store(0)
			if test.between != nil {
				test.between(n)
			}
			s := n.page("ana", "--id", test.second)
			if s.status != 0 {
				t.Errorf("%d\n%s\n%s", s.status, s.stdout, s.stderr)
			}
			n.placed(test.calls, test.texts)
		})
	}
}

// TestDirectTwiceAtOnce: two commands with one id at the same moment are one page, and both tell its outcome. A first one
// that hangs does not keep the second from calling.
func TestDirectTwiceAtOnce(t *testing.T) {
	t.Parallel()
	const slow = 150 * time.Second // of the company's clock, which is a hundred times as fast
	n := newOutage(t)
	for _, op := range []faketwilio.Operation{faketwilio.CreateCall, faketwilio.CreateMessage} {
		n.fake.Break(faketwilio.Fault{Op: op, Kind: faketwilio.Slow, Delay: slow})
	}
	first := make(chan said, 1)
	go func() { first <- n.page("ana", "--id", "one") }()
	for page := (notedPage{}); len(page.Ways) < 2; time.Sleep(10 * time.Millisecond) {
		page, _ = readNotes(filepath.Join(n.data(), notesDir, "one.json"))
	}
	second := n.page("ana", "--id", "one")
	for name, s := range map[string]said{"first": <-first, "second": second} {
		if s.status != 0 || !s.out.Reached {
			t.Errorf("%s: %d\n%s\n%s", name, s.status, s.stdout, s.stderr)
		}
	}
	if !strings.Contains(second.stderr, "--id one, is under way on this machine") {
		t.Errorf("it does not say what it waits for: %s", second.stderr)
	}
	n.placed(1, 1)
}

func TestDirectDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	n := newOutage(t)
	dir := filepath.Join(n.data(), notesDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	release, err := lockFile(filepath.Join(dir, "one.lock")) // of a command that hangs and has placed nothing
	if err != nil {
		t.Fatal(err)
	}
	s := n.page("ana", "--id", "one", "--wait", "1s")
	if err := release(); err != nil {
		t.Error(err)
	}
	if len(s.out.People) != 1 {
		t.Errorf("%d\n%s\n%s", s.status, s.stdout, s.stderr)
	}
	n.placed(1, 1)
}

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// ward is an installation that a doctor looks at: its vendors, its gateway and its public address are simulated, and no
// server runs. As it is made, nothing is wrong with it.
type ward struct {
	t             *testing.T
	first, second *faketwilio.Server
	slack         *fakeslack.Server
	door, public  *front
	proxy         *httptest.Server // TLS; stands for all of example.com
	env           map[string]string
	config        string
	dir           string
	flags         doctorFlags
	local         string       // where no engine listens
	behind        atomic.Int64 // by which the vendors' clocks differ from ours, nanoseconds
}

// front is something that answers HTTP with an installation's mark.
type front struct {
	mu       sync.Mutex
	status   int
	mark     string
	location string
	only     string // the one path that is passed on; empty = all
	asked    []string
}

// wardMark is the mark of the ward's installation.
const wardMark = "0123456789abcdef"

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, r.Method+" "+r.URL.Path)
	if f.mark != "" && (f.only == "" || f.only == r.URL.Path) {
		w.Header().Set(gateway.InstallationHeader, f.mark)
	}
	if f.location != "" {
		w.Header().Set("Location", f.location)
	}
	w.WriteHeader(cmp.Or(f.status, http.StatusOK))
}

// The numbers and the public address of the ward.
const (
	wardFirst   = "+4930100100"
	wardSecond  = "+4930100200"
	wardAddress = "https://muster.example.com"
)

const wardConfig = `people:
  ana: { name: Ana Ruiz, email: ana@example.com, phone: "+4930555101" }
  ben: { name: Ben Ito, email: ben@example.com, phone: "+4930555102" }
schedules:
  sre-oncall: { person: ana }
  support-oncall: { person: ana }
  engineering-manager: { person: ben }
  cto: { person: ben }
  vp-engineering: { person: ben }
fallback: [ben, ana]
services:
  checkout: { owner: sre-oncall }
default: { service: checkout, runbook: service-outage }
gateway: { listen: "@DOOR@", public_url: https://muster.example.com, tokens: { api: "${MUSTER_API_TOKEN}" } }
slack: { token: "${SLACK_BOT_TOKEN}", signing_secret: "${SLACK_SIGNING_SECRET}", api_url: "@SLACK@/api" }
twilio:
  account_sid: "@ACCOUNT@"
  auth_token: ${TWILIO_AUTH_TOKEN}
  from: "@FIRST@"
  api_url: "@ONE@"
  second: { account_sid: "@ACCOUNT@", auth_token: "${TWILIO_OTHER_TOKEN}", from: "@SECOND@", api_url: "@TWO@" }
heartbeat: https://watcher.example.com/ping/secret-id
data: "@DATA@"
`

func newWard(t *testing.T) *ward {
	t.Helper()
	w := &ward{t: t, dir: t.TempDir(), door: &front{mark: wardMark}, public: &front{status: http.StatusMethodNotAllowed, mark: wardMark}}
	serve := func(h http.Handler) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	account := func(token, number, replies string) *faketwilio.Server {
		s := faketwilio.New(faketwilio.Options{AuthToken: token, Now: w.now})
		t.Cleanup(s.Close)
		s.Number(number, replies)
		return s
	}
	w.first = account("f00dfeedf00dfeedf00dfeedf00dfee1", wardFirst, wardAddress+"/twilio/sms")
	w.second = account("f00dfeedf00dfeedf00dfeedf00dfee2", wardSecond, wardAddress+"/second/twilio/sms")
	w.slack = fakeslack.New(fakeslack.Options{Token: "xoxb-ward-token", Now: w.now, URL: "https://ward.example.com"})
	w.proxy = httptest.NewTLSServer(w.public)
	t.Cleanup(w.proxy.Close)
	w.env = map[string]string{
		"MUSTER_API_TOKEN": "api-token-of-the-ward", "SLACK_BOT_TOKEN": "xoxb-ward-token", "SLACK_SIGNING_SECRET": "signing-secret-of-the-ward",
		"TWILIO_AUTH_TOKEN": w.first.AuthToken(), "TWILIO_OTHER_TOKEN": w.second.AuthToken(),
	}
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	w.local = fmt.Sprintf("127.0.0.1:%d", port)
	w.config = strings.NewReplacer("@DOOR@", strings.TrimPrefix(serve(w.door), "http://"), "@SLACK@", serve(w.slack),
		"@ACCOUNT@", w.first.AccountSID(), "@ONE@", serve(w.first), "@TWO@", serve(w.second),
		"@FIRST@", wardFirst, "@SECOND@", wardSecond, "@DATA@", w.data()).Replace(wardConfig)
	if err := os.Mkdir(w.data(), 0o700); err != nil {
		t.Fatal(err)
	}
	w.write(filepath.Join("data", lastGoodName), w.config)
	return w
}

// plug puts Slack's socket into the place of its way over the web.
func (w *ward) plug() {
	w.t.Helper()
	w.env["SLACK_APP_TOKEN"] = fakeslack.DefaultAppToken
	w.change(`signing_secret: "${SLACK_SIGNING_SECRET}"`, `app_token: "${SLACK_APP_TOKEN}"`)
}

// announces lets the installation announce its incidents in a channel.
func (w *ward) announces(channel string) {
	w.t.Helper()
	w.change("slack: { token:", `slack: { announce: "`+channel+`", token:`)
}

func (w *ward) data() string { return filepath.Join(w.dir, "data") }

func (w *ward) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// change replaces a piece of the configuration, and of the copy that the server keeps.
func (w *ward) change(from, to string) {
	w.t.Helper()
	if !strings.Contains(w.config, from) {
		w.t.Fatalf("the configuration has no %q", from)
	}
	w.config = strings.Replace(w.config, from, to, 1)
	w.write(filepath.Join("data", lastGoodName), w.config)
}

// examined is what a doctor says of the ward. It is checked that nothing was done and no secret is shown.
func (w *ward) examined(inJSON bool) ([]diagnosis, string, error) {
	w.t.Helper()
	w.write("musterbook.yaml", w.config)
	w.flags.files.config = filepath.Join(w.dir, "musterbook.yaml")
	var out bytes.Buffer
	d := newDoctor(shell{getenv: func(name string) string { return w.env[name] }}, w.flags)
	client := w.proxy.Client()
	client.CheckRedirect = d.web.CheckRedirect
	d.web, d.local, d.beat = client, w.local, time.Second
	report := doctorReport{printer: printer{w: &out, json: inJSON}, width: doctorWidest}
	for _, check := range doctorChecks() {
		found := d.run(w.t.Context(), check)
		// The free space of the machine that tests is not known.
		report.add(slices.DeleteFunc(found, func(d diagnosis) bool { return strings.Contains(d.What, "disk space") }))
	}
	d.hangUp()
	err := report.end()
	w.untouched(out.String())
	return report.found, out.String(), err
}

// untouched checks that nobody was called, nothing was sent and no secret is shown.
func (w *ward) untouched(out string) {
	w.t.Helper()
	for _, company := range []*faketwilio.Server{w.first, w.second} {
		for _, r := range company.Requests() {
			if r.Method != http.MethodGet {
				w.t.Errorf("a doctor has done something: %s %s", r.Method, r.Path)
			}
		}
	}
	for _, r := range w.slack.Requests() {
		if !slices.Contains([]string{"auth.test", "apps.connections.open", "conversations.info", "conversations.list", "users.lookupByEmail"}, r.Method) { // none changes anything
			w.t.Errorf("a doctor has done something in Slack: %s", r.Method)
		}
	}
	if _, ever := w.slack.Connections(); ever > 0 {
		w.t.Errorf("a doctor has opened %d sockets, and takes what is sent to a server", ever)
	}
	for _, asked := range slices.Concat(w.door.asked, w.public.asked) {
		if !strings.HasPrefix(asked, "GET ") {
			w.t.Errorf("a doctor has sent something: %s", asked)
		}
	}
	for _, secret := range slices.Concat(slices.Collect(maps.Values(w.env)), []string{"secret-id"}) {
		if strings.Contains(out, secret) {
			w.t.Errorf("the secret %q is shown", secret)
		}
	}
}

// now is the vendors' clock.
func (w *ward) now() time.Time { return time.Now().Add(time.Duration(w.behind.Load())) }

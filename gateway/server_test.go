package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
)

func TestBadRequests(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	in := d.declared(t)
	at := "/v1/incidents/" + string(in.Key)
	am, bearer := "Bearer "+sourceToken, "Bearer "+apiToken
	cases := []struct {
		name, method, path, body, token string
		status                          int
		what, hint                      string
	}{
		{"unknown route", "GET", "/v2/x", "", bearer, 404, "there is nothing at this address", "the API is under /v1/"},
		{"the root", "GET", "/", "", "", 404, "there is nothing at this address", "the API is under /v1/"},
		{"another method", "GET", "/v1/alerts/alertmanager", "", am, 405, "GET is not possible here", "use POST"},
		{"unknown source", "POST", "/v1/alerts/nagios", "{}", am, 404, `unknown alert source "nagios"`, "known: alertmanager"},
		{"no token", "POST", "/v1/alerts/alertmanager", "{}", "", 401, "the token is missing or wrong", "send the header Authorization: Bearer <token>"},
		{"wrong token", "POST", "/v1/alerts/alertmanager", "{}", "Bearer x", 401, "the token is missing or wrong", "send the header Authorization: Bearer <token>"},
		{"the API's token for alerts", "POST", "/v1/alerts/alertmanager", "{}", bearer, 401, "the token is missing or wrong", "send the header Authorization: Bearer <token>"},
		{"the source's token for the API", "GET", "/v1/incidents", "", am, 401, "the token is missing or wrong", "send the header Authorization: Bearer <token>"},
		{"basic", "GET", "/v1/incidents", "", "Basic " + apiToken, 401, "the token is missing or wrong", "send the header Authorization: Bearer <token>"},
		{"malformed alerts", "POST", "/v1/alerts/alertmanager", "{", am, 400, "line 1, column 7: unexpected end of JSON input", "nothing of this request was taken"},
		{"alerts of nothing", "POST", "/v1/alerts/alertmanager", "{}", am, 400, "a delivery needs a grouping key and at least one alert", ""},
		{"oversized alerts", "POST", "/v1/alerts/alertmanager", strings.Repeat(" ", 1<<20+1), am, 413, "the body is larger than 1048576 bytes", "send less in one request"},
		{"oversized act", "POST", at + "/note", strings.Repeat(" ", 1<<20+1), bearer, 413, "the body is larger than 1048576 bytes", "send less in one request"},
		{"unknown incident", "GET", "/v1/incidents/INC-99999", "", bearer, 404, `unknown incident "INC-99999"`, "list shows the incidents that are open"},
		{"acting on an unknown incident", "POST", "/v1/incidents/x/resolve", "", bearer, 404, `unknown incident "X"`, "list shows the incidents that are open"},
		{
			"unknown verb", "POST", at + "/explode", "", bearer, 400, `unknown verb "explode"`,
			"one of: ack, severity, assign, answer, approve, reject, done, note, page, escalate, quiet, resolve, cancel, " +
				"pause, resume, retry, skip, stop, reassign, advance, return, step, edit, revert, send, upgrade, withdraw",
		},
		{"unknown field", "POST", at + "/note", `{"text":"x"}`, bearer, 400, `unknown field "text"`, ""},
		{"malformed act", "POST", at + "/note", "{\n \"value\": }", bearer, 400, "malformed JSON: line 2, column 11: invalid character '}' looking for beginning of value", ""},
		{"cut act", "POST", at + "/note", "{\n \"value\": \"", bearer, 400, "malformed JSON: line 2, column 12: it ends in the middle", ""},
		{"two acts", "POST", at + "/note", `{"value":"x"} {}`, bearer, 400, "malformed JSON: line 1, column 16: more than one value", ""},
		{"a number for a text", "POST", at + "/note", `{"value":1}`, bearer, 400, `field "value": number where string is expected`, ""},
		{"unknown person", "POST", at + "/note", `{"value":"x","as":"zoe"}`, bearer, 400, `unknown person "zoe" in as`, "give the name or the e-mail that the roster has, or leave as out"},
		{"unknown severity", "POST", at + "/severity", `{"value":"SEV9"}`, bearer, 409, `unknown severity "SEV9"`, "one of: SEV1, SEV2, SEV3"},
		{"declaring nothing", "POST", "/v1/incidents", "", bearer, 400, "an incident needs a title", "say in a few words what is broken"},
		{"declaring with an unknown field", "POST", "/v1/incidents", `{"tilte":"x"}`, bearer, 400, `unknown field "tilte"`, ""},
		{"declaring an unknown severity", "POST", "/v1/incidents", `{"title":"x","service":"basket","severity":"P1"}`, bearer, 400, `unknown severity "P1"`, "one of: SEV1, SEV2, SEV3"},
		{"after what", "GET", at + "/timeline?after=-1", "", bearer, 400, `after="-1" is no number from 0`, "use the seq of the last entry that you have"},
		{"all what", "GET", "/v1/incidents?all=maybe", "", bearer, 400, `all="maybe" is neither true nor false`, "use all=true"},
		{"drills what", "GET", "/v1/incidents?drills=maybe", "", bearer, 400, `drills="maybe" is neither true nor false`, "use drills=true"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := d.send(t, c.method, c.path, c.body, "Authorization", c.token)
			what, hint := r.problem(t)
			if r.status != c.status || what != c.what || hint != c.hint {
				t.Errorf("answered %d %q (%q)\nwant     %d %q (%q)", r.status, what, hint, c.status, c.what, c.hint)
			}
			if c.status == 401 && r.header.Get("WWW-Authenticate") == "" {
				t.Error("401 without WWW-Authenticate")
			}
		})
	}
	r := d.api(t, "POST", at+"/note", "x", "Content-Encoding", "gzip")
	if what, _ := r.problem(t); r.status != 415 || what != `Content-Encoding "gzip" is not read here` {
		t.Errorf("gzip answered %d %q", r.status, what)
	}
	r = d.api(t, "POST", at+"/note", "{}", "Idempotency-Key", strings.Repeat("k", 200))
	if what, _ := r.problem(t); r.status != 400 || what != "the Idempotency-Key is not 1 to 128 visible characters" {
		t.Errorf("a long key answered %d %q", r.status, what)
	}
}

func TestAPI(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	declare := `{"title":"` + own(t) + `","service":"basket","severity":"SEV2","as":"ana","inputs":{"count":7}}`
	first := d.api(t, "POST", "/v1/incidents", declare)
	if first.status != http.StatusCreated {
		t.Fatalf("declaring answered %d: %s", first.status, first.body)
	}
	in := read[gateway.Declared](t, first)
	again := d.api(t, "POST", "/v1/incidents", declare)
	if got := read[gateway.Declared](t, again); again.status != http.StatusOK || got.Key != in.Key || !got.Again {
		t.Errorf("the replayed declaration answered %d %s, want 200 and the same incident", again.status, again.body)
	}
	at := "/v1/incidents/" + string(in.Key)

	note := `{"value":"looking into it"}`
	receipts := []reply{
		d.api(t, "POST", at+"/note", note),
		d.api(t, "POST", at+"/note", note), // replayed
		d.api(t, "POST", at+"/note", note, "Idempotency-Key", "k-1"),
		d.api(t, "POST", at+"/note", note, "Idempotency-Key", "k-1"), // replayed
		d.send(t, "POST", at+"/note", note, "Authorization", "Bearer bot-secret"),
		d.api(t, "POST", strings.ToLower(at)+"/severity", `{"value":"SEV1","as":"ana@example.com"}`),
		d.api(t, "POST", at+"/note", note), // meant again: something else came between
	}
	for n, r := range receipts[:5] {
		if want := (contract.Receipt{Text: "note done on " + string(in.Key)}); r.status != http.StatusOK || !cmp.Equal(read[contract.Receipt](t, r), want) {
			t.Errorf("act %d answered %d %s", n, r.status, r.body)
		}
	}
	d.clock.move(2 * time.Minute)
	d.api(t, "POST", at+"/note", note)

	part := read[contract.TimelinePart](t, d.api(t, "GET", at+"/timeline?after=1", ""))
	var lines []string
	for _, e := range part.Entries {
		lines = append(lines, fmt.Sprintf("%s %s %s/%s/%v", e.Kind, e.By.Name, e.By.Door, e.By.Login, e.By.Verified))
	}
	want := []string{
		"note ci api/ci/true", "note ci api/ci/true", "note bot api/bot/true",
		"severity Ana Lima api/ci/false", "note ci api/ci/true",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("timeline; a replayed request leaves one line (-want +got):\n%s", diff)
	}
	snapshot := read[contract.Snapshot](t, d.api(t, "GET", at, ""))
	if snapshot.Incident.Severity != "SEV1" || snapshot.Incident.DeclaredBy.Person != "ana" {
		t.Errorf("snapshot: %+v", snapshot.Incident)
	}
	list := read[struct{ Incidents []gateway.Line }](t, d.api(t, "GET", "/v1/incidents", ""))
	found := false
	for _, l := range list.Incidents {
		found = found || l.Key == in.Key && l.Severity == "SEV1"
	}
	if !found {
		t.Errorf("%s is not in the list", in.Key)
	}

	d.api(t, "POST", at+"/resolve", "")
	d.closed(t, in)
	r := d.api(t, "POST", at+"/severity", `{"value":"SEV3","reason":"x"}`)
	if what, hint := r.problem(t); r.status != http.StatusConflict || what != string(in.Key)+" is closed (resolved)" || hint == "" {
		t.Errorf("acting on what is closed answered %d %q (%q)", r.status, what, hint)
	}
	all := read[struct{ Incidents []gateway.Line }](t, d.api(t, "GET", "/v1/incidents?all=true", ""))
	found = false
	for _, l := range all.Incidents {
		found = found || l.Key == in.Key && l.Ending == incident.Resolved
	}
	if !found {
		t.Errorf("%s is not among all incidents", in.Key)
	}
}

func TestSecretsStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.api(t, "GET", "/v1/incidents?all=true&mac=query-secret", "", "X-Request-Id", "trace-1")
	d.send(t, "GET", "/path-secret", "", "Authorization", "Bearer guessed-secret", "X-Request-Id", "two\twords")
	log := d.log.String()
	if strings.Contains(log, "secret") {
		t.Errorf("a secret stands in the log:\n%s", log)
	}
	for _, want := range []string{`request=trace-1 method=GET route="GET /v1/incidents" status=200`, `method=GET route="" status=404`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
	if strings.Contains(log, "two") {
		t.Errorf("a request id with a control character was taken:\n%s", log)
	}
	token := gateway.Token{Name: "ci", Value: "api-secret"}
	raw, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v %s %s", token, token, token, token, raw); strings.Contains(text, "secret") {
		t.Errorf("a token prints as %s", text)
	}
}

func TestMountsShareTheLimits(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(_ *gateway.Options, c *gateway.ServerConfig) {
		c.BodyLimit = 10
		c.Mounts = map[string]http.Handler{
			"POST /slack/actions": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.ReadAll(r.Body); err != nil {
					http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
				}
			}),
			"/twilio/": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a fault of a vendor's handler") }),
		}
	})
	if r := d.send(t, "POST", "/slack/actions", "short"); r.status != http.StatusOK || r.header.Get("X-Request-Id") == "" {
		t.Errorf("answered %d", r.status)
	}
	if r := d.send(t, "POST", "/slack/actions", "longer than ten"); r.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a long body answered %d", r.status)
	}
	r := d.send(t, "POST", "/twilio/voice", "")
	if what, _ := r.problem(t); r.status != http.StatusInternalServerError || what != "this did not work" {
		t.Errorf("a panic answered %d %q", r.status, what)
	}
	if !strings.Contains(d.log.String(), "a fault of a vendor's handler") {
		t.Error("the panic is not in the log")
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	d := newDoor(t, func(_ *gateway.Options, c *gateway.ServerConfig) {
		c.Mounts = map[string]http.Handler{"GET /slow": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(entered)
			<-release
			w.WriteHeader(http.StatusAccepted)
		})}
	})
	if r := d.send(t, "GET", "/readyz", ""); r.status != http.StatusOK {
		t.Fatalf("readyz is %d: %s", r.status, r.body)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.url = "http://" + l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- d.server.Serve(l) }()
	slow := make(chan int, 1)
	go func() {
		res, err := http.Get(d.url + "/slow")
		if err != nil {
			slow <- -1
			return
		}
		slow <- res.StatusCode
		_ = res.Body.Close()
	}()
	<-entered

	tight, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := d.server.Drain(tight); err == nil {
		t.Error("drained while a request was in flight")
	}
	for _, path := range []string{"/v1/incidents", "/readyz", "/slow"} {
		if r := d.api(t, "GET", path, ""); r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" {
			t.Errorf("%s answered %d while draining", path, r.status)
		}
	}
	if r := d.deliver(t, body(t, own(t), alert("basket", "Latency"))); r.status != http.StatusServiceUnavailable {
		t.Errorf("alerts answered %d while draining", r.status)
	}
	if r := d.send(t, "GET", "/healthz", ""); r.status != http.StatusOK {
		t.Errorf("healthz answered %d while draining", r.status)
	}
	close(release)
	if err := d.server.Close(t.Context()); err != nil {
		t.Errorf("close: %v", err)
	}
	if status := <-slow; status != http.StatusAccepted {
		t.Errorf("the request in flight was answered %d, want its own answer", status)
	}
	if err := <-served; err != nil {
		t.Errorf("serve: %v", err)
	}
}

func TestServerWantsItsParts(t *testing.T) {
	t.Parallel()
	_, err := gateway.NewServer(gateway.ServerConfig{
		Sources: map[string]gateway.Source{
			"a": {},
			"b": {Decode: decodeGroup, Tokens: func() []gateway.Token { return []gateway.Token{{Name: "empty"}} }},
		},
		BodyLimit: -1,
	})
	want := `the gateway's server needs incidents
alert source a has no decoder
alert source a has no token: nobody could send alerts; configure one
alert source b has no token: nobody could send alerts; configure one
the body limit is -1 bytes; give a positive number`
	if err == nil || err.Error() != want {
		t.Errorf("problems:\n%v\nwant:\n%s", err, want)
	}
	if _, err := gateway.New(gateway.Options{}); err == nil {
		t.Error("incidents without a client")
	}
}

func TestActors(t *testing.T) {
	t.Parallel()
	people := rosterOf{}
	cases := []struct {
		name string
		got  incident.Actor
		want incident.Actor
	}{
		{"Slack id", gateway.SlackActor(people, "U1", "", "x"), incident.Actor{Person: "ana", Name: "Ana Lima", Door: incident.DoorSlack, Verified: true}},
		{"Slack e-mail", gateway.SlackActor(people, "U9", "ana@example.com", "x"), incident.Actor{Person: "ana", Name: "Ana Lima", Door: incident.DoorSlack, Verified: true}},
		{"Slack stranger", gateway.SlackActor(people, "U9", "", "Zoe"), incident.Actor{Name: "Zoe", Door: incident.DoorSlack, Verified: true}},
		{"telephone", gateway.PhoneActor(people, "+15550001", incident.DoorPhone), incident.Actor{Person: "ana", Name: "Ana Lima", Door: incident.DoorPhone, Verified: true}},
		{"another telephone", gateway.PhoneActor(people, "+1", incident.DoorSMS), incident.Actor{Name: "somebody on the telephone", Door: incident.DoorSMS}},
		{"command line as", gateway.CLIActor(people, "ana", "root"), incident.Actor{Person: "ana", Name: "Ana Lima", Door: incident.DoorCLI, Login: "root"}},
		{"command line as itself", gateway.CLIActor(people, "", "root"), incident.Actor{Name: "root", Door: incident.DoorCLI, Login: "root"}},
		{"command line without a roster", gateway.CLIActor(nil, "ben", "root"), incident.Actor{Person: "ben", Name: "ben", Door: incident.DoorCLI, Login: "root"}},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

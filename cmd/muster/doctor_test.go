package main

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/providers/slack/fakeslack"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// ill is one thing that is wrong with the ward, and what a doctor must say of it.
type ill struct {
	name    string
	make    func(*ward)
	group   string
	verdict verdict
	what    string // a piece of the finding
	remedy  string // a piece of the remedy
}

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, test := range ills() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWard(t)
			test.make(w)
			found, out, err := w.examined(false)
			seen := false
			for _, d := range found {
				seen = seen || d.Group == test.group && d.Verdict == test.verdict && strings.Contains(d.What, test.what) &&
					strings.Contains(d.Remedy, test.remedy)
			}
			if !seen {
				t.Errorf("not found: %s %s %q → %q, in\n%s", test.group, test.verdict, test.what, test.remedy, out)
			}
			fails := slices.ContainsFunc(found, func(d diagnosis) bool { return d.Verdict == verdictFail })
			if got := err != nil; got != fails || test.verdict == verdictFail && !fails {
				t.Errorf("failure %v (%v), in\n%s", got, err, out)
			}
			for line := range strings.SplitSeq(strings.ReplaceAll(out, w.dir, "/srv"), "\n") {
				if len([]rune(line)) > doctorWidest {
					t.Errorf("wider than %d columns: %s", doctorWidest, line)
				}
			}
		})
	}
}

// A doctor that finds nothing says so, and no more than fits on a terminal's page.
func TestDoctorOfAHealthyInstallation(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	found, out, err := w.examined(false)
	if err != nil {
		t.Error(err)
	}
	for _, d := range found {
		if d.Verdict == verdictFail || d.Verdict == verdictWarn {
			t.Errorf("%+v", d)
		}
	}
	lines := 0
	for _, d := range found {
		d.What, d.Remedy = strings.ReplaceAll(d.What, w.dir+"/", ""), strings.ReplaceAll(d.Remedy, w.dir+"/", "")
		lines += len(d.lines(doctorWidest - findingsColumn))
	}
	if lines > 22 { // and two of the summary
		t.Errorf("%d lines:\n%s", lines, out)
	}
}

// The JSON is what programs rely on.
func TestDoctorInJSON(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.change("heartbeat: https://watcher.example.com/ping/secret-id\n", "")
	w.first.SetAccount(faketwilio.AccountState{Status: faketwilio.AccountSuspended})
	_, out, err := w.examined(true)
	if err == nil {
		t.Error("a suspended account is no failure")
	}
	golden := filepath.Join("testdata", "doctor", "findings.json")
	got := strings.NewReplacer(w.dir, "DIR", w.local, "ENGINE", w.listen(), "GATEWAY").Replace(out)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

// listen is where the ward's gateway listens.
func (w *ward) listen() string {
	_, rest, _ := strings.Cut(w.config, `listen: "`)
	listen, _, _ := strings.Cut(rest, `"`)
	return listen
}

func TestRoomForIncidents(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		free, total uint64
		want        verdict
	}{
		{name: "ample", free: 50 * gibibyte, total: 100 * gibibyte, want: verdictOK},
		{name: "a small part of a large disk", free: 40 * gibibyte, total: 4000 * gibibyte, want: verdictOK},
		{name: "less than a twentieth", free: 4 * gibibyte, total: 100 * gibibyte, want: verdictWarn},
		{name: "less than a gibibyte", free: gibibyte / 2, total: gibibyte, want: verdictWarn},
		{name: "full", free: 0, total: gibibyte, want: verdictFail},
		{name: "a disk without a size", free: 0, total: 0, want: verdictFail},
	} {
		if got := roomFor(test.free, test.total); got.Verdict != test.want {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

// ills are all things that can be wrong with an installation of which no server runs.
func ills() []ill {
	refuse := func(code int) faketwilio.Fault {
		return faketwilio.Fault{Kind: faketwilio.Refuse, Code: code, Status: http.StatusForbidden}
	}
	return []ill{
		// The configuration.
		{"a faulty file", func(w *ward) { w.change("fallback: [ben, ana]", "fallback: [zoe]") }, "configuration", verdictFail, "zoe", ""},
		{"nothing else is asked then", func(w *ward) { w.change("fallback: [ben, ana]", "fallback: [zoe]") }, "configuration", verdictWarn, "could not be looked at", "correct"},
		{"a secret is missing", func(w *ward) { delete(w.env, "MUSTER_API_TOKEN") }, "configuration", verdictFail, "MUSTER_API_TOKEN", "set them"},
		{"a secret's file", func(w *ward) { w.change("${SLACK_BOT_TOKEN}", "file:/nonexistent/token") }, "configuration", verdictFail, "slack.token: cannot read", "readable"},
		// People.
		{"a gap", func(w *ward) {
			w.change("sre-oncall: { person: ana }", "sre-oncall: { zone: UTC, layers: [{ name: past, rotation: { members: [{ who: ana, until: 2020-01-02 }], start: 2020-01-01, at: \"09:00\" } }] }")
		}, "people", verdictWarn, "nobody is on call", "muster check"},
		{"a runbook calls a stranger", func(w *ward) { w.change("  cto: { person: ben }\n", "") }, "people", verdictFail, `calls "cto"`, "muster check"},
		{"one alone is the fallback", func(w *ward) { w.change("[ben, ana]", "[ben]") }, "people", verdictWarn, "Ben Ito alone", "second person"},
		{"the fallback reads messages", func(w *ward) {
			w.change(`phone: "+4930555102"`, `contact: { high: [{ via: slack }] }`)
		}, "people", verdictWarn, "no telephone rings", "phone:"},
		// The telephone.
		{"no telephone", func(w *ward) {
			w.change(w.config[strings.Index(w.config, "twilio:"):strings.Index(w.config, "heartbeat:")], "")
		}, "twilio", verdictWarn, "no call wakes anybody", "add twilio"},
		{"its secret is missing", func(w *ward) { delete(w.env, "TWILIO_AUTH_TOKEN") }, "twilio", verdictFail, "could not be asked without twilio.auth_token", "above"},
		{"a wrong token", func(w *ward) { w.first.Rotate("another") }, "twilio", verdictFail, "20003", "auth token"},
		{"the vendor is broken", func(w *ward) { w.first.Break(faketwilio.Fault{Kind: faketwilio.HTML}) }, "twilio", verdictFail, "account could not be asked", "api.twilio.com"},
		{"the vendor hangs up", func(w *ward) { w.first.Break(faketwilio.Fault{Kind: faketwilio.Drop}) }, "twilio", verdictFail, "could not be asked", "api.twilio.com"},
		{"suspended", func(w *ward) {
			w.first.SetAccount(faketwilio.AccountState{Status: faketwilio.AccountSuspended})
		}, "twilio", verdictFail, "the account is suspended", "console.twilio.com"},
		{"closed", func(w *ward) { w.first.SetAccount(faketwilio.AccountState{Status: faketwilio.AccountClosed}) }, "twilio", verdictFail, "the account is closed", "console.twilio.com"},
		{"refused as not active", func(w *ward) { w.first.Break(refuse(20005)) }, "twilio", verdictFail, "20005", "suspended"},
		{"a trial", func(w *ward) { w.first.SetAccount(faketwilio.AccountState{Trial: true}) }, "twilio", verdictWarn, "verified numbers only", "Verified Caller IDs"},
		{"another's number", func(w *ward) { w.change(wardFirst, "+4930100999") }, "twilio", verdictFail, "+4930100999 is none", "twilio.from"},
		{"a number that only contains it", func(w *ward) { w.change(wardFirst, wardFirst[:len(wardFirst)-1]) }, "twilio", verdictFail, "is none of the account's", "twilio.from"},
		{"the number could not be asked", func(w *ward) {
			w.first.Break(faketwilio.Fault{Kind: faketwilio.Broken, Op: faketwilio.ListNumbers})
		}, "twilio", verdictFail, "the number " + wardFirst + " could not be asked", "api.twilio.com"},
		{"it cannot call", func(w *ward) { w.first.Own(wardFirst, faketwilio.OwnNumber{NoVoice: true}) }, "twilio", verdictFail, "cannot call", "Voice"},
		{"it cannot text", func(w *ward) { w.first.Own(wardFirst, faketwilio.OwnNumber{NoSMS: true}) }, "twilio", verdictWarn, "cannot text", "SMS"},
		{"replies go nowhere", func(w *ward) { w.first.Number(wardFirst, "") }, "twilio", verdictFail, "sent nowhere", wardAddress + "/twilio/sms"},
		{"replies go elsewhere", func(w *ward) {
			w.first.Number(wardFirst, "https://demo.example.com/reply")
		}, "twilio", verdictFail, "they go to https://demo.example.com/reply", wardAddress + "/twilio/sms"},
		{"replies come by GET", func(w *ward) {
			w.first.Own(wardFirst, faketwilio.OwnNumber{MessageURL: wardAddress + "/twilio/sms", MessageMethod: "GET"})
		}, "twilio", verdictFail, "they come by GET", "HTTP POST"},
		{"an app takes replies", func(w *ward) {
			w.first.Own(wardFirst, faketwilio.OwnNumber{MessageURL: wardAddress + "/twilio/sms", MessageApp: "AP" + strings.Repeat("0", 32)})
		}, "twilio", verdictFail, "a TwiML app takes them", wardAddress + "/twilio/sms"},
		{"how Twilio connects does not matter", func(w *ward) { w.first.Number(wardFirst, wardAddress+"/twilio/sms#rc=2") }, "twilio", verdictOK, "replies come back", ""},
		{"an American number", func(w *ward) { w.american("+12025550100") }, "twilio", verdictNote, "A2P 10DLC", ""},
		{"a toll-free number", func(w *ward) { w.american("+18335550100") }, "twilio", verdictNote, "toll-free verification", ""},
		{"no second account", func(w *ward) {
			w.change(w.config[strings.Index(w.config, "  second:"):strings.Index(w.config, "heartbeat:")], "")
		}, "twilio", verdictWarn, "no second account", "twilio.second"},
		{"the second account is suspended", func(w *ward) {
			w.second.SetAccount(faketwilio.AccountState{Status: faketwilio.AccountSuspended})
		}, "twilio", verdictFail, "the second account is suspended", ""},
		{"the second secret is missing", func(w *ward) { delete(w.env, "TWILIO_OTHER_TOKEN") }, "twilio", verdictFail, "twilio.second.auth_token", "above"},
		{"replies to the second number go to the first address", func(w *ward) {
			w.second.Number(wardSecond, wardAddress+"/twilio/sms")
		}, "twilio", verdictFail, "get lost", wardAddress + "/second/twilio/sms"},
		// The pager and e-mail.
		{"a pager alone", func(w *ward) {
			w.change(w.config[strings.Index(w.config, "twilio:"):strings.Index(w.config, "heartbeat:")],
				"pager: { url: \"https://pager.example.com/hook\", secret: \"${SLACK_SIGNING_SECRET}\" }\n")
		}, "pager", verdictNote, "only a page shows", "muster page --test"},
		{"the pager's secret is missing", func(w *ward) {
			w.change("fallback:", "pager: { url: \"${PAGER_ADDRESS}\", secret: \"${SLACK_SIGNING_SECRET}\" }\nfallback:")
		}, "pager", verdictFail, "without pager.url", "above"},
		{"the mail server is away", func(w *ward) {
			w.change("fallback:", "email: { smtp: \"127.0.0.1:1\", from: pager@example.com, tls: none }\nfallback:")
		}, "email", verdictFail, "could not be asked", "compare email"},
		// Slack.
		{"no Slack", func(w *ward) {
			w.change(w.config[strings.Index(w.config, "slack:"):strings.Index(w.config, "twilio:")], "")
		}, "slack", verdictWarn, "no room", "add slack"},
		{"a wrong bot token", func(w *ward) { w.env["SLACK_BOT_TOKEN"] = "xoxb-of-another" }, "slack", verdictFail, "invalid_auth", "install the app again"},
		{"Slack's maintenance page", func(w *ward) { w.slack.Break(fakeslack.Fault{Kind: fakeslack.HTMLPage}) }, "slack", verdictFail, "could not be asked", "slack.com"},
		{"scopes are missing", func(w *ward) { w.slack.Grant("chat:write", "commands") }, "slack", verdictFail, "im:history, im:write (messages to single people)", "Reinstall"},
		{"no scopes are told", func(w *ward) { w.slack.Grant() }, "slack", verdictWarn, "could not be asked", "muster slack manifest"},
		{"the socket", func(w *ward) { w.plug() }, "slack", verdictOK, "come through Slack's socket", ""},
		{"no scope for the socket", func(w *ward) { w.plug(); w.slack.GrantApp("authorizations:read") }, "slack", verdictFail, "missing_scope", "connections:write"},
		{"another app's token", func(w *ward) { w.plug(); w.env["SLACK_APP_TOKEN"] = "xapp-of-another" }, "slack", verdictFail, "invalid_auth", "Socket Mode"},
		{"no app token", func(w *ward) { w.plug(); delete(w.env, "SLACK_APP_TOKEN") }, "slack", verdictFail, "without slack.app_token", "above"},
		{"the socket does not answer", func(w *ward) {
			w.plug()
			w.slack.Break(fakeslack.Fault{Kind: fakeslack.ServerError, Method: "apps.connections.open"})
		}, "slack", verdictFail, "Slack's socket could not be asked", "slack.com"},
		{"a socket and no public address", func(w *ward) {
			w.plug()
			w.change("public_url: "+wardAddress+", ", "")
		}, "gateway", verdictWarn, "Lost: keys in calls. Some seconds later", "gateway.public_url"},
		{"no signing secret", func(w *ward) { delete(w.env, "SLACK_SIGNING_SECRET") }, "slack", verdictFail, "without slack.signing_secret", "above"},
		{"announced where the bot is", func(w *ward) {
			w.announces("#incidents")
			w.slack.AddRoom(fakeslack.Room{Name: "incidents", Private: true, Members: []string{fakeslack.BotUser}})
		}, "slack", verdictOK, "announced in #incidents", ""},
		{"announced in a public channel", func(w *ward) {
			w.announces("#incidents")
			w.slack.AddRoom(fakeslack.Room{Name: "incidents"})
		}, "slack", verdictOK, "#incidents (joined with the first post)", ""},
		{"announced in no channel", func(w *ward) { w.announces("#incidents") }, "slack", verdictFail, "slack.announce: #incidents is no channel that the bot can see", "/invite @musterbook"},
		{"announced in a private channel", func(w *ward) {
			w.announces("C0SECRET00")
			w.slack.AddRoom(fakeslack.Room{ID: "C0SECRET00", Name: "secret", Private: true})
		}, "slack", verdictFail, "slack.announce: C0SECRET00 is no channel that the bot can see", "/invite @musterbook"},
		{"announced in an archived channel", func(w *ward) {
			w.announces("C0OLDONE00")
			w.slack.AddRoom(fakeslack.Room{ID: "C0OLDONE00", Name: "old", Archived: true, Members: []string{fakeslack.BotUser}})
		}, "slack", verdictFail, "is archived", "unarchive"},
		{"announced where few may post", func(w *ward) {
			w.announces("#news")
			w.slack.AddRoom(fakeslack.Room{Name: "news", Restricted: true, Members: []string{fakeslack.BotUser}})
		}, "slack", verdictWarn, "lets only some people post", "let @musterbook post"},
		{"a service's channel is missing", func(w *ward) {
			w.announces("#incidents")
			w.slack.AddRoom(fakeslack.Room{Name: "incidents"})
			w.change("checkout: { owner:", `checkout: { announce: "#checkout", owner:`)
		}, "slack", verdictFail, "services.checkout.announce: #checkout", "create it"},
		{"no scope to look for channels", func(w *ward) {
			w.announces("#incidents")
			w.slack.Break(fakeslack.Fault{Kind: fakeslack.Refuse, Method: "conversations.list", Error: "missing_scope", Needed: "channels:read"})
		}, "slack", verdictFail, "missing_scope", "channels:read"},
		{"Slack does not say which channels there are", func(w *ward) {
			w.announces("#incidents")
			w.slack.Break(fakeslack.Fault{Kind: fakeslack.ServerError, Method: "conversations.list"})
		}, "slack", verdictFail, "#incidents could not be asked", "slack.com"},
		// Temporal and the gateway.
		{"nothing runs", func(*ward) {}, "temporal", verdictNote, "no server runs here", "muster serve"},
		{"a cluster is away", func(w *ward) { w.flags.address = w.local }, "temporal", verdictFail, "cannot be reached: dial", "TEMPORAL_ADDRESS"},
		{"no gateway either", func(w *ward) { w.flags.listen = w.local }, "gateway", verdictNote, "either", ""},
		{"another program at the port", func(w *ward) { w.door.mark = "" }, "gateway", verdictFail, "another program", "gateway.listen"},
		{"the gateway takes no work", func(w *ward) { w.door.status = http.StatusServiceUnavailable }, "gateway", verdictFail, "takes no work", "temporal"},
		{"no public address", func(w *ward) { w.change("public_url: "+wardAddress+", ", "") }, "gateway", verdictWarn, "Lost: keys in calls, Slack's buttons and /muster.", "gateway.public_url"},
		{"a public address of loopback", func(w *ward) { w.moved("http://127.0.0.1:8080") }, "gateway", verdictFail, "known inside only", "proxy or a tunnel"},
		{"a name of the own network", func(w *ward) { w.moved("https://muster") }, "gateway", verdictFail, "known inside only", "proxy or a tunnel"},
		{"without TLS", func(w *ward) { w.moved("http://muster.example.com") }, "gateway", verdictFail, "not https", "TLS"},
		{"nobody of that name", func(w *ward) { w.moved("https://muster.invalid") }, "gateway", verdictFail, "could not be asked", "curl -i"},
		{"another program there", func(w *ward) { w.public.mark = "" }, "gateway", verdictFail, "does not lead to a gateway", "unchanged"},
		{"another installation there", func(w *ward) { w.public.mark = "fedcba9876543210" }, "gateway", verdictFail, "another installation", "unchanged"},
		{"a proxy that redirects", func(w *ward) {
			w.public.mark, w.public.status, w.public.location = "", http.StatusFound, "https://login.example.com/"
		}, "gateway", verdictFail, "sent on to https://login.example.com/", "without a redirect"},
		{"a proxy that passes one path", func(w *ward) { w.public.only = "/twilio/sms" }, "gateway", verdictFail, "/second/twilio/sms does not lead", "/second/twilio/sms"},
		{"nothing runs behind the proxy", func(w *ward) {
			w.flags.listen, w.public.mark, w.public.status = w.local, "", http.StatusBadGateway
		}, "gateway", verdictNote, "answers 502", "muster serve"},
		{"which installation is not known", func(w *ward) { w.flags.listen = w.local }, "gateway", verdictWarn, "could not be asked", "where the server runs"},
		// The machine.
		{"no data directory", func(w *ward) { w.flags.data = filepath.Join(w.dir, "nowhere") }, "machine", verdictNote, "no data directory", "muster serve"},
		{"it is a file", func(w *ward) { w.flags.data = filepath.Join(w.dir, "musterbook.yaml") }, "machine", verdictFail, "cannot be written", "user"},
		{"no last good copy", func(w *ward) {
			if err := os.Remove(filepath.Join(w.data(), lastGoodName)); err != nil {
				w.t.Fatal(err)
			}
		}, "machine", verdictNote, "no last good copy", "muster serve"},
		{"a change is not in force", func(w *ward) { w.write(filepath.Join("data", lastGoodName), "of old") }, "machine", verdictWarn, "has not taken the file", "muster reload"},
		{"a change waits for the start", func(w *ward) {
			w.flags.listen = w.local
			w.write(filepath.Join("data", lastGoodName), "of old")
		}, "machine", verdictNote, "the file has changed", "next start"},
		{"a calendar that was never read", func(w *ward) { w.calendar("file: gone.ics") }, "machine", verdictFail, "nobody is called by it", "muster oncall take"},
		{"the clock is fast", func(w *ward) { w.clocks(-2 * time.Minute) }, "machine", verdictWarn, "ahead", "set-ntp"},
		{"the clock is far behind", func(w *ward) { w.clocks(10 * time.Minute) }, "machine", verdictFail, "behind", "set-ntp"},
		{"no vendor tells the time", func(w *ward) {
			for _, s := range []*faketwilio.Server{w.first, w.second} {
				s.Break(faketwilio.Fault{Kind: faketwilio.Drop})
			}
			w.slack.Break(fakeslack.Fault{Kind: fakeslack.DropBeforeWork})
		}, "machine", verdictWarn, "could not be compared", "date -u"},
		// The watcher.
		{"nobody watches", func(w *ward) { w.change("heartbeat: https://watcher.example.com/ping/secret-id\n", "") }, "heartbeat", verdictWarn, "nobody outside notices", "heartbeat:"},
		{"the watcher's address is missing", func(w *ward) {
			w.change("heartbeat: https://watcher.example.com/ping/secret-id", "heartbeat: ${WATCHER}")
		}, "heartbeat", verdictFail, "without heartbeat", "above"},
	}
}

// american gives the installation a number of North America.
func (w *ward) american(number string) {
	w.change(wardFirst, number)
	w.first.Number(number, wardAddress+"/twilio/sms")
}

// moved gives the installation another public address.
func (w *ward) moved(to string) {
	w.change(wardAddress, to)
	w.first.Number(wardFirst, to+"/twilio/sms")
	w.second.Number(wardSecond, to+"/second/twilio/sms")
}

// calendar makes a schedule one of another tool.
func (w *ward) calendar(source string) {
	w.change("sre-oncall: { person: ana }", "sre-oncall: { zone: UTC, calendar: { "+source+" } }")
}

// clocks makes the vendors' clocks differ from ours.
func (w *ward) clocks(by time.Duration) {
	w.behind.Store(int64(by))
}

// The guide tells of each group, in the order of the checks.
func TestDoctorsGuideTellsOfEachGroup(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(guide), "| group | what is looked at |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var told, groups []string
	for row := range strings.SplitSeq(table, "\n") {
		group, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " |")
		told = append(told, group)
	}
	for _, c := range doctorChecks() {
		if !slices.Contains(groups, c.group) {
			groups = append(groups, c.group)
		}
	}
	if diff := cmp.Diff(groups, told); diff != "" {
		t.Errorf("checked, and in the guide:\n%s", diff)
	}
}

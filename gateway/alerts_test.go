package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

func TestAlertsBeginOneIncident(t *testing.T) {
	t.Parallel()
	key := own(t)
	d := newDoor(t)
	two := body(t, key, alert("basket", "Latency", func(a *incident.Alert) { a.Summary, a.Labels["severity"] = "basket is slow", "SEV3" }),
		alert("basket", "Errors", func(a *incident.Alert) { a.Summary, a.Labels["severity"] = "basket is slow", "SEV2" }))

	first := d.delivered(t, two)
	if len(first) != 1 || !first[0].Started || first[0].RunID == "" {
		t.Fatalf("first delivery: %+v", first)
	}
	if want := gateway.AlertWorkflowID("alertmanager", key, "basket"); first[0].WorkflowID != want {
		t.Errorf("workflow id %s, want %s", first[0].WorkflowID, want)
	}
	again := d.delivered(t, two)
	if again[0].Started || again[0].RunID != first[0].RunID {
		t.Errorf("the replayed request reached %+v, want the same run and nothing begun", again)
	}

	inc := d.shown(t, first[0].WorkflowID)
	want := incident.Incident{
		Title: "basket is slow", Summary: "basket is slow", Service: "basket", Team: "shop", Type: "latency",
		Source: "alertmanager", Environment: "prod", Severity: "SEV2", AlertCount: 2, Runbook: "outage",
		Labels:     map[string]string{"service": "basket"},
		DeclaredBy: incident.Actor{Name: "alertmanager", Door: incident.DoorAlert, Verified: true},
	}
	got := incident.Incident{
		Title: inc.Title, Summary: inc.Summary, Service: inc.Service, Team: inc.Team, Type: inc.Type, Source: inc.Source,
		Environment: inc.Environment, Severity: inc.Severity, AlertCount: inc.AlertCount, Runbook: inc.Runbook,
		Labels: inc.Labels, DeclaredBy: inc.DeclaredBy,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("incident (-want +got):\n%s", diff)
	}
	if n := signals(t, first[0].WorkflowID, "alerts"); n != 1 {
		t.Errorf("%d signals for one request sent twice, want 1", n)
	}
	if inc.URL != "http://ui.example/namespaces/default/workflows/"+strings.Replace(first[0].WorkflowID, "/", "%2F", 1)+"/"+first[0].RunID+"/history" {
		t.Errorf("URL is %s", inc.URL)
	}
}

func TestRepeatOfAnAlertThatStillFiresIsCounted(t *testing.T) {
	t.Parallel()
	key := own(t)
	d := newDoor(t)
	text := body(t, key, alert("basket", "Latency"))
	id := d.delivered(t, text)[0].WorkflowID
	d.clock.move(4 * time.Hour) // Alertmanager's own repeat interval
	if got := d.delivered(t, text)[0]; got.Started {
		t.Errorf("the repeat began another incident: %+v", got)
	}
	inc := d.shown(t, id)
	if inc.AlertCount != 2 || len(inc.Timeline) != 2 {
		t.Errorf("count %d and %d lines, want 2 counted and only the declaration and the first alert told", inc.AlertCount, len(inc.Timeline))
	}
}

func TestFiringAgainWithTheSameWordsIsNews(t *testing.T) {
	t.Parallel()
	key := own(t)
	d := newDoor(t)
	fires := body(t, key, alert("basket", "Latency"))
	clears := body(t, key, alert("basket", "Latency", cleared))
	id := d.delivered(t, fires)[0].WorkflowID
	if got := d.delivered(t, clears)[0]; got.Started || got.Orphan {
		t.Errorf("clearing: %+v", got)
	}
	d.delivered(t, fires)
	inc := d.shown(t, id)
	if !inc.ClearedAt.IsZero() || inc.AlertCount != 3 || !inc.Open() {
		t.Errorf("cleared at %v, count %d: want an incident that fires again", inc.ClearedAt, inc.AlertCount)
	}
}

func TestClearingWithoutAnIncident(t *testing.T) {
	t.Parallel()
	key := own(t)
	d := newDoor(t)
	got := d.delivered(t, body(t, key, alert("basket", "Latency", cleared)))
	if len(got) != 1 || !got[0].Orphan || got[0].Started {
		t.Errorf("taken: %+v, want an orphan", got)
	}
	if counts := d.Counts(); counts.Orphans != 1 || counts.Started != 0 || counts.Alerts != 1 {
		t.Errorf("counts: %+v", counts)
	}
	if _, err := shared.client.DescribeWorkflow(t.Context(), got[0].WorkflowID, ""); err == nil {
		t.Error("a clearing began an incident")
	}
}

func TestOneDeliveryForSeveralServices(t *testing.T) {
	t.Parallel()
	key := own(t)
	d := newDoor(t)
	got := d.delivered(t, body(t, key, alert("basket", "Latency", cleared), alert("search", "Latency"), alert("basket", "Errors")))
	if len(got) != 2 || got[0].Service != "search" || got[1].Service != "basket" || !got[0].Started || !got[1].Started {
		t.Fatalf("taken: %+v", got)
	}
	if inc := d.shown(t, got[1].WorkflowID); inc.Title != "Errors" || inc.AlertCount != 2 {
		t.Errorf("basket: %q with %d alerts, want the firing one's name and both", inc.Title, inc.AlertCount)
	}
	if inc := d.shown(t, got[0].WorkflowID); inc.AlertCount != 1 {
		t.Errorf("search has %d alerts", inc.AlertCount)
	}
}

func TestAnOutageAfterTheEndIsANewIncident(t *testing.T) {
	t.Parallel()
	key := own(t)
	d := newDoor(t)
	text := body(t, key, alert("basket", "Latency"))
	first := d.delivered(t, text)[0]
	before := d.shown(t, first.WorkflowID)
	d.do(t, before.Key, contract.VerbResolve, contract.Act{})
	d.closed(t, gateway.Declared{WorkflowID: first.WorkflowID, RunID: first.RunID})

	second := d.delivered(t, text)[0] // not a byte differs, and it must not be lost
	if !second.Started || second.RunID == first.RunID || second.WorkflowID != first.WorkflowID {
		t.Fatalf("second outage: %+v after %+v", second, first)
	}
	after := d.shown(t, second.WorkflowID)
	if after.Key == before.Key || !after.Open() {
		t.Fatalf("second incident is %s, open %v", after.Key, after.Open())
	}

	old, err := d.Show(t.Context(), before.Key)
	if err != nil {
		t.Fatal(err)
	}
	if old.Incident.Key != before.Key || !strings.HasPrefix(old.Incident.Title, "review of") {
		t.Errorf("showing %s gives %s, %q; want its review", before.Key, old.Incident.Key, old.Incident.Title)
	}
	part, err := d.Timeline(t.Context(), before.Key, 2)
	if err != nil {
		t.Fatal(err)
	}
	if part.Key != before.Key || len(part.Entries) != 1 || part.Entries[0].Kind != incident.EntryEnded {
		t.Errorf("timeline of the first: %+v", part)
	}
	_, err = d.Act(t.Context(), before.Key, gateway.Deed{Verb: contract.VerbSeverity, Act: contract.Act{Value: "SEV1"}})
	wantRefusal(t, err, gateway.Refusal{What: string(before.Key) + " is closed (resolved)", Hint: "declare a new one if the trouble is back"})
	if receipt := d.do(t, before.Key, contract.VerbNote, contract.Act{Value: "lesson"}); receipt.Text != "note done on "+string(before.Key) {
		t.Errorf("a note on the first: %+v, want it in its review", receipt)
	}
	if inc := d.shown(t, second.WorkflowID); len(inc.Timeline) != 2 {
		t.Errorf("the second incident's timeline has %d lines; the first one's note must not stand there", len(inc.Timeline))
	}
}

func TestARunbookThatCannotBeHadGivesWay(t *testing.T) {
	t.Parallel()
	key := own(t)
	d := newDoor(t)
	got := d.delivered(t, body(t, key, alert("basket", "Latency", func(a *incident.Alert) {
		a.Labels["runbook"], a.Labels["severity"] = "lost", "P9"
	})))
	if inc := d.shown(t, got[0].WorkflowID); inc.Runbook != "outage" || inc.Severity != "" {
		t.Errorf("runbook %s, severity %q: want the default and an open severity", inc.Runbook, inc.Severity)
	}
	for _, want := range []string{`runbook=lost default=outage`, `severity=P9`} {
		if !strings.Contains(d.log.String(), want) {
			t.Errorf("the log does not say %s:\n%s", want, d.log)
		}
	}
}

func TestWithoutAnyRunbookTheSenderComesAgain(t *testing.T) {
	t.Parallel()
	key := own(t)
	d := newDoor(t, func(o *gateway.Options, _ *gateway.ServerConfig) {
		o.Runbooks, o.DefaultRunbook = noRunbooks{}, ""
	})
	r := d.deliver(t, body(t, key, alert("basket", "Latency")))
	if r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" {
		t.Errorf("answered %d, Retry-After %q: an alert that is not taken is asked for again", r.status, r.header.Get("Retry-After"))
	}
}

type noRunbooks struct{}

func (noRunbooks) Runbook(string) (rb runbooks.Runbook, hash string, err error) {
	return rb, "", errors.New("the folder is empty")
}

func TestAGreatDeliveryIsSplit(t *testing.T) {
	t.Parallel()
	key := own(t)
	d := newDoor(t)
	var alerts []incident.Alert
	for n := range 900 {
		alerts = append(alerts, alert("basket", fmt.Sprintf("Latency%03d", n), func(a *incident.Alert) {
			a.Summary = strings.Repeat("<&>", 40) // grows sixfold in JSON
		}))
	}
	taken, err := d.Alerts(t.Context(), gateway.Delivery{Source: "alertmanager", Key: key, Alerts: alerts})
	if err != nil {
		t.Fatal(err)
	}
	if len(taken) != 1 || !taken[0].Started {
		t.Fatalf("taken: %+v", taken)
	}
	if inc := d.shown(t, taken[0].WorkflowID); inc.AlertCount != 900 {
		t.Errorf("%d alerts arrived", inc.AlertCount)
	}
	if n := signals(t, taken[0].WorkflowID, "alerts"); n < 2 {
		t.Errorf("%d signals, want several", n)
	}
}

func TestTitleOfAnIncident(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	long := strings.Repeat("very ", 40) + "long"
	with := func(summary string) func(*incident.Alert) { return func(a *incident.Alert) { a.Summary = summary } }
	cases := []struct {
		name   string
		alerts []incident.Alert
		want   string
	}{
		{"one summary", []incident.Alert{alert("basket", "A", with("slow")), alert("basket", "B")}, "slow"},
		{"one name", []incident.Alert{alert("basket", "A", with("slow 1")), alert("basket", "A", with("slow 2"))}, "A"},
		{"a summary too long for a title", []incident.Alert{alert("basket", "A", with(long))}, "A"},
		{"all different", []incident.Alert{alert("basket", "A"), alert("basket", "B"), alert("basket", "C")}, "A and 2 more alerts"},
		{"what cleared does not count", []incident.Alert{alert("basket", "B", cleared), alert("basket", "A")}, "A"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			taken, err := d.Alerts(t.Context(), gateway.Delivery{Source: "alertmanager", Key: own(t), Alerts: c.alerts})
			if err != nil {
				t.Fatal(err)
			}
			if inc := d.shown(t, taken[0].WorkflowID); inc.Title != c.want {
				t.Errorf("title %q, want %q", inc.Title, c.want)
			}
		})
	}
}

func TestTemporalAway(t *testing.T) {
	t.Parallel()
	key := own(t)
	d := newDoor(t, func(o *gateway.Options, _ *gateway.ServerConfig) { o.Client = unreachable(t) })
	requests := []struct {
		name, method, path, body, token string
	}{
		{"alerts", "POST", "/v1/alerts/alertmanager", body(t, key, alert("basket", "Latency")), sourceToken},
		{"clearing", "POST", "/v1/alerts/alertmanager", body(t, key, alert("basket", "Latency", cleared)), sourceToken},
		{"list", "GET", "/v1/incidents", "", apiToken},
		{"show", "GET", "/v1/incidents/INC-1", "", apiToken},
		{"act", "POST", "/v1/incidents/INC-1/resolve", "", apiToken},
		{"declare", "POST", "/v1/incidents", `{"title":"x","service":"basket"}`, apiToken},
		{"readiness", "GET", "/readyz", "", ""},
	}
	replies, errs := make([]reply, len(requests)), make([]error, len(requests))
	var all sync.WaitGroup
	for n, c := range requests {
		all.Go(func() {
			replies[n], errs[n] = d.try(t.Context(), c.method, c.path, c.body, "Authorization", "Bearer "+c.token)
		})
	}
	all.Wait()
	for n, c := range requests {
		r := replies[n]
		if errs[n] != nil || r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" {
			t.Errorf("%s answered %d (%s), Retry-After %q, %v", c.name, r.status, r.body, r.header.Get("Retry-After"), errs[n])
			continue
		}
		r.problem(t)
	}
	if r := d.send(t, "GET", "/healthz", ""); r.status != http.StatusOK {
		t.Errorf("healthz is %d while Temporal is away; the process lives", r.status)
	}
}

// wantRefusal checks a refusal whole.
func wantRefusal(t *testing.T, err error, want gateway.Refusal) {
	t.Helper()
	var got *gateway.Refusal
	if !errors.As(err, &got) {
		t.Fatalf("error is %v, want a refusal", err)
	}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Errorf("refusal (-want +got):\n%s", diff)
	}
}

func TestAlertsRefusesWhatIsNoDelivery(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	_, err := d.Alerts(context.Background(), gateway.Delivery{Source: "alertmanager", Key: "k"})
	wantRefusal(t, err, gateway.Refusal{Kind: gateway.RefusedInput, What: "a delivery needs a grouping key and at least one alert"})
}

package activities_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// site answers requests one after the other, the last answer for ever.
type site struct {
	answers []contract.HTTPResult
	fails   []error
	asked   int
}

func (s *site) Do(context.Context, contract.HTTPRequest) (contract.HTTPResult, error) {
	n := s.asked
	s.asked++
	if n < len(s.fails) && s.fails[n] != nil {
		return contract.HTTPResult{}, s.fails[n]
	}
	return s.answers[min(n, len(s.answers)-1)], nil
}

// run executes an activity over the ports of systems.
func run[In, Out any](t *testing.T, p activities.Ports, name contract.Activity[In, Out], in In) (Out, error) {
	t.Helper()
	base := (&ports{}).all()
	p.Chat, p.Phone, p.People, p.Numbers = base.Chat, base.Phone, base.People, base.Numbers
	if p.Archive == nil {
		p.Archive = base.Archive
	}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quiet{})
	env := suite.NewTestActivityEnvironment()
	activities.Register(env, p)
	var out Out
	value, err := env.ExecuteActivity(string(name), in)
	if err != nil {
		return out, err
	}
	return out, value.Get(&out)
}

// condition is one over the answer of the step "slo".
func condition(source string) contract.Condition {
	return contract.Condition{
		Source: source, Own: "steps.slo",
		Types: map[string]string{"steps.slo.status": "int", "steps.slo.body": "dyn", "vars.most": "double"}, Known: map[string]any{"vars.most": 1.0},
	}
}

// TestPoll asks until the condition holds; what goes wrong meanwhile, and a field that is missing, count as "not yet".
func TestPoll(t *testing.T) {
	t.Parallel()
	s := &site{
		fails:   []error{errors.New("connection refused")},
		answers: []contract.HTTPResult{{Status: 503}, {Status: 503}, {Status: 200, Body: map[string]any{}}, {Status: 200, Body: map[string]any{"rate": 0.5}}},
	}
	var slept []time.Duration
	p := activities.Ports{Web: s, Sleep: func(_ context.Context, d time.Duration) error { slept = append(slept, d); return nil }}
	out, err := run(t, p, contract.CallHTTP, contract.HTTPRequest{
		Method: "GET", URL: "https://slo", Poll: contract.Poll{Every: 30 * time.Second, Until: condition("steps.slo.status == 200 && steps.slo.body.rate < vars.most")},
	})
	if err != nil || out.Status != 200 || s.asked != 4 || len(slept) != 3 || slept[0] != 30*time.Second {
		t.Errorf("%+v after %d requests and %v, %v", out, s.asked, slept, err)
	}
	p.Sleep = func(context.Context, time.Duration) error { return context.DeadlineExceeded }
	p.Web = &site{answers: []contract.HTTPResult{{Status: 503}}}
	if _, err := run(t, p, contract.CallHTTP, contract.HTTPRequest{Poll: contract.Poll{Until: condition("steps.slo.status == 200")}}); err == nil {
		t.Error("a poll that is cut short has an answer")
	}
}

// TestExpected gives each answer its class: a result, tried again, or final.
func TestExpected(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, expect string
		status       int
		good, final  bool
	}{
		{"below 400", "", 204, true, false},
		{"not found", "", 404, false, true},
		{"too many", "", 429, false, false},
		{"in trouble", "", 502, false, false},
		{"expected all the same", "steps.slo.status == 404", 404, true, false},
		{"another than expected", "steps.slo.status == 201", 200, false, true},
		{"in trouble, and not expected", "steps.slo.status == 200", 503, false, false},
		{"a field that is missing", "steps.slo.body.rate < 1.0", 200, false, true},
	} {
		p := activities.Ports{Web: &site{answers: []contract.HTTPResult{{Status: tt.status, Body: map[string]any{}}}}}
		req := contract.HTTPRequest{Method: "GET", URL: "https://slo"}
		if tt.expect != "" {
			req.Expect = condition(tt.expect)
		}
		_, err := run(t, p, contract.CallHTTP, req)
		var app *temporal.ApplicationError
		final := errors.As(err, &app) && app.NonRetryable()
		if (err == nil) != tt.good || final != tt.final {
			t.Errorf("%s: %v, final %t", tt.name, err, final)
		}
	}
}

// TestLargeAnswer: a history keeps the beginning, the archive the whole.
func TestLargeAnswer(t *testing.T) {
	t.Parallel()
	kept := &ports{}
	p := activities.Ports{Archive: kept, Web: &site{answers: []contract.HTTPResult{{Status: 200, Body: strings.Repeat("x", 100_000)}}}}
	out, err := run(t, p, contract.CallHTTP, contract.HTTPRequest{Effect: effect("big"), Method: "GET", URL: "https://slo"})
	if body, _ := out.Body.(string); err != nil || len(body) != 1024 || out.Stored == "" || len(kept.puts) != 1 || len(kept.files[kept.puts[0]]) != 100_000 {
		t.Errorf("stored at %q, %v kept, %v", out.Stored, kept.puts, err)
	}
}

// TestEvidence: the same note, under the same name, however often it is kept.
func TestEvidence(t *testing.T) {
	t.Parallel()
	kept := &ports{}
	p := activities.Ports{Archive: kept}
	var ids []string
	for range 2 {
		out, err := run(t, p, contract.KeepEvidence, contract.EvidenceRequest{Effect: effect("e1"), Incident: "INC-1", Text: "Disk of web-1", SHA256: "abc"})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, out.ID)
	}
	if ids[0] != ids[1] || len(kept.files) != 1 || !strings.HasPrefix(kept.puts[0], "INC-1-evidence-") {
		t.Errorf("%v, %v", ids, kept.puts)
	}
	out, err := run(t, p, contract.DraftPostmortem, contract.PostmortemRequest{Incident: incident.Incident{Key: "INC-1"}, Template: "ours", Publish: []string{"wiki"}})
	if err != nil || out.URL == "" || len(out.Problems) != 2 {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestWhatIsNotConfigured is refused with a remedy; a bridge gives way to the standing one.
func TestWhatIsNotConfigured(t *testing.T) {
	t.Parallel()
	none := activities.Ports{}
	for name, execute := range map[string]func() error{
		"bridge":  func() error { _, err := run(t, none, contract.OpenBridge, contract.OpenBridgeRequest{}); return err },
		"ticket":  func() error { _, err := run(t, none, contract.OpenTicket, contract.OpenTicketRequest{}); return err },
		"update":  func() error { _, err := run(t, none, contract.PublishUpdate, contract.UpdateRequest{}); return err },
		"command": func() error { _, err := run(t, none, contract.RunCommand, contract.CommandRequest{}); return err },
	} {
		var app *temporal.ApplicationError
		if err := execute(); !errors.As(err, &app) || app.Type() != contract.RefusedType || !strings.Contains(app.Message(), "configuration") {
			t.Errorf("%s: %v", name, err)
		}
	}
	out, err := run(t, activities.Ports{StandingBridge: "https://meet/standing"}, contract.OpenBridge, contract.OpenBridgeRequest{})
	if err != nil || !out.Standing || out.URL != "https://meet/standing" {
		t.Errorf("%+v, %v", out, err)
	}
}

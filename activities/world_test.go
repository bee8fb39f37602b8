package activities_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// start is when every effect of these tests was intended.
var start = time.Date(2026, 7, 14, 2, 7, 0, 0, time.UTC)

// ports are all capabilities at once. They write down what they are asked, and fail as they are told, one error after
// the other, the last one for ever.
type ports struct {
	asked []any
	fails []error
	duty  map[string][]oncall.Duty
	files map[string][]byte
	puts  []string
}

// ask writes a request down and takes the next failure.
func (p *ports) ask(request any) error {
	p.asked = append(p.asked, request)
	if len(p.fails) == 0 {
		return nil
	}
	err := p.fails[0]
	if len(p.fails) > 1 {
		p.fails = p.fails[1:]
	}
	return err
}

func (p *ports) OpenRoom(_ context.Context, req contract.OpenRoomRequest) (contract.OpenRoomResult, error) {
	return contract.OpenRoomResult{Room: incident.Room{ID: "C1", Name: req.Name}, NotInvited: []string{"cem"}}, p.ask(req)
}

func (p *ports) Post(_ context.Context, req contract.PostRequest) (contract.PostResult, error) {
	return contract.PostResult{Message: "M1"}, p.ask(req)
}

func (p *ports) ShowRoom(_ context.Context, req contract.ShowRoomRequest) (contract.ShowRoomResult, error) {
	return contract.ShowRoomResult{CardID: "M2", Problems: []string{"no topic"}}, p.ask(req)
}

func (p *ports) Announce(_ context.Context, req contract.AnnounceRequest) (contract.AnnounceResult, error) {
	return contract.AnnounceResult{Posted: "C2/M3"}, p.ask(req)
}

func (p *ports) CloseRoom(_ context.Context, req contract.CloseRoomRequest) error { return p.ask(req) }

func (p *ports) Call(_ context.Context, req contract.CallRequest) (contract.CallResult, error) {
	return contract.CallResult{Provider: "CA1", Silent: true}, p.ask(req)
}

func (p *ports) HangUp(_ context.Context, req contract.HangUpRequest) error { return p.ask(req) }

func (p *ports) Text(_ context.Context, req contract.TextRequest) (contract.TextResult, error) {
	return contract.TextResult{Provider: "SM1"}, p.ask(req)
}

func (p *ports) Mail(_ context.Context, req contract.MailRequest) (contract.MailResult, error) {
	return contract.MailResult{Provider: "M1"}, p.ask(req)
}

func (p *ports) Tell(_ context.Context, req contract.TellPersonRequest) (contract.TellPersonResult, error) {
	return contract.TellPersonResult{Provider: "DM1"}, p.ask(req)
}

func (p *ports) Retell(_ context.Context, req contract.RetellPersonRequest) error { return p.ask(req) }

func (p *ports) ReadStatus(_ context.Context, req contract.ReadStatusRequest) (contract.ReadStatusResult, error) {
	return contract.ReadStatusResult{Connected: true, Status: contract.ChatStatus{Text: "Thinking"}}, p.ask(req)
}

func (p *ports) ShowStatus(_ context.Context, req contract.ShowStatusRequest) (contract.ShowStatusResult, error) {
	return contract.ShowStatusResult{Shown: true}, p.ask(req)
}

func (p *ports) Duties(name string, _ time.Time, _ ...oncall.Override) ([]oncall.Duty, error) {
	if duties, known := p.duty[name]; known {
		return duties, nil
	}
	return nil, &oncall.UnknownName{Name: name}
}

func (p *ports) Put(_ context.Context, name string, content []byte) (string, error) {
	if err := p.ask(name); err != nil {
		return "", err
	}
	if p.files == nil {
		p.files = map[string][]byte{}
	}
	p.files[name] = slices.Clone(content)
	p.puts = append(p.puts, name)
	return "/records/" + name, nil
}

func (p *ports) Take(_ context.Context, req contract.TakeNumberRequest) (contract.TakeNumberResult, error) {
	return contract.TakeNumberResult{Key: "INC-7", URL: "http://ui.example/7"}, p.ask(req)
}

// all binds the ports to one world.
func (p *ports) all() activities.Ports {
	return activities.Ports{Chat: p, Direct: p, Presence: p, Mail: p, Phone: p, People: p, Archive: p, Numbers: p}
}

// environment runs activities as a worker would, without an engine.
func environment(p *ports) *testsuite.TestActivityEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quiet{})
	env := suite.NewTestActivityEnvironment()
	activities.Register(env, p.all())
	return env
}

// execute runs one activity by the contract's name and types.
func execute[In, Out any](t *testing.T, p *ports, name contract.Activity[In, Out], in In) (Out, error) {
	t.Helper()
	var out Out
	value, err := environment(p).ExecuteActivity(string(name), in)
	if err != nil {
		return out, err
	}
	if err := value.Get(&out); err != nil {
		t.Fatal(err)
	}
	return out, nil
}

// effect is what every request carries.
func effect(key string) contract.Effect { return contract.Effect{Key: key, Intended: start} }

// work is one activity that changes the world or asks it, ready to be executed.
type work struct {
	name string
	in   any
}

// works are all activities that can fail with a class of error.
func works() []work {
	return []work{
		{string(contract.TakeNumber), contract.TakeNumberRequest{WorkflowID: "incident/x", RunID: "r1", At: start}},
		{string(contract.OpenRoom), contract.OpenRoomRequest{Effect: effect("room"), Owner: "0198", Name: "inc-1"}},
		{string(contract.Post), contract.PostRequest{Effect: effect("post"), Room: "C1"}},
		{string(contract.ShowRoom), contract.ShowRoomRequest{Effect: effect("card"), Room: "C1"}},
		{string(contract.Announce), contract.AnnounceRequest{Effect: effect("announcement"), Channel: "#incidents"}},
		{string(contract.CloseRoom), contract.CloseRoomRequest{Effect: effect("farewell"), Room: "C1"}},
		{string(contract.PlaceCall), contract.CallRequest{Effect: effect("call"), Person: "ana"}},
		{string(contract.HangUp), contract.HangUpRequest{Provider: "CA1"}},
		{string(contract.SendMail), contract.MailRequest{Effect: effect("mail"), Person: "ana"}},
		{string(contract.TellPerson), contract.TellPersonRequest{Effect: effect("dm"), Person: "ana"}},
		{string(contract.ReadStatus), contract.ReadStatusRequest{Person: "ana"}},
		{string(contract.ShowStatus), contract.ShowStatusRequest{Effect: effect("status"), Person: "ana", Text: "INC-1"}},
		{string(contract.SendText), contract.TextRequest{Effect: effect("text"), Person: "ana"}},
		{string(contract.WriteRecord), contract.WriteRecordRequest{Incident: incident.Incident{Key: "INC-1"}}},
	}
}

// application picks the engine's kind of error.
func application(t *testing.T, err error) *temporal.ApplicationError {
	t.Helper()
	var app *temporal.ApplicationError
	if !errors.As(err, &app) {
		t.Fatalf("the engine sees %T: %v", err, err)
	}
	return app
}

// differs compares and reports.
func differs(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// list takes the names that are registered.
type list []string

// RegisterActivityWithOptions writes a name down.
func (l *list) RegisterActivityWithOptions(_ any, options activity.RegisterOptions) {
	*l = append(*l, options.Name)
}

// quiet drops the engine's log lines.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}

var errAway = fmt.Errorf("the vendor is away")

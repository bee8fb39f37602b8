package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/engine"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
)

// shared is the engine of all tests of this package, with one worker that plays the incidents.
var shared struct {
	client client.Client
	worker worker.Worker
}

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	ctx := context.Background()
	quiet := slog.New(slog.DiscardHandler)
	e, err := engine.Start(ctx, engine.Options{UIPort: -1, Logger: quiet})
	if err != nil {
		fmt.Fprintln(os.Stderr, "start the engine:", err)
		return 1
	}
	defer func() {
		if err := e.Stop(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "stop the engine:", err)
		}
	}()
	c, err := e.Client(ctx, client.Options{Logger: quiet})
	if err != nil {
		fmt.Fprintln(os.Stderr, "dial the engine:", err)
		return 1
	}
	defer c.Close()
	shared.client = c
	if shared.worker, err = startWorker(); err != nil {
		fmt.Fprintln(os.Stderr, "start the worker:", err)
		return 1
	}
	defer func() { shared.worker.Stop() }()
	return m.Run()
}

// startWorker runs small workflows under the contract's names: what the real ones promise to the outside, without
// runbooks. Numbers are taken through the gateway itself, as in the product.
func startWorker() (worker.Worker, error) {
	numbers, err := gateway.New(gateway.Options{Client: shared.client, UI: "http://ui.example/"})
	if err != nil {
		return nil, err
	}
	w := worker.New(shared.client, contract.QueueMain, worker.Options{WorkflowPanicPolicy: worker.FailWorkflow})
	w.RegisterWorkflowWithOptions(playIncident, workflow.RegisterOptions{Name: string(contract.Incident)})
	w.RegisterWorkflowWithOptions(playReview, workflow.RegisterOptions{Name: string(contract.Review)})
	w.RegisterWorkflowWithOptions(playNumbers, workflow.RegisterOptions{Name: string(contract.Numbers)})
	w.RegisterActivityWithOptions(numbers.Take, activity.RegisterOptions{Name: string(contract.TakeNumber)})
	return w, w.Start()
}

// played is an incident of these tests.
type played struct {
	inc      incident.Incident
	declared bool
	seen     []string
	statuses int
	runbook  contract.RunbookState
}

func playIncident(ctx workflow.Context, in contract.IncidentInput) (contract.IncidentResult, error) {
	d := in.Declaration
	info := workflow.GetInfo(ctx).WorkflowExecution
	p := &played{runbook: contract.RunbookState{Runbook: in.Runbook, Hash: in.Hash}, inc: incident.Incident{
		ID: info.RunID, Title: d.Title, Summary: d.Summary, Service: d.Service, Team: d.Team, Type: d.Type,
		Source: d.Source, Environment: d.Environment, Labels: d.Labels, DeclaredBy: d.By, Severity: d.Severity,
		Runbook: in.Runbook.ID, RunbookHash: in.Hash, Drill: d.Drill, DrillRoom: d.DrillRoom,
	}}
	for _, row := range in.Runbook.Severities {
		p.inc.Severities = append(p.inc.Severities, row.Severity)
	}
	if err := p.listen(ctx); err != nil {
		return contract.IncidentResult{}, err
	}
	var number contract.TakeNumberResult
	short := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: 10 * time.Second})
	err := workflow.ExecuteLocalActivity(short, string(contract.TakeNumber), contract.TakeNumberRequest{
		WorkflowID: info.ID, RunID: info.RunID, Title: d.Title, Service: d.Service, Drill: d.Drill, At: workflow.Now(ctx),
	}).Get(ctx, &number)
	if err != nil {
		return contract.IncidentResult{}, err
	}
	p.inc.Key, p.inc.URL = number.Key, number.URL
	p.inc.Declare(workflow.Now(ctx))
	p.declared = true
	if err := workflow.Await(ctx, func() bool { return !p.inc.Open() && workflow.AllHandlersFinished(ctx) }); err != nil {
		return contract.IncidentResult{}, err
	}
	if d.Drill { // a drill of these tests leaves no review
		return p.end(ctx)
	}
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: contract.ReviewID(string(p.inc.Key)), ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,
	})
	in.State = &contract.State{Incident: p.inc}
	if err := workflow.ExecuteChildWorkflow(child, string(contract.Review), in).GetChildWorkflowExecution().Get(ctx, nil); err != nil {
		return contract.IncidentResult{}, err
	}
	return p.end(ctx)
}

func (p *played) end(ctx workflow.Context) (contract.IncidentResult, error) {
	err := workflow.SignalExternalWorkflow(ctx, contract.NumbersID, "", string(contract.EndedSignal), contract.NumberEntry{
		Key: p.inc.Key, Ending: p.inc.Ending, EndedAt: workflow.Now(ctx),
	}).Get(ctx, nil)
	return contract.IncidentResult{Key: p.inc.Key, Ending: p.inc.Ending}, err
}

func playReview(ctx workflow.Context, in contract.IncidentInput) (contract.IncidentResult, error) {
	p := &played{inc: in.State.Incident, declared: true, runbook: contract.RunbookState{Runbook: in.Runbook, Hash: in.Hash}}
	p.inc.Title = "review of " + p.inc.Title
	if err := p.listen(ctx); err != nil {
		return contract.IncidentResult{}, err
	}
	return contract.IncidentResult{}, workflow.Await(ctx, func() bool { return false })
}

func playNumbers(ctx workflow.Context, st contract.NumbersState) (contract.None, error) {
	give := func(_ workflow.Context, req contract.TakeNumberRequest) (contract.NumberEntry, error) {
		n := slices.IndexFunc(st.Entries, func(e contract.NumberEntry) bool { return e.RunID == req.RunID })
		if n < 0 {
			st.Last++
			n = len(st.Entries)
			st.Entries = append(st.Entries, contract.NumberEntry{
				Key: incident.Key(fmt.Sprintf("INC-%d", st.Last)), WorkflowID: req.WorkflowID, RunID: req.RunID,
				Title: req.Title, Service: req.Service, Drill: req.Drill, At: req.At,
			})
		}
		return st.Entries[n], nil
	}
	if err := workflow.SetUpdateHandler(ctx, string(contract.NumberUpdate), give); err != nil {
		return contract.None{}, err
	}
	err := workflow.SetQueryHandler(ctx, string(contract.NumbersQuery), func(contract.None) (contract.NumbersState, error) { return st, nil })
	if err != nil {
		return contract.None{}, err
	}
	ended := workflow.GetSignalChannel(ctx, string(contract.EndedSignal))
	for {
		var e contract.NumberEntry
		ended.Receive(ctx, &e)
		for n := range st.Entries {
			if st.Entries[n].Key == e.Key {
				st.Entries[n].Ending, st.Entries[n].EndedAt = e.Ending, e.EndedAt
			}
		}
	}
}

// listen answers what the contract promises.
func (p *played) listen(ctx workflow.Context) error {
	for _, verb := range contract.Verbs() {
		err := workflow.SetUpdateHandlerWithOptions(ctx, string(verb),
			func(ctx workflow.Context, act contract.Act) (contract.Receipt, error) {
				if err := workflow.Await(ctx, func() bool { return p.declared }); err != nil {
					return contract.Receipt{}, err
				}
				return p.act(&p.inc, workflow.Now(ctx), verb, act)
			},
			workflow.UpdateHandlerOptions{Validator: func(ctx workflow.Context, act contract.Act) error {
				_, err := (&played{seen: slices.Clone(p.seen)}).act(p.inc.Clone(), workflow.Now(ctx), verb, act)
				return err
			}})
		if err != nil {
			return err
		}
		workflow.Go(ctx, func(ctx workflow.Context) {
			for {
				var act contract.Act
				workflow.GetSignalChannel(ctx, string(verb)).Receive(ctx, &act)
				if _, err := p.act(&p.inc, workflow.Now(ctx), verb, act); err != nil {
					p.inc.Log(workflow.Now(ctx), incident.Entry{Kind: incident.EntryRefused, By: act.By, Text: err.Error()})
				}
			}
		})
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var in contract.Alerts
			workflow.GetSignalChannel(ctx, string(contract.AlertsSignal)).Receive(ctx, &in)
			if workflow.Await(ctx, func() bool { return p.declared }) != nil {
				return
			}
			p.inc.TakeAlerts(workflow.Now(ctx), in.Alerts)
		}
	})
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var in contract.CallStatus
			workflow.GetSignalChannel(ctx, string(contract.CallSignal)).Receive(ctx, &in)
			p.statuses++
		}
	})
	return p.answerQueries(ctx)
}

func (p *played) answerQueries(ctx workflow.Context) error {
	return errors.Join(
		workflow.SetQueryHandler(ctx, string(contract.Show), func(contract.None) (contract.Snapshot, error) {
			s := contract.Snapshot{Incident: p.inc, Hash: p.runbook.Hash}
			p.runbook.Runbook.Walk(func(_ runbooks.Place, step *runbooks.Step) {
				line := contract.StepLine{Address: step.Address, Path: step.Path}
				if len(s.Steps) == 0 { // the first step of an incident of these tests has begun
					line.State = contract.StepRunning
				}
				s.Steps = append(s.Steps, line)
			})
			return s, nil
		}),
		workflow.SetQueryHandler(ctx, string(contract.RunbookOf), func(contract.None) (contract.RunbookState, error) {
			return p.runbook, nil
		}),
		workflow.SetQueryHandler(ctx, string(contract.Timeline), func(req contract.TimelineRequest) (contract.TimelinePart, error) {
			part := contract.TimelinePart{Key: p.inc.Key, Closed: !p.inc.Open()}
			for _, e := range p.inc.Timeline {
				if e.Seq > req.After {
					part.Entries = append(part.Entries, e)
				}
			}
			return part, nil
		}),
		workflow.SetQueryHandler(ctx, string(contract.Brief), func(cb contract.Callback) (contract.Briefing, error) {
			return contract.Briefing{
				Say: fmt.Sprintf("%s %s, %d statuses", p.inc.Key, p.inc.Title, p.statuses), Closed: !p.inc.Open(), Attempt: cb.Page != "",
			}, nil
		}))
}

// act is a few verbs with the domain's own rules.
func (p *played) act(inc *incident.Incident, at time.Time, verb contract.Verb, act contract.Act) (contract.Receipt, error) {
	if act.ID != "" && slices.Contains(p.seen, act.ID) {
		return contract.Receipt{Text: "recorded already"}, nil
	}
	p.seen = append(p.seen, act.ID)
	var err error
	switch {
	case act.Key != "" && inc.Key != "" && act.Key != inc.Key: // the act may be faster than the number
		err = &incident.Refusal{What: fmt.Sprintf("%s is closed", act.Key), Hint: fmt.Sprintf("the trouble is back as %s", inc.Key)}
	case verb == contract.VerbSeverity:
		err = inc.SetSeverity(at, act.By, incident.SeverityChange{To: incident.Severity(act.Value), Reason: act.Reason})
	case verb == contract.VerbAssign:
		err = inc.Assign(at, act.By, act.Role, incident.Holder{Person: oncall.PersonID(act.Person), Name: act.PersonName, Accepted: true})
	case verb == contract.VerbNote && act.Quote != nil:
		_, _, err = inc.Pin(at, act.By, act.Value, *act.Quote)
	case verb == contract.VerbNote:
		err = inc.Note(at, act.By, act.Value)
	case verb == contract.VerbStep:
		err = inc.Note(at, act.By, act.AdHoc.Path+" "+act.AdHoc.Summary())
		p.runbook.AdHoc++
	case verb == contract.VerbUpgrade:
		p.runbook.Runbook, p.runbook.Hash = *act.Runbook, act.Hash
	case verb == contract.VerbSend, verb == contract.VerbEdit:
		err = inc.Note(at, act.By, fmt.Sprint(act.Value, act.Step, act.Fields))
	case verb == contract.VerbResolve:
		err = inc.Finish(at, act.By, incident.End{Ending: incident.Resolved})
	case verb == contract.VerbCancel:
		err = inc.Finish(at, act.By, incident.End{Ending: incident.Cancelled, Reason: act.Reason})
	}
	var refused *incident.Refusal
	if errors.As(err, &refused) {
		return contract.Receipt{}, temporal.NewApplicationError(refused.What, contract.RefusalType, refused.Hint)
	}
	return contract.Receipt{Text: fmt.Sprintf("%s done on %s", verb, inc.Key)}, err
}

// rosterOf is a roster in the test's hands: one service for each value of the label service that begins with the
// test's own prefix, so that tests do not meet each other's incidents.
type rosterOf struct{}

func (rosterOf) Route(labels map[string]string) gateway.Routed {
	r := gateway.Routed{
		Service: labels["service"], Runbook: "outage", Team: "shop", Environment: "prod", Type: "latency",
		Severity: incident.Severity(labels["severity"]), Inputs: map[string]any{"count": "3"},
	}
	if name := labels["runbook"]; name != "" {
		r.Runbook = name
	}
	return r
}

func (r rosterOf) Service(name string) (gateway.Routed, bool) {
	if name != "basket" {
		return gateway.Routed{}, false
	}
	return r.Route(map[string]string{"service": name}), true
}

func (rosterOf) Services() []string { return []string{"basket"} }

var ana = oncall.Person{ID: "ana", Name: "Ana Lima", Email: "ana@example.com", Phone: "+15550001", Slack: "U1"}

func one(ok bool) (oncall.Person, bool) {
	if !ok {
		return oncall.Person{}, false
	}
	return ana, true
}

func (rosterOf) Person(id oncall.PersonID) (oncall.Person, bool) { return one(id == ana.ID) }
func (rosterOf) PersonByEmail(text string) (oncall.Person, bool) { return one(text == ana.Email) }

func (rosterOf) PersonByPhone(number string) (oncall.Person, bool) { return one(number == ana.Phone) }

func (rosterOf) PersonBySlack(account string) (oncall.Person, bool) { return one(account == ana.Slack) }

// shelf holds one runbook.
type shelf struct{}

func (shelf) Runbook(name string) (runbooks.Runbook, string, error) {
	if name != "outage" {
		return runbooks.Runbook{}, "", fmt.Errorf("there is no runbook %q", name)
	}
	rb := runbooks.Runbook{
		ID:         "outage",
		Severities: []runbooks.SeverityRow{{Severity: "SEV1"}, {Severity: "SEV2"}, {Severity: "SEV3"}},
		Inputs: []runbooks.Input{
			{Name: "count", Type: "int", Required: true},
			{Name: "service", Type: "string", Required: true},
			{Name: "region", Type: "string", Enum: []string{"eu", "us"}},
		},
		Roles:  []runbooks.Role{{Name: incident.Commander, Fill: "ana"}},
		Phases: []runbooks.Phase{{Name: incident.Identification, Steps: []runbooks.Step{said(0, "One"), said(1, "Two")}}},
	}
	hash, err := rb.Hash()
	return rb, hash, err
}

// said is a step that says something.
func said(place int, text string) runbooks.Step {
	path := fmt.Sprintf("identification/%d", place)
	return runbooks.Step{Path: path, Address: path, Kind: runbooks.KindSay, Say: &runbooks.Say{Text: text}}
}

// clock is a time that the test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(by)
}

// door is a gateway with its HTTP server on the shared engine, or on the client of the options.
type door struct {
	*gateway.Incidents
	server *gateway.Server
	url    string
	clock  *clock
	log    *logbook
}

// logbook keeps what was logged.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logbook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

const (
	sourceToken = "source-secret"
	apiToken    = "api-secret"
)

func newDoor(t *testing.T, change ...func(*gateway.Options, *gateway.ServerConfig)) *door {
	t.Helper()
	d := &door{clock: &clock{at: time.Now()}, log: &logbook{}}
	o := gateway.Options{
		Client: shared.client, UI: "http://ui.example/", Routes: rosterOf{}, People: rosterOf{}, Runbooks: shelf{},
		DefaultRunbook: "outage", Logger: slog.New(slog.NewTextHandler(d.log, nil)), Now: d.clock.now,
	}
	c := gateway.ServerConfig{
		Sources: map[string]gateway.Source{"alertmanager": {
			Decode: decodeGroup,
			Tokens: func() []gateway.Token { return []gateway.Token{{Name: "am", Value: sourceToken}} },
		}},
		Tokens: func() []gateway.Token {
			return []gateway.Token{{Name: "ci", Value: apiToken}, {Name: "bot", Value: "bot-secret"}}
		},
		Logger: o.Logger,
	}
	for _, f := range change {
		f(&o, &c)
	}
	var err error
	if d.Incidents, err = gateway.New(o); err != nil {
		t.Fatal(err)
	}
	c.Incidents = d.Incidents
	if d.server, err = gateway.NewServer(c); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(d.server.Handler())
	t.Cleanup(web.Close)
	d.url = web.URL
	return d
}

// declared begins an incident that is the test's own.
func (d *door) declared(t *testing.T, change ...func(*gateway.NewIncident)) gateway.Declared {
	t.Helper()
	n := gateway.NewIncident{Title: t.Name(), Service: "basket", By: incident.Actor{Name: "Test", Door: incident.DoorCLI}}
	for _, f := range change {
		f(&n)
	}
	out, err := d.Declare(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	if out.Key == "" {
		t.Fatal("declared without a key")
	}
	return out
}

// do carries out a verb and wants it to succeed.
func (d *door) do(t *testing.T, key incident.Key, verb contract.Verb, act contract.Act) contract.Receipt {
	t.Helper()
	receipt, err := d.Act(t.Context(), key, gateway.Deed{Verb: verb, Act: act})
	if err != nil {
		t.Fatalf("%s %s: %v", verb, key, err)
	}
	return receipt
}

// closed waits until an incident's workflow has ended and the numbering knows it.
func (d *door) closed(t *testing.T, in gateway.Declared) {
	t.Helper()
	if err := shared.client.GetWorkflow(t.Context(), in.WorkflowID, in.RunID).Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
}

// shown asks for an incident by its workflow.
func (d *door) shown(t *testing.T, workflowID string) incident.Incident {
	t.Helper()
	snapshot, err := d.Show(t.Context(), incident.Key(workflowID))
	if err != nil {
		t.Fatal(err)
	}
	return snapshot.Incident
}

// signals counts a run's signals of a name.
func signals(t *testing.T, workflowID, name string) int {
	t.Helper()
	count := 0
	events := shared.client.GetWorkflowHistory(t.Context(), workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			t.Fatal(err)
		}
		if event.GetWorkflowExecutionSignaledEventAttributes().GetSignalName() == name {
			count++
		}
	}
	return count
}

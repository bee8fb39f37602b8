package activities_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/record"
)

// TestRegister binds every name of the contract once; the queues of chat and telephone get theirs alone.
func TestRegister(t *testing.T) {
	t.Parallel()
	chat := []string{string(contract.OpenRoom), string(contract.Post), string(contract.ShowRoom), string(contract.Announce), string(contract.CloseRoom)}
	direct := []string{string(contract.TellPerson), string(contract.RetellPerson)}
	mail := []string{string(contract.SendMail)}
	presence := []string{string(contract.ReadStatus), string(contract.ShowStatus)}
	phone := []string{string(contract.PlaceCall), string(contract.HangUp), string(contract.SendText)}
	rest := []string{string(contract.TakeNumber), string(contract.WhoIsOnCall), string(contract.WriteRecord)}
	systems := []string{
		string(contract.OpenBridge), string(contract.OpenTicket), string(contract.SyncTicket), string(contract.PublishUpdate),
		string(contract.KeepEvidence), string(contract.DraftPostmortem), string(contract.CallHTTP), string(contract.RunCommand),
	}
	follow := []string{string(contract.FollowAttempt)}
	var everything, chatAlone, directAlone, mailAlone, presenceAlone, phoneAlone, followAlone list
	p := &ports{}
	activities.Register(&everything, p.all())
	activities.RegisterChat(&chatAlone, p)
	activities.RegisterDirect(&directAlone, p)
	activities.RegisterMail(&mailAlone, p)
	activities.RegisterPresence(&presenceAlone, p)
	activities.RegisterPhone(&phoneAlone, p, nil)
	activities.RegisterFollow(&followAlone, p, nil)
	for _, test := range []struct {
		name string
		want []string
		got  list
	}{
		{"all", slices.Concat(chat, direct, mail, presence, phone, follow, rest, systems), everything},
		{"chat", chat, chatAlone},
		{"direct", direct, directAlone},
		{"mail", mail, mailAlone},
		{"presence", presence, presenceAlone},
		{"phone", phone, phoneAlone},
		{"follow", follow, followAlone},
	} {
		differs(t, test.name, slices.Sorted(slices.Values(test.want)), slices.Sorted(slices.Values(test.got)))
	}
}

// TestResultsComeBack: what a port answers is what the workflow gets, and what the workflow asks is what the port gets.
func TestResultsComeBack(t *testing.T) {
	t.Parallel()
	room, err := execute(t, &ports{}, contract.OpenRoom, contract.OpenRoomRequest{Effect: effect("k"), Name: "inc-1"})
	differs(t, "room", contract.OpenRoomResult{Room: incident.Room{ID: "C1", Name: "inc-1"}, NotInvited: []string{"cem"}}, room)
	message, errPost := execute(t, &ports{}, contract.Post, contract.PostRequest{Effect: effect("k")})
	differs(t, "message", contract.PostResult{Message: "M1"}, message)
	shown, errShow := execute(t, &ports{}, contract.ShowRoom, contract.ShowRoomRequest{Effect: effect("k")})
	differs(t, "shown", contract.ShowRoomResult{CardID: "M2", Problems: []string{"no topic"}}, shown)
	announced, errAnnounce := execute(t, &ports{}, contract.Announce, contract.AnnounceRequest{Effect: effect("k")})
	differs(t, "announced", contract.AnnounceResult{Posted: "C2/M3"}, announced)
	_, errClose := execute(t, &ports{}, contract.CloseRoom, contract.CloseRoomRequest{Effect: effect("k")})
	call, errCall := execute(t, &ports{}, contract.PlaceCall, contract.CallRequest{Effect: effect("k")})
	differs(t, "call", contract.CallResult{Provider: "CA1", Silent: true}, call)
	_, errHangUp := execute(t, &ports{}, contract.HangUp, contract.HangUpRequest{Provider: "CA1"})
	sent, errText := execute(t, &ports{}, contract.SendText, contract.TextRequest{Effect: effect("k")})
	differs(t, "text", contract.TextResult{Provider: "SM1"}, sent)
	told, errTell := execute(t, &ports{}, contract.TellPerson, contract.TellPersonRequest{Effect: effect("k")})
	differs(t, "told", contract.TellPersonResult{Provider: "DM1"}, told)
	mailed, errMail := execute(t, &ports{}, contract.SendMail, contract.MailRequest{Effect: effect("k")})
	differs(t, "mailed", contract.MailResult{Provider: "M1"}, mailed)
	stood, errRead := execute(t, &ports{}, contract.ReadStatus, contract.ReadStatusRequest{Person: "ana"})
	differs(t, "status that stood", contract.ReadStatusResult{Connected: true, Status: contract.ChatStatus{Text: "Thinking"}}, stood)
	named, errStatus := execute(t, &ports{}, contract.ShowStatus, contract.ShowStatusRequest{Effect: effect("k"), Person: "ana"})
	differs(t, "status", contract.ShowStatusResult{Shown: true}, named)
	_, errRetell := execute(t, &ports{}, contract.RetellPerson, contract.RetellPersonRequest{Provider: "DM1"})
	number, errTake := execute(t, &ports{}, contract.TakeNumber, contract.TakeNumberRequest{RunID: "r"})
	differs(t, "number", contract.TakeNumberResult{Key: "INC-7", URL: "http://ui.example/7"}, number)
	if err := errors.Join(err, errPost, errShow, errAnnounce, errClose, errCall, errHangUp, errText, errTell, errMail, errRead, errStatus, errRetell, errTake); err != nil {
		t.Error(err)
	}

	for _, w := range works() {
		if w.name == string(contract.WriteRecord) {
			continue // its port gets files, not the request
		}
		p := &ports{}
		if _, err := environment(p).ExecuteActivity(w.name, w.in); err != nil {
			t.Errorf("%s: %v", w.name, err)
		}
		differs(t, w.name+" is asked", []any{w.in}, p.asked)
	}
}

// TestErrorClasses translates what a port says into what the engine does, for every activity that has an effect.
func TestErrorClasses(t *testing.T) {
	t.Parallel()
	refused := &contract.Refused{What: "no such number", Hint: "correct the roster"}
	revoked := &contract.Refused{What: "token revoked", Hint: "install the app again", Installation: true}
	later := &contract.Later{After: 9 * time.Second, Err: errAway}
	tests := []struct {
		name    string
		err     error
		kind    string // empty = whatever Go calls it
		text    string
		final   bool
		benign  bool
		retries time.Duration
	}{
		{name: "plain", err: errAway, text: "the vendor is away"},
		{name: "refused", err: refused, kind: contract.RefusedType, text: "no such number (correct the roster)", final: true},
		{name: "refused, wrapped", err: fmt.Errorf("page: %w", refused), kind: contract.RefusedType, text: "no such number (correct the roster)", final: true},
		{name: "installation", err: revoked, kind: contract.InstallationType, text: "token revoked (install the app again)", final: true},
		{name: "later", err: later, kind: "Later", text: "the vendor is away; again after 9s", benign: true, retries: 9 * time.Second},
		{name: "later, wrapped", err: fmt.Errorf("page: %w", later), kind: "Later", text: "the vendor is away; again after 9s", benign: true, retries: 9 * time.Second},
		{name: "a refusal behind a later one", err: &contract.Later{After: time.Second, Err: refused}, kind: contract.RefusedType, text: "no such number (correct the roster)", final: true},
	}
	for _, test := range tests {
		for _, w := range works() {
			t.Run(test.name+" "+w.name, func(t *testing.T) {
				t.Parallel()
				_, err := environment(&ports{fails: []error{test.err}}).ExecuteActivity(w.name, w.in)
				app := application(t, err)
				if test.kind != "" && app.Type() != test.kind {
					t.Errorf("the type is %q, want %q", app.Type(), test.kind)
				}
				if slices.Contains([]string{contract.RefusedType, contract.InstallationType}, app.Type()) != test.final {
					t.Errorf("the type %q says something else than the error", app.Type())
				}
				if app.NonRetryable() != test.final {
					t.Errorf("final: %t, want %t", app.NonRetryable(), test.final)
				}
				if !strings.Contains(app.Message(), test.text) {
					t.Errorf("it says %q, want %q", app.Message(), test.text)
				}
				if benign := app.Category() == temporal.ApplicationErrorCategoryBenign; benign != test.benign || app.NextRetryDelay() != test.retries {
					t.Errorf("benign %t, again after %s", benign, app.NextRetryDelay())
				}
			})
		}
	}
}

// tries is what an engine does with an activity that a workflow calls.
type tries struct {
	err   error
	took  time.Duration // of the workflow's own, skipped time
	asked []any
}

// play runs one activity from a workflow, with the engine's retries, in skipped time.
func play(t *testing.T, w work, fails ...error) tries {
	t.Helper()
	p := &ports{fails: append(fails, nil)}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quiet{})
	env := suite.NewTestWorkflowEnvironment()
	activities.Register(env, p.all())
	var out tries
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: time.Minute, RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 1, MaximumAttempts: 9},
		})
		began := workflow.Now(ctx)
		out.err = workflow.ExecuteActivity(ctx, w.name, w.in).Get(ctx, nil)
		out.took = workflow.Now(ctx).Sub(began)
		return nil
	})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	out.asked = p.asked
	return out
}

// TestEngineObeys: plain errors are tried again at the policy's pace, "later" at the vendor's, and refusals never.
func TestEngineObeys(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fails []error
		asked int
		took  time.Duration
		err   bool
	}{
		{name: "works", asked: 1},
		{name: "plain, twice", fails: []error{errAway, errAway}, asked: 3, took: 2 * time.Second},
		{name: "later", fails: []error{&contract.Later{After: 17 * time.Second, Err: errAway}}, asked: 2, took: 17 * time.Second},
		{name: "refused", fails: []error{&contract.Refused{What: "no"}}, asked: 1, err: true},
		{name: "installation", fails: []error{&contract.Refused{What: "no", Installation: true}}, asked: 1, err: true},
		{name: "plain, later, refused", fails: []error{errAway, &contract.Later{After: 5 * time.Second, Err: errAway}, &contract.Refused{What: "no"}}, asked: 3, took: 6 * time.Second, err: true},
	}
	for _, test := range tests {
		for _, w := range works() {
			t.Run(test.name+" "+w.name, func(t *testing.T) {
				t.Parallel()
				got := play(t, w, test.fails...)
				asked := test.asked
				if w.name == string(contract.WriteRecord) && !test.err {
					asked++ // a record has two files
				}
				if (got.err != nil) != test.err || len(got.asked) != asked || got.took != test.took {
					t.Errorf("asked %d times in %s: %v; want %d times in %s", len(got.asked), got.took, got.err, asked, test.took)
				}
			})
		}
	}
}

// TestAgain: every attempt after the first tells the port to look first, whatever the workflow has said; the first one
// says what the workflow says.
func TestAgain(t *testing.T) {
	t.Parallel()
	for _, w := range works() {
		if slices.Contains([]string{string(contract.TakeNumber), string(contract.HangUp), string(contract.WriteRecord), string(contract.ReadStatus)}, w.name) {
			continue // idempotent by themselves
		}
		for _, told := range []bool{false, true} {
			t.Run(fmt.Sprint(w.name, " ", told), func(t *testing.T) {
				t.Parallel()
				asking := w
				asking.in = withAgain(t, w.in, told)
				got := play(t, asking, errAway, &contract.Later{After: time.Second, Err: errAway})
				if got.err != nil {
					t.Fatal(got.err)
				}
				want := []any{asking.in, withAgain(t, w.in, true), withAgain(t, w.in, true)}
				differs(t, "the port is asked", want, got.asked)
			})
		}
	}
}

// withAgain is a request with the word of the workflow.
func withAgain(t *testing.T, in any, again bool) any {
	t.Helper()
	switch req := in.(type) {
	case contract.OpenRoomRequest:
		req.Again = again
		return req
	case contract.PostRequest:
		req.Again = again
		return req
	case contract.ShowRoomRequest:
		req.Again = again
		return req
	case contract.AnnounceRequest:
		req.Again = again
		return req
	case contract.CloseRoomRequest:
		req.Again = again
		return req
	case contract.CallRequest:
		req.Again = again
		return req
	case contract.TellPersonRequest:
		req.Again = again
		return req
	case contract.MailRequest:
		req.Again = again
		return req
	case contract.ShowStatusRequest:
		req.Again = again
		return req
	case contract.TextRequest:
		req.Again = again
		return req
	}
	t.Fatalf("%T has no word about repetition", in)
	return nil
}

// TestWhoIsOnCall: an unknown name is told and loses none of the others, whose order stays.
func TestWhoIsOnCall(t *testing.T) {
	t.Parallel()
	ana := []oncall.Duty{{Person: "ana", Name: "Ana", Why: "named", Phone: true}}
	sre := []oncall.Duty{{Person: "ben", Name: "Ben", Why: "sre", Until: start.Add(time.Hour)}, {Person: "cem", Name: "Cem", Why: "sre"}}
	tests := []struct {
		name  string
		names []string
		want  contract.WhoIsOnCallResult
	}{
		{"nobody is asked for", nil, contract.WhoIsOnCallResult{}},
		{"all are known", []string{"sre", "ana"}, contract.WhoIsOnCallResult{
			Found: []contract.Found{{Name: "sre", Duties: sre}, {Name: "ana", Duties: ana}},
		}},
		{"one is unknown", []string{"ana", "anna", "sre"}, contract.WhoIsOnCallResult{
			Found:    []contract.Found{{Name: "ana", Duties: ana}, {Name: "anna"}, {Name: "sre", Duties: sre}},
			Problems: []string{`no person, schedule, team or policy is called "anna"`},
		}},
		{"all are unknown", []string{"x", "y"}, contract.WhoIsOnCallResult{
			Found:    []contract.Found{{Name: "x"}, {Name: "y"}},
			Problems: []string{`no person, schedule, team or policy is called "x"`, `no person, schedule, team or policy is called "y"`},
		}},
		{"a name twice", []string{"ana", "ana"}, contract.WhoIsOnCallResult{
			Found: []contract.Found{{Name: "ana", Duties: ana}, {Name: "ana", Duties: ana}},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := &ports{duty: map[string][]oncall.Duty{"ana": ana, "sre": sre}}
			got, err := execute(t, p, contract.WhoIsOnCall, contract.WhoIsOnCallRequest{Names: test.names, At: start})
			if err != nil {
				t.Fatal(err)
			}
			differs(t, "result", test.want, got)
		})
	}
}

// TestWriteRecord writes the same files each time, under names that the incident's key alone decides.
func TestWriteRecord(t *testing.T) {
	t.Parallel()
	p := &ports{}
	inc := incident.Incident{ID: "0198", Key: "INC-7", Title: "error rate", Severities: []incident.Severity{"SEV1"}}
	inc.Declare(start)
	for _, title := range []string{"error rate", "error rate, corrected"} {
		inc.Title = title
		got, err := execute(t, p, contract.WriteRecord, contract.WriteRecordRequest{Incident: inc})
		if err != nil {
			t.Fatal(err)
		}
		differs(t, "places", contract.WriteRecordResult{Places: []string{"/records/INC-7.md", "/records/INC-7.json"}}, got)
		machine, err := record.JSON(inc)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"INC-7.md": string(record.Markdown(inc)), "INC-7.json": string(machine)}
		files := map[string]string{}
		for name, content := range p.files {
			files[name] = string(content)
		}
		differs(t, "files", want, files)
		if !strings.Contains(want["INC-7.md"], title) || !strings.Contains(want["INC-7.json"], title) {
			t.Errorf("the record does not say %q", title)
		}
	}
	differs(t, "what was written", []string{"INC-7.md", "INC-7.json", "INC-7.md", "INC-7.json"}, p.puts)
}

// TestWriteRecordIsTakenUpAgain after a failure between its files: both are there in the end, and nothing else.
func TestWriteRecordIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	p := &ports{fails: []error{nil, errAway, nil}}
	req := contract.WriteRecordRequest{Incident: incident.Incident{Key: "INC-7"}}
	_, err := execute(t, p, contract.WriteRecord, req)
	if app := application(t, err); app.NonRetryable() || !strings.Contains(app.Message(), "write record of INC-7") {
		t.Errorf("half a record gives %v", err)
	}
	if _, err := execute(t, p, contract.WriteRecord, req); err != nil {
		t.Fatal(err)
	}
	differs(t, "what was written", []string{"INC-7.md", "INC-7.md", "INC-7.json"}, p.puts)
}

// TestNobodyToWriteTo: without a chat or without mail a message to one person is refused, so that a page goes on, and one that was sent
// before needs no change.
func TestNobodyToWriteTo(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quiet{})
	env := suite.NewTestActivityEnvironment()
	activities.RegisterDirect(env, nil)
	activities.RegisterMail(env, nil)
	_, err := env.ExecuteActivity(string(contract.TellPerson), contract.TellPersonRequest{Effect: effect("dm"), Person: "ana"})
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || app.Type() != contract.RefusedType {
		t.Errorf("it gives %v, want a refusal", err)
	}
	_, err = env.ExecuteActivity(string(contract.SendMail), contract.MailRequest{Effect: effect("mail"), Person: "ana"})
	if !errors.As(err, &app) || app.Type() != contract.RefusedType {
		t.Errorf("a mail gives %v, want a refusal", err)
	}
	if _, err := env.ExecuteActivity(string(contract.RetellPerson), contract.RetellPersonRequest{Provider: "DM1"}); err != nil {
		t.Error(err)
	}
}

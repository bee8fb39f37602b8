package activitiestest

import (
	"testing"
	"time"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// PhoneWorld is a telephone company with the port in front of it.
type PhoneWorld struct {
	Trouble
	Phone activities.Phone
	// Restarted is the port of another process, which remembers nothing, to the same company.
	Restarted func() activities.Phone
	// Person and Other have telephones, which ring until somebody ends the call.
	Person, Other oncall.PersonID
	// Unreachable are people who cannot be called: without a number, with a wrong one, unknown. A world without any
	// calls everybody.
	Unreachable []oncall.PersonID
	// Calls and Texts show what the company was asked for, oldest first.
	Calls func() []Call
	Texts func() []Text
	// Finish ends a call from the other side.
	Finish func(call string)
	// Now is the clock of port and company, and Pass lets time go by on it.
	Now  func() time.Time
	Pass func(time.Duration)
}

// Call is a call as the company has it.
type Call struct {
	ID     string
	Person oncall.PersonID
	Over   bool
}

// Text is a message as the company has it.
type Text struct {
	ID     string
	Person oncall.PersonID
	Body   string
}

// Phone runs the acceptance test of the telephone.
func Phone(t *testing.T, open func(t *testing.T) *PhoneWorld) {
	t.Helper()
	suite := phoneSuite{open}
	for name, test := range map[string]func(*testing.T){
		"Call":                       suite.calls,
		"CallConverges":              func(t *testing.T) { converges(t, suite.calling) },
		"CallForEachAttempt":         suite.callsEachAttempt,
		"CallOfAnotherProcess":       suite.callsAfterARestart,
		"CallForEachPerson":          suite.callsEachPerson,
		"CallAnswersWithItsClass":    func(t *testing.T) { classes(t, suite.calling, nil) },
		"HangUp":                     suite.hangsUp,
		"HangUpOfAFinishedCall":      suite.hangsUpWhatIsOver,
		"HangUpConverges":            func(t *testing.T) { converges(t, suite.hangingUp) },
		"HangUpAnswersWithItsClass":  func(t *testing.T) { classes(t, suite.hangingUp, nil) },
		"Text":                       suite.texts,
		"TextConverges":              func(t *testing.T) { converges(t, suite.texting) },
		"TextForEachReference":       suite.textsEachReference,
		"TextAnswersWithItsClass":    func(t *testing.T) { classes(t, suite.texting, nil) },
		"NobodyWithoutANumber":       suite.refusesUnreachable,
		"AttemptsOfTwoKindsAreApart": suite.keepsKindsApart,
		"Follow":                     suite.follows,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

type phoneSuite struct {
	open func(t *testing.T) *PhoneWorld
}

// callback names an attempt of the one page of these tests.
func callback(attempt int) contract.Callback {
	return contract.Callback{WorkflowID: "incident/0198", Key: "INC-1", Page: owner + "/page/1/sre", Attempt: attempt}
}

// key is the idempotency key of an attempt.
func key(attempt int) string { return owner + "/page/1/sre/" + string(rune('0'+attempt)) }

// call is the request for an attempt, decided now.
func (w *PhoneWorld) call(attempt int, who oncall.PersonID) contract.CallRequest {
	return contract.CallRequest{
		Effect: contract.Effect{Key: key(attempt), Intended: w.Now()}, Callback: callback(attempt), Person: who,
		Say: "INC-1. SEV1. payments error rate.", Ring: 20 * time.Second,
	}
}

// text is the request for a message, decided now.
func (w *PhoneWorld) text(attempt int, who oncall.PersonID, reference string) contract.TextRequest {
	return contract.TextRequest{
		Effect: contract.Effect{Key: key(attempt), Intended: w.Now()}, Callback: callback(attempt), Person: who,
		Text: "INC-1. SEV1. Reply 1a to acknowledge. " + reference, Reference: reference, Validity: 5 * time.Minute,
	}
}

// port is the one that acts, or the one of a process that has just started.
func (w *PhoneWorld) port(restarted bool) activities.Phone {
	if restarted {
		return w.Restarted()
	}
	return w.Phone
}

// place makes a call and answers its id. A call that was asked for again may be placed a while later.
func (w *PhoneWorld) place(t *testing.T, phone activities.Phone, req contract.CallRequest) string {
	t.Helper()
	got, err := repeat(stage{pass: w.Pass, act: func(bool, bool) (any, error) { return phone.Call(t.Context(), req) }}, false)
	must(t, err)
	return got.(contract.CallResult).Provider
}

// send sends a message and answers its id.
func (w *PhoneWorld) send(t *testing.T, phone activities.Phone, req contract.TextRequest) string {
	t.Helper()
	got, err := repeat(stage{pass: w.Pass, act: func(bool, bool) (any, error) { return phone.Text(t.Context(), req) }}, false)
	must(t, err)
	return got.(contract.TextResult).Provider
}

// traffic is what the company has done, without what each world makes up for itself.
type traffic struct {
	Calls []Call
	Texts []Text
}

// look is the traffic so far.
func (w *PhoneWorld) look() any {
	seen := traffic{w.Calls(), w.Texts()}
	for n := range seen.Calls {
		seen.Calls[n].ID = ""
	}
	for n := range seen.Texts {
		seen.Texts[n].ID = ""
	}
	return seen
}

// one is the only call there is.
func (w *PhoneWorld) one(t *testing.T) Call {
	t.Helper()
	calls := w.Calls()
	if len(calls) != 1 {
		t.Fatalf("there are %d calls, want one: %s", len(calls), text(calls))
	}
	return calls[0]
}

package gateway

import (
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// RefusalKind is why a request is refused.
type RefusalKind string

// The kinds of refusals; the zero value is a rule of the incident itself.
const (
	RefusedByRule RefusalKind = ""
	RefusedInput  RefusalKind = "input"   // the request itself is wrong
	RefusedAbsent RefusalKind = "unknown" // there is no such incident
	RefusedClosed RefusalKind = "closed"  // the incident has ended
)

// Refusal is a request that is not carried out, in a sentence that can be shown and spoken, and what to do instead.
// Repeating it changes nothing.
type Refusal struct {
	Kind RefusalKind
	What string
	Hint string // may be empty
}

// Error gives the sentence and the hint.
func (r *Refusal) Error() string {
	if r.Hint == "" {
		return r.What
	}
	return r.What + " (" + r.Hint + ")"
}

// Away is a request that was not carried out because Temporal, or every worker, did not answer in time. Repeating it
// later is right, and harmless.
type Away struct {
	What string // what was being done
	Err  error
}

// Error says what could not be done and why.
func (a *Away) Error() string { return fmt.Sprintf("%s: %v", a.What, a.Err) }

// Unwrap gives the cause.
func (a *Away) Unwrap() error { return a.Err }

// ruled turns a refusal of the domain into one of ours.
func ruled(err error) error {
	var refused *incident.Refusal
	if errors.As(err, &refused) {
		return &Refusal{What: refused.What, Hint: refused.Hint}
	}
	return err
}

// failed turns an error of the Temporal client into one of ours: a refusal of the incident's own validators, Away, or
// the error itself with what was being done.
func failed(what string, err error) error {
	var app *temporal.ApplicationError
	if errors.As(err, &app) && app.Type() == contract.RefusalType {
		return &Refusal{What: app.Message(), Hint: hintOf(app)}
	}
	if worthRepeating(err) {
		return &Away{What: what, Err: err}
	}
	return fmt.Errorf("%s: %w", what, err)
}

// hintOf reads the hint out of a refusal's details; a refusal without one is complete too.
func hintOf(app *temporal.ApplicationError) string {
	var hint string
	if !app.HasDetails() || app.Details(&hint) != nil {
		return ""
	}
	return hint
}

// gone says that no open workflow was there to take the message.
func gone(err error) bool {
	var notFound *serviceerror.NotFound
	return errors.As(err, &notFound)
}

// worthRepeating says that the outcome is open: the message may or may not have arrived. Whoever asks this sends the
// same message again, under the same id. Only an answer that can never change is final.
func worthRepeating(err error) bool {
	var (
		notFound *serviceerror.NotFound
		invalid  *serviceerror.InvalidArgument
		denied   *serviceerror.PermissionDenied
		noSpace  *serviceerror.NamespaceNotFound
		query    *serviceerror.QueryFailed
		app      *temporal.ApplicationError
		refusal  *Refusal
	)
	return !errors.As(err, &notFound) && !errors.As(err, &invalid) && !errors.As(err, &denied) &&
		!errors.As(err, &noSpace) && !errors.As(err, &query) && !errors.As(err, &app) && !errors.As(err, &refusal)
}

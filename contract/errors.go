package contract

import (
	"errors"
	"fmt"
	"time"

	"github.com/musterbook/musterbook/incident"
)

// Refused is an effect that will never succeed as it was asked: repeating it is pointless. A plain error is repeated.
type Refused struct {
	What string // what was being done, and why it cannot be
	Hint string // what a person can do about it
	// Installation marks a fault of the whole installation (a revoked token, an account that is closed), not of this
	// one effect: somebody must be alarmed.
	Installation bool
}

// Error gives the sentence and the hint.
func (r *Refused) Error() string {
	if r.Hint == "" {
		return r.What
	}
	return r.What + " (" + r.Hint + ")"
}

// Later is an effect that was not done and may be repeated after a while.
type Later struct {
	After time.Duration
	Err   error
}

// Error says what happened and when to come back.
func (l *Later) Error() string { return fmt.Sprintf("%v; again after %s", l.Err, l.After) }

// Unwrap gives the cause.
func (l *Later) Unwrap() error { return l.Err }

// IsRefused says whether an error is final.
func IsRefused(err error) bool {
	var r *Refused
	return errors.As(err, &r)
}

// Ruling reads the sentence and the hint of a request that was not carried out, whoever refused it; ok is false for every
// other error, of which nothing is known.
func Ruling(err error) (what, hint string, ok bool) {
	var ruled *incident.Refusal
	if errors.As(err, &ruled) {
		return ruled.What, ruled.Hint, true
	}
	var refused *Refused
	if errors.As(err, &refused) {
		return refused.What, refused.Hint, true
	}
	return "", "", false
}

// The types that errors have when they cross a workflow's border.
const (
	// RefusedType is an effect that will never succeed.
	RefusedType = "Refused"
	// InstallationType is a refusal that concerns the whole installation: it heals only when a person acts.
	InstallationType = "RefusedInstallation"
	// RefusalType refuses a person's act; the error's detail is the hint.
	RefusalType = "Refusal"
)

package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
)

// The exit statuses.
const (
	statusDone   = 0
	statusFailed = 1 // refused, or failed
	statusUsage  = 2 // the command line was not understood
)

// hinted is an error with what a person can do about it.
type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

// withHint adds a hint to an error.
func withHint(err error, hint string) error { return &hinted{err: err, hint: hint} }

// usageError is a command line that cannot be understood.
type usageError struct {
	what string
	hint string // empty = the command's help
}

func (u *usageError) Error() string { return u.what }

// misused makes a usageError.
func misused(hint, format string, args ...any) error {
	return &usageError{what: fmt.Sprintf(format, args...), hint: hint}
}

// failure is what came out of a command that was understood; whatever else cobra returns is a mistake in the call.
type failure struct{ err error }

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// ownErrors marks the errors of all commands, so that they can be told from those of the command line itself.
func ownErrors(c *cobra.Command) {
	if inner := c.RunE; inner != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			if err := inner(c, args); err != nil {
				return &failure{err: err}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		ownErrors(sub)
	}
}

// report tells the person what went wrong and what to do, and answers with the exit status.
func report(w io.Writer, command *cobra.Command, err error) int {
	status := statusFailed
	var ran *failure
	var misuse *usageError
	if errors.As(err, &misuse) || !errors.As(err, &ran) {
		status = statusUsage
	}
	what, hint := explain(err)
	if status == statusUsage && hint == "" {
		hint = "see " + command.CommandPath() + " --help"
	}
	text := "muster: " + what + "\n"
	if hint != "" {
		text += "hint: " + hint + "\n"
	}
	// Nobody is left to hear that even the error could not be written.
	_, _ = io.WriteString(w, plainText(text))
	return status
}

// explain parts an error into the sentence and the hint.
func explain(err error) (what, hint string) {
	var (
		h       *hinted
		misuse  *usageError
		refusal *gateway.Refusal
		rule    *incident.Refusal
		away    *gateway.Away
	)
	switch {
	case errors.As(err, &h):
		return err.Error(), h.hint
	case errors.As(err, &misuse):
		return err.Error(), misuse.hint
	case errors.As(err, &refusal):
		return refusal.What, refusal.Hint
	case errors.As(err, &rule):
		return rule.What, rule.Hint
	case errors.As(err, &away):
		return err.Error(), "nothing was recorded; is `muster serve`, or a `muster worker`, running? Try again: repeating is harmless"
	}
	return err.Error(), ""
}

// passes says whether an error may be over in a moment.
func passes(err error) bool {
	var away *gateway.Away
	return errors.As(err, &away)
}

package contract_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
)

// TestErrors are the three ways in which an effect answers.
func TestErrors(t *testing.T) {
	t.Parallel()
	refused := &contract.Refused{What: "call Ana: no number", Hint: "add one to the roster"}
	later := &contract.Later{After: 2 * time.Second, Err: fmt.Errorf("call Ana: %w", io.EOF)}
	tests := []struct {
		name    string
		err     error
		text    string
		refused bool
	}{
		{"refused", refused, "call Ana: no number (add one to the roster)", true},
		{"refused without a hint", &contract.Refused{What: "no"}, "no", true},
		{"refused, wrapped", fmt.Errorf("page: %w", refused), "page: call Ana: no number (add one to the roster)", true},
		{"later", later, "call Ana: EOF; again after 2s", false},
		{"plain", io.EOF, "EOF", false},
		{"a refusal behind a later one", &contract.Later{After: time.Second, Err: refused}, "call Ana: no number (add one to the roster); again after 1s", true},
	}
	for _, test := range tests {
		if test.err.Error() != test.text || contract.IsRefused(test.err) != test.refused {
			t.Errorf("%s: %q, refused %t", test.name, test.err, contract.IsRefused(test.err))
		}
	}
	if !errors.Is(later, io.EOF) {
		t.Error("a later error hides its cause")
	}
	if contract.IsRefused(nil) {
		t.Error("no error is refused")
	}
}

// TestTerminal says which steps are over.
func TestTerminal(t *testing.T) {
	t.Parallel()
	over := map[string]bool{
		"": false, "running": false, "waiting": false, "holding": false,
		"done": true, "skipped": true, "failed": true, "timed_out": true, "rejected": true, "cancelled": true,
		"reverted": true, "returned": true,
	}
	for _, c := range constants(t, ".") {
		if c.of != "StepState" {
			continue
		}
		want, known := over[c.value]
		if !known {
			t.Errorf("whether a step that is %q is over is not decided here", c.value)
		}
		if got := contract.StepState(c.value).Terminal(); got != want {
			t.Errorf("a step that is %q is over: %t, want %t", c.value, got, want)
		}
	}
}

// TestVerbs lists every verb, and each is the name of its update and of its signal.
func TestVerbs(t *testing.T) {
	t.Parallel()
	var declared []string
	for _, c := range constants(t, ".") {
		if c.of == "Verb" {
			declared = append(declared, c.value)
		}
	}
	var listed []string
	for _, v := range contract.Verbs() {
		listed = append(listed, string(v))
		if string(contract.UpdateOf(v)) != string(v) || string(contract.SignalOf(v)) != string(v) {
			t.Errorf("%s travels as %s and %s", v, contract.UpdateOf(v), contract.SignalOf(v))
		}
	}
	slices.Sort(declared)
	slices.Sort(listed)
	if diff := cmp.Diff(declared, listed); diff != "" {
		t.Errorf("verbs (-declared +listed):\n%s", diff)
	}
}

// TestReviewID is the workflow of the lessons learned.
func TestReviewID(t *testing.T) {
	t.Parallel()
	if got := contract.ReviewID("INC-7"); got != "review/INC-7" {
		t.Errorf("%q", got)
	}
}

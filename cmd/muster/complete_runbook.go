package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// runbookWords are the words of the verbs on the run of the runbook: steps, phases, signals.
func runbookWords(verb contract.Verb, shown contract.Snapshot, words []string) []cobra.Completion {
	switch verb {
	case contract.VerbRetry, contract.VerbStop, contract.VerbSkip, contract.VerbEdit:
		if len(words) == 0 {
			return stepCompletions(verb, shown.Steps)
		}
	case contract.VerbAdvance, contract.VerbReturn:
		if len(words) == 0 {
			return phaseCompletions(verb, shown.Phases)
		}
	case contract.VerbRevert:
		return undoCompletions(shown.Undo, words)
	case contract.VerbSend:
		return signalCompletions(&shown.Incident, words)
	default: // no words of the runbook
	}
	return nil
}

// stepCompletions are the steps that a verb can be used on.
func stepCompletions(verb contract.Verb, steps []contract.StepLine) []cobra.Completion {
	var out []cobra.Completion
	for _, s := range steps {
		fits := s.State == contract.StepHolding
		if verb != contract.VerbEdit {
			fits = s.State != contract.StepPending && !s.State.Terminal()
		}
		if verb == contract.VerbSkip {
			fits = !s.State.Terminal()
		}
		if fits {
			out = append(out, cobra.CompletionWithDesc(s.Address, oneLine(joined(" · ", string(s.State), s.Text))))
		}
	}
	return out
}

// phaseCompletions are the phases that can be ended, or gone back to.
func phaseCompletions(verb contract.Verb, phases []contract.PhaseLine) []cobra.Completion {
	var out []cobra.Completion
	for _, p := range phases {
		if p.Started.IsZero() || verb == contract.VerbAdvance && !p.Ended.IsZero() {
			continue
		}
		out = append(out, cobra.CompletionWithDesc(string(p.Phase), oneLine(p.Goal)))
	}
	return out
}

// undoCompletions are the phases and the steps that can be taken back and are not named yet; a phase stands alone.
func undoCompletions(undo []contract.UndoRecord, words []string) []cobra.Completion {
	var out []cobra.Completion
	add := func(word string) {
		if word != "" && !slices.Contains(words, word) && !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	for _, u := range undo {
		if !u.Reverted && len(words) == 0 {
			add(string(u.Phase))
		}
	}
	for _, u := range slices.Backward(undo) {
		if !u.Reverted {
			add(u.Address)
		}
	}
	return out
}

// signalCompletions are the signals that are waited for, and then the fields of the one that is named.
func signalCompletions(inc *incident.Incident, words []string) []cobra.Completion {
	var out []cobra.Completion
	for _, q := range inc.OpenQuestions() {
		switch {
		case q.Kind != incident.QuestionSignal:
		case len(words) == 0:
			out = append(out, cobra.CompletionWithDesc(q.Signal, oneLine(q.Text)))
		case q.Signal == words[0]:
			out = append(out, fieldCompletions(q.Form, words[1:])...)
		}
	}
	return out
}

// fieldCompletions are the fields of a form that are not filled in yet.
func fieldCompletions(form []incident.FormField, given []string) []cobra.Completion {
	var out []cobra.Completion
	for _, f := range form {
		filled := slices.ContainsFunc(given, func(word string) bool {
			return strings.HasPrefix(word, f.Name+"=") || strings.HasPrefix(word, f.Name+":=")
		})
		if !filled {
			out = append(out, cobra.CompletionWithDesc(f.Name+"=", oneLine(joined(" · ", fieldWord(f), f.Description))))
		}
	}
	return out
}

package main

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/roster"
)

// completionTime is how long a shell may wait for suggestions.
const completionTime = 1500 * time.Millisecond

// completeKeys suggests the open incidents for a command's first word.
func completeKeys(sh shell, f *callFlags) cobra.CompletionFunc { return completeWords(sh, f, "") }

// completeWords suggests the words of a verb: the open incidents, then what the incident knows. Whatever goes wrong
// suggests nothing.
func completeWords(sh shell, f *callFlags, verb contract.Verb) cobra.CompletionFunc {
	return func(c *cobra.Command, words []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(c.Context(), completionTime)
		defer cancel()
		var found []cobra.Completion
		err := call(ctx, sh, *f, func(d *caller) (err error) {
			if len(words) == 0 {
				found, err = d.openKeys(ctx)
				return err
			}
			key := gateway.NormalKey(words[0])
			shown, err := d.Show(ctx, key)
			if err == nil && verb == contract.VerbWithdraw {
				var part contract.TimelinePart
				part, err = d.Timeline(ctx, key, 0)
				shown.Incident.Timeline = part.Entries
			}
			if err == nil {
				found = suggestions(verb, shown, d.config, words[1:])
			}
			return err
		})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		if len(found) > 0 && strings.Contains(found[0], "=") { // a field's value follows at once
			return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// openKeys are the open incidents with their titles.
func (d *caller) openKeys(ctx context.Context) ([]cobra.Completion, error) {
	lines, err := d.List(ctx, gateway.Listing{Drills: true})
	keys := make([]cobra.Completion, 0, len(lines))
	for _, l := range lines {
		keys = append(keys, cobra.CompletionWithDesc(string(l.Key), oneLine(l.Title)))
	}
	return keys, err
}

// suggestions are what may follow the words after an incident's key. The configuration may be nil.
func suggestions(verb contract.Verb, shown contract.Snapshot, config *roster.Config, words []string) []cobra.Completion {
	inc := &shown.Incident
	var out []cobra.Completion
	switch {
	case verb == contract.VerbSeverity && len(words) == 0:
		for _, s := range inc.Severities {
			out = append(out, string(s))
		}
	case verb == contract.VerbAssign && len(words) == 0:
		roles := slices.Sorted(maps.Keys(inc.Holders))
		if !slices.Contains(roles, incident.Commander) {
			roles = append(roles, incident.Commander)
		}
		for _, role := range roles {
			out = append(out, string(role))
		}
	case (verb == contract.VerbAssign || verb == contract.VerbReassign) && len(words) == 1 && config != nil:
		for _, p := range config.Book.People {
			out = append(out, cobra.CompletionWithDesc(string(p.ID), oneLine(p.Name)))
		}
	case verb == contract.VerbWithdraw && len(words) == 0:
		for _, e := range slices.Backward(inc.Timeline) {
			if e.Withdrawable() {
				out = append(out, cobra.CompletionWithDesc(strconv.Itoa(e.Seq), oneLine(e.Sentence())))
			}
		}
	default:
		out = append(questionWords(verb, inc, words), runbookWords(verb, shown, words)...)
	}
	return out
}

// questionWords are the steps that a verb can answer, and then the choices of the step.
func questionWords(verb contract.Verb, inc *incident.Incident, words []string) []cobra.Completion {
	kinds := map[contract.Verb][]incident.QuestionKind{
		contract.VerbAnswer:   {incident.QuestionAsk, incident.QuestionAssign, incident.QuestionHold, incident.QuestionForm},
		contract.VerbApprove:  {incident.QuestionApprove},
		contract.VerbReject:   {incident.QuestionApprove},
		contract.VerbDone:     {incident.QuestionTask},
		contract.VerbReassign: {incident.QuestionAsk, incident.QuestionApprove, incident.QuestionTask, incident.QuestionForm},
	}[verb]
	var out []cobra.Completion
	for _, q := range inc.OpenQuestions() {
		switch {
		case !slices.Contains(kinds, q.Kind):
		case len(words) == 0:
			out = append(out, cobra.CompletionWithDesc(q.Step, oneLine(q.Text)))
		case verb == contract.VerbAnswer && q.Step == words[0] && q.Kind == incident.QuestionForm:
			out = append(out, fieldCompletions(q.Form, words[1:])...)
		case len(words) == 1 && verb == contract.VerbAnswer && q.Step == words[0]:
			for _, c := range q.Choices {
				out = append(out, cobra.CompletionWithDesc(c.Key, oneLine(c.Label)))
			}
		}
	}
	return out
}

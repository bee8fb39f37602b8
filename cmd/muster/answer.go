package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
)

// answerCommand answers a question of the runbook.
func answerCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "answer KEY STEP CHOICE|FIELD=VALUE…", Short: "Answer a question, or fill in a form",
		Long: "Answer a question of the runbook, accept or decline a role (accept, decline), or say what becomes of a step that\n" +
			"waits for you (retry, skip, stop). A form takes its fields; at a terminal, without any, each is asked for.\n" +
			"muster show KEY lists what is asked, with the choices and the fields.\n\n" + fieldsHelp,
		Example: "  muster answer INC-1 stop rollback", Args: choiceOrFields,
	}
	return actingWith(sh, c, contract.VerbAnswer, func(ctx context.Context, a acted) (contract.Act, error) {
		act := contract.Act{Step: a.words[0]}
		var err error
		switch {
		case len(a.words) == 1:
			act.Value = incident.ChoiceFilled
			act.Fields, err = a.fillIn(ctx, sh)
		case isField(a.words[1]):
			act.Value = incident.ChoiceFilled
			act.Fields, err = parseFields(a.words[1:])
		default:
			act.Value = a.words[1]
		}
		return act, err
	})
}

// isField says whether a word is a field and no choice.
func isField(word string) bool { return strings.Contains(word, "=") }

// choiceOrFields checks that a step is named, and that one choice follows, or fields, or nothing.
func choiceOrFields(c *cobra.Command, args []string) error {
	if len(args) > 2 && isField(args[2]) {
		return wordsAndFields(true, "KEY", "STEP")(c, args)
	}
	return wordsUpTo(2, "KEY", "STEP", "CHOICE")(c, args)
}

// fillIn asks for the fields of a form, where somebody is there to be asked.
func (a *acted) fillIn(ctx context.Context, sh shell) (map[string]any, error) {
	shown, err := a.Show(ctx, a.key)
	if err != nil {
		return nil, err
	}
	q := openQuestion(&shown.Incident, a.words[0])
	switch {
	case q == nil:
		return nil, &gateway.Refusal{What: fmt.Sprintf("no question %q waits for an answer", a.words[0]), Hint: "muster show " + string(a.key) + " lists them"}
	case q.Kind != incident.QuestionForm:
		return nil, misused(answerWith(&shown.Incident, q), "CHOICE is missing")
	case !sh.interactive():
		return nil, misused(answerWith(&shown.Incident, q), "%s wants its fields: %s", q.Step, strings.Join(fieldWords(q.Form), "; "))
	}
	return askForm(ctx, dialogue{in: sh.stdin, out: sh.stderr}, q)
}

// openQuestion finds the open question of a step, the newest first.
func openQuestion(inc *incident.Incident, step string) *incident.Question {
	open := inc.OpenQuestions()
	for n := len(open) - 1; n >= 0; n-- {
		if open[n].Step == step {
			return open[n]
		}
	}
	return nil
}

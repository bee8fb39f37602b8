package slack

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// actOf is the act of a modal, without By, and what is wrong with what was
// entered, by block.
func (d *Desk) actOf(ctx context.Context, e errand, given entered) (contract.Act, map[string]string) {
	act := contract.Act{
		ID: actID("view/" + e.Nonce), Key: e.Key, Question: e.Question, Step: e.Step, Page: e.Page,
		Value: cmp.Or(given.text(blockValue), e.Value), Reason: given.text(blockReason), Undo: given.text(blockUndo),
	}
	fields, problems := d.fields(ctx, given, blockField)
	if len(fields) > 0 || len(given) > 0 && given.starting(blockField) != "" {
		act.Fields = fields
	}
	switch e.Verb {
	case contract.VerbReject, contract.VerbCancel:
		if act.Reason == "" {
			problems[given.anywhere(blockReason)] = "Say why."
		}
	case contract.VerbAssign:
		act.Value = ""
		act.Role, act.Person = incident.Role(given.text(blockRole)), given.text(blockPerson)
	case contract.VerbAnswer:
		if act.Value == incident.ChoiceSkip && act.Reason == "" {
			problems[given.anywhere(blockReason)] = "Say why it may be skipped."
		}
	}
	return act, problems
}

// errandBlame is the field at which a refusal is shown: the one it speaks of.
func errandBlame(given entered, text string) string {
	for _, block := range slices.Sorted(maps.Keys(given)) {
		name, ok := strings.CutPrefix(block, blockField)
		if ok && (strings.HasPrefix(text, name+":") || strings.HasPrefix(text, name+" cannot") || strings.HasPrefix(text, "missing: "+name)) {
			return block
		}
	}
	switch {
	case strings.Contains(text, "needs a reason"):
		return given.anywhere(blockReason)
	case strings.Contains(text, "taken back"):
		return given.anywhere(blockUndo, blockReason)
	}
	return given.anywhere(blockValue, blockRole, blockReason)
}

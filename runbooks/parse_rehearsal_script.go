package runbooks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// verbValue is what stands behind the verb of an act.
type verbValue int

// The values of verbs.
const (
	valueText  verbValue = iota // a text that must be there
	valueMaybe                  // a text, or true where there is nothing to say
	valueMany                   // a text, or a list of them
	valueWord                   // one of the verb's words
)

// scriptVerb is one thing that an act of a script can be: its value, and the fields that may stand beside it.
type scriptVerb struct {
	name   string
	about  string
	takes  verbValue
	words  []string // of valueWord
	reason bool     // the text itself is the reason, so that a field of that name would be a second one
	fields []string // beside at, by and refused
	needs  []string // those of the fields without which the verb means nothing
	nobody bool     // it happens without a person
	either bool     // it needs exactly one of its fields
}

// scriptVerbs is the table of the verbs, in the order of ScriptVerbs.
var scriptVerbs = []scriptVerb{
	{name: "ack", takes: valueMaybe, about: "Acknowledge the page of a step; true: what rings for this person; all: every page."},
	{name: "severity", fields: []string{"reason"}, about: "Set the severity."},
	{name: "assign", fields: []string{"to"}, needs: []string{"to"}, about: "Give a role to a person: the role."},
	{name: "answer", fields: []string{"choice", "fields"}, either: true, about: "Answer the question of a step, or fill in its form."},
	{name: "approve", fields: []string{"reason"}, about: "Say yes to a step."},
	{name: "reject", fields: []string{"reason"}, about: "Say no to a step."},
	{name: "done", fields: []string{"note"}, about: "Say that the task of a step is done."},
	{name: "note", about: "Write a note on the timeline."},
	{name: "page", fields: []string{"reason"}, about: "Call a person, a schedule or a team."},
	{name: "escalate", takes: valueMaybe, about: "Call the next level at once; a text says why."},
	{name: "quiet", takes: valueMaybe, about: "Stop calling this person for this incident."},
	{name: "resolve", takes: valueMaybe, reason: true, fields: []string{"reason", "undo"}, about: "Say that it works again; a text says why."},
	{name: "cancel", takes: valueMaybe, reason: true, fields: []string{"reason", "undo"}, about: "End an incident that is none; a text says why."},
	{name: "pause", takes: valueMaybe, reason: true, fields: []string{"reason"}, about: "Pause the runbook; a text says why."},
	{name: "resume", takes: valueMaybe, about: "Let the runbook go on."},
	{name: "retry", fields: []string{"reason"}, about: "Try a step again."},
	{name: "skip", fields: []string{"reason"}, about: "Skip a step."},
	{name: "stop", fields: []string{"reason"}, about: "Stop a step."},
	{name: "reassign", fields: []string{"to"}, needs: []string{"to"}, about: "Give the question or task of a step to another person."},
	{name: "advance", takes: valueMaybe, fields: []string{"reason"}, about: "End a phase; true: the one that runs."},
	{name: "return", fields: []string{"reason"}, about: "Go back to a phase."},
	{name: "edit", fields: []string{"fields"}, needs: []string{"fields"}, about: "Give a step that holds other parameters."},
	{name: "revert", takes: valueMany, about: "Take back what a phase, or steps, have done."},
	{name: "send", fields: []string{"fields"}, about: "Send a signal that the runbook waits for."},
	{name: ScriptAlert, takes: valueWord, words: []string{"fires", "clears"}, nobody: true, about: "The alert of the incident fires again, or clears."},
	{name: ScriptChat, takes: valueWord, words: []string{"down", "up"}, nobody: true, about: "The chat's provider goes down, or is back."},
	{name: ScriptPhone, takes: valueWord, words: []string{"down", "up"}, nobody: true, about: "The telephone's provider goes down, or is back."},
}

// fieldsBeside lists all keys that may stand beside the verb.
func (v *scriptVerb) fieldsBeside() []string {
	always := []string{"at", "by", "refused"}
	if v.nobody {
		always = []string{"at"}
	}
	return append(always, v.fields...)
}

// script reads what happens from outside.
func (r rehearsalReader) script(out *Rehearsal, n *yaml.Node) []ScriptAct {
	items, _ := r.items(n, "script")
	var acts []ScriptAct
	var latest time.Duration
	for i, item := range items {
		act, place := r.act(out, item, fmt.Sprintf("script/%d", i))
		if act.At < latest && place != nil {
			r.report(place, Problem{Code: CodeBackwards, Warning: true, Message: "this act comes before the one above it", Hint: "sort the script by at"})
		}
		latest = max(latest, act.At)
		acts = append(acts, act)
	}
	return acts
}

// act reads one act, and gives the place of its time; nil where it has none.
func (r rehearsalReader) act(out *Rehearsal, n *yaml.Node, path string) (act ScriptAct, at *yaml.Node) {
	act.Mark = r.mark(n)
	entries, ok := r.entries(n, "an act")
	if !ok {
		return act, nil
	}
	verb := r.verb(n, entries)
	for _, e := range entries {
		out.Places[path+"."+e.key] = r.mark(e.value)
		switch {
		case e.key == "at":
			if d, ok := r.span(e.value, "at"); ok {
				act.At, at = d, e.value
			}
		case verb == nil:
		case e.key == verb.name:
			act.Does = verb.name
			r.verbValue(&act, verb, e.value)
		case slices.Contains(verb.fieldsBeside(), e.key):
			r.actField(&act, e)
		default:
			r.unknown(e.keyNode, fmt.Sprintf("unknown field %q of %s", e.key, verb.name), e.key, verb.fieldsBeside())
		}
	}
	r.wholeAct(n, verb, entries)
	return act, at
}

// verb finds the one key that says what the act does. A word that is a verb and a field as well, such as the note of
// done, is the field where the other verb takes it.
func (r rehearsalReader) verb(n *yaml.Node, entries []entry) *scriptVerb {
	var found []*scriptVerb
	places := map[string]*yaml.Node{}
	known := append(ScriptVerbs(), "at", "by", "refused", "choice", "fields", "reason", "note", "to", "undo")
	for _, e := range entries {
		i := slices.IndexFunc(scriptVerbs, func(v scriptVerb) bool { return v.name == e.key })
		if i >= 0 {
			found = append(found, &scriptVerbs[i])
			places[e.key] = e.keyNode
		} else if !slices.Contains(known, e.key) {
			r.unknown(e.keyNode, fmt.Sprintf("%q is no verb and no field of an act", e.key), e.key, known)
			return nil
		}
	}
	candidates := slices.Clone(found)
	found = slices.DeleteFunc(found, func(v *scriptVerb) bool {
		return slices.ContainsFunc(candidates, func(other *scriptVerb) bool { return slices.Contains(other.fields, v.name) })
	})
	switch {
	case len(found) == 0:
		r.report(n, Problem{Code: CodeAct, Message: "an act needs a verb", Hint: "one of " + strings.Join(ScriptVerbs(), ", ")})
		return nil
	case len(found) > 1:
		r.report(places[found[1].name], Problem{Code: CodeAct, Message: fmt.Sprintf("an act does one thing: %s and %s stand here", found[0].name, found[1].name), Hint: "write two acts"})
		return nil
	}
	return found[0]
}

// verbValue reads what stands behind the verb.
func (r rehearsalReader) verbValue(act *ScriptAct, verb *scriptVerb, n *yaml.Node) {
	switch {
	case verb.takes == valueWord:
		act.What = r.oneOf(n, verb.name, verb.words)
	case verb.takes == valueMaybe && isTrue(n):
	case verb.takes == valueMany && n.Kind == yaml.SequenceNode:
		var names []any
		for _, item := range r.many(n, verb.name) {
			names = append(names, r.word(item, verb.name))
		}
		act.Fields = map[string]any{"what": names}
	case n.Kind == yaml.ScalarNode && n.Tag == "!!bool":
		hint := "write a text"
		if verb.takes == valueMaybe {
			hint = "write true, or a text"
		}
		r.report(n, Problem{Code: CodeMismatch, Message: fmt.Sprintf("%s: %s means nothing", verb.name, n.Value), Hint: hint})
	default:
		act.What = r.word(n, verb.name)
	}
}

// actField reads a field beside the verb.
func (r rehearsalReader) actField(act *ScriptAct, e entry) {
	switch e.key {
	case "by":
		act.By = r.word(e.value, e.key)
	case "to":
		act.To = r.word(e.value, e.key)
	case "choice":
		act.Choice = r.word(e.value, e.key)
	case "reason":
		act.Reason = r.word(e.value, e.key)
	case "note":
		act.Note = r.word(e.value, e.key)
	case "undo":
		act.Undo = r.oneOf(e.value, e.key, undoWords())
	case "fields":
		act.Fields = r.answer(e.value, e.key)
	case "refused":
		why := ""
		if !isTrue(e.value) {
			why = r.word(e.value, e.key)
		}
		act.Refused = &why
	}
}

// wholeAct reports what an act lacks, and what it says twice.
func (r rehearsalReader) wholeAct(n *yaml.Node, verb *scriptVerb, entries []entry) {
	find := func(key string) *yaml.Node {
		i := slices.IndexFunc(entries, func(e entry) bool { return e.key == key })
		if i < 0 {
			return nil
		}
		return entries[i].value
	}
	lacks := func(key, hint string) {
		r.report(n, Problem{Code: CodeEmpty, Message: "an act needs " + key, Hint: "write " + hint})
	}
	if find("at") == nil {
		lacks("its time", "at: 5m, counted from the declaration")
	}
	if verb == nil {
		return
	}
	if !verb.nobody && find("by") == nil {
		lacks("whoever does it", "by: and a person")
	}
	for _, key := range verb.needs {
		if find(key) == nil {
			r.report(n, Problem{Code: CodeEmpty, Message: fmt.Sprintf("%s needs %s", verb.name, key), Hint: fmt.Sprintf("write %s: …", key)})
		}
	}
	if verb.either && (find("choice") == nil) == (find("fields") == nil) {
		r.report(n, Problem{Code: CodeEmpty, Message: "answer needs choice or fields, and not both", Hint: "write choice: the answer's key"})
	}
	if reason := find("reason"); reason != nil && verb.reason && !isTrue(find(verb.name)) {
		r.report(reason, Problem{Code: CodeDuplicateKey, Message: fmt.Sprintf("the reason stands here twice: %s has a text as well", verb.name), Hint: "keep one of them"})
	}
}

// undoWords lists what may become of steps that can be taken back, when an incident ends.
func undoWords() []string { return []string{"revert", "leave"} }

package slack

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// The blocks of the modals of acts.
const (
	blockReason = "reason"
	blockValue  = "value"
	blockRole   = "role"
	blockPerson = "person"
	blockUndo   = "undo"
	blockField  = "field:"
)

// errandTitle is the title of an act's modal.
func errandTitle(verb contract.Verb) string {
	titles := map[contract.Verb]string{
		contract.VerbSeverity: "Set the severity", contract.VerbReject: "Reject", contract.VerbApprove: "Change and approve",
		contract.VerbDone: "Done", contract.VerbAnswer: "Answer", contract.VerbSend: "Send a signal", contract.VerbPage: "Page somebody",
		contract.VerbAssign: "Give a role", contract.VerbResolve: "Resolve", contract.VerbCancel: "It was no incident", contract.VerbNote: "Write a note",
	}
	return cmp.Or(titles[verb], "Say more")
}

// errandSubmit is what stands on the button that sends it.
func errandSubmit(verb contract.Verb) string {
	words := map[contract.Verb]string{
		contract.VerbSeverity: "Set", contract.VerbReject: "Reject", contract.VerbPage: "Page", contract.VerbAssign: "Assign",
		contract.VerbResolve: "Resolve", contract.VerbCancel: "End it", contract.VerbApprove: "Approve", contract.VerbDone: "Done",
	}
	return cmp.Or(words[verb], "Send")
}

// errandHead says which incident and which question the modal is about.
func errandHead(inc *incident.Incident, q *incident.Question) []slack.Block {
	words := []string{string(inc.Key), cmp.Or(string(inc.Severity), "severity not set")}
	if !inc.Private {
		words = append(words, inc.Title)
	}
	blocks := []slack.Block{note(strings.Join(words, " · "))}
	if q == nil {
		return blocks
	}
	text := q.Text
	for _, item := range q.Checklist {
		text += "\n• " + item
	}
	return append(blocks, note(text))
}

// errandBlocks ask for what the act lacks.
func errandBlocks(e errand, s *contract.Snapshot, q *incident.Question, o Offer) []slack.Block {
	switch e.Verb {
	case contract.VerbSeverity:
		return severityBlocks(e, &s.Incident)
	case contract.VerbReject:
		return []slack.Block{reason("Why not?", "Everybody in the room sees it.", true)}
	case contract.VerbCancel, contract.VerbResolve:
		return endBlocks(e, s)
	case contract.VerbDone:
		return []slack.Block{reason("What is worth knowing?", "Stands on the timeline.", false)}
	case contract.VerbNote:
		return []slack.Block{ask(blockValue, "Note", "Stands on the timeline.", lines("text", e.Value))}
	case contract.VerbPage:
		return []slack.Block{
			ask(blockValue, "Whom?", "A person, a schedule, a team, a policy or a service; they are called as the configuration says.", pick("value", optionsOf(o.Targets), e.Value)),
			reason("What shall they hear?", "", false),
		}
	case contract.VerbAssign:
		return roleBlocks(e, &s.Incident, o)
	}
	return answerBlocks(e, q)
}

// reason asks why.
func reason(label, hint string, needed bool) slack.Block {
	return reasonFrom("", label, hint, needed)
}

// reasonFrom asks why, where something was said already.
func reasonFrom(said, label, hint string, needed bool) slack.Block {
	return ask(blockReason, label, hint, lines("text", said)).WithOptional(!needed)
}

// severityBlocks ask for a severity, with the six questions at hand or the answers to them.
func severityBlocks(e errand, inc *incident.Incident) []slack.Block {
	chosen := cmp.Or(e.Value, string(inc.Severity))
	blocks := []slack.Block{
		ask(blockValue, "Severity", "Not sure between two: take the worse.", pick("value", optionsOf(inc.Severities), chosen)),
		reason("Why?", "Needed when it is lowered.", false),
	}
	if a := inc.Assessment; a != nil {
		text := fmt.Sprintf("Assessed by %s: affected are %s; impact: %s", a.By, cmp.Or(string(a.Scope), "unknown"), cmp.Or(a.Impact, "not said"))
		return append(blocks, note(text))
	}
	text := "The six questions that lead to it:"
	for n, f := range incident.SixQuestions() {
		text += fmt.Sprintf("\n%d. %s", n+1, f.Description)
	}
	return append(blocks, note(text))
}

// endBlocks ask about the end of an incident, and what becomes of steps that can be
// taken back.
func endBlocks(e errand, s *contract.Snapshot) []slack.Block {
	cancel := e.Verb == contract.VerbCancel
	blocks := []slack.Block{reasonFrom(e.Reason, "Why?", "Stands in the record.", cancel)}
	var left []string
	for _, u := range s.Undo {
		if !u.Reverted {
			left = append(left, u.Address)
		}
	}
	if left == nil {
		return blocks
	}
	choices := []option{{contract.UndoRevert, "take them back now"}, {contract.UndoLeave, "leave them as they are"}}
	undo := ask(blockUndo, "Steps that can still be taken back", strings.Join(left, ", "), decide("undo", choices, e.Undo))
	return append(blocks, undo.WithOptional(cancel))
}

// roleBlocks ask who gets which role.
func roleBlocks(e errand, inc *incident.Incident, o Offer) []slack.Block {
	roles := slices.Clone(o.Roles)
	for _, role := range slices.Sorted(maps.Keys(inc.Holders)) {
		roles = append(roles, string(role))
	}
	slices.Sort(roles)
	var shown []option
	for _, role := range slices.Compact(roles) {
		label := role
		if h, held := inc.Holders[incident.Role(role)]; held {
			label += ", now " + h.Name
		}
		shown = append(shown, option{role, label})
	}
	var people []option
	for _, p := range o.People {
		people = append(people, option{string(p.ID), cmp.Or(p.Name, string(p.ID))})
	}
	return []slack.Block{
		ask(blockRole, "Role", "", pick("value", shown, cmp.Or(string(e.Role), e.Value))),
		ask(blockPerson, "Person", "Yourself, when you choose nobody.", pick("value", people, "")).WithOptional(true),
	}
}

// answerBlocks ask for the answer of a question: its fields, else its choice and why.
func answerBlocks(e errand, q *incident.Question) []slack.Block {
	var blocks []slack.Block
	if q != nil {
		for _, f := range q.Form {
			blocks = append(blocks, fieldBlock(blockField, f, nil))
		}
	}
	if len(blocks) > 0 {
		return blocks
	}
	if q != nil && e.Value == "" && len(q.Choices) > 0 {
		var choices []option
		for _, c := range q.Choices {
			choices = append(choices, option{c.Key, c.Label})
		}
		blocks = append(blocks, ask(blockValue, "Answer", "", pick("value", choices, "")))
	}
	needed := q != nil && q.Kind == incident.QuestionHold && e.Value == incident.ChoiceSkip
	return append(blocks, reason("Why?", "Stands on the timeline.", needed))
}

package slack

import (
	"slices"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// word is one thing that can be said after the slash command.
type word struct {
	said  string
	verb  contract.Verb
	usage string // its arguments
	does  string
	// read fills the act from what stands after the verb and the key.
	read func(rest string, act *contract.Act) bool
}

// words lists what can be said, in the order of the help.
func words() []word {
	return []word{
		{"ack", contract.VerbAck, "[INC-1] [all]", "acknowledge the page that rings", readAck},
		{"escalate", contract.VerbEscalate, "[INC-1]", "call the next level at once", readNothing},
		{"decline", contract.VerbQuiet, "[INC-1]", "not me: be called no more for this incident", readNothing},
		{"severity", contract.VerbSeverity, "[INC-1] SEV1 [reason]", "set the severity", readSeverity},
		{"resolve", contract.VerbResolve, "[INC-1] [revert|leave] [reason]", "the incident is over; revert or leave what can be taken back", readEnd},
		{"cancel", contract.VerbCancel, "[INC-1] [revert|leave] reason", "it was no incident", readMust(readEnd)},
		{"note", contract.VerbNote, "[INC-1] text", "write a line on the timeline", readMust(readValue)},
		{"withdraw", contract.VerbWithdraw, "[INC-1] line", "take the words of a note away, by its line's number", readLine},
		{"page", contract.VerbPage, "[INC-1] target [message]", "page a person, a team, a schedule, a policy or a service", readPage},
		{"assign", contract.VerbAssign, "[INC-1] role person", "give somebody a role", readAssign},
		{"answer", contract.VerbAnswer, "[INC-1] step choice|field=value…", "answer a question, or fill in a form", readAnswer},
		{"approve", contract.VerbApprove, "[INC-1] step", "approve", readStep},
		{"reject", contract.VerbReject, "[INC-1] step reason", "reject", readReject},
		{"done", contract.VerbDone, "[INC-1] step [note]", "a task is done", readStepReason},
		{"pause", contract.VerbPause, "[INC-1] [reason]", "no further step begins", readReason},
		{"resume", contract.VerbResume, "[INC-1]", "steps begin again", readNothing},
		{"retry", contract.VerbRetry, "[INC-1] step [reason]", "try a step again", readStepReason},
		{"skip", contract.VerbSkip, "[INC-1] step [reason]", "go on without a step", readStepReason},
		{"stop", contract.VerbStop, "[INC-1] step [reason]", "end a step, which counts as failed", readStepReason},
		{"reassign", contract.VerbReassign, "[INC-1] step person", "give a question or a task to somebody else", readReassign},
		{"edit", contract.VerbEdit, "[INC-1] step with.name=value…", "other parameters for a step that holds; then retry", readEdit},
		{"advance", contract.VerbAdvance, "[INC-1] [phase] [reason]", "end the phase", readAdvance},
		{"return", contract.VerbReturn, "[INC-1] phase reason", "go back to an earlier phase", readReturn},
		{"revert", contract.VerbRevert, "[INC-1] phase|step…", "take back what was done", readRevert},
		{"send", contract.VerbSend, "[INC-1] signal [field=value…]", "send a signal that is waited for", readSend},
	}
}

// askable says of which verbs a modal asks for what a command leaves out, and
// reads what it does not: ok is false for a text that is no beginning of it.
func askable() map[contract.Verb]func(rest string, act *contract.Act) (ok bool) {
	return map[contract.Verb]func(string, *contract.Act) bool{
		contract.VerbSeverity: readNothing, contract.VerbCancel: readNothing, contract.VerbNote: readNothing, contract.VerbPage: readNothing,
		contract.VerbAssign: readRole, contract.VerbAnswer: readStep, contract.VerbReject: readStep,
	}
}

// Offered says with which word each verb is said after the slash command.
func Offered() map[contract.Verb]string {
	out := map[contract.Verb]string{}
	for _, w := range words() {
		out[w.verb] = w.said
	}
	return out
}

// NotOffered says which verbs cannot be said after the slash command, and why,
// and what to do instead. The person who tries is told so.
func NotOffered() map[contract.Verb]string {
	return map[contract.Verb]string{
		contract.VerbStep:    "a step is YAML, whose lines a slash command does not keep; use muster step INC-1, or the API",
		contract.VerbUpgrade: "what changes must be read before it is in force; use muster upgrade INC-1, which shows it and asks",
	}
}

func readAck(rest string, act *contract.Act) bool {
	act.All = strings.EqualFold(rest, "all")
	return act.All || rest == ""
}

func readNothing(rest string, _ *contract.Act) bool { return rest == "" }

func readSeverity(rest string, act *contract.Act) bool {
	value, reason := split(rest)
	act.Value, act.Reason = severityName(value), reason
	return value != ""
}

// severityName lets people type "sev1"; other names stay as they are.
func severityName(typed string) string {
	if sevPattern.MatchString(typed) {
		return strings.ToUpper(typed)
	}
	return typed
}

// readEnd reads what becomes of what can be taken back, where it is said, and the reason.
func readEnd(rest string, act *contract.Act) bool {
	first, after, _ := strings.Cut(rest, " ")
	if undo := strings.TrimPrefix(first, "--"); undo == contract.UndoRevert || undo == contract.UndoLeave {
		act.Undo, rest = undo, strings.TrimSpace(after)
	}
	act.Reason = rest
	return true
}

func readValue(rest string, act *contract.Act) bool {
	act.Value = rest
	return true
}

// readMust refuses an empty text.
func readMust(read func(string, *contract.Act) bool) func(string, *contract.Act) bool {
	return func(rest string, act *contract.Act) bool { return rest != "" && read(rest, act) }
}

func readPage(rest string, act *contract.Act) bool {
	act.Value, act.Reason = split(rest)
	return act.Value != ""
}

func readAssign(rest string, act *contract.Act) bool {
	role, person := split(rest)
	act.Role, act.Person = incident.Role(role), person
	return role != "" && person != ""
}

// readRole reads a role without a person, or nothing.
func readRole(rest string, act *contract.Act) bool {
	act.Role = incident.Role(rest)
	return !strings.ContainsAny(rest, " \t\n")
}

// readAnswer reads a choice, or the fields of a form.
func readAnswer(rest string, act *contract.Act) bool {
	act.Step, rest = split(rest)
	if fields, ok := readFields(rest); ok {
		act.Value, act.Fields = incident.ChoiceFilled, fields
		return act.Step != ""
	}
	act.Value = rest
	return act.Step != "" && act.Value != ""
}

// readLine reads the number of a line, and leaves it to the incident to say what is wrong with it.
func readLine(rest string, act *contract.Act) bool {
	act.Value = rest
	return rest != "" && !strings.ContainsAny(rest, " \t\n")
}

func readStep(rest string, act *contract.Act) bool {
	act.Step = rest
	return rest != "" && !strings.ContainsAny(rest, " \t\n")
}

func readReject(rest string, act *contract.Act) bool {
	act.Step, act.Reason = split(rest)
	return act.Step != "" && act.Reason != ""
}

// readStepReason reads a step and why, which may be missing.
func readStepReason(rest string, act *contract.Act) bool {
	act.Step, act.Reason = split(rest)
	return act.Step != ""
}

// readReason reads why, which may be missing.
func readReason(rest string, act *contract.Act) bool {
	act.Reason = rest
	return true
}

func readReassign(rest string, act *contract.Act) bool {
	act.Step, act.Person = split(rest)
	return act.Step != "" && act.Person != ""
}

func readEdit(rest string, act *contract.Act) bool {
	step, rest := split(rest)
	fields, ok := readFields(rest)
	act.Step, act.Fields = step, fields
	return step != "" && ok
}

// readAdvance reads a phase where one is named, and why.
func readAdvance(rest string, act *contract.Act) bool {
	first, after := split(rest)
	if phase, ok := phaseNamed(first); ok {
		act.Value, rest = phase, after
	}
	act.Reason = rest
	return true
}

func readReturn(rest string, act *contract.Act) bool {
	first, reason := split(rest)
	phase, ok := phaseNamed(first)
	act.Value, act.Reason = phase, reason
	return ok && reason != ""
}

// readRevert reads a phase, or steps.
func readRevert(rest string, act *contract.Act) bool {
	what := strings.Fields(rest)
	if len(what) == 1 {
		if phase, ok := phaseNamed(what[0]); ok {
			act.Value = phase
			return true
		}
	}
	act.Fields = map[string]any{"what": what}
	return len(what) > 0
}

func readSend(rest string, act *contract.Act) bool {
	signal, rest := split(rest)
	fields, ok := readFields(rest)
	act.Value, act.Fields = signal, fields
	return signal != "" && (ok || rest == "")
}

// readFields reads name=value, several of them; words without = belong to the
// value before them. ok is false for a text that does not begin with a field, and
// for a name that is given twice.
func readFields(text string) (fields map[string]any, ok bool) {
	last := ""
	for _, word := range strings.Fields(text) {
		name, value, isField := strings.Cut(word, "=")
		switch _, twice := fields[name]; {
		case isField && name != "" && !twice:
			if fields == nil {
				fields = map[string]any{}
			}
			fields[name], last = value, name
		case isField && twice, last == "":
			return nil, false
		default:
			fields[last] = fields[last].(string) + " " + word
		}
	}
	return fields, fields != nil
}

// phaseNamed is a phase as people type it: "lessons-learned" is lessons_learned.
func phaseNamed(typed string) (string, bool) {
	phase := strings.ReplaceAll(strings.ToLower(typed), "-", "_")
	return phase, slices.Contains(incident.Phases(), incident.Phase(phase))
}

// hurried is "sev1 [INC-1] reason" in the order of the severity's own word.
func hurried(severity, rest string) string {
	if first, after := split(rest); keyPattern.MatchString(first) {
		return first + " " + severity + " " + after
	}
	return severity + " " + rest
}

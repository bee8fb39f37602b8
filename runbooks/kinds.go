package runbooks

import (
	"reflect"
	"slices"

	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
)

// shape is how a field is written and what it may hold. The reader, the checker and the schema know each shape once.
type shape int

// The shapes of fields.
const (
	shapeText       shape = iota // text with ${{ }}
	shapeTexts                   // a list of such texts, or one
	shapeNames                   // names of people, roles, schedules or teams: one or a list, each with ${{ }}
	shapeName                    // one such name
	shapeTargets                 // the names that a page goes to; a list is remembered as one
	shapeDuration                // 5m, or ${{ }} that yields a duration
	shapeBool                    // true or false
	shapeCount                   // a whole number from 1
	shapeWord                    // one of the field's words
	shapeWords                   // a list of the field's words, or one
	shapeNeed                    // any, all or a number
	shapeRole                    // a role of this runbook
	shapeRoles                   // a list of them, or one
	shapeSeverity                // a severity of this runbook
	shapeChoices                 // answers: key → label, or a list of keys
	shapeCases                   // answer → steps
	shapeSteps                   // a list of steps
	shapePlain                   // text that is taken as it stands
	shapeTitle                   // a text, or nothing
	shapeCondition               // a bare expression, true or false
	shapeExpression              // a bare expression
	shapeList                    // a bare expression that gives a list
	shapeFields                  // name → text, or a tree of texts
	shapeBody                    // a text, or a tree of texts
	shapeForm                    // name → what may be filled in
	shapePayload                 // name → type
	shapeBranches                // name → steps
	shapeSettings                // name → bare expression
	shapePhase                   // a phase's name
	shapeReverts                 // a phase's name, or a list of steps' ids
	shapeMaybe                   // true or false, or as something else says
)

// fieldSpec declares one field of a kind of step.
type fieldSpec struct {
	name     string
	shape    shape
	about    string // one line for the schema and for readers
	required bool
	words    []string          // of shapeWord and shapeWords
	at       func(s *Step) any // where the value goes: a pointer into the step
	present  func(s *Step)     // called when the file has the field at all
	secrets  bool              // it may read secrets
	own      bool              // its expression sees the step's own outputs, and is evaluated again and again
}

// outputSpec declares one output, read as steps.<id>.<name>.
type outputSpec struct {
	name string
	kind expression.Type
}

// timing says whether steps of a kind take `timeout`.
type timing int

// The timings.
const (
	timeoutNever    timing = iota // nothing to time
	timeoutOptional               // a default, or none
	timeoutRequired               // people are waited for: S01
)

// kindSpec declares one kind of step: everything that parsing, checking, the schema and the documentation know of it.
// A new kind is a struct in the syntax tree and an entry here.
type kindSpec struct {
	kind    Kind
	about   string
	main    fieldSpec // the value of the kind's own key
	fields  []fieldSpec
	outputs []outputSpec

	timeout    timing
	defTimeout string            // the timeout of a step that does not say; "" = none
	onTimeout  []Do              // what on_timeout may be; the first is the default unless it must be written
	onFailure  []Do              // likewise; empty: a step of this kind cannot fail, or handles it itself
	retry      int               // repetitions of a failed effect; used where onFailure is not empty
	people     bool              // waits for people
	catchesUp  bool              // a skipped step is evaluated again when the severity rises
	slot       func(s *Step) any // the pointer in the step that this kind fills
	// given are the outputs that depend on the step; nil = none.
	given func(s *Step) []outputSpec
}

// reactionsOnFailure is what most steps may do when they fail, with the default first.
func reactionsOnFailure(first Do) []Do {
	all := []Do{first}
	for _, do := range []Do{DoAsk, DoContinue, DoStop, DoSteps} {
		if do != first {
			all = append(all, do)
		}
	}
	return all
}

// kindTable lists the kinds in the order in which messages and documents name them. It never changes.
var kindTable = slices.Concat(peopleKinds, systemKinds, blockKinds)

// peopleKinds are the kinds that deal with people and with the incident itself.
var peopleKinds = []kindSpec{
	{
		kind: KindChannel, about: "Open the incident's chat room.", catchesUp: true,
		main: fieldSpec{shape: shapeText, about: "The room's name.", at: func(s *Step) any { return &s.Channel.Name }},
		fields: []fieldSpec{
			{name: "invite", shape: shapeNames, about: "Who is invited.", at: func(s *Step) any { return &s.Channel.Invite }},
			{name: "topic", shape: shapeText, about: "The first topic; later the room's topic follows the incident.", at: func(s *Step) any { return &s.Channel.Topic }},
			{name: "pin", shape: shapeTexts, about: "Texts to post and pin.", at: func(s *Step) any { return &s.Channel.Pin }},
			{name: "private", shape: shapeMaybe, about: "By invitation only (as the runbook is).", at: func(s *Step) any { return &s.Channel.Private }},
		},
		outputs: []outputSpec{{"id", expression.String}, {"name", expression.String}, {"url", expression.String}},
		timeout: timeoutOptional, defTimeout: "1m", onTimeout: []Do{DoContinue, DoAsk, DoSteps},
		onFailure: reactionsOnFailure(DoContinue), retry: 5,
		slot: func(s *Step) any { return &s.Channel },
	},
	{
		kind: KindPage, about: "Call people, level by level and round by round, until somebody acknowledges.", catchesUp: true,
		main: fieldSpec{shape: shapeTargets, about: "A role, person, schedule or team, or a list of them: each is a page of its own.", at: func(s *Step) any { return s.Page }},
		fields: []fieldSpec{
			{name: "ack", shape: shapeDuration, about: "How long each level has to acknowledge (5m).", at: func(s *Step) any { return &s.Page.Ack }},
			{name: "escalate", shape: shapeNames, about: "The further levels, in order.", at: func(s *Step) any { return &s.Page.Escalate }},
			{name: "rounds", shape: shapeCount, about: "How often all levels are gone through (3).", at: func(s *Step) any { return &s.Page.Rounds }},
			{name: "via", shape: shapeWords, words: []string{string(ViaSMS), string(ViaCall)}, about: "How people are reached (both, side by side).", at: func(s *Step) any { return &s.Page.Via }},
			{name: "need", shape: shapeNeed, about: "Whose acknowledgement ends the step: any, all, or how many (any for one target, all for a list).", at: func(s *Step) any { return &s.Page.Need }},
			{name: "message", shape: shapeText, about: "What is spoken and written.", at: func(s *Step) any { return &s.Page.Message }},
		},
		outputs: []outputSpec{{"acked_by", expression.String}, {"acked_at", expression.Timestamp}, {"level", expression.Int}},
		timeout: timeoutNever, onTimeout: []Do{DoRepeat, DoContinue, DoAsk, DoSteps},
		slot: func(s *Step) any { return &s.Page },
	},
	{
		kind: KindAwait, about: "Wait until the severity is set (go on at once if it is), or for a signal.", people: true,
		main: fieldSpec{shape: shapePlain, about: "severity, or the name of a signal that `muster send` or the API brings.", at: func(s *Step) any { return &s.Await.Signal }},
		fields: []fieldSpec{
			{name: "until", shape: shapeCondition, own: true, about: "Also go on as soon as this is true.", at: func(s *Step) any { return &s.Await.Until }},
			{name: "payload", shape: shapePayload, about: "What the signal brings: name and type.", at: func(s *Step) any { return &s.Await.Payload }},
		},
		timeout: timeoutRequired, onTimeout: []Do{DoAsk, DoContinue, DoEscalate, DoChoose, DoSteps},
		slot: func(s *Step) any { return &s.Await },
		given: func(s *Step) []outputSpec {
			if s.Await.Signal == AwaitSeverity {
				return []outputSpec{{"payload", expression.String}}
			}
			return typed("payload.", s.Await.Payload)
		},
	},
	{
		kind: KindAssign, about: "Hand out a role: offered, then accepted or declined.", catchesUp: true, people: true,
		main: fieldSpec{shape: shapeRole, about: "The role.", at: func(s *Step) any { return &s.Assign.Role }},
		fields: []fieldSpec{
			{name: "to", shape: shapeName, about: "Who gets it (whoever fills the role now).", at: func(s *Step) any { return &s.Assign.To }},
			{name: "ack", shape: shapeDuration, about: "How long there is to accept (10m).", at: func(s *Step) any { return &s.Assign.Ack }},
		},
		outputs: []outputSpec{{"user", expression.String}},
		timeout: timeoutNever, onTimeout: []Do{DoEscalate, DoContinue, DoAsk, DoSteps},
		onFailure: reactionsOnFailure(DoAsk),
		slot:      func(s *Step) any { return &s.Assign },
	},
	{
		kind: KindSay, about: "Post a text in the room.", catchesUp: true,
		main: fieldSpec{shape: shapeText, about: "The text.", at: func(s *Step) any { return &s.Say.Text }},
		fields: []fieldSpec{
			{name: "in", shape: shapeText, about: "Another room than the incident's.", at: func(s *Step) any { return &s.Say.In }},
			{name: "thread", shape: shapeText, about: "The ts of the message that it answers.", at: func(s *Step) any { return &s.Say.Thread }},
			{name: "pin", shape: shapeBool, about: "Pin it.", at: func(s *Step) any { return &s.Say.Pin }},
		},
		outputs: []outputSpec{{"ts", expression.String}},
		timeout: timeoutOptional, defTimeout: "30s", onTimeout: []Do{DoContinue, DoAsk, DoSteps},
		onFailure: reactionsOnFailure(DoContinue), retry: 5,
		slot: func(s *Step) any { return &s.Say },
	},
	{
		kind: KindAsk, about: "Put a question with choices to people.", people: true,
		main: fieldSpec{shape: shapeText, about: "The question.", at: func(s *Step) any { return &s.Ask.Question }},
		fields: []fieldSpec{
			{name: "who", shape: shapeNames, about: "Who is asked (commander).", at: func(s *Step) any { return &s.Ask.Who }},
			{name: "choices", shape: shapeChoices, about: "The answers: key and label, or keys alone.", at: func(s *Step) any { return &s.Ask.Choices }},
			{name: "form", shape: shapeForm, about: "Fields to fill in instead of choices; each is an output.", at: func(s *Step) any { return &s.Ask.Form }},
			{name: "case", shape: shapeCases, about: "What follows each answer.", at: func(s *Step) any { return &s.Ask.Cases }},
			{name: "remind", shape: shapeDuration, about: "How often those asked are reminded.", at: func(s *Step) any { return &s.Ask.Remind }},
		},
		given: func(s *Step) []outputSpec {
			if len(s.Ask.Form) > 0 {
				return typed("", s.Ask.Form)
			}
			return []outputSpec{{"choice", expression.String}}
		},
		timeout: timeoutRequired, onTimeout: []Do{DoAsk, DoContinue, DoEscalate, DoChoose, DoSteps},
		onFailure: reactionsOnFailure(DoAsk),
		slot:      func(s *Step) any { return &s.Ask },
	},
	{
		kind: KindApprove, about: "Ask for a yes before going on; silence is never a yes.", people: true,
		main: fieldSpec{shape: shapeText, about: "The question.", at: func(s *Step) any { return &s.Approve.Question }},
		fields: []fieldSpec{
			{name: "who", shape: shapeNames, about: "Who may approve (commander).", at: func(s *Step) any { return &s.Approve.Who }},
			{name: "quorum", shape: shapeCount, about: "How many distinct people must say yes (1).", at: func(s *Step) any { return &s.Approve.Quorum }},
			{name: "not", shape: shapeRoles, about: "Roles whose holders may not approve.", at: func(s *Step) any { return &s.Approve.Not }},
			{name: "then", shape: shapeSteps, about: "Steps after a yes.", at: func(s *Step) any { return &s.Approve.Then }},
			{name: "else", shape: shapeSteps, about: "Steps after a no; without it a no ends the block and asks the commander.", at: func(s *Step) any { return &s.Approve.Else }, present: func(s *Step) { s.Approve.HasElse = true }},
			{name: "remind", shape: shapeDuration, about: "How often those asked are reminded.", at: func(s *Step) any { return &s.Approve.Remind }},
		},
		outputs: []outputSpec{{"approved", expression.Bool}, {"reason", expression.String}},
		timeout: timeoutRequired, onTimeout: []Do{DoReject, DoEscalate, DoAsk, DoSteps},
		onFailure: reactionsOnFailure(DoReject),
		slot:      func(s *Step) any { return &s.Approve },
	},
	{
		kind: KindTask, about: "Work for a person, until somebody says that it is done.", people: true,
		main: fieldSpec{shape: shapeText, about: "What to do.", at: func(s *Step) any { return &s.Task.Text }},
		fields: []fieldSpec{
			{name: "who", shape: shapeNames, about: "Whose work it is (commander).", at: func(s *Step) any { return &s.Task.Who }},
			{name: "checklist", shape: shapeTexts, about: "Points to tick off.", at: func(s *Step) any { return &s.Task.Checklist }},
			{name: "due", shape: shapeDuration, about: "When it should be done; only nudges.", at: func(s *Step) any { return &s.Task.Due }},
			{name: "remind", shape: shapeDuration, about: "How often the assignee is reminded.", at: func(s *Step) any { return &s.Task.Remind }},
		},
		outputs: []outputSpec{{"note", expression.String}},
		timeout: timeoutOptional, onTimeout: []Do{DoAsk, DoContinue, DoEscalate, DoSteps},
		slot: func(s *Step) any { return &s.Task },
	},
	{
		kind: KindWait, about: "Let time pass.",
		main: fieldSpec{shape: shapeDuration, about: "How long.", at: func(s *Step) any { return &s.Wait.Duration }},
		slot: func(s *Step) any { return &s.Wait },
	},
	{
		kind: KindNote, about: "Write a line on the timeline.",
		main:      fieldSpec{shape: shapeText, about: "The line.", at: func(s *Step) any { return &s.Note.Text }},
		outputs:   []outputSpec{{"id", expression.String}},
		onFailure: reactionsOnFailure(DoContinue),
		slot:      func(s *Step) any { return &s.Note },
	},
	{
		kind: KindSeverity, about: "Set the severity.",
		main: fieldSpec{shape: shapeSeverity, about: "The new severity.", at: func(s *Step) any { return &s.Severity.Level }},
		fields: []fieldSpec{
			{name: "reason", shape: shapeText, about: "Why.", at: func(s *Step) any { return &s.Severity.Reason }},
		},
		slot: func(s *Step) any { return &s.Severity },
	},
	{
		kind: KindEnd, about: "End the incident here.",
		main: fieldSpec{shape: shapeWord, words: endings(), about: "Why it ends.", at: func(s *Step) any { return &s.End.Reason }},
		fields: []fieldSpec{
			{name: "of", shape: shapeText, about: "The incident that this one duplicates.", at: func(s *Step) any { return &s.End.Of }},
		},
		slot: func(s *Step) any { return &s.End },
	},
}

// typed are the outputs of named and typed fields.
func typed(prefix string, inputs []Input) []outputSpec {
	out := make([]outputSpec, 0, len(inputs))
	for _, in := range inputs {
		out = append(out, outputSpec{prefix + in.Name, in.kind()})
	}
	return out
}

// outputsOf lists the outputs of one step. Those of an action without a manifest, and of a runbook that is not at
// hand, are not known: such a step is a map of its own, named "".
func (k *kindSpec) outputsOf(s *Step) []outputSpec {
	out := slices.Clone(k.outputs)
	if k.given != nil {
		out = append(out, k.given(s)...)
	}
	return out
}

// endings lists the reasons that `end` takes; cancelling is left to people.
func endings() []string {
	return []string{string(incident.Resolved), string(incident.FalseAlarm), string(incident.Duplicate)}
}

// fill gives a step the struct of its kind.
func (k *kindSpec) fill(s *Step) {
	slot := reflect.ValueOf(k.slot(s)).Elem()
	slot.Set(reflect.New(slot.Type().Elem()))
}

// filled tells whether a step has the struct of its kind, so that its fields may be read.
func (k *kindSpec) filled(s *Step) bool { return !reflect.ValueOf(k.slot(s)).Elem().IsNil() }

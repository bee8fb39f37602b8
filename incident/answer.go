package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Answer is a person's word on a question.
type Answer struct {
	Key    string // the question's key, or empty when Step is given
	Step   string // the address that people type
	Choice string
	Reason string
	Kinds  []QuestionKind // the kinds that this verb may answer; empty = any
	Fields map[string]any // of a form, checked and brought to its types
}

// CheckAnswer says whether the answer would be accepted, without changing anything.
func (i *Incident) CheckAnswer(by Actor, a Answer) error {
	if i.acceptedAlready(by, a) != nil {
		return nil
	}
	q, err := i.answerable(by, a)
	if err == nil && (q.Kind == QuestionForm || q.changed(a)) {
		err = CheckFields(q.Form, a.Fields)
	}
	return err
}

// changed says whether an approval changes what it approves: a text that is reviewed may be sent in other words.
func (q *Question) changed(a Answer) bool {
	return q.Kind == QuestionApprove && len(q.Form) > 0 && len(a.Fields) > 0 && a.Choice == ChoiceYes
}

// Answer records a person's word. An approval waits for its quorum of distinct people; one no rejects it.
func (i *Incident) Answer(at time.Time, by Actor, a Answer) (*Question, error) {
	if q := i.acceptedAlready(by, a); q != nil {
		return q, nil
	}
	q, err := i.answerable(by, a)
	if err != nil {
		return nil, err
	}
	if q.changed(a) {
		if a.Fields, err = FillForm(q.Form, a.Fields); err != nil {
			return nil, err
		}
	}
	if q.Kind == QuestionForm {
		a.Choice = ChoiceFilled
		if a.Fields, err = FillForm(q.Form, a.Fields); err != nil {
			return nil, err
		}
	}
	q.Votes = append(q.Votes, Vote{By: by, Choice: a.Choice, At: at})
	if q.Kind == QuestionApprove && a.Choice == ChoiceYes && len(q.Votes) < q.Quorum {
		i.Log(at, Entry{Kind: EntryAnswer, By: by, Step: q.Step, Text: fmt.Sprintf("%s approves (%d of %d)", by, len(q.Votes), q.Quorum)})
		return q, nil
	}
	i.Settle(at, by, q.Key, Settlement{State: QuestionAnswered, Choice: a.Choice, Reason: a.Reason, Fields: a.Fields})
	return q, nil
}

// acceptedAlready is the offer that a person accepts who has taken the role by acknowledging a page meanwhile: the button
// that they still see does what it says, which is nothing more.
func (i *Incident) acceptedAlready(by Actor, a Answer) *Question {
	if a.Choice != ChoiceAccept || by.Person == "" || i.mustBeActive() != nil {
		return nil
	}
	q, err := i.findQuestion(a)
	if err != nil || q.Kind != QuestionAssign || q.State != QuestionAnswered || q.Choice != ChoiceAccept || !sameActor(q.By, by) {
		return nil
	}
	return q
}

// answerable finds the question and checks that the actor may give this answer.
func (i *Incident) answerable(by Actor, a Answer) (*Question, error) {
	if err := i.mustBeActive(); err != nil {
		return nil, err
	}
	q, err := i.findQuestion(a)
	if err != nil {
		return nil, err
	}
	if q.State != QuestionOpen {
		return nil, q.Over()
	}
	if len(a.Kinds) > 0 && !slices.Contains(a.Kinds, q.Kind) {
		return nil, refuse("it waits for: "+q.verbs(), "%s is not answered this way", q.Step)
	}
	if q.Kind != QuestionForm && !slices.ContainsFunc(q.Choices, func(c Choice) bool { return c.Key == a.Choice }) {
		return nil, refuse("one of: "+strings.Join(q.choiceKeys(), ", "), "%q is no choice of %s", a.Choice, q.Step)
	}
	if err := i.mayAnswer(by, q); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(q.Votes, func(v Vote) bool { return sameActor(v.By, by) }) {
		return nil, refuse("another person must approve", "%s has approved already", by)
	}
	return q, nil
}

// findQuestion finds the newest question that the answer means.
func (i *Incident) findQuestion(a Answer) (*Question, error) {
	if a.Key != "" {
		if q := i.Question(a.Key); q != nil {
			return q, nil
		}
		return nil, refuse("", "this question does not exist any more")
	}
	for n := len(i.Questions) - 1; n >= 0; n-- {
		if i.Questions[n].Step == a.Step {
			return i.Questions[n], nil
		}
	}
	var steps []string
	for _, q := range i.OpenQuestions() {
		steps = append(steps, q.Step)
	}
	hint := "nothing waits for an answer"
	if len(steps) > 0 {
		hint = "open: " + strings.Join(steps, ", ")
	}
	return nil, refuse(hint, "no question %q", a.Step)
}

// mayAnswer checks who may answer: the chain and the commander, or anybody when nobody was found to ask. An approval
// is for its own people only.
func (i *Incident) mayAnswer(by Actor, q *Question) error {
	for _, role := range q.Not {
		if h, ok := i.Holders[role]; ok && h.Person == by.Person && by.Person != "" {
			return refuse("", "%s holds %s and may not approve this", by, role)
		}
	}
	if len(q.Chain) == 0 && q.Kind != QuestionApprove {
		return nil
	}
	if by.Person != "" && (slices.Contains(q.Chain, by.Person) || slices.Contains(q.Also, by.Person)) {
		return nil
	}
	for _, name := range q.Who { // whoever has taken the role over since
		if h, ok := i.Holders[Role(name)]; ok && by.Person != "" && h.Person == by.Person {
			return nil
		}
	}
	commander := i.Holders[Commander].Person
	if q.Kind != QuestionApprove && by.Person != "" && by.Person == commander {
		return nil
	}
	var names []string
	for _, p := range slices.Concat(q.Chain, q.Also) {
		names = append(names, string(p))
	}
	if len(names) == 0 {
		names = []string{"nobody who could be found"}
	}
	return refuse("it is for "+strings.Join(names, ", "), "%s may not answer %s", by, q.Step)
}

// verbs is how a kind of question is answered, in words.
func (q *Question) verbs() string {
	switch q.Kind {
	case QuestionApprove:
		return "approve, reject"
	case QuestionTask:
		return "done"
	case QuestionSeverity:
		return "severity"
	case QuestionSignal:
		return "send " + q.Signal
	case QuestionForm:
		return "answer, with its fields"
	case QuestionAsk, QuestionAssign, QuestionHold:
	}
	return "answer"
}

// choiceKeys lists the keys of the choices.
func (q *Question) choiceKeys() []string {
	keys := make([]string, 0, len(q.Choices))
	for _, c := range q.Choices {
		keys = append(keys, c.Key)
	}
	return keys
}

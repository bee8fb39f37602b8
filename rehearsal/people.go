package rehearsal

import (
	"fmt"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
)

// Times of a telephone.
const (
	ringsAfter = 200 * time.Millisecond
	listens    = time.Second // to the first words, then 1 is pressed
)

// ring lets a telephone ring, and its owner do what they do.
func (p *play) ring(c contract.CallRequest, provider string) {
	h := p.habit(c.Person, c.Ring)
	if p.options.Decide != nil { // it was decided when the person was called
		h = runbooks.Habit{Does: runbooks.PhoneSilent}
	}
	say := func(after time.Duration, status incident.CallStatus) {
		p.stage.After(after, func() {
			p.stage.CallStatus(contract.CallStatus{Callback: c.Callback, Provider: provider, Status: status})
		})
	}
	switch h.Does {
	case runbooks.PhoneBusy:
		say(ringsAfter, incident.CallBusy)
		return
	case runbooks.PhoneOff:
		say(ringsAfter, incident.CallFailed)
		return
	}
	say(ringsAfter, incident.CallRinging)
	if h.Does != runbooks.PhoneAnswers || h.After >= c.Ring {
		say(c.Ring, incident.CallNoAnswer)
		return
	}
	say(max(h.After, 2*ringsAfter), incident.CallAnswered)
	p.stage.After(max(h.After, 2*ringsAfter)+listens, func() {
		act := contract.Act{By: p.cast.actor(string(c.Person), incident.DoorPhone), Page: c.Callback.Page}
		p.stage.Act(contract.VerbAck, act, func(contract.Receipt, error) {})
	})
}

// news lets people react to what has just happened.
func (p *play) news(entries []incident.Entry) {
	p.result.Entries = append(p.result.Entries, entries...)
	if !p.result.Steady && entries[len(entries)-1].Kind == incident.EntryEscalate && p.steady() {
		p.result.Steady = true
		p.stage.After(time.Second, p.leave)
	}
	if p.options.Script.Everyone == 0 && p.options.Decide == nil {
		return
	}
	s, err := p.stage.Look()
	if err != nil {
		return
	}
	for _, page := range s.Incident.OpenPages() {
		p.paged(&s, page)
	}
	for _, q := range s.Incident.OpenQuestions() {
		p.asked(&s, q)
	}
}

// paged lets those who were called acknowledge, each once.
func (p *play) paged(s *contract.Snapshot, page *incident.Page) {
	for _, a := range page.Attempts {
		key := fmt.Sprint("page ", page.Key, " ", a.Number)
		if p.answered[key] {
			continue
		}
		p.answered[key] = true
		patience := p.options.Script.Everyone
		if p.options.Decide != nil {
			if p.decidePage(s, page, &a) == OptionSilence {
				continue
			}
			patience = decisionTime
		}
		p.stage.After(patience, func() { p.acknowledge(page.Key, a.Person) })
	}
}

// acknowledge is a person who takes a page, if it is still open.
func (p *play) acknowledge(page string, person oncall.PersonID) {
	act := contract.Act{By: p.cast.actor(string(person), incident.DoorSlack), Page: page}
	// Somebody else may have been faster, which is no fault of the runbook.
	p.stage.Act(contract.VerbAck, act, func(contract.Receipt, error) {})
}

// asked lets whoever is asked answer, once for each turn of the question.
func (p *play) asked(s *contract.Snapshot, q *incident.Question) {
	key := fmt.Sprint("question ", q.Key, " ", q.Turn, " ", q.Handed)
	if p.answered[key] {
		return
	}
	p.answered[key] = true
	options := optionsOf(q)
	if len(options) == 0 {
		return
	}
	patience, option := p.options.Script.Everyone, options[0]
	if q.Kind == incident.QuestionHold {
		if p.held[q.Step]++; p.held[q.Step] > 1 {
			option = incident.ChoiceSkip // trying again has not helped
		}
	}
	if p.options.Decide != nil {
		if option = p.decideQuestion(s, q, options); option == OptionSilence {
			return
		}
		patience = decisionTime
	}
	voters := p.voters(s, q)
	for n, who := range voters {
		p.stage.After(patience+time.Duration(n)*time.Second, func() { p.reply(q.Key, who, option) })
	}
}

// voters are those who answer a question: of a quorum as many as it takes.
func (p *play) voters(s *contract.Snapshot, q *incident.Question) []oncall.PersonID {
	if q.Quorum > 1 && len(q.Chain) > 0 {
		return q.Chain[:min(q.Quorum, len(q.Chain))]
	}
	switch {
	case len(q.Addressed) > 0:
		return q.Addressed[len(q.Addressed)-1:]
	case len(q.Chain) > 0:
		return q.Chain[:1]
	}
	if h, ok := s.Incident.Holders[incident.Commander]; ok {
		return []oncall.PersonID{h.Person}
	}
	return []oncall.PersonID{"somebody"}
}

// reply answers a question with one of its options.
func (p *play) reply(key string, who oncall.PersonID, option string) {
	q := p.question(key)
	if q == nil || q.State != incident.QuestionOpen {
		return
	}
	act := contract.Act{By: p.cast.actor(string(who), incident.DoorSlack), Question: key}
	verb := contract.VerbAnswer
	switch q.Kind {
	case incident.QuestionTask:
		verb = contract.VerbDone
	case incident.QuestionApprove:
		verb = contract.VerbApprove
		if option == incident.ChoiceNo {
			verb, act.Reason = contract.VerbReject, "the rehearsal says no"
		}
	case incident.QuestionSeverity:
		verb, act.Question, act.Value = contract.VerbSeverity, "", option
	case incident.QuestionSignal:
		verb, act.Question, act.Value, act.Fields = contract.VerbSend, "", q.Signal, filled(q.Form)
	case incident.QuestionForm:
		act.Fields = filled(q.Form)
	default:
		act.Value = option
	}
	p.stage.Act(verb, act, func(_ contract.Receipt, err error) {
		if err != nil && p.options.Decide == nil {
			p.fault(p.options.Script.Mark, "%s cannot answer %s: %v", act.By.Name, q.Step, err)
		}
	})
}

// question finds a question as it is now.
func (p *play) question(key string) *incident.Question {
	s, err := p.stage.Look()
	if err != nil {
		return nil
	}
	return s.Incident.Question(key)
}

// filled fills in a form: defaults where there are any, else something of the type.
func filled(form []incident.FormField) map[string]any {
	out := map[string]any{}
	for _, f := range form {
		switch {
		case f.Default != nil:
			out[f.Name] = f.Default
		case f.Required:
			out[f.Name] = specimen(f.Type, f.Enum, f.Name)
		}
	}
	return out
}

// optionsOf lists what people can answer, the first being what most people mean.
func optionsOf(q *incident.Question) []string {
	switch q.Kind {
	case incident.QuestionTask:
		return []string{incident.ChoiceDone}
	case incident.QuestionApprove:
		return []string{incident.ChoiceYes, incident.ChoiceNo}
	case incident.QuestionForm:
		return []string{incident.ChoiceFilled}
	case incident.QuestionSignal:
		return []string{OptionSent}
	}
	options := make([]string, 0, len(q.Choices))
	for _, c := range q.Choices {
		options = append(options, c.Key)
	}
	return options
}

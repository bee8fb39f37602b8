package rehearsal

import (
	"fmt"
	"slices"
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
	if h.Does == runbooks.PhoneAnswers && h.After >= c.Ring && !p.answered["late "+h.Person] {
		p.answered["late "+h.Person] = true
		p.fault(h.Mark, "%s would answer after %s, and the telephone rings for %s: write less, or silent", h.Person, spoken(h.After), spoken(c.Ring))
	}
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
		if p.options.Decide != nil && p.decidePage(s, page, &a) == OptionSilence {
			continue
		}
		p.stage.After(p.patience(), func() { p.acknowledge(page.Key, a.Person) })
	}
}

// acknowledge is a person who takes a page, if it is still open: somebody else may be faster.
func (p *play) acknowledge(key string, person oncall.PersonID) {
	page := p.openPage(key)
	if page == nil {
		return
	}
	p.do(deed{
		as:   runbooks.ScriptAct{Does: string(contract.VerbAck), What: page.Step, By: string(person)},
		verb: contract.VerbAck, act: contract.Act{By: p.cast.actor(string(person), incident.DoorSlack), Page: key},
		wanted: func() bool { return p.openPage(key) != nil },
	})
}

// openPage finds a page that waits for somebody; nil = it does not any more.
func (p *play) openPage(key string) *incident.Page {
	s, err := p.stage.Look()
	if err != nil || !s.Incident.Open() {
		return nil
	}
	if page := s.Incident.Page(key); page != nil && page.State == incident.PageOpen {
		return page
	}
	return nil
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
	if q.Kind == incident.QuestionHold {
		p.held[q.Step]++
	}
	option := p.choose(s, q, options)
	if option == OptionSilence {
		return
	}
	voters := p.voters(s, q)
	if p.options.Decide != nil && q.Kind == incident.QuestionHold && option == incident.ChoiceStop && slices.Contains(incident.Phases(), incident.Phase(q.Step)) {
		p.drive(leader(s, voters[0])) // the runbook is left; people bring the incident to its end
	}
	for n, who := range voters {
		p.stage.After(p.patience()+time.Duration(n)*time.Second, func() { p.reply(q.Key, who, option) })
	}
}

// choose is what is answered.
func (p *play) choose(s *contract.Snapshot, q *incident.Question, options []string) string {
	if p.options.Decide != nil {
		return p.decideQuestion(s, q, options)
	}
	return p.usual(q, options)
}

// patience is how long people take before they act.
func (p *play) patience() time.Duration {
	if p.options.Decide != nil {
		return decisionTime
	}
	return p.options.Script.Everyone
}

// byHand is how long people take who work without the runbook.
const byHand = time.Hour

// drive lets somebody resolve an incident whose runbook was left.
func (p *play) drive(who oncall.PersonID) {
	p.stage.After(byHand, func() {
		act := contract.Act{By: p.cast.actor(string(who), incident.DoorSlack), Reason: "by hand", Undo: contract.UndoLeave}
		p.do(deed{
			as:   runbooks.ScriptAct{Does: string(contract.VerbResolve), What: "by hand", By: string(who), Undo: contract.UndoLeave},
			verb: contract.VerbResolve, act: act,
			wanted: func() bool { s, err := p.stage.Look(); return err == nil && s.Incident.Open() },
		})
	})
}

// leader is who has command, whom the rules of a configuration let end the incident; without one it is somebody else.
func leader(s *contract.Snapshot, otherwise oncall.PersonID) oncall.PersonID {
	if h, ok := s.Incident.Holders[incident.Commander]; ok && h.Accepted {
		return h.Person
	}
	return otherwise
}

// voters are those who answer a question: of a quorum as many as it takes, if there are as many.
func (p *play) voters(s *contract.Snapshot, q *incident.Question) []oncall.PersonID {
	if q.Quorum > 1 && len(q.Chain) > 0 {
		var voices []oncall.PersonID
		for _, who := range q.Chain {
			if len(voices) < q.Quorum && !slices.Contains(voices, who) {
				voices = append(voices, who)
			}
		}
		return voices
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
	q := p.openQuestion(key)
	if q == nil {
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
	p.do(deed{
		as: scripted(q, verb, act, string(who)), verb: verb, act: act,
		wanted: func() bool { return p.openQuestion(key) != nil },
	})
}

// deed is what somebody does: as a script has it, as the wire has it, and whether it is still wanted.
type deed struct {
	as     runbooks.ScriptAct
	verb   contract.Verb
	act    contract.Act
	wanted func() bool
}

// do does something and takes it down. What people are asked they must be able to do, unless somebody else was faster by
// less than an instant.
func (p *play) do(d deed) {
	d.as.At = p.stage.Now().Sub(p.result.Start)
	p.stage.Act(d.verb, d.act, func(_ contract.Receipt, err error) {
		if err != nil && !d.wanted() {
			return
		}
		p.result.deeds = append(p.result.deeds, d.as)
		if err != nil {
			p.fault(p.options.Script.Mark, "%s cannot %s %s: %v", d.act.By.Name, d.as.Does, d.as.What, err)
		}
	})
}

// scripted is an answer as a script has it.
func scripted(q *incident.Question, verb contract.Verb, act contract.Act, who string) runbooks.ScriptAct {
	out := runbooks.ScriptAct{Does: string(verb), What: q.Step, By: who, Reason: act.Reason, Fields: act.Fields}
	switch verb {
	case contract.VerbSeverity, contract.VerbSend:
		out.What = act.Value
	case contract.VerbAnswer:
		out.Choice = act.Value
	default: // the step says it all
	}
	return out
}

// openQuestion finds a question that waits for an answer; nil = it does not any more.
func (p *play) openQuestion(key string) *incident.Question {
	s, err := p.stage.Look()
	if err != nil {
		return nil
	}
	if q := s.Incident.Question(key); q != nil && q.State == incident.QuestionOpen {
		return q
	}
	return nil
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

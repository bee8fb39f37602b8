package rehearsal

import (
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/memory"
)

// The options of a point, besides a question's own choices.
const (
	OptionAck     = "acknowledge"
	OptionSilence = "silence" // nobody does anything; time decides
	OptionSent    = "sent"
	OptionWorks   = "works"
	OptionFails   = "fails"
)

// decisionTime is how long people take who decide.
const decisionTime = 20 * time.Second

// PointKind is who decides at a point.
type PointKind string

// The kinds of points.
const (
	PointPage     PointKind = "page"
	PointQuestion PointKind = "question"
	PointSystem   PointKind = "system"
)

// Point is where a play can go one way or another.
type Point struct {
	Kind    PointKind
	Verb    string // of the act that an option leads to, as scripts have it
	Step    string // address
	What    string // in words
	Who     string // the person who is asked or called, by id; of a system its name
	Turn    int    // of a question how often it has escalated, of a page its level and round, of a system its tries
	Options []string
	At      time.Duration // since the declaration
	State   contract.Snapshot
}

// decide takes a decision and writes it down.
func (p *play) decide(point Point) string {
	point.At = p.stage.Now().Sub(p.result.Start)
	option := p.options.Decide(point)
	p.result.taken = append(p.result.taken, Taken{Point: point, Option: option})
	return option
}

// decidePage decides whether somebody who is called acknowledges.
func (p *play) decidePage(s *contract.Snapshot, page *incident.Page, a *incident.Attempt) string {
	key := "attempts " + page.Key + string(rune('0'+a.Level)) + string(rune('0'+a.Round))
	if a.Via != "call" && p.answered[key] { // the same person is reached in several ways at once: one decision
		return OptionSilence
	}
	p.answered[key] = true
	options := []string{OptionAck, OptionSilence}
	if page.Exhausted { // it goes on for ever; somebody answers in the end
		options = options[:1]
	}
	return p.decide(Point{
		Kind: PointPage, Verb: "ack", Step: page.Step, What: "page " + page.Levels[a.Level].Target, Who: string(a.Person),
		Turn: a.Round*len(page.Levels) + a.Level, Options: options, State: *s,
	})
}

// mostTurns is how often a question may go unanswered in a play that decides: after that somebody answers.
const mostTurns = 2

// decideQuestion decides what is answered. Silence is only a way where time leads on.
func (p *play) decideQuestion(s *contract.Snapshot, q *incident.Question, options []string) string {
	who := ""
	if voters := p.voters(s, q); len(voters) > 0 {
		who = string(voters[0])
	}
	if q.Kind == incident.QuestionHold {
		options = []string{incident.ChoiceSkip, incident.ChoiceRetry, incident.ChoiceStop}
		if p.held[q.Step] > 1 {
			options = []string{incident.ChoiceSkip, incident.ChoiceStop}
		}
	}
	if !q.Deadline.IsZero() && q.Turn < mostTurns {
		options = append(options, OptionSilence)
	}
	return p.decide(Point{
		Kind: PointQuestion, Verb: verbOf(q), Step: q.Step, What: firstLine(q.Text), Who: who, Turn: q.Turn, Options: options, State: *s,
	})
}

// verbOf is what somebody does who answers a question, as scripts have it.
func verbOf(q *incident.Question) string {
	switch q.Kind {
	case incident.QuestionTask:
		return string(contract.VerbDone)
	case incident.QuestionApprove:
		return string(contract.VerbApprove)
	case incident.QuestionSignal:
		return string(contract.VerbSend)
	case incident.QuestionSeverity:
		return string(contract.VerbSeverity)
	}
	return string(contract.VerbAnswer)
}

// decideSystem decides whether a system works; "" = nobody decides.
func (p *play) decideSystem(a memory.Act) string {
	if p.options.Decide == nil {
		return ""
	}
	switch a.Kind {
	case "action", "http", "run", "update":
	default:
		return ""
	}
	step := p.mocks.step(a.Key)
	if step == nil {
		return ""
	}
	s, err := p.stage.Look()
	if err != nil {
		return ""
	}
	key := "system " + a.Key
	p.held[key]++
	return p.decide(Point{
		Kind: PointSystem, Step: step.address, What: a.Kind + " " + a.Name, Who: a.Name, Turn: p.held[key],
		Options: []string{OptionWorks, OptionFails}, State: s,
	})
}

package rehearsal

import (
	"fmt"
	"slices"
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
	Step    string // address
	What    string // in words
	Turn    int    // of a question how often it has escalated, of a page its level and round, of a system its tries
	Options []string
	Usual   string // the option that most people mean, and that leads on
	State   contract.Snapshot
}

// mostDecisions are more than any incident takes that leads somewhere.
const mostDecisions = 300

// decide takes a decision and writes it down. A play that decides without end is left.
func (p *play) decide(point Point) string {
	if point.Usual == "" {
		point.Usual = point.Options[0]
	}
	option := p.options.Decide(point)
	point.State = contract.Snapshot{} // it is large, and it was only for the decision
	p.result.taken = append(p.result.taken, Taken{Point: point, Option: option})
	if len(p.result.taken) == mostDecisions {
		p.result.circles = true
		p.stage.After(0, p.leave)
	}
	return option
}

// decidePage decides whether somebody who is called acknowledges.
func (p *play) decidePage(s *contract.Snapshot, page *incident.Page, a *incident.Attempt) string {
	key := fmt.Sprint("attempts ", page.Key, " ", a.Person, " ", a.Level, " ", a.Round)
	if p.answered[key] { // the same person is reached in several ways at once: one decision
		return OptionSilence
	}
	p.answered[key] = true
	options := []string{OptionAck, OptionSilence}
	if page.Exhausted { // it goes on for ever; somebody answers in the end
		options = options[:1]
	}
	return p.decide(Point{
		Kind: PointPage, Step: page.Step, What: "page " + page.Levels[a.Level].Target,
		Turn: a.Round*len(page.Levels) + a.Level, Options: options, State: *s,
	})
}

// mostTurns is how often a question may go unanswered in a play that decides: after that somebody answers.
const mostTurns = 2

// decideQuestion decides what is answered. Silence is only a way where time leads on.
func (p *play) decideQuestion(s *contract.Snapshot, q *incident.Question, options []string) string {
	usual := p.usual(q, options)
	if q.Kind == incident.QuestionHold {
		options = p.holdOptions(q)
		usual = options[0]
	}
	if !q.Deadline.IsZero() && q.Turn < mostTurns {
		options = append(options, OptionSilence)
	}
	return p.decide(Point{
		Kind: PointQuestion, Step: q.Step, What: firstLine(q.Text), Turn: q.Turn, Options: options, Usual: usual, State: *s,
	})
}

// insists is how often people answer a question in the same way before they try the next answer: a choice may lead back
// to its own question.
const insists = 2

// usual is what most people answer. What holds is tried again once, then left out.
func (p *play) usual(q *incident.Question, options []string) string {
	switch {
	case q.Kind == incident.QuestionHold && p.held[q.Step] > 1:
		return incident.ChoiceSkip
	case q.Kind == incident.QuestionAsk:
		if q.Turn == 0 {
			p.put[q.Step]++
		}
		return options[(p.put[q.Step]-1)/insists%len(options)]
	}
	return options[0]
}

// holdOptions are the choices of a hold, going on first. Trying again is tried once.
func (p *play) holdOptions(q *incident.Question) []string {
	var options []string
	for _, choice := range []string{incident.ChoiceSkip, incident.ChoiceRetry, incident.ChoiceStop} {
		has := slices.ContainsFunc(q.Choices, func(c incident.Choice) bool { return c.Key == choice })
		if has && (choice != incident.ChoiceRetry || p.held[q.Step] <= 1) {
			options = append(options, choice)
		}
	}
	return options
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
		Kind: PointSystem, Step: step.Address, What: a.Kind + " " + a.Name, Turn: p.held[key],
		Options: []string{OptionWorks, OptionFails}, State: s,
	})
}

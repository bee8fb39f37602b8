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
	State   contract.Snapshot
}

// decide takes a decision and writes it down.
func (p *play) decide(point Point) string {
	option := p.options.Decide(point)
	p.result.taken = append(p.result.taken, Taken{Point: point, Option: option})
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
	if q.Kind == incident.QuestionHold {
		options = p.holdOptions(q)
	}
	if !q.Deadline.IsZero() && q.Turn < mostTurns {
		options = append(options, OptionSilence)
	}
	return p.decide(Point{
		Kind: PointQuestion, Step: q.Step, What: firstLine(q.Text), Turn: q.Turn, Options: options, State: *s,
	})
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

package runbooks

import (
	"slices"
	"strings"
)

// Blocks lists the blocks of steps below a step, in document order.
func (s *Step) Blocks() [][]Step {
	var blocks [][]Step
	if s.Ask != nil {
		for _, c := range s.Ask.Cases {
			blocks = append(blocks, c.Steps)
		}
	}
	if s.Approve != nil {
		blocks = append(blocks, s.Approve.Then, s.Approve.Else)
	}
	for _, reaction := range []*Reaction{s.OnTimeout, s.OnFailure} {
		if reaction != nil {
			blocks = append(blocks, reaction.Steps)
		}
	}
	return slices.DeleteFunc(blocks, func(b []Step) bool { return len(b) == 0 })
}

// Title is how people recognise the step: its name, else its address.
func (s *Step) Title() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Address
}

// Walk calls visit for every step of the runbook in document order, with the phase it stands in; finally comes last,
// with an empty phase.
func (rb *Runbook) Walk(visit func(phase *Phase, s *Step)) {
	for n := range rb.Phases {
		walkSteps(rb.Phases[n].Steps, func(s *Step) { visit(&rb.Phases[n], s) })
	}
	walkSteps(rb.Finally, func(s *Step) { visit(nil, s) })
}

// walkSteps calls visit for the steps and for everything below them.
func walkSteps(steps []Step, visit func(*Step)) {
	for n := range steps {
		visit(&steps[n])
		for _, block := range steps[n].Blocks() {
			walkSteps(block, visit)
		}
	}
}

// Summary is the step in one line, as the file says it.
func (s *Step) Summary() string {
	if s.Name != "" {
		return s.Name
	}
	return string(s.Kind) + ": " + s.main()
}

// main is the value behind the kind's key, as the file says it.
func (s *Step) main() string {
	switch s.Kind {
	case KindChannel:
		return s.Channel.Name
	case KindPage:
		return strings.Join(s.Page.Targets, ", ")
	case KindAwait:
		return s.Await.Signal
	case KindAssign:
		return string(s.Assign.Role)
	case KindSay:
		return s.Say.Text
	case KindAsk:
		return s.Ask.Question
	case KindApprove:
		return s.Approve.Question
	case KindTask:
		return s.Task.Text
	case KindWait:
		return s.Wait.Duration
	case KindNote:
		return s.Note.Text
	case KindSeverity:
		return string(s.Severity.Level)
	case KindEnd:
		return string(s.End.Reason)
	}
	return ""
}

// Kinds lists all kinds of steps, in the order in which documents name them.
func Kinds() []Kind {
	kinds := make([]Kind, 0, len(kindTable))
	for _, k := range kindTable {
		kinds = append(kinds, k.kind)
	}
	return kinds
}

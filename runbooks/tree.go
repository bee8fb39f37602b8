package runbooks

import "strings"

// Block is a list of steps below a step, by the words that stand between their paths: "then", "case/rollback",
// "branch/scope", "steps", "undo", "on_timeout".
type Block struct {
	Name  string
	Steps []Step
}

// The names of blocks that their steps do not run by themselves.
const (
	BlockUndo      = "undo"
	BlockOnTimeout = "on_timeout"
	BlockOnFailure = "on_failure"
)

// Blocks lists the blocks of steps below a step that hold any, in document order. An imported runbook is none of them:
// its names are its own.
func (s *Step) Blocks() []Block {
	var blocks []Block
	add := func(name string, steps []Step) {
		if len(steps) > 0 {
			blocks = append(blocks, Block{Name: name, Steps: steps})
		}
	}
	cases := func(cases []Case) {
		for _, c := range cases {
			add("case/"+c.Choice, c.Steps)
		}
	}
	switch {
	case s.Ask != nil:
		cases(s.Ask.Cases)
	case s.Approve != nil:
		add("then", s.Approve.Then)
		add("else", s.Approve.Else)
	case s.Parallel != nil:
		for _, b := range s.Parallel.Branches {
			add("branch/"+b.Name, b.Steps)
		}
	case s.ForEach != nil:
		add("steps", s.ForEach.Steps)
	case s.Repeat != nil:
		add("steps", s.Repeat.Steps)
	case s.Group != nil:
		add("steps", s.Group.Steps)
	case s.Switch != nil:
		cases(s.Switch.Cases)
		add("else", s.Switch.Else)
	}
	if s.OnTimeout != nil {
		add(BlockOnTimeout, s.OnTimeout.Steps)
	}
	if s.OnFailure != nil {
		add(BlockOnFailure, s.OnFailure.Steps)
	}
	add(BlockUndo, s.Undo)
	return blocks
}

// Title is how people recognise the step: its name, else its address.
func (s *Step) Title() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Address
}

// Place is where a step stands: in a phase, in a watch, or in finally.
type Place struct {
	Phase   *Phase
	Watch   *Watch
	Finally bool
	// Ad hoc steps stand nowhere.
}

// Section is the name of the place: a phase, "watch" or "finally".
func (p Place) Section() string {
	switch {
	case p.Phase != nil:
		return string(p.Phase.Name)
	case p.Watch != nil:
		return "watch"
	}
	return "finally"
}

// Walk calls visit for every step of the runbook in document order, with the place where it stands: the phases, the
// watches, finally. Imported runbooks are not entered; see WalkAll.
func (rb *Runbook) Walk(visit func(at Place, s *Step)) {
	for n := range rb.Phases {
		walkSteps(rb.Phases[n].Steps, func(s *Step) { visit(Place{Phase: &rb.Phases[n]}, s) })
	}
	for n := range rb.Watch {
		walkSteps(rb.Watch[n].Steps, func(s *Step) { visit(Place{Watch: &rb.Watch[n]}, s) })
	}
	walkSteps(rb.Finally, func(s *Step) { visit(Place{Finally: true}, s) })
}

// WalkAll is Walk that also enters imported runbooks; their steps stand where the importing step does.
func (rb *Runbook) WalkAll(visit func(at Place, s *Step)) {
	rb.Walk(func(at Place, s *Step) {
		visit(at, s)
		if s.Runbook != nil && s.Runbook.Body != nil {
			s.Runbook.Body.WalkAll(func(_ Place, below *Step) { visit(at, below) })
		}
	})
}

// IsPart says whether the runbook is written to be imported: it takes no incidents by itself, opens no room and calls
// nobody.
func (rb *Runbook) IsPart() bool {
	part := rb.Match == "" && len(rb.Watch) == 0 && len(rb.Finally) == 0
	rb.Walk(func(_ Place, s *Step) { part = part && s.Page == nil && s.Channel == nil })
	return part
}

// walkSteps calls visit for the steps and for everything below them.
func walkSteps(steps []Step, visit func(*Step)) {
	for n := range steps {
		visit(&steps[n])
		for _, block := range steps[n].Blocks() {
			walkSteps(block.Steps, visit)
		}
	}
}

// Summary is the step in one line, as the file says it.
func (s *Step) Summary() string {
	if s.Name != "" {
		return s.Name
	}
	return strings.TrimSuffix(string(s.Kind)+": "+s.main(), ": ")
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
	return s.mainOfBlock()
}

// mainOfBlock is main for the kinds of blocks.go.
func (s *Step) mainOfBlock() string {
	switch s.Kind {
	case KindBridge:
		return s.Bridge.Provider
	case KindTicket:
		return s.Ticket.Tracker
	case KindAssess:
		return s.Assess.Who
	case KindUpdate:
		return s.Update.Audience
	case KindEvidence:
		return s.Evidence.Text
	case KindHTTP:
		return s.HTTP.Request
	case KindRun:
		return s.Run.Command
	case KindAction:
		return s.Action.Name
	case KindRunbook:
		return s.Runbook.ID
	case KindParallel:
		names := make([]string, 0, len(s.Parallel.Branches))
		for _, b := range s.Parallel.Branches {
			names = append(names, b.Name)
		}
		return strings.Join(names, ", ")
	case KindForEach:
		return s.ForEach.List
	case KindRepeat:
		return s.Repeat.Title
	case KindSwitch:
		return s.Switch.Value
	case KindGroup:
		return s.Group.Title
	case KindPostmortem:
		return s.Postmortem.Action
	case KindSet:
		names := make([]string, 0, len(s.Set.Values))
		for _, v := range s.Set.Values {
			names = append(names, v.Name)
		}
		return strings.Join(names, ", ")
	case KindRevert:
		return strings.Join(s.Revert.What, ", ")
	case KindReturn:
		return string(s.Return.Phase)
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

// SeverityNames lists the severities of the runbook, worst first.
func (rb *Runbook) SeverityNames() []string {
	var names []string
	for _, row := range rb.Severities {
		names = append(names, string(row.Severity))
	}
	return names
}

// RoleNames lists the roles of the runbook, in its own order.
func (rb *Runbook) RoleNames() []string {
	var names []string
	for _, role := range rb.Roles {
		names = append(names, string(role.Name))
	}
	return names
}

// PhaseNames lists the phases that the runbook has.
func (rb *Runbook) PhaseNames() []string {
	var names []string
	for _, phase := range rb.Phases {
		names = append(names, string(phase.Name))
	}
	return names
}

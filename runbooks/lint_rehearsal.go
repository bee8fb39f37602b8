package runbooks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
)

// Check finds what only the runbook can tell: names of steps, severities, choices, signals and phases that it does not
// have, inputs that it does not take, and mocks of what it never does. The places are those of the rehearsal's file. An
// act that must be refused may name what it likes.
func (r *Rehearsal) Check(rb *Runbook) Problems {
	c := rehearsalChecker{test: r, rb: rb, steps: map[string]*Step{}}
	rb.WalkAll(func(_ Place, s *Step) { c.steps[s.Address] = s })
	c.inputs()
	c.severity(c.place("severity"), string(r.Severity))
	for i := range r.Script {
		if r.Script[i].Refused == nil {
			c.act(&r.Script[i], fmt.Sprintf("script/%d.", i))
		}
	}
	for _, m := range r.Mocks {
		c.mock(m)
	}
	if r.Expect != nil {
		c.expect(r.Expect)
	}
	return c.problems.sorted()
}

// ackAll is what `ack` names to acknowledge every page that rings, whoever it is for.
const ackAll = "all"

// rehearsalChecker compares a rehearsal with its runbook.
type rehearsalChecker struct {
	test     *Rehearsal
	rb       *Runbook
	steps    map[string]*Step // by address, those of imported runbooks included
	problems Problems
}

// place is where a part of the rehearsal stands; where that is not known it is the rehearsal's own place.
func (c *rehearsalChecker) place(part string) Mark {
	if at, ok := c.test.Places[part]; ok {
		return at
	}
	return c.test.Mark
}

func (c *rehearsalChecker) report(at Mark, p Problem) {
	p.File, p.Line, p.Column = at.File, at.Line, at.Column
	c.problems = append(c.problems, p)
}

// known reports a name that is none of those known.
func (c *rehearsalChecker) known(at Mark, code Code, message, name string, known []string) {
	if name == "" || slices.Contains(known, name) {
		return
	}
	p := Problem{Code: code, Message: message, Hint: "there is none"}
	if near, ok := expression.Nearest(name, known); ok {
		p.Hint = fmt.Sprintf("did you mean %q?", near)
	} else if len(known) > 0 && len(known) <= maxNameWords {
		p.Hint = "known: " + strings.Join(known, ", ")
	} else if len(known) > 0 {
		p.Hint = fmt.Sprintf("muster graph %s shows what there is", c.rb.ID)
	}
	c.report(at, p)
}

// inputs checks `with`. An input that is lacking is a warning: an alert or the configuration may bring it.
func (c *rehearsalChecker) inputs() {
	var names []string
	for _, in := range c.rb.Inputs {
		names = append(names, in.Name)
		_, given := c.test.With[in.Name]
		if in.Required && in.Default == nil && !given && in.Name != inputService && c.test.Config == "" {
			c.report(c.place("with"), Problem{Code: CodeWith, Warning: true, Message: fmt.Sprintf("runbook %s needs the input %s", c.rb.ID, in.Name), Hint: fmt.Sprintf("write with: { %s: … }", in.Name)})
		}
	}
	for _, name := range sortedKeys(c.test.With) {
		at := c.place("with." + name)
		i := slices.Index(names, name)
		if i < 0 {
			c.known(at, CodeWith, fmt.Sprintf("runbook %s takes no input %q", c.rb.ID, name), name, names)
			continue
		}
		if _, err := c.rb.Inputs[i].accept(c.test.With[name]); err != nil {
			c.report(at, Problem{Code: CodeWith, Message: fmt.Sprintf("input %s: %v", name, err), Hint: "its type is " + c.rb.Inputs[i].Type})
		}
	}
}

// severity checks the name of a severity.
func (c *rehearsalChecker) severity(at Mark, name string) {
	c.known(at, CodeUnknownName, fmt.Sprintf("there is no severity %q", name), name, c.rb.SeverityNames())
}

// step finds a step by its address, and reports one that is not there. Others are names that do as well.
func (c *rehearsalChecker) step(at Mark, address string, others ...string) *Step {
	if s, ok := c.steps[WithoutItems(address)]; ok || address == "" {
		return s
	}
	known := append(sortedKeys(c.steps), others...)
	c.known(at, CodeUnknownName, fmt.Sprintf("runbook %s has no step %q", c.rb.ID, address), WithoutItems(address), known)
	return nil
}

// act checks the names in one act of the script.
func (c *rehearsalChecker) act(act *ScriptAct, path string) {
	at := c.place(path + act.Does)
	switch act.Does {
	case "severity":
		c.severity(at, act.What)
	case "assign":
		c.known(at, CodeUnknownName, fmt.Sprintf("there is no role %q", act.What), act.What, c.rb.RoleNames())
	case "ack":
		c.step(at, act.What, ackAll)
	case "approve", "reject", "done", "reassign", "edit":
		c.step(at, act.What)
	case "retry", "skip", "stop":
		c.step(at, act.What, c.rb.PhaseNames()...) // a phase holds, too
	case "answer":
		c.answer(act, path)
	case "advance", "return":
		c.known(at, CodePhase, fmt.Sprintf("runbook %s has no phase %q", c.rb.ID, act.What), act.What, c.rb.PhaseNames())
	case "revert":
		c.revert(act, at)
	case "send":
		c.known(at, CodeUnknownName, fmt.Sprintf("no step awaits the signal %q", act.What), act.What, c.signals())
	}
}

// answer checks a question's step, and that it has the choice. The choices of a step that holds are always there.
func (c *rehearsalChecker) answer(act *ScriptAct, path string) {
	s := c.step(c.place(path+"answer"), act.What, c.rb.PhaseNames()...)
	if s == nil || s.Ask == nil || len(s.Ask.Choices) == 0 {
		return
	}
	var keys []string
	for _, choice := range s.Ask.Choices {
		keys = append(keys, choice.Key)
	}
	if slices.Contains([]string{incident.ChoiceRetry, incident.ChoiceSkip, incident.ChoiceStop}, act.Choice) {
		return
	}
	c.known(c.place(path+"choice"), CodeChoice, fmt.Sprintf("%q is no choice of %s", act.Choice, s.Address), act.Choice, keys)
}

// revert checks the phase or the steps that are taken back.
func (c *rehearsalChecker) revert(act *ScriptAct, at Mark) {
	names, _ := act.Fields["what"].([]any)
	if act.What != "" {
		names = append(names, act.What)
	}
	for _, name := range names {
		c.step(at, fmt.Sprint(name), slices.Concat(c.rb.PhaseNames(), c.shortNames())...)
	}
}

func (c *rehearsalChecker) signals() []string {
	var names []string
	for _, address := range sortedKeys(c.steps) {
		if await := c.steps[address].Await; await != nil && await.Signal != AwaitSeverity {
			names = append(names, await.Signal)
		}
	}
	return names
}

// shortNames are the addresses of imported steps without the importing ones: what is taken back is found by them too.
func (c *rehearsalChecker) shortNames() []string {
	var names []string
	for _, address := range sortedKeys(c.steps) {
		names = append(names, address[strings.LastIndexByte(address, '/')+1:])
	}
	return names
}

// mockKinds lists the effects that a mock may stand for, whatever step has them.
func mockKinds() []string {
	return []string{"http", "run", "update", "bridge", "ticket", "channel", "say", "call", "text"}
}

// mock checks that the runbook does what is mocked.
func (c *rehearsalChecker) mock(m Mock) {
	known := mockKinds()
	for _, address := range sortedKeys(c.steps) {
		if action := c.steps[address].Action; action != nil {
			known = append(known, action.Name)
		}
		known = append(known, address)
	}
	slices.Sort(known)
	c.known(m.Mark, CodeUnknownName, fmt.Sprintf("%q is no step, no action and no kind of runbook %s", m.Of, c.rb.ID), WithoutItems(m.Of), slices.Compact(known))
}

// expect checks the names in what is expected.
func (c *rehearsalChecker) expect(e *Expect) {
	for _, s := range e.Steps {
		c.step(s.Mark, s.Step)
	}
	for _, s := range e.Waits {
		c.step(s.Mark, s.Text)
	}
	if e.Severity != nil {
		c.severity(e.Severity.Mark, e.Severity.Text)
	}
}

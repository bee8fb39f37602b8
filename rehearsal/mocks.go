package rehearsal

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/memory"
	"github.com/musterbook/musterbook/rehearsal/stage"
	"github.com/musterbook/musterbook/runbooks"
)

// mocks are what systems answer: what the script says, and where it says nothing, success.
type mocks struct {
	play      *play
	steps     []*runbooks.Step
	manifests map[string]*runbooks.Manifest // of the actions that the runbook names
	used      map[int]int                   // how many outcomes of each mock were given
	next      runbooks.MockOutcome
}

// newMocks finds the steps that mocks may speak of.
func newMocks(p *play) *mocks {
	m := &mocks{play: p, manifests: map[string]*runbooks.Manifest{}, used: map[int]int{}}
	p.options.Runbook.WalkAll(func(_ runbooks.Place, s *runbooks.Step) {
		m.steps = append(m.steps, s)
		if s.Action != nil {
			m.manifests[s.Action.Name] = s.Action.Manifest
		}
	})
	return m
}

// step finds the step of an idempotency key, `<incident>/<path>/<pass>/…`; nil = none of the runbook's.
func (m *mocks) step(key string) *runbooks.Step {
	_, rest, _ := strings.Cut(key, "/")
	var found *runbooks.Step
	for _, s := range m.steps {
		if strings.HasPrefix(rest, s.Path+"/") && (found == nil || len(s.Path) > len(found.Path)) {
			found = s
		}
	}
	return found
}

// kinds are the kinds of steps behind the acts of the world.
func kinds() map[string]string {
	return map[string]string{"room": string(runbooks.KindChannel), "post": string(runbooks.KindSay), "sync": string(runbooks.KindTicket)}
}

// find is the mock for an act: of its step, else of its action, else of its kind.
func (m *mocks) find(a memory.Act) int {
	kind := a.Kind
	if name, ok := kinds()[kind]; ok {
		kind = name
	}
	names := []string{a.Name, kind}
	if step := m.step(a.Key); step != nil && does(step, kind) {
		names = slices.Insert(names, 0, step.Address)
	}
	return mockOf(m.play.options.Script.Mocks, names...)
}

// mockOf finds the first mock that goes by one of the names, the first names first; -1 = none does.
func mockOf(mocks []runbooks.Mock, names ...string) int {
	for _, name := range names {
		for n, mock := range mocks {
			if name != "" && runbooks.WithoutItems(mock.Of) == name {
				return n
			}
		}
	}
	return -1
}

// does says whether an effect is the step's own deed. What is posted about a step is not.
func does(s *runbooks.Step, kind string) bool {
	if s.Kind == runbooks.KindPage {
		return kind == "call" || kind == "text"
	}
	return string(s.Kind) == kind
}

// peek is the next outcome for an act, and the mock that has it; -1 = none.
func (m *mocks) peek(a memory.Act) (runbooks.MockOutcome, int) {
	n := m.find(a)
	if n < 0 {
		return runbooks.MockOutcome{}, n
	}
	outcomes := m.play.options.Script.Mocks[n].Outcomes
	return outcomes[min(m.used[n], len(outcomes)-1)], n
}

// fail says how an act goes wrong; nil = it goes well. It takes the next outcome.
func (m *mocks) fail(a memory.Act) error {
	if err := m.play.outage(a); err != nil {
		return err
	}
	outcome, n := m.peek(a)
	if n >= 0 {
		m.used[n]++
	} else if m.play.decideSystem(a) == OptionFails {
		outcome.Refuse = "the rehearsal lets it fail"
	}
	m.next = outcome
	switch {
	case m.next.Timeout:
		return errors.New("timeout")
	case m.next.Refuse != "":
		return &contract.Refused{What: m.next.Refuse}
	case m.next.Fail != "":
		return errors.New(m.next.Fail)
	}
	return nil
}

// takes is how long the next answer of an effect takes; 0 = as usual.
func (m *mocks) takes(e stage.Effect) time.Duration {
	kind, ok := map[string]string{
		string(contract.CallHTTP): "http", string(contract.RunCommand): "run", string(contract.PublishUpdate): "update",
		string(contract.OpenBridge): "bridge", string(contract.OpenTicket): "ticket", string(contract.PlaceCall): "call",
		string(contract.SendText): "text", string(contract.OpenRoom): "room", string(contract.Post): "post",
		string(contract.TellPerson): "dm", string(contract.RetellPerson): "settle",
	}[e.Name]
	if !ok {
		kind = "action"
	}
	outcome, _ := m.peek(memory.Act{Kind: kind, Name: e.Name, Key: e.Key})
	if outcome.Timeout && outcome.After == 0 {
		return networkTimeout
	}
	return outcome.After
}

// networkTimeout is how long a request takes to which there is no answer. A step whose own time is shorter runs out of it.
const networkTimeout = 30 * time.Second

// http is the answer of a web service.
func (m *mocks) http(contract.HTTPRequest) contract.HTTPResult {
	out := contract.HTTPResult{Status: 200, Body: map[string]any{}}
	if status, ok := number(m.next.OK["status"]); ok {
		out.Status = status
	}
	if body, ok := m.next.OK["body"]; ok {
		out.Body = body
	}
	if headers, ok := m.next.OK["headers"].(map[string]any); ok {
		out.Headers = headers
	}
	return out
}

// command is what a command prints and how it ends.
func (m *mocks) command(contract.CommandRequest) contract.CommandResult {
	out := contract.CommandResult{}
	if text, ok := m.next.OK["stdout"].(string); ok {
		out.Stdout = text
	}
	if code, ok := number(m.next.OK["exit_code"]); ok {
		out.ExitCode = code
	}
	return out
}

// action is what a custom action gives: the mock's values over empty ones of the types that its manifest promises.
func (m *mocks) action(name string, _ map[string]any) (map[string]any, error) {
	out := m.manifests[name].EmptyOutputs()
	maps.Copy(out, m.next.OK)
	return out, nil
}

// number reads a whole number as YAML or JSON give it.
func number(value any) (int, bool) {
	switch v := value.(type) {
	case int:
		return v, true
	case int64:
		return int(v), true
	case float64:
		return int(v), true
	}
	return 0, false
}

// outage is the world while chat or telephone are down.
func (p *play) outage(a memory.Act) error {
	down := map[string]string{
		"room": runbooks.ScriptChat, "post": runbooks.ScriptChat, "show": runbooks.ScriptChat, "announce": runbooks.ScriptChat,
		"dm": runbooks.ScriptChat, "settle": runbooks.ScriptChat,
		"call": runbooks.ScriptPhone, "text": runbooks.ScriptPhone, "hangup": runbooks.ScriptPhone,
	}[a.Kind]
	if down != "" && p.failing[down] {
		return fmt.Errorf("the %s is down", down)
	}
	return nil
}

package rehearsal

import (
	"context"
	"errors"
	"fmt"
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
	play  *play
	steps []mockedStep
	used  map[int]int // how many outcomes of each mock were given
	next  runbooks.MockOutcome
}

// mockedStep is a step that asks a system.
type mockedStep struct {
	path, address string
	out           []runbooks.Input // of an action: what its manifest promises
}

// newMocks finds the steps that mocks may speak of.
func newMocks(p *play) *mocks {
	m := &mocks{play: p, used: map[int]int{}}
	p.options.Runbook.WalkAll(func(_ runbooks.Place, s *runbooks.Step) {
		step := mockedStep{path: s.Path, address: s.Address}
		if s.Action != nil && s.Action.Manifest != nil {
			step.out = s.Action.Manifest.Out
		}
		m.steps = append(m.steps, step)
	})
	return m
}

// step finds the step of an idempotency key, `<incident>/<path>/<pass>/…`; nil = none of the runbook's.
func (m *mocks) step(key string) *mockedStep {
	_, rest, _ := strings.Cut(key, "/")
	var found *mockedStep
	for n := range m.steps {
		path := m.steps[n].path
		if strings.HasPrefix(rest, path+"/") && (found == nil || len(path) > len(found.path)) {
			found = &m.steps[n]
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
	if step := m.step(a.Key); step != nil {
		names = slices.Insert(names, 0, step.address)
	}
	for _, name := range names {
		for n, mock := range m.play.options.Script.Mocks {
			if name != "" && plainAddress(mock.Of) == name {
				return n
			}
		}
	}
	return -1
}

// peek is the next outcome for an act.
func (m *mocks) peek(a memory.Act) (runbooks.MockOutcome, bool) {
	n := m.find(a)
	if n < 0 {
		return runbooks.MockOutcome{}, false
	}
	outcomes := m.play.options.Script.Mocks[n].Outcomes
	return outcomes[min(m.used[n], len(outcomes)-1)], len(outcomes) > 0
}

// fail says how an act goes wrong; nil = it goes well. It takes the next outcome.
func (m *mocks) fail(a memory.Act) error {
	if err := m.play.outage(a); err != nil {
		return err
	}
	m.next = runbooks.MockOutcome{}
	if outcome, ok := m.peek(a); ok {
		m.used[m.find(a)]++
		m.next = outcome
	} else if option := m.play.decideSystem(a); option != "" {
		m.next = runbooks.MockOutcome{Refuse: "the rehearsal lets it fail"}
		if option == OptionWorks {
			m.next = runbooks.MockOutcome{}
		}
	}
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

// answer answers a poll that no mock speaks of: it is met, since nobody knows what the system would say.
func (m *mocks) answer(name string, in any) (any, bool) {
	switch req := in.(type) {
	case contract.HTTPRequest:
		if _, mocked := m.peek(memory.Act{Kind: "http", Name: req.URL, Key: req.Key}); req.Until.Source == "" || mocked {
			return nil, false
		}
		out, err := m.play.world.Do(context.Background(), req)
		return out, err == nil
	case contract.CommandRequest:
		if _, mocked := m.peek(memory.Act{Kind: "run", Name: req.Command, Key: req.Key}); req.Until.Source == "" || mocked {
			return nil, false
		}
		out, err := m.play.world.Run(context.Background(), req)
		return out, err == nil
	}
	return nil, false
}

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
	out := map[string]any{}
	for _, s := range m.steps {
		for _, field := range s.out {
			if m.isAction(s, name) {
				out[field.Name] = empty(field.Type)
			}
		}
	}
	for field, value := range m.next.OK {
		out[field] = value
	}
	return out, nil
}

// isAction says whether a step is of an action.
func (m *mocks) isAction(s mockedStep, name string) bool {
	is := false
	m.play.options.Runbook.WalkAll(func(_ runbooks.Place, step *runbooks.Step) {
		is = is || step.Path == s.path && step.Action != nil && step.Action.Name == name
	})
	return is
}

// empty is the empty value of a type.
func empty(kind string) any {
	switch kind {
	case "int", "number":
		return 0.0
	case "bool":
		return false
	case "duration":
		return "0s"
	case "map":
		return map[string]any{}
	}
	if strings.HasPrefix(kind, "list<") {
		return []any{}
	}
	return ""
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
		"room": runbooks.ScriptChat, "post": runbooks.ScriptChat, "show": runbooks.ScriptChat,
		"call": runbooks.ScriptPhone, "text": runbooks.ScriptPhone, "hangup": runbooks.ScriptPhone,
	}[a.Kind]
	if down != "" && p.failing[down] {
		return fmt.Errorf("the %s is down", down)
	}
	return nil
}

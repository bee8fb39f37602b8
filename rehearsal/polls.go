package rehearsal

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/musterbook/musterbook/runbooks"
)

// metAtOnce is the condition of a poll of which nobody knows what the system would say.
const metAtOnce = "true"

// readyRunbook is a runbook as it is played, and its hash.
type readyRunbook struct {
	runbook *runbooks.Runbook
	hash    string
}

// makeReady makes the runbook ready for a play; it depends on the runbook and the mocks alone.
func (o *Options) makeReady() (*readyRunbook, error) {
	if o.ready != nil {
		return o.ready, nil
	}
	played, err := withMetPolls(o.Runbook, o.Script.Mocks)
	if err != nil {
		return nil, err
	}
	hash, err := played.Hash()
	if err != nil {
		return nil, err
	}
	return &readyRunbook{runbook: played, hash: hash}, nil
}

// withMetPolls is the runbook as it is played: a poll that no mock speaks of, or whose mocks have failures and no values,
// is met as soon as the system answers at all.
func withMetPolls(rb *runbooks.Runbook, mocks []runbooks.Mock) (*runbooks.Runbook, error) {
	unknown := false
	rb.WalkAll(func(_ runbooks.Place, s *runbooks.Step) { unknown = unknown || metPoll(s, mocks) != nil })
	if !unknown {
		return rb, nil
	}
	text, err := rb.JSON()
	played := &runbooks.Runbook{}
	if err == nil {
		err = json.Unmarshal(text, played)
	}
	if err != nil {
		return nil, fmt.Errorf("copy runbook %s: %w", rb.ID, err)
	}
	played.WalkAll(func(_ runbooks.Place, s *runbooks.Step) {
		if until := metPoll(s, mocks); until != nil {
			*until = metAtOnce
		}
	})
	return played, nil
}

// metPoll is the condition of a step that polls and whose answers nobody knows; nil = it does not poll, or they are known.
func metPoll(s *runbooks.Step, mocks []runbooks.Mock) *string {
	var until *string
	names := []string{s.Address, string(s.Kind)}
	switch {
	case s.HTTP != nil:
		until = &s.HTTP.Until
	case s.Run != nil:
		until = &s.Run.Until
	case s.Action != nil:
		until, names = &s.Action.Until, slices.Insert(names, 1, s.Action.Name)
	}
	if until == nil || *until == "" || *until == metAtOnce {
		return nil
	}
	n := mockOf(mocks, names...)
	if n >= 0 && slices.ContainsFunc(mocks[n].Outcomes, func(o runbooks.MockOutcome) bool { return len(o.OK) > 0 }) {
		return nil
	}
	return until
}

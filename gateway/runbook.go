package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// Runbook is the runbook that an incident follows at present.
func (d *Incidents) Runbook(ctx context.Context, key incident.Key) (contract.RunbookState, error) {
	state, _, err := d.followed(ctx, key)
	return state, err
}

// followed is the runbook that an incident follows, and how far it is. The runbook's hash tells whether the answer is of
// the incident that is meant, or of a later one under the same workflow id.
func (d *Incidents) followed(ctx context.Context, key incident.Key) (contract.RunbookState, contract.Snapshot, error) {
	shown, err := d.Show(ctx, key)
	if err != nil {
		return contract.RunbookState{}, shown, err
	}
	state, err := newest(ctx, d, asking[contract.None, contract.RunbookState]{
		key:   NormalKey(string(key)),
		name:  contract.RunbookOf,
		still: func(s contract.RunbookState) bool { return shown.Incident.Open() && s.Hash == shown.Hash },
		of:    func(s contract.RunbookState) bool { return s.Hash == shown.Hash },
	})
	return state, shown, err
}

// StepText is a step that a person has written. Name stands in the places of its mistakes.
type StepText struct {
	Name string
	Text string // YAML, as a runbook has it
}

// ParseStep reads a step that somebody adds to an incident, and checks it against the runbook that the incident
// follows. The result is for one act alone: its place is that of the next step by hand.
func (d *Incidents) ParseStep(ctx context.Context, key incident.Key, in StepText) (*runbooks.Step, error) {
	if strings.TrimSpace(in.Text) == "" {
		return nil, &Refusal{Kind: RefusedInput, What: "there is no step in this request", Hint: "write it as in a runbook: say: We are on it"}
	}
	state, err := d.Runbook(ctx, key)
	if err != nil {
		return nil, err
	}
	step, problems := runbooks.ParseStep(&state.Runbook, in.Name, []byte(in.Text), fmt.Sprintf("adhoc/%d", state.AdHoc))
	if err := problems.Err(); err != nil {
		return nil, unsound(err)
	}
	if imports(step) {
		return nil, &Refusal{
			Kind: RefusedInput, What: "another runbook cannot be added to an open incident", Hint: "add its steps one by one, or upgrade to a text that imports it",
		}
	}
	return step, nil
}

// unsound is the refusal of a text with mistakes, all in one sentence.
func unsound(err error) error {
	return &Refusal{Kind: RefusedInput, What: strings.ReplaceAll(err.Error(), "\n", "; ")}
}

// imports says whether a step, or one below it, is another runbook. That would have to be linked, with its own inputs.
func imports(s *runbooks.Step) bool {
	if s.Runbook != nil {
		return true
	}
	for _, b := range s.Blocks() {
		for i := range b.Steps {
			if imports(&b.Steps[i]) {
				return true
			}
		}
	}
	return false
}

// Upgrade is what a newer text of its runbook would mean for an open incident.
type Upgrade struct {
	Key      incident.Key      `json:"key"`
	Runbook  string            `json:"runbook"`  // its id
	From     string            `json:"from"`     // the hash of the text in force
	To       string            `json:"to"`       // the hash of the newer one
	Changes  []runbooks.Change `json:"changes"`  // step by step; empty = the texts are the same
	Blockers []runbooks.Change `json:"blockers"` // the steps that have begun and would not be the same

	Newer runbooks.Runbook `json:"-"`
}

// PlanUpgrade compares the runbook that an incident follows with a newer text: the one given, else what the library has
// under the same id. It changes nothing.
func (d *Incidents) PlanUpgrade(ctx context.Context, key incident.Key, newer *runbooks.Runbook) (Upgrade, error) {
	state, shown, err := d.followed(ctx, key)
	if err != nil {
		return Upgrade{}, err
	}
	u := Upgrade{Key: shown.Incident.Key, Runbook: state.Runbook.ID, From: state.Hash}
	if newer == nil {
		if newer, err = d.ofLibrary(state.Runbook.ID); err != nil {
			return u, err
		}
	}
	if newer.ID != state.Runbook.ID {
		return u, &Refusal{
			Kind: RefusedInput, What: fmt.Sprintf("%s follows the runbook %s, and this is %s", u.Key, state.Runbook.ID, newer.ID),
			Hint: "an incident keeps its runbook; only the text can be a newer one",
		}
	}
	u.Newer = *newer
	if u.To, err = newer.Hash(); err != nil {
		return u, err
	}
	u.Changes = append([]runbooks.Change{}, runbooks.Diff(&state.Runbook, newer)...)
	u.Blockers = append([]runbooks.Change{}, runbooks.UpgradeBlockers(&state.Runbook, newer, begun(shown))...)
	return u, nil
}

// ofLibrary is what the library has under an id.
func (d *Incidents) ofLibrary(id string) (*runbooks.Runbook, error) {
	if d.runbooks == nil {
		return nil, errors.New("there is no library of runbooks here")
	}
	rb, _, err := d.runbooks.Runbook(id)
	if err != nil {
		return nil, &Refusal{Kind: RefusedInput, What: fmt.Sprintf("runbook %q cannot be used: %v", id, err)}
	}
	return &rb, nil
}

// begun lists the paths of the steps that have begun or can be taken back.
func begun(s contract.Snapshot) []string {
	var paths []string
	for _, line := range s.Steps {
		if line.State != contract.StepPending {
			paths = append(paths, line.Path)
		}
	}
	for _, u := range s.Undo {
		paths = append(paths, u.Path)
	}
	return paths
}

// acceptable refuses an upgrade that the incident would refuse, or whose text is another than the one looked at.
func (u *Upgrade) acceptable(looked string) error {
	if looked != "" && looked != u.To {
		return &Refusal{What: fmt.Sprintf("runbook %s has another text by now (%.12s)", u.Runbook, u.To), Hint: "look at the changes again"}
	}
	return u.Blocked()
}

// Blocked is the refusal that names the steps in the way of an upgrade; nil when there are none.
func (u *Upgrade) Blocked() error {
	if len(u.Blockers) == 0 {
		return nil
	}
	var steps []string
	for _, b := range u.Blockers {
		steps = append(steps, fmt.Sprintf("%s (%s)", b.Address, b.What))
	}
	return &Refusal{
		What: "steps that have begun are not the same in the new text: " + strings.Join(steps, ", "),
		Hint: "leave them and their places as they are; what has not begun may change",
	}
}

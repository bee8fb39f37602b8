package gateway

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/converter"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// Schedules knows the schedules of the configuration.
type Schedules interface {
	Schedule(name string) (oncall.Schedule, bool)
}

// rosterTime bounds one change of who is on call.
const rosterTime = 8 * time.Second

// lastOverrides is what was read last: while Temporal cannot be reached it is better than nothing.
type lastOverrides struct {
	mu    sync.Mutex
	known []oncall.Override
}

// Overrides lists the overrides that stand, as the roster workflow shows them. It needs no worker. With an error it gives
// those that were read last.
func (d *Incidents) Overrides(ctx context.Context) ([]oncall.Override, error) {
	current, err := d.readOverrides(ctx)
	d.overrides.mu.Lock()
	defer d.overrides.mu.Unlock()
	if err != nil {
		return slices.Clone(d.overrides.known), failed("read the overrides", err)
	}
	d.overrides.known = current
	return slices.Clone(current), nil
}

// readOverrides reads the roster workflow's memo; where nobody has ever made an override there is none.
func (d *Incidents) readOverrides(ctx context.Context) ([]oncall.Override, error) {
	answer, err := d.client.DescribeWorkflowExecution(ctx, contract.RosterID, "")
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []oncall.Override
	shown := answer.GetWorkflowExecutionInfo().GetMemo().GetFields()[contract.RosterMemo]
	if shown == nil {
		return nil, nil
	}
	if err := converter.GetDefaultDataConverter().FromPayload(shown, &all); err != nil {
		return nil, fmt.Errorf("read what the roster shows: %w", err)
	}
	now := d.now()
	return slices.DeleteFunc(all, func(o oncall.Override) bool { return !now.Before(o.Until) }), nil
}

// Override changes who is on call for a while. It is idempotent by the override's ID. The roster workflow is started by
// the first who asks.
func (d *Incidents) Override(ctx context.Context, o oncall.Override) (oncall.Override, error) {
	if err := d.knownOverride(o); err != nil {
		return o, err
	}
	return updateRoster(ctx, d, errand[contract.OverrideRequest, contract.OverrideResult]{
		name: contract.OverrideUpdate, id: o.ID, in: contract.OverrideRequest{Override: o},
	})
}

// knownOverride refuses names that the configuration does not have.
func (d *Incidents) knownOverride(o oncall.Override) error {
	if d.schedules != nil {
		if _, ok := d.schedules.Schedule(o.Schedule); !ok {
			return &Refusal{Kind: RefusedInput, What: fmt.Sprintf("there is no schedule %q", o.Schedule), Hint: "muster oncall lists them"}
		}
	}
	for _, id := range []oncall.PersonID{o.Person, o.Instead} {
		if d.people == nil || id == "" {
			continue
		}
		if _, ok := d.people.Person(id); !ok {
			return &Refusal{Kind: RefusedInput, What: fmt.Sprintf("nobody is called %q", id), Hint: "name a person of musterbook.yaml"}
		}
	}
	return nil
}

// CancelOverride takes an override back. It is idempotent by its ID.
func (d *Incidents) CancelOverride(ctx context.Context, req contract.CancelOverrideRequest) (oncall.Override, error) {
	return updateRoster(ctx, d, errand[contract.CancelOverrideRequest, contract.OverrideResult]{
		name: contract.CancelOverrideUpdate, id: "cancel-" + req.ID, in: req,
	})
}

// updateRoster asks the roster workflow.
func updateRoster[In any](ctx context.Context, d *Incidents, change errand[In, contract.OverrideResult]) (oncall.Override, error) {
	ctx, cancel := context.WithTimeout(ctx, rosterTime)
	defer cancel()
	roster := keeper{workflowID: contract.RosterID, workflow: string(contract.Roster), about: "who is on call: overrides", state: contract.RosterState{}}
	out, err := ask(ctx, d, roster, change)
	if err != nil {
		return out.Override, failed("change who is on call", err)
	}
	return out.Override, nil
}

// overrideRequest is the body of POST /v1/overrides.
type overrideRequest struct {
	As       string              `json:"as"` // for whom; empty = the token itself
	Schedule string              `json:"schedule"`
	Kind     oncall.OverrideKind `json:"kind"`    // empty = replace
	Person   oncall.PersonID     `json:"person"`  // empty = as
	Instead  oncall.PersonID     `json:"instead"` // of replace; empty = everybody
	Since    time.Time           `json:"since"`   // RFC 3339; empty = now
	Until    time.Time           `json:"until"`   // RFC 3339; or For
	For      string              `json:"for"`     // 2h30m
	Reason   string              `json:"reason"`
}

// listOverrides is GET /v1/overrides.
func (s *Server) listOverrides(c call) (int, any, error) {
	all, err := s.incidents.Overrides(c.Context())
	if err != nil {
		return 0, nil, err
	}
	if all == nil {
		all = []oncall.Override{}
	}
	return http.StatusOK, map[string]any{"overrides": all}, nil
}

// override is POST /v1/overrides. It is idempotent by the Idempotency-Key, else by its content for a minute.
func (s *Server) override(c call) (int, any, error) {
	var in overrideRequest
	if err := decode(c.body, &in); err != nil {
		return 0, nil, err
	}
	by, id, err := s.asked(c, in.As)
	if err != nil {
		return 0, nil, err
	}
	o := oncall.Override{
		ID: id, Schedule: in.Schedule, Kind: in.Kind, Person: in.Person, Instead: in.Instead, Since: in.Since, Until: in.Until,
		By: by.String(), Reason: in.Reason,
	}
	if o.Kind == "" {
		o.Kind = oncall.OverrideReplace
	}
	if o.Person == "" {
		o.Person = by.Person
	}
	if o.Since.IsZero() {
		o.Since = s.incidents.now().UTC().Truncate(time.Second)
	}
	if in.For != "" {
		length, err := time.ParseDuration(in.For)
		if err != nil {
			return 0, nil, unreadable(http.StatusBadRequest, `write "for": "2h"`, "for: %v", err)
		}
		o.Until = o.Since.Add(length)
	}
	out, err := s.incidents.Override(c.Context(), o)
	return http.StatusCreated, out, err
}

// cancelOverride is DELETE /v1/overrides/{id}.
func (s *Server) cancelOverride(c call) (int, any, error) {
	out, err := s.incidents.CancelOverride(c.Context(), contract.CancelOverrideRequest{ID: c.PathValue("id"), By: c.token.Name, At: s.incidents.now().UTC()})
	return http.StatusOK, out, err
}

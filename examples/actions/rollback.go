// Package actions is an example of actions of one's own: Temporal activities that a runbook runs by their names. Copy it,
// put your own system behind it, and run it as a worker on the task queue of actions.
package actions

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"github.com/musterbook/musterbook/contract"
)

// Queue is the task queue on which runbooks look for actions, unless a manifest names another.
const Queue = contract.QueueActions

// Deployer is the deployment system of the example: a web service with POST /rollback.
type Deployer struct {
	URL    string
	Client *http.Client
	// Secret gives a secret by its name, from wherever this worker keeps them.
	Secret func(name string) (string, bool)
}

// RollbackIn is what the runbook gives: the fields of `with`.
type RollbackIn struct {
	Service string `json:"service"`
	Token   string `json:"token,omitempty"` // may be ${{ secrets.DEPLOY_TOKEN }}; then it arrives as a mark
}

// RollbackOut is what the runbook reads as steps.<id>.release.
type RollbackOut struct {
	Release string `json:"release"`
}

// Register makes the actions known to a worker by their names.
func (d *Deployer) Register(w worker.ActivityRegistry) {
	w.RegisterActivityWithOptions(d.Rollback, activity.RegisterOptions{Name: "deploy.rollback"})
}

// Rollback puts a service back to the release before. It is idempotent by the effect's key, which the deployment system
// keeps: asked twice with one key, it rolls back once. What it refuses is final; everything else is tried again as the
// runbook or the manifest says.
func (d *Deployer) Rollback(ctx context.Context, in RollbackIn, effect contract.Effect, secrets contract.Secrets) (RollbackOut, error) {
	revealed, err := secrets.Reveal(d.Secret)
	if err != nil {
		return RollbackOut{}, temporal.NewNonRetryableApplicationError(err.Error(), "Refused", nil)
	}
	body, err := json.Marshal(map[string]string{"service": in.Service})
	if err != nil {
		return RollbackOut{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL+"/rollback", bytes.NewReader(body))
	if err != nil {
		return RollbackOut{}, err
	}
	req.Header.Set("Idempotency-Key", effect.Key)
	if in.Token != "" {
		req.Header.Set("Authorization", "Bearer "+revealed.Fill(in.Token))
	}
	answer, err := d.Client.Do(req)
	if err != nil {
		return RollbackOut{}, fmt.Errorf("roll %s back: %w", in.Service, err)
	}
	defer func() { _ = answer.Body.Close() }() // what was read is there; nothing can be done about the rest
	if answer.StatusCode >= 400 && answer.StatusCode < 500 {
		return RollbackOut{}, temporal.NewNonRetryableApplicationError(fmt.Sprintf("%s cannot be rolled back (%d)", in.Service, answer.StatusCode), "Refused", nil)
	}
	if answer.StatusCode >= 500 {
		return RollbackOut{}, fmt.Errorf("roll %s back: the deployment system answers %d", in.Service, answer.StatusCode)
	}
	var out RollbackOut
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil {
		return RollbackOut{}, fmt.Errorf("roll %s back: %w", in.Service, err)
	}
	return out, nil
}

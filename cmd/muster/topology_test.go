//go:build !noengine && !windows

package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/musterbook/musterbook/engine/enginetest"
	"github.com/musterbook/musterbook/incident"
)

// TestProductionTopology runs what the compose file runs, without containers: a Temporal server on PostgreSQL, and on
// it a worker and a gateway as processes of their own. It skips only where PostgreSQL is missing.
func TestProductionTopology(t *testing.T) {
	t.Parallel()
	cluster := enginetest.StartPostgres(t)
	v := newTown(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	environment := append(v.environment(), "TEMPORAL_ADDRESS="+cluster.Address)
	data := filepath.Join(v.dir, "data")
	common := []string{"--config", v.config, "--runbooks", filepath.Join(v.dir, "runbooks"), "--data", data}
	worker := startChild(t, environment, append([]string{"worker"}, common...)...)
	gateway := startChild(t, environment, append([]string{"gateway"}, common...)...)
	if err := v.ready(ctx); err != nil {
		t.Fatalf("never ready: %v\nworker:\n%s\ngateway:\n%s", err, worker.out, gateway.out)
	}
	people, gone := context.WithCancel(ctx)
	defer gone()
	go v.live(people)
	if err := v.alert(ctx, "topology"); err != nil {
		t.Fatal(err)
	}
	r, err := v.recordOf(ctx, filepath.Join(data, "records"), "INC-1")
	if err != nil {
		t.Fatalf("the incident has not ended: %v\nworker:\n%s\ngateway:\n%s", err, worker.out, gateway.out)
	}
	gone()
	if r.Ending != incident.Resolved || r.Severity != "SEV1" || r.AcknowledgedBy == nil || r.AcknowledgedBy.Person != "ben" {
		t.Errorf("ended as %q with %q, acknowledged by %v; want resolved, SEV1, ben", r.Ending, r.Severity, r.AcknowledgedBy)
	}
	gateway.stop(time.Minute)
	worker.stop(time.Minute)
}

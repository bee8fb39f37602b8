//go:build !noengine

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
	"github.com/musterbook/musterbook/worker"
)

// benchRunbook calls somebody first thing, beside the room that it opens.
const benchRunbook = `
runbook: town
title: A page
roles: { commander: sre-oncall, owner: payments-oncall }
severities: { SEV1: {} }
phases:
  identification:
    - channel: inc-${{ incident.key }}-bench
      invite: [owner]
    - page: owner
`

// BenchmarkAlertToCall measures the time from an alert at the webhook to the request at Twilio, on an idle embedded
// engine that writes to a disk. From the same run it takes the floor: the start of a bare workflow to its first
// activity.
func BenchmarkAlertToCall(b *testing.B) {
	called := make(chan time.Time, 16)
	v := newTownWith(b, faketwilio.Options{OnEvent: func(e faketwilio.Event) {
		if e.Kind == faketwilio.CallQueued {
			called <- time.Now()
		}
	}})
	v.write("runbooks/town.yaml", benchRunbook)
	s := v.serve(b)
	floor := newFloor(b, s.client)
	var alerts, floors []time.Duration
	for n := 0; b.Loop(); n++ {
		begin := time.Now()
		workflowID := v.alertOnce(b, fmt.Sprintf("bench-%d", n))
		select {
		case at := <-called:
			alerts = append(alerts, at.Sub(begin))
		case <-time.After(30 * time.Second):
			b.Fatal("nobody was called")
		}
		b.StopTimer()
		_, err := s.Incidents.ActOn(b.Context(), workflowID, gateway.Deed{Verb: contract.VerbCancel, Act: contract.Act{
			By: incident.Actor{Name: "bench", Door: incident.DoorCLI}, Reason: "measured",
		}})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.client.GetWorkflow(b.Context(), workflowID, "").Get(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
		floors = append(floors, floor(n))
		b.StartTimer()
	}
	p50, floor50 := quantile(alerts, 0.5), quantile(floors, 0.5)
	b.ReportMetric(milliseconds(p50), "p50-ms")
	b.ReportMetric(milliseconds(quantile(alerts, 0.99)), "p99-ms")
	b.ReportMetric(milliseconds(floor50), "floor-p50-ms")
	b.ReportMetric(float64(p50)/float64(floor50), "ratio")
}

// serve runs the whole product in this process, on a data directory.
func (v *town) serve(t testing.TB) *stack {
	t.Helper()
	return v.serveWith(t, worker.Options{})
}

// serveWith is serve with a worker of its own kind.
func (v *town) serveWith(t testing.TB, workers worker.Options) *stack {
	t.Helper()
	books, live, faults, err := openConfiguration(sources{config: v.config, books: filepath.Join(v.dir, "runbooks")}, v.getenv)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Fatal(f)
	}
	s, err := startStack(t.Context(), stackOptions{
		Live: live, Runbooks: books, ConfigPath: v.config, DataDir: filepath.Join(v.dir, "data"),
		Engine: true, Worker: true, Gateway: true, UIPort: -1, Getenv: v.getenv, WorkerOptions: workers,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// alertOnce posts an alert and gives the incident's workflow id.
func (v *town) alertOnce(t testing.TB, group string) string {
	t.Helper()
	body := strings.NewReader(string(townAlert(group, "firing")))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.gateway()+"/v1/alerts/alertmanager", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+townAlertToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	var taken struct {
		Incidents []struct {
			WorkflowID string `json:"workflow_id"`
		} `json:"incidents"`
	}
	if err == nil {
		err = json.Unmarshal(text, &taken)
	}
	if err != nil || len(taken.Incidents) != 1 {
		t.Fatalf("alert answered %s: %s %v", res.Status, text, err)
	}
	return taken.Incidents[0].WorkflowID
}

// newFloor gives a function that measures a bare workflow on the same engine: from its start to its first activity.
func newFloor(b *testing.B, c client.Client) func(int) time.Duration {
	const queue = "floor"
	began := make(chan time.Time, 1)
	w := sdkworker.New(c, queue, sdkworker.Options{})
	w.RegisterActivityWithOptions(func(context.Context) error { began <- time.Now(); return nil }, activity.RegisterOptions{Name: "floor"})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		return workflow.ExecuteActivity(ctx, "floor").Get(ctx, nil)
	}, workflow.RegisterOptions{Name: "floor"})
	if err := w.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(w.Stop)
	return func(n int) time.Duration {
		begin := time.Now()
		run, err := c.ExecuteWorkflow(b.Context(), client.StartWorkflowOptions{ID: fmt.Sprintf("floor-%d", n), TaskQueue: queue}, "floor")
		if err != nil {
			b.Fatal(err)
		}
		took := (<-began).Sub(begin)
		if err := run.Get(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
		return took
	}
}

// quantile is a value of a sample.
func quantile(sample []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(sample))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// milliseconds is a duration as a number.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

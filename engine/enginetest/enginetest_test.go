//go:build !noengine && !windows

package enginetest_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/engine"
	"github.com/musterbook/musterbook/engine/enginetest"
)

const queue = "enginetest"

var incidentKey = temporal.NewSearchAttributeKeyKeyword("IncidentKey")

func shout(_ context.Context, text string) (string, error) { return strings.ToUpper(text), nil }

// page shows itself in the list, waits for a signal, and runs an activity.
func page(ctx workflow.Context, key string) (string, error) {
	if err := workflow.UpsertTypedSearchAttributes(ctx, incidentKey.ValueSet(key)); err != nil {
		return "", err
	}
	var text string
	workflow.GetSignalChannel(ctx, "say").Receive(ctx, &text)
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	err := workflow.ExecuteActivity(ctx, shout, text).Get(ctx, &text)
	return text, err
}

// runPage runs one workflow through signal, activity and search attribute on any server.
func runPage(t *testing.T, c client.Client) {
	t.Helper()
	w := worker.New(c, queue, worker.Options{})
	w.RegisterWorkflow(page)
	w.RegisterActivity(shout)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	run, err := c.SignalWithStartWorkflow(t.Context(), "page", "say", "help",
		client.StartWorkflowOptions{TaskQueue: queue}, page, "INC-7")
	if err != nil {
		t.Fatal(err)
	}
	var got string
	if err := run.Get(t.Context(), &got); err != nil || got != "HELP" {
		t.Fatalf("result is %q, %v, want HELP", got, err)
	}
	// The list lags behind the workflow.
	deadline := time.Now().Add(20 * time.Second)
	for {
		count, err := c.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: "IncidentKey = 'INC-7'"})
		if err != nil {
			t.Fatal(err)
		}
		if count.GetCount() == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d workflows are listed as INC-7, want 1", count.GetCount())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	runPage(t, enginetest.Client(t, enginetest.Start(t, map[string]any{"limit.historyCount.suggestContinueAsNew": 10})))
}

func TestStartPostgres(t *testing.T) {
	t.Parallel()
	cluster := enginetest.StartPostgres(t)
	c := cluster.Client(t)
	runPage(t, c)

	// Three processes that start on a fresh namespace at once.
	const fresh = "fresh"
	if _, err := c.WorkflowService().RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: fresh, WorkflowExecutionRetentionPeriod: describe(t, c, cluster.Namespace).GetConfig().GetWorkflowExecutionRetentionTtl(),
	}); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if err := engine.EnsureSearchAttributes(t.Context(), c, fresh); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got, want := len(describe(t, c, fresh).GetConfig().GetCustomSearchAttributeAliases()), len(engine.SearchAttributes()); got != want {
		t.Errorf("the namespace has %d search attributes, want %d", got, want)
	}
}

func describe(t *testing.T, c client.Client, namespace string) *workflowservice.DescribeNamespaceResponse {
	t.Helper()
	got, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	if err != nil {
		t.Fatal(err)
	}
	if retention := got.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(); retention != engine.Retention {
		t.Errorf("namespace %s keeps histories for %v, want %v", namespace, retention, engine.Retention)
	}
	return got
}

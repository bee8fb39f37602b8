//go:build !noengine && !windows

package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/engine"
	"github.com/musterbook/musterbook/engine/enginetest"
)

const queue = "engine-test"

var severity = temporal.NewSearchAttributeKeyKeyword("Severity")

// greet is the smallest workflow that needs an activity.
func greet(ctx workflow.Context, name string) (string, error) {
	return runActivity(ctx, "hello "+name)
}

// await ends with the first signal "go" it gets.
func await(ctx workflow.Context) (string, error) {
	var text string
	workflow.GetSignalChannel(ctx, "go").Receive(ctx, &text)
	return text, ctx.Err()
}

// tenActivities runs ten activities that do nothing, one after the other.
func tenActivities(ctx workflow.Context) (time.Duration, error) {
	start := workflow.Now(ctx)
	for i := range 10 {
		if _, err := runActivity(ctx, fmt.Sprint(i)); err != nil {
			return 0, err
		}
	}
	return workflow.Now(ctx).Sub(start), nil
}

// show sets a search attribute in its first task.
func show(ctx workflow.Context) error {
	return workflow.UpsertTypedSearchAttributes(ctx, severity.ValueSet("SEV2"))
}

func runActivity(ctx workflow.Context, text string) (string, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	var out string
	err := workflow.ExecuteActivity(ctx, echo, text).Get(ctx, &out)
	return out, err
}

func echo(_ context.Context, text string) (string, error) { return text, nil }

// startEngine starts an engine, and stops it with the test.
func startEngine(t testing.TB, o engine.Options) *engine.Engine {
	t.Helper()
	return enginetest.StartWith(t, o)
}

func stopEngine(t testing.TB, e *engine.Engine) {
	t.Helper()
	if err := e.Stop(context.Background()); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// connect dials the engine and polls for its test workflows until the returned function is called or the test ends.
func connect(t testing.TB, e *engine.Engine) (client.Client, func()) {
	t.Helper()
	c, err := e.Client(t.Context(), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := worker.New(c, queue, worker.Options{})
	w.RegisterWorkflow(greet)
	w.RegisterWorkflow(await)
	w.RegisterWorkflow(tenActivities)
	w.RegisterWorkflow(show)
	w.RegisterActivity(echo)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop := func() {
		if !stopped {
			stopped = true
			w.Stop()
			c.Close()
		}
	}
	t.Cleanup(stop)
	return c, stop
}

func start(t testing.TB, c client.Client, id string, workflow any, args ...any) client.WorkflowRun {
	t.Helper()
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: queue}, workflow, args...)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestInMemoryRunsAWorkflow(t *testing.T) {
	t.Parallel()
	e := startEngine(t, engine.Options{UIPort: -1})
	c, _ := connect(t, e)
	var got string
	if err := start(t, c, "greet", greet, "Ana").Get(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	if want := "hello Ana"; got != want {
		t.Errorf("result is %q, want %q", got, want)
	}
	if e.UIAddress() != "" {
		t.Errorf("Web UI at %s, want none", e.UIAddress())
	}
	host, _, err := net.SplitHostPort(e.FrontendAddress())
	if err != nil || host != "127.0.0.1" {
		t.Errorf("frontend at %s (%v), want a port on loopback", e.FrontendAddress(), err)
	}
}

func TestNamespaceKeepsHistoriesForNinetyDays(t *testing.T) {
	t.Parallel()
	e := startEngine(t, engine.Options{UIPort: -1, Namespace: "incidents"})
	c, _ := connect(t, e)
	got, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "incidents"})
	if err != nil {
		t.Fatal(err)
	}
	if ttl := got.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(); ttl != 90*24*time.Hour {
		t.Errorf("retention is %v, want 90 days", ttl)
	}
}

func TestWaitingWorkflowSurvivesARestart(t *testing.T) {
	t.Parallel()
	// A path that must be escaped on its way into SQLite.
	dir := filepath.Join(t.TempDir(), "data of 100% Ana?#")
	first := startEngine(t, engine.Options{DataDir: dir, UIPort: -1})
	c, stop := connect(t, first)
	start(t, c, "wait", await)
	stop()
	stopEngine(t, first)
	if info, err := os.Stat(filepath.Join(dir, "engine.db-wal")); err == nil && info.Size() > 0 {
		t.Errorf("the write-ahead log holds %d bytes after an orderly stop", info.Size())
	}

	second := startEngine(t, engine.Options{DataDir: dir, UIPort: -1})
	c, _ = connect(t, second)
	if err := c.SignalWorkflow(t.Context(), "wait", "", "go", "on"); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := c.GetWorkflow(t.Context(), "wait", "").Get(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	if got != "on" {
		t.Errorf("the workflow ended with %q, want %q", got, "on")
	}
	if names := diskNames(t, dir); !cmp.Equal(names, []string{"engine.db", "engine.lock", "engine.version"}) {
		t.Errorf("files of the data directory: %v", names)
	}
}

// diskNames lists a data directory without SQLite's own companions, and checks that only the owner can read it.
func diskNames(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v: others can read it", entry.Name(), info.Mode())
		}
		if !strings.HasPrefix(entry.Name(), "engine.db-") {
			names = append(names, entry.Name())
		}
	}
	return names
}

func TestStopTwice(t *testing.T) {
	t.Parallel()
	e := startEngine(t, engine.Options{UIPort: -1})
	stopEngine(t, e)
	stopEngine(t, e)
}

func TestSecondEngineOnTheDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	startEngine(t, engine.Options{DataDir: dir, UIPort: -1})
	_, err := engine.Start(t.Context(), engine.Options{DataDir: dir, UIPort: -1})
	wantError(t, err, dir, fmt.Sprintf("process %d uses it", os.Getpid()), "stop that process", "--data")
}

// TestMain is also the second process of TestSecondProcessOnTheDirectoryIsRefused, which holds a data directory until
// its parent goes away.
func TestMain(m *testing.M) {
	dir := os.Getenv("ENGINE_TEST_HOLD")
	if dir == "" {
		// An engine that starts or stops waits most of the time, so more of them fit a machine than it has processors.
		flag.Parse()
		if err := flag.Set("test.parallel", "6"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	}
	if _, err := engine.Start(context.Background(), engine.Options{DataDir: dir, UIPort: -1}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("holding")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func TestSecondProcessOnTheDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), "ENGINE_TEST_HOLD="+dir)
	child.Stderr = t.Output()
	if _, err := child.StdinPipe(); err != nil { // stays open as long as this process lives
		t.Fatal(err)
	}
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := child.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
	})
	if _, err := io.ReadAtLeast(stdout, make([]byte, 64), len("holding")); err != nil {
		t.Fatalf("the other process did not start its engine: %v", err)
	}
	_, err = engine.Start(t.Context(), engine.Options{DataDir: dir, UIPort: -1, Flags: engine.Flags{DataDir: "--state"}})
	wantError(t, err, fmt.Sprintf("process %d uses it", child.Process.Pid), "--state")

	// The lock goes with the process, even when it is killed, and what it wrote can be opened at once.
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil { // closes its pipes too
		t.Fatal("the killed process ended well")
	}
	startEngine(t, engine.Options{DataDir: dir, UIPort: -1})
}

func TestTakenPortNamesItsFlag(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
	taken := listener.Addr().(*net.TCPAddr).Port
	tests := []struct {
		name    string
		options engine.Options
		want    []string
	}{
		{
			name:    "frontend",
			options: engine.Options{FrontendPort: taken, UIPort: -1},
			want:    []string{fmt.Sprintf("127.0.0.1:%d for Temporal is taken", taken), "--engine-port"},
		},
		{
			name:    "web UI",
			options: engine.Options{UIPort: taken},
			want:    []string{fmt.Sprintf("127.0.0.1:%d for the Temporal Web UI is taken", taken), "--ui-port"},
		},
		{
			name:    "flag of another name",
			options: engine.Options{FrontendPort: taken, UIPort: -1, Flags: engine.Flags{FrontendPort: "--temporal-port"}},
			want:    []string{"--temporal-port"},
		},
		{
			name:    "both the same",
			options: engine.Options{FrontendPort: 7233, UIPort: 7233},
			want:    []string{"--engine-port", "--ui-port", "different ports"},
		},
		{
			name:    "beyond the last",
			options: engine.Options{FrontendPort: 70000, UIPort: 70001},
			want:    []string{"--engine-port is 70000", "--ui-port is 70001"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.options.DataDir = t.TempDir()
			_, err := engine.Start(t.Context(), test.options)
			wantError(t, err, test.want...)
		})
	}
}

func TestBadOptionsAreRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		options engine.Options
		want    []string
	}{
		{name: "host name", options: engine.Options{UIHost: "everywhere"}, want: []string{`"everywhere"`, "IP address"}},
		{name: "durability", options: engine.Options{Synchronous: 7}, want: []string{"full or normal"}},
		{
			name:    "unknown setting",
			options: engine.Options{UIPort: -1, DynamicConfig: map[string]any{"limit.historyCount.sugest": 5}},
			want:    []string{"limit.historycount.sugest"},
		},
		{
			name:    "setting of the wrong type",
			options: engine.Options{UIPort: -1, DynamicConfig: map[string]any{"limit.maxIDLength": "long"}},
			want:    []string{"limit.maxidlength"},
		},
		{name: "file as directory", options: engine.Options{DataDir: file}, want: []string{file, "--data"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := engine.Start(t.Context(), test.options)
			wantError(t, err, test.want...)
		})
	}
}

func TestSearchAttributesWorkAtOnceAfterAColdStart(t *testing.T) {
	t.Parallel()
	e := startEngine(t, engine.Options{DataDir: t.TempDir(), UIPort: -1})
	c, _ := connect(t, e)
	run := start(t, c, "show", show)
	if err := run.Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	history := c.GetWorkflowHistory(t.Context(), run.GetID(), run.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			t.Fatal(err)
		}
		if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED {
			t.Fatalf("the task that set the attribute failed: %v", event.GetWorkflowTaskFailedEventAttributes().GetFailure())
		}
	}
	attributes, err := c.OperatorService().ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: e.Namespace()})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]enumspb.IndexedValueType{}
	for _, a := range engine.SearchAttributes() {
		want[a.Name] = a.Type
	}
	if diff := cmp.Diff(want, attributes.GetCustomAttributes()); diff != "" {
		t.Errorf("search attributes of the namespace (-want +got):\n%s", diff)
	}
	if len(want) != len(engine.SearchAttributes()) {
		t.Error("a name appears twice in SearchAttributes")
	}
}

func TestEnsureSearchAttributes(t *testing.T) {
	t.Parallel()
	e := startEngine(t, engine.Options{UIPort: -1})
	c, _ := connect(t, e)
	if err := engine.EnsureSearchAttributes(t.Context(), c, e.Namespace()); err != nil {
		t.Errorf("second time: %v", err)
	}
	err := engine.EnsureSearchAttributes(t.Context(), c, "nowhere")
	wantError(t, err, `namespace "nowhere" does not exist`, "temporal operator namespace create --namespace nowhere --retention 90d")

	// As an older version leaves it: one attribute is missing, another has a type of its own.
	operator := c.OperatorService()
	if _, err := operator.RemoveSearchAttributes(t.Context(), &operatorservice.RemoveSearchAttributesRequest{
		Namespace: e.Namespace(), SearchAttributes: []string{"Team", "Drill"},
	}); err != nil {
		t.Fatal(err)
	}
	if err := engine.EnsureSearchAttributes(t.Context(), c, e.Namespace()); err != nil {
		t.Errorf("with two missing: %v", err)
	}
	list := func() map[string]enumspb.IndexedValueType {
		got, err := operator.ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: e.Namespace()})
		if err != nil {
			t.Fatal(err)
		}
		return got.GetCustomAttributes()
	}
	if got := list(); got["Team"] != enumspb.INDEXED_VALUE_TYPE_KEYWORD || got["Drill"] != enumspb.INDEXED_VALUE_TYPE_BOOL {
		t.Errorf("the missing attributes were not added: %v", got)
	}
	if _, err := operator.RemoveSearchAttributes(t.Context(), &operatorservice.RemoveSearchAttributesRequest{
		Namespace: e.Namespace(), SearchAttributes: []string{"Drill"},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := operator.AddSearchAttributes(t.Context(), &operatorservice.AddSearchAttributesRequest{
		Namespace: e.Namespace(), SearchAttributes: map[string]enumspb.IndexedValueType{"Drill": enumspb.INDEXED_VALUE_TYPE_DOUBLE},
	}); err != nil {
		t.Fatal(err)
	}
	err = engine.EnsureSearchAttributes(t.Context(), c, e.Namespace())
	wantError(t, err, "Drill is of type Double, not Bool", "rename")
}

func TestDynamicConfigShrinksLimits(t *testing.T) {
	t.Parallel()
	e := startEngine(t, engine.Options{UIPort: -1, DynamicConfig: map[string]any{"limit.historyCount.suggestContinueAsNew": 5}})
	c, _ := connect(t, e)
	run := start(t, c, "ten", tenActivities)
	if err := run.Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	suggested := false
	history := c.GetWorkflowHistory(t.Context(), run.GetID(), run.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			t.Fatal(err)
		}
		suggested = suggested || event.GetWorkflowTaskStartedEventAttributes().GetSuggestContinueAsNew()
	}
	if !suggested {
		t.Error("continue-as-new was never suggested, although the limit is five events")
	}
}

func TestWebUIServes(t *testing.T) {
	t.Parallel()
	e := startEngine(t, engine.Options{})
	host, _, err := net.SplitHostPort(e.UIAddress())
	if err != nil || host != "127.0.0.1" {
		t.Fatalf("Web UI at %s (%v), want a port on loopback", e.UIAddress(), err)
	}
	page := get(t, "http://"+e.UIAddress()+"/namespaces/default/workflows")
	if !strings.Contains(page, "<html") {
		t.Errorf("the page is no HTML: %.200s", page)
	}
	// The page asks its own server, which asks the engine.
	var namespace struct {
		NamespaceInfo struct{ Name, State string }
	}
	getJSON(t, "http://"+e.UIAddress()+"/api/v1/namespaces/default", &namespace)
	if got := namespace.NamespaceInfo.State; got != "NAMESPACE_STATE_REGISTERED" {
		t.Errorf("the Web UI does not reach the engine: state %q", got)
	}
	var settings struct{ DisableNewsFetch bool }
	getJSON(t, "http://"+e.UIAddress()+"/api/v1/settings", &settings)
	if !settings.DisableNewsFetch {
		t.Error("the Web UI may call home")
	}
	stopEngine(t, e)
	if _, err := http.Get("http://" + e.UIAddress()); err == nil {
		t.Error("the Web UI answers after the engine was stopped")
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s answered %s: %.200s", url, response.Status, body)
	}
	return string(body)
}

func getJSON(t *testing.T, url string, into any) {
	t.Helper()
	if body := get(t, url); json.Unmarshal([]byte(body), into) != nil {
		t.Fatalf("%s answered no JSON: %.200s", url, body)
	}
}

// TestTenActivitiesAreFast guards the poll rates: with the server's own defaults every dispatched task waits 50 ms,
// and the ten take at least 500 ms on any machine.
func TestTenActivitiesAreFast(t *testing.T) {
	e := startEngine(t, engine.Options{DataDir: t.TempDir(), UIPort: -1})
	c, _ := connect(t, e)
	best := time.Hour
	for i := range 5 {
		var took time.Duration
		if err := start(t, c, fmt.Sprint("ten-", i), tenActivities).Get(t.Context(), &took); err != nil {
			t.Fatal(err)
		}
		best = min(best, took)
	}
	if limit := 300 * time.Millisecond; best > limit {
		t.Errorf("ten activities took %v at best, want less than %v", best, limit)
	}
	t.Logf("ten activities took %v at best", best)
}

func BenchmarkTenActivities(b *testing.B) {
	for _, mode := range []engine.Synchronous{engine.SynchronousFull, engine.SynchronousNormal} {
		b.Run(mode.String(), func(b *testing.B) {
			e := startEngine(b, engine.Options{DataDir: b.TempDir(), UIPort: -1, Synchronous: mode})
			c, _ := connect(b, e)
			i := 0
			for b.Loop() {
				i++
				if err := start(b, c, fmt.Sprint("ten-", i), tenActivities).Get(b.Context(), nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q lacks %q", err, part)
		}
	}
}

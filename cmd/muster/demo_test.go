package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
)

// runDemo runs the demo's command line with nothing in its environment.
func runDemo(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = run(ctx, append([]string{"demo"}, args...), shell{
		getenv: func(string) string { return "" }, login: func() string { return "tester" }, stdout: &out, stderr: &errs,
	})
	return status, out.String(), errs.String()
}

// freePorts makes a demo take any ports that are free.
func freePorts() []string {
	return []string{"--listen", "127.0.0.1:0", "--engine-port", "0", "--ui-port", "0"}
}

// TestDemo is the product from end to end: one real alert in, through the engine, the worker, the gateway and both
// vendors' clients, to the record on the disk.
func TestDemo(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "demo-data")
	began := time.Now()
	status, out, errs := runDemo(t.Context(), append(freePorts(), "--exit", "--data", dir)...)
	if took := time.Since(began); took > 45*time.Second {
		t.Errorf("it took %s, want less than 45s", took)
	}
	if status != statusDone || errs != "" {
		t.Fatalf("exit status %d, want 0; stderr:\n%s\nstdout:\n%s", status, errs, out)
	}
	inOrder(t, out, demoBeats())
	// What comes at about the same time as other lines, in whichever order.
	for _, beat := range []string{
		`~ Ana +the telephone rings`, `~ Ana +gets an SMS “INC-1`, `room +#inc-1-error-rate-above-5-percent opened`,
		`~ Slack +in the room: Ana, Ben`, `~ Slack +topic: INC-1 · SEV1 · containment · commander Ben`,
		`~ Slack +topic: INC-1 · SEV1 · resolved · commander Ben`, `~ Ben +hears “INC-1 is acknowledged\. Goodbye\.”`,
	} {
		if !regexp.MustCompile(beat).MatchString(out) {
			t.Errorf("the transcript lacks %q", beat)
		}
	}
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "    ") && lipgloss.Width(strings.TrimSuffix(line, "\n")) > widest {
			t.Errorf("wider than %d cells: %q", widest, line)
		}
	}
	if strings.Contains(out, "\x1b") {
		t.Error("there are escape sequences in what is piped")
	}
	record, err := os.ReadFile(filepath.Join(dir, "records", "INC-1.md"))
	if err != nil || !bytes.Contains(record, []byte("Acknowledged")) {
		t.Errorf("the record is not on the disk (%v):\n%s", err, record)
	}
	if t.Failed() {
		t.Logf("transcript:\n%s", out)
	}
}

// demoBeats are the lines of the demo that follow one another.
func demoBeats() []string {
	return []string{
		`Musterbook demo`,
		`are simulated: whatever they see and do is marked with ~\.`,
		`Temporal Web UI +http://127\.0\.0\.1:`,
		`~ Prometheus +2 alerts fire`,
		`declared +INC-1 · payments · error rate above 5 percent · severity not set`,
		`alert +alertmanager · HighErrorRate: .* \(×2\)`,
		`phase +── identification`,
		`page +owner, then commander`,
		`call +calling Ana \(payments-oncall since Mon 09:00\)`,
		`escalate +no answer; calling commander \(level 2, round 1\)`,
		`call +calling Ben \(sre-oncall\)`,
		`~ Ben +the telephone rings`,
		`~ Ben +hears “INC-1\. severity not set\. payments error rate above 5 percent\.`,
		`~ Ben +presses 1`,
		`acknowledged +Ben acknowledged after`,
		`~ Slack +“@Ben How severe is it\?” \[SEV1\] \[SEV2\] \[SEV3\]`,
		`~ Ben +presses \[SEV1\] in Slack`,
		`severity +Ben sets SEV1`,
		`role +commander: Ben`,
		`phase +── containment`,
		`~ Slack +“@Ben What stops the bleeding\?” \[Roll back\] \[Fail over\] \[Neither\]`,
		`answer +Ben: Roll back`,
		`~ Ben +presses \[Approve\] in Slack`,
		`answer +Ben: Approve`,
		`phase +── eradication`,
		`answer +Ben: Done`,
		`phase +── recovery`,
		`ended +resolved`,
		`phase +── lessons learned`,
		`INC-1 resolved after .* · acknowledged by Ben after .* · 2 people paged · commander Ben`,
		`Record +.*INC-1\.md`,
	}
}

// TestDemoTranscriptIsCurrent holds docs/demo.txt, which was captured from the demo, to what the demo shows today.
func TestDemoTranscriptIsCurrent(t *testing.T) {
	t.Parallel()
	captured, err := os.ReadFile(filepath.Join("..", "..", "docs", "demo.txt"))
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, string(captured), demoBeats())
}

// inOrder checks that lines that match the patterns stand in a text in this order.
func inOrder(t *testing.T, text string, patterns []string) {
	t.Helper()
	rest := text
	for _, p := range patterns {
		found := regexp.MustCompile(p).FindStringIndex(rest)
		if found == nil {
			t.Fatalf("after the lines before it there is no %q in:\n%s", p, text)
		}
		rest = rest[found[1]:]
	}
}

func TestDemoNamesTheFlagOfATakenPort(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	}()
	address := listener.Addr().String()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		args []string
		flag string
	}{
		{name: "gateway", args: []string{"--engine-port", "0", "--ui-port", "0", "--listen", address}, flag: "--listen"},
		{name: "engine", args: []string{"--engine-port", port, "--ui-port", "0", "--listen", "127.0.0.1:0"}, flag: "--engine-port"},
		{name: "web ui", args: []string{"--engine-port", "0", "--ui-port", port, "--listen", "127.0.0.1:0"}, flag: "--ui-port"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "demo-data")
			status, _, errs := runDemo(t.Context(), append(tt.args, "--exit", "--data", dir)...)
			if status != statusFailed || !strings.Contains(errs, "port "+port) || !strings.Contains(errs, tt.flag) {
				t.Errorf("exit status %d with %q, want %d and port %s and %s named", status, errs, statusFailed, port, tt.flag)
			}
			if _, err := os.Stat(dir); !os.IsNotExist(err) {
				t.Errorf("a directory was made: %v", err)
			}
		})
	}
}

func TestDemoRefusesBadFlags(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args []string
		says string
	}{
		{name: "no speed", args: []string{"--speed", "0"}, says: "--speed"},
		{name: "speed is no number", args: []string{"--speed", "NaN"}, says: "--speed"},
		{name: "address without a port", args: []string{"--listen", "localhost"}, says: "--listen"},
		{name: "a word too many", args: []string{"now"}, says: "now"},
		{name: "unknown flag", args: []string{"--quick"}, says: "--quick"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			status, _, errs := runDemo(t.Context(), append(tt.args, "--data", filepath.Join(t.TempDir(), "demo-data"))...)
			if status != statusUsage || !strings.Contains(errs, tt.says) {
				t.Errorf("exit status %d with %q, want %d and %s named", status, errs, statusUsage, tt.says)
			}
		})
	}
}

func TestDemoInterruptedHasNotSucceeded(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	dir := filepath.Join(t.TempDir(), "demo-data")
	status, out, errs := runDemo(ctx, append(freePorts(), "--exit", "--data", dir)...)
	if status != statusFailed || errs == "" {
		t.Errorf("exit status %d with %q, want %d and a reason; stdout:\n%s", status, errs, statusFailed, out)
	}
	release, err := freshDemoDirectory(dir)
	if err != nil {
		t.Fatalf("the directory is not free afterwards: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}

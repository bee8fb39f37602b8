package main

import (
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// drill is a runbook with one of everything that a test can be wrong about.
const drill = `runbook: drill
title: A drill
roles: { commander: ana, owner: ben }
severities: { SEV1: { page: [commander, owner] }, SEV2: { page: [commander] } }
phases:
  containment:
    - channel: inc-${{ incident.key }}
    - page: ${{ policy.page }}
      ack: 5m
      escalate: [owner]
    - ask: Back or forward?
      id: way
      who: commander
      choices: { back: Back, forward: Forward }
      timeout: 10m
      on_timeout: escalate
      case:
        back:
          - say: We go back.
        forward:
          - say: We go forward.
  recovery:
    - task: See that it works
      id: look
      who: commander
`

// night is the test of an ordinary night of the drill, with one thing to expect.
func night(name, expect string) string {
	return fmt.Sprintf(`test: %s
runbook: drill
severity: SEV2
phones: { ana: 20s }
script:
  - { at: 2m, answer: way, choice: back, by: ana }
  - { at: 9m, done: look, by: ana }
expect: %s
`, name, expect)
}

// drills writes the drill and its tests into a directory, and gives the path of the tests.
func drills(t *testing.T, tests ...string) string {
	t.Helper()
	dir := t.TempDir()
	shelve(t, dir, "drill.yaml", drill)
	shelve(t, dir, "drill.test.yaml", strings.Join(tests, "---\n"))
	return filepath.Join(dir, "drill.test.yaml")
}

// TestFailedExpectations: each expectation can fail. Then the failure names its place and what is so instead, the two
// columns stand side by side, and the exit status says it.
func TestFailedExpectations(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, expect string
		want         string // behind the path of the file
		met          string // a line of the left column
	}{
		{
			name: "a step in another state", expect: "{ steps: { way: skipped } }",
			want: ":8:20: way is done, want skipped",
			met:  "✗ way is skipped",
		},
		{
			name: "a step that is never reached", expect: "{ steps: { containment/3/case/forward/1: done } }",
			want: ":8:20: containment/3/case/forward/1 is pending, want done",
			met:  "✗ containment/3/case/forward/1 is done",
		},
		{
			name: "another is called first", expect: "{ paged: [ben, ana] }",
			want: ":8:19: called were, in this order: Ana; want ben in place 1",
			met:  "✗ called 1.: ben",
		},
		{
			name: "one more is called", expect: "{ paged: [] }",
			want: ":8:11: called were, in this order: Ana; nobody after place 0 is expected",
			met:  "✗ nobody else is called",
		},
		{
			name: "called by other means", expect: "{ paged: [{ who: ana, via: sms, after: 1m }] }",
			want: ":8:19: ana was called after 0s, want not before 1m",
			met:  "✗ called 1.: ana by sms not before 1m",
		},
		{
			name: "somebody who should sleep", expect: "{ not_paged: [ana] }",
			want: ":8:23: ana was called after 0s, and should not have been",
			met:  "✗ not called: ana",
		},
		{
			name: "too late", expect: "{ acknowledged: { by: ana, within: 10s } }",
			want: ":8:25: the acknowledgement came after 21s, want at most 10s",
			met:  "✗ acknowledged by ana within 10s",
		},
		{
			name: "too early", expect: "{ acknowledged: { after: 1m } }",
			want: ":8:25: the acknowledgement came after 21s, want not before 1m",
			met:  "✗ acknowledged not before 1m",
		},
		{
			name: "a message that nobody says", expect: "{ messages: [{ text: We go forward., to: room }] }",
			want: `:8:22: nobody said "We go forward." to room`,
			met:  "✗ said to room: “We go forward.”",
		},
		{
			name: "messages in another order", expect: "{ messages: [We go back., Back or forward] }",
			want: `:8:35: nobody said "Back or forward" after the message before it`,
			met:  "✗ said: “Back or forward”",
		},
		{
			name: "a message that comes late", expect: "{ messages: [{ text: We go back., within: 1m }] }",
			want: `:8:22: "We go back." was said after 2m, want at most 1m`,
			met:  "✗ said: “We go back.” within 1m",
		},
		{
			name: "a forbidden text", expect: "{ never: [We go back] }",
			want: `:8:19: "We go back" must not happen, and after 2m: `,
			met:  "✗ never: “We go back”",
		},
		{
			name: "another severity", expect: "{ severity: SEV1 }",
			want: ":8:21: the severity is SEV2 in the end, want SEV1",
			met:  "✗ severity SEV1",
		},
		{
			name: "nobody is asked", expect: "{ waits: [look] }",
			want: ":8:19: look does not wait for anybody in the end",
			met:  "✗ look waits",
		},
		{
			name: "another end", expect: "{ ends: cancelled }",
			want: ":8:17: the incident is resolved in the end, want cancelled",
			met:  "✗ ends cancelled",
		},
		{
			name: "a late end", expect: "{ ends: { state: resolved, within: 5m } }",
			want: ":8:17: the incident ended after 9m, want at most 5m",
			met:  "✗ ends resolved within 5m",
		},
		{
			name: "an early end", expect: "{ ends: { state: resolved, after: 1h } }",
			want: ":8:17: the incident ended after 9m, want not before 1h",
			met:  "✗ ends resolved not before 1h",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := drills(t, night(test.name, test.expect))
			got := muster(t, "test", path)
			if got.status != statusFailed || !strings.Contains(got.stderr, "1 test of 1 test in ") {
				t.Errorf("exit status %d: %s", got.status, got.stderr)
			}
			for _, want := range []string{"FAIL  drill · " + test.name + " (", path + test.want, "EXPECTED", "WHAT HAPPENED", "9m0s  ended: resolved"} {
				if !strings.Contains(got.stdout, want) {
					t.Errorf("no %q in:\n%s", want, got.stdout)
				}
			}
			if !strings.Contains(leftColumn(got.stdout), test.met) {
				t.Errorf("no %q on the left of:\n%s", test.met, got.stdout)
			}
		})
	}
}

// leftColumn is what stands on the left of two columns, its wrapped lines put together.
func leftColumn(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		if left, _, two := strings.Cut(line, "│"); two {
			out = append(out, strings.TrimSpace(left))
		}
	}
	return strings.Join(out, " ")
}

// TestFailedActs: what the script does must go as it says, although nothing else is wrong.
func TestFailedActs(t *testing.T) {
	t.Parallel()
	path := drills(t,
		strings.Replace(night("refused", "{ ends: resolved }"), "choice: back, by: ana }", "choice: back, by: ana }\n  - { at: 3m, answer: way, choice: forward, by: ana }", 1),
		strings.Replace(night("accepted", "{ ends: resolved }"), "choice: back, by: ana }", "choice: back, by: ana, refused: true }", 1),
		strings.Replace(night("refused for another reason", "{ ends: resolved }"), "choice: back, by: ana }", "choice: back, by: ana }\n  - { at: 3m, answer: way, choice: back, by: ana, refused: it is lunch }", 1),
	)
	got := muster(t, "test", path)
	for _, want := range []string{
		path + ":7:5: ana answer way: refused: ", path + ":16:5: ana answer way: it was accepted, and should have been refused",
		path + `:26:5: ana answer way: refused with `, `, want "it is lunch"`,
	} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("no %q in:\n%s", want, got.stdout)
		}
	}
	if got.status != statusFailed || !strings.Contains(got.stderr, "3 tests of 3 tests in ") {
		t.Errorf("exit status %d: %s", got.status, got.stderr)
	}
}

// TestJUnit: a build server reads how many tests there were, which of them failed, and why.
func TestJUnit(t *testing.T) {
	t.Parallel()
	path := drills(t, night("good", "{ ends: resolved }"), night("bad & <ugly>", "{ ends: open }"), night("late", "{ ends: { state: resolved, within: 1m } }"))
	report := filepath.Join(t.TempDir(), "report.xml")
	if got := muster(t, "test", path, "--junit", report); got.status != statusFailed {
		t.Errorf("exit status %d: %s", got.status, got.stderr)
	}
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var suites junitSuites
	if err := xml.Unmarshal(text, &suites); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if suites.Tests != 3 || suites.Failures != 2 || len(suites.Suites) != 1 {
		t.Fatalf("%+v", suites)
	}
	suite := suites.Suites[0]
	if suite.Name != "drill" || suite.Tests != 3 || suite.Failures != 2 {
		t.Errorf("suite %s: %d tests, %d failures", suite.Name, suite.Tests, suite.Failures)
	}
	failed := map[string]string{}
	for _, c := range suite.Cases {
		failed[c.Name] = ""
		if c.Failure != nil {
			failed[c.Name] = c.Failure.Message
		}
		if c.File != path || c.Classname != "drill" {
			t.Errorf("%s is of %s in %s", c.Name, c.Classname, c.File)
		}
	}
	if diff := cmp.Diff(map[string]string{
		"good": "", "bad & <ugly>": path + ":17:17: the incident is resolved in the end, want open",
		"late": path + ":26:17: the incident ended after 9m, want at most 1m",
	}, failed); diff != "" {
		t.Errorf("(-want +got)\n%s\n%s", diff, text)
	}
	bad := suite.Cases[slices.IndexFunc(suite.Cases, func(c junitCase) bool { return c.Failure != nil })]
	for _, want := range []string{"EXPECTED", "WHAT HAPPENED", "✗ ends open"} {
		if !strings.Contains(bad.Failure.Text, want) {
			t.Errorf("no %q in the failure %s", want, bad.Failure.Text)
		}
	}
}

// TestFailureInJSON: programs read each expectation, and whether it was met.
func TestFailureInJSON(t *testing.T) {
	t.Parallel()
	got := muster(t, "test", drills(t, night("half of it", "{ severity: SEV2, ends: open }")), "--json")
	all := readTestRun(t, got.stdout)
	if got.status != statusFailed || len(all.Tests) != 1 || all.Tests[0].Passed || len(all.Tests[0].Failures) != 1 {
		t.Fatalf("exit status %d: %s", got.status, got.stdout)
	}
	met := map[string]bool{}
	for _, e := range all.Tests[0].Expected {
		met[e.Text] = e.Met
	}
	if diff := cmp.Diff(map[string]bool{"severity SEV2": true, "ends open": false}, met); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

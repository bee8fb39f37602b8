package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/runbooks"
)

// played is how a command line ended.
type played struct {
	status         int
	stdout, stderr string
}

// muster runs a command line in this process, with an environment in which nothing is set.
func muster(t *testing.T, args ...string) played {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), args, shell{
		getenv: func(string) string { return "" }, login: func() string { return "ana" }, stdout: &stdout, stderr: &stderr,
	})
	return played{status: status, stdout: stdout.String(), stderr: stderr.String()}
}

// testRun is what `muster test --json` prints.
type testRun struct {
	Tests []struct {
		Name, Runbook, File string
		Passed              bool
		Failures            []string
		Expected            []struct {
			Text string
			Met  bool
		}
	}
	Coverage []struct {
		Runbook    string
		Choices    int
		AllChoices int `json:"all_choices"`
		Missing    []string
	}
}

// readTestRun reads what `muster test --json` has printed.
func readTestRun(t *testing.T, text string) testRun {
	t.Helper()
	var out testRun
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return out
}

// fewestTests is how many tests a runbook that ships has at least: the ordinary night, the night in which nobody answers,
// and one in which something goes wrong.
const fewestTests = 3

// TestShippedRehearsals: what ships is tested as its users' runbooks are. Every test passes, every runbook has some, each
// choice of people is taken in one of them, and all that takes so little time that nobody leaves it out.
func TestShippedRehearsals(t *testing.T) {
	began := time.Now()
	got := muster(t, "test", "../../runbooks", "--all-choices", "--json")
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("the tests of the shipped runbooks take %s", took)
	}
	if got.status != statusDone {
		t.Errorf("exit status %d: %s", got.status, got.stderr)
	}
	all := readTestRun(t, got.stdout)
	counts, silent := map[string]int{}, map[string]bool{}
	for _, one := range all.Tests {
		counts[one.Runbook]++
		silent[one.Runbook] = silent[one.Runbook] || strings.HasPrefix(one.Name, "nobody answers")
		if !one.Passed {
			t.Errorf("%s · %s:\n%s", one.Runbook, one.Name, strings.Join(one.Failures, "\n"))
		}
	}
	ids, err := runbooks.IDs(runbooks.Shipped())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if counts[id] < fewestTests {
			t.Errorf("%s has %d tests, want at least %d", id, counts[id], fewestTests)
		}
		if !silent[id] {
			t.Errorf("%s has no test of a night in which nobody answers", id)
		}
	}
	for _, b := range all.Coverage {
		if b.Choices != b.AllChoices {
			t.Errorf("%s: %d of %d choices: %q", b.Runbook, b.Choices, b.AllChoices, b.Missing)
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return id == b.Runbook })
	}
	if len(ids) > 0 {
		t.Errorf("not counted: %v", ids)
	}
}

package workflows_test

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/sdk/worker"

	"github.com/musterbook/musterbook/workflows"
)

var record = flag.Bool("record", false, "record the histories of the engine's paths anew")

// TestReplay replays the recorded histories: an incident that is open while the code changes must be able to go on.
// Those of `version1` and `version2` were recorded by these versions of the interpreter, which nothing can record any more.
func TestReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "history", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{}
	for _, file := range files {
		name, _, _ := strings.Cut(filepath.Base(file), "-")
		paths[name] = true
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			replayer := worker.NewWorkflowReplayer()
			workflows.Register(replayer, &workflows.Workflows{Plans: plans, CutAfter: cutOf(name)})
			if err := replayer.ReplayWorkflowHistoryFromJSONFile(quietLogger{}, file); err != nil {
				t.Error(err)
			}
		})
	}
	for _, want := range []string{"happy", "nobody", "permissions", "pins", "raised", "cancelled", "cut", "drill", "line", "mail", "mends", "policy", "room", "roomreview", "farewell", "silent", "status", "statusreview", "version1", "version2"} {
		if !paths[want] {
			t.Errorf("no history of the path %q is recorded", want)
		}
	}
}

// cutOf is the history's limit with which a path was recorded: a cut is decided by it and must be decided again.
func cutOf(path string) int {
	if path == "cut" {
		return 60
	}
	return 0
}

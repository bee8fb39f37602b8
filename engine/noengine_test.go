package engine_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestTagLeavesTheServerOut keeps the image of a worker small: with the tag, nothing of the server is linked.
func TestTagLeavesTheServerOut(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", "noengine", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if len(packages) < 50 {
		t.Fatalf("only %d packages are listed: %v", len(packages), packages)
	}
	for _, p := range packages {
		if strings.HasPrefix(p, "go.temporal.io/server") || strings.Contains(p, "ui-server") || strings.HasPrefix(p, "modernc.org/") {
			t.Errorf("the engine without the engine needs %s", p)
		}
	}
}

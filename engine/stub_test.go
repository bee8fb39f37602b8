//go:build noengine || windows

package engine_test

import (
	"strings"
	"testing"

	"github.com/musterbook/musterbook/engine"
)

func TestWithoutTheEngineStartSaysWhatToDo(t *testing.T) {
	t.Parallel()
	_, err := engine.Start(t.Context(), engine.Options{})
	if err == nil || !strings.Contains(err.Error(), "built without the engine; set TEMPORAL_ADDRESS") {
		t.Errorf("error is %v", err)
	}
}

package gateway_test

import (
	"os"
	"strings"
	"testing"

	"github.com/musterbook/musterbook/contract"
)

// TestTheAPIIsDocumented: no verb is added without a line for those who call it.
func TestTheAPIIsDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	_, verbs, _ := strings.Cut(string(text), "## The verbs")
	for _, v := range contract.Verbs() {
		if !strings.Contains(verbs, "`"+string(v)+"`") {
			t.Errorf("docs/api.md does not say what %s does", v)
		}
	}
}

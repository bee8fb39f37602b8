package roster_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/roster"
)

// TestSecretNeverPrints tries every way by which a value gets into a log.
func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	const value = "hunter2-value"
	s := roster.NewSecret(value)
	type holder struct {
		Public roster.Secret
		hidden roster.Secret
	}
	held := holder{Public: s, hidden: s}
	var printed []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		printed = append(printed, fmt.Sprintf(verb, s), fmt.Sprintf(verb, &s), fmt.Sprintf(verb, held), fmt.Sprintf(verb, []roster.Secret{s}))
	}
	printed = append(printed, fmt.Sprint(s), s.String(), s.GoString(), fmt.Sprintln(map[string]roster.Secret{"a": s}))
	for name, marshal := range map[string]func(any) ([]byte, error){"json": json.Marshal, "yaml": yaml.Marshal} {
		out, err := marshal(map[string]any{"a": s, "b": &s, "c": held.Public})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		printed = append(printed, string(out))
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s, "holder", held)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s, "holder", held, "config", roster.Slack{Token: s})
	printed = append(printed, log.String())
	for _, text := range printed {
		if strings.Contains(text, value) || strings.Contains(text, fmt.Sprintf("%x", value)) || strings.Contains(text, fmt.Sprintf("%X", value)) {
			t.Errorf("the secret stands in %q", text)
		}
	}
	if !strings.Contains(log.String(), "[secret]") {
		t.Errorf("the log does not say that there is a secret: %s", log.String())
	}
	if s.Reveal() != value || s.IsZero() {
		t.Errorf("the value is %q", s.Reveal())
	}
	if none := roster.NewSecret(""); !none.IsZero() || none.Reveal() != "" {
		t.Error("no secret is one")
	}
}

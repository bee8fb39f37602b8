package roster

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

func TestFollowSomeReferencesOnly(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../musterbook.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	outside := Outside{
		ReadFile: func(path string) ([]byte, error) { return nil, errors.New("not read: " + path) },
		Getenv:   func(name string) string { return values[name] },
		Follow:   func(what string) bool { return strings.HasPrefix(what, "twilio.") },
	}
	_, problems := Parse("musterbook.yaml", text, outside)
	if len(problems) == 0 {
		t.Fatal("the telephone's secrets are not there, and nobody misses them")
	}
	for _, p := range problems {
		if !strings.HasPrefix(p.Message, "twilio.") {
			t.Errorf("followed: %s", p)
		}
	}
	for _, name := range []string{"TWILIO_AUTH_TOKEN", "TWILIO_ACCOUNT_SID", "TWILIO_FROM", "TWILIO_NUMBER"} {
		values[name] = "+12025550100"
	}
	values["TWILIO_ACCOUNT_SID"], values["TWILIO_AUTH_TOKEN"] = "AC00000000000000000000000000000001", "a-token-of-the-test"
	config, problems := Parse("musterbook.yaml", text, outside)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if config.Twilio.AuthToken.Reveal() != "a-token-of-the-test" || config.Slack != nil && !config.Slack.Token.IsZero() {
		t.Errorf("%+v", config)
	}
	if !bytes.Equal(config.Source(), text) || bytes.Contains(config.Source(), []byte("a-token-of-the-test")) {
		t.Error("the source is not the file as it was read")
	}
}

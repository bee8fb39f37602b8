package contract_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/musterbook/musterbook/contract"
)

func TestReveal(t *testing.T) {
	t.Parallel()
	keep := map[string]string{"SHORT": "abc", "LONG": "abcdef", "EMPTY": ""}
	lookup := func(name string) (string, bool) { value, ok := keep[name]; return value, ok }
	secrets, err := contract.Secrets{Names: []string{"SHORT", "LONG"}, Nonce: "n"}.Reveal(lookup)
	if err != nil {
		t.Fatal(err)
	}
	text := contract.SecretMark("LONG", "n") + " " + contract.SecretMark("SHORT", "n") + " " + contract.SecretMark("LONG", "another")
	if got, want := secrets.Fill(text), "abcdef abc "+contract.SecretMark("LONG", "another"); got != want {
		t.Errorf("filled in: %q, want %q", got, want)
	}
	if got, want := secrets.Mask("abcdef and abc"), "••• and •••"; got != want {
		t.Errorf("masked: %q, want %q", got, want)
	}
	for _, name := range []string{"NONE", "EMPTY"} {
		if _, err := (contract.Secrets{Names: []string{name}}).Reveal(lookup); !contract.IsRefused(err) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (contract.Secrets{Names: []string{"SHORT"}}).Reveal(nil); !contract.IsRefused(err) {
		t.Errorf("without a place to look: %v", err)
	}
}

// FuzzSecrets: filling in and masking never panic, and what is masked does not hold the secret.
func FuzzSecrets(f *testing.F) {
	f.Add("a ⟦secret TOKEN n⟧ b", "value")
	f.Add("", "x")
	f.Fuzz(func(t *testing.T, text, value string) {
		if value == "" || strings.Contains("•••", value) {
			return
		}
		secrets, err := contract.Secrets{Names: []string{"TOKEN"}, Nonce: "n"}.Reveal(func(string) (string, bool) { return value, true })
		if err != nil {
			t.Fatal(err)
		}
		if masked := secrets.Mask(text); strings.Contains(masked, value) && !strings.Contains(value, "•") {
			t.Fatalf("%q still holds %q", masked, value)
		}
		if _, err := json.Marshal(secrets.Fill(text)); err != nil {
			t.Fatal(err)
		}
	})
}

// TestNamedSecrets: what people read names the secrets, and leaves everything else as it is.
func TestNamedSecrets(t *testing.T) {
	t.Parallel()
	text := "a " + contract.SecretMark("ONE", "n") + contract.SecretMark("TWO", "n") + " b " + contract.SecretMark("ONE", "another") + " ⟦secret "
	if got, want := contract.NamedSecrets(text, "n"), "a [secret ONE][secret TWO] b "+contract.SecretMark("ONE", "another")+" ⟦secret "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

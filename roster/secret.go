package roster

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden is printed in place of every secret.
const hidden = "[secret]"

// Secret is a value that never prints itself: whatever formats, logs or marshals it gets "[secret]". Only Reveal gives
// the value.
type Secret struct {
	// It is a pointer because fmt calls no methods on the unexported fields of somebody's struct: there it prints an
	// address.
	value *string
}

// NewSecret wraps a value; the empty value is no secret.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: &value}
}

// Reveal gives the value, for the one place that needs it; empty when there is none.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero says whether there is no secret.
func (s Secret) IsZero() bool { return s.value == nil }

// String hides the value.
func (s Secret) String() string { return hidden }

// GoString hides the value from %#v.
func (s Secret) GoString() string { return hidden }

// Format hides the value from every verb, those for numbers and hexadecimal included.
func (s Secret) Format(state fmt.State, _ rune) {
	// A formatter has no way to report an error; fmt itself drops those of its writer.
	_, _ = io.WriteString(state, hidden)
}

// MarshalText hides the value from JSON, YAML and whatever else marshals text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

package contract

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Seal lets something travel through other people's hands and come back as it was: in the address of a callback, in the
// link of a mail. What is sealed can be read by everybody; whoever changes it is refused (HMAC-SHA256, RFC 2104).
type Seal struct {
	// Keys are secrets of at least 16 bytes. The first one seals, all of them open, so that a secret can be exchanged.
	Keys [][]byte
	// Use separates one use of a secret from any other.
	Use string
}

// ErrSeal says that something was not sealed by us, or was changed since.
var ErrSeal = errors.New("it was not made here, or has been changed since")

// longestSealed bounds what is opened, in bytes.
const longestSealed = 3000

// Wrap seals a value as one word of an address: its JSON, dot, MAC, both in base64url. It panics for a value that has no
// JSON, and without a key.
func (s Seal) Wrap(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("contract: seal %T: %v", v, err))
	}
	payload := base64.RawURLEncoding.EncodeToString(text)
	return payload + "." + base64.RawURLEncoding.EncodeToString(s.mac(s.Keys[0], payload))
}

// Open checks a word and reads it. The error is ErrSeal, or tells that the value is of another kind.
func (s Seal) Open(word string, into any) error {
	payload, sum, ok := strings.Cut(word, ".")
	if !ok || len(word) > longestSealed {
		return ErrSeal
	}
	given, err := base64.RawURLEncoding.Strict().DecodeString(sum)
	genuine := func(key []byte) bool { return len(key) > 0 && hmac.Equal(given, s.mac(key, payload)) }
	if err != nil || !slices.ContainsFunc(s.Keys, genuine) {
		return ErrSeal
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(payload)
	if err != nil {
		return ErrSeal
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("read what was sealed: %w", err)
	}
	return nil
}

func (s Seal) mac(key []byte, payload string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(s.Use + "\x00" + payload))
	return h.Sum(nil)
}

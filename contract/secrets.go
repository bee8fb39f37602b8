package contract

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Secrets says which secrets a request may read. A value travels as the mark that SecretMark makes, never as itself.
type Secrets struct {
	Names []string `json:"names,omitempty"`
	// Nonce stands in every mark, so that no text from outside can be one.
	Nonce string `json:"nonce,omitempty"`
}

// SecretMark is how a secret travels through a request.
func SecretMark(name, nonce string) string { return "\u27e6secret " + name + " " + nonce + "\u27e7" }

// NamedSecrets puts the secrets' names in the place of their marks, for texts that people read.
func NamedSecrets(text, nonce string) string {
	begin, end, _ := strings.Cut(SecretMark("\x00", nonce), "\x00")
	var out strings.Builder
	for {
		before, rest, begins := strings.Cut(text, begin)
		name, after, ends := strings.Cut(rest, end)
		if !begins || !ends {
			return out.String() + text
		}
		out.WriteString(before + "[secret " + name + "]")
		text = after
	}
}

// Revealed are the secrets of one request with their values. It stays inside the worker that has looked them up.
type Revealed []revealed

// revealed is one secret: the mark that stands for it, and its value.
type revealed struct{ mark, value string }

// Reveal looks up the secrets' values. One that lookup does not have is refused.
func (s Secrets) Reveal(lookup func(name string) (string, bool)) (Revealed, error) {
	var out Revealed
	for _, name := range s.Names {
		value, ok := "", false
		if lookup != nil {
			value, ok = lookup(name)
		}
		if !ok || value == "" {
			return nil, &Refused{What: fmt.Sprintf("the secret %s is not configured", name), Hint: "the worker reads it from its environment, as MUSTER_SECRET_" + name}
		}
		out = append(out, revealed{SecretMark(name, s.Nonce), value})
	}
	// The longest first: a value that is part of another must not leave the rest of that one readable.
	slices.SortStableFunc(out, func(a, b revealed) int { return cmp.Compare(len(b.value), len(a.value)) })
	return out, nil
}

// Fill puts the values in the place of their marks.
func (r Revealed) Fill(text string) string {
	for _, secret := range r {
		text = strings.ReplaceAll(text, secret.mark, secret.value)
	}
	return text
}

// Mask hides the values.
func (r Revealed) Mask(text string) string {
	for _, secret := range r {
		text = strings.ReplaceAll(text, secret.value, "•••")
	}
	return text
}

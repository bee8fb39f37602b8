package slack

import (
	"iter"
	"time"
)

// ScopesIn reads the header of a token's scopes, for tests.
func ScopesIn(header string) []string { return scopesIn(header) }

// Needs are the methods that the package calls and their scopes, for tests.
func Needs() iter.Seq2[string, []string] {
	return func(yield func(string, []string) bool) {
		for _, n := range needs() {
			if !yield(n.method, n.scopes) {
				return
			}
		}
	}
}

// PersonalNeeds are the methods that a person's own token opens, and their scopes, for tests.
func PersonalNeeds() map[string]string {
	own := map[string]string{}
	for _, n := range needs() {
		if n.own != "" {
			own[n.method] = n.own
		}
	}
	return own
}

// Hurry lets a socket wait for moments only, for tests.
func (s *Socket) Hurry() {
	s.pace = pace{
		first: 5 * time.Millisecond, most: 20 * time.Millisecond, refused: 50 * time.Millisecond, settled: time.Second,
		beat: 100 * time.Millisecond, linger: time.Second,
	}
}

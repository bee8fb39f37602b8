package slack

import "iter"

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

package slack

import "iter"

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

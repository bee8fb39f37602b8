package gateway

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// Token is a shared secret and the name under which its use is recorded.
type Token struct {
	Name  string
	Value string `json:"-"`
}

// String is the token's name; the secret is never printed.
func (t Token) String() string { return t.Name }

// GoString is the token's name; the secret is never printed.
func (t Token) GoString() string { return t.Name }

// usable leaves out tokens without a value, which would let everybody in.
func usable(tokens []Token) []Token {
	out := make([]Token, 0, len(tokens))
	for _, t := range tokens {
		if t.Value != "" {
			out = append(out, t)
		}
	}
	return out
}

// bearer finds the token that a request shows (RFC 6750). How long that takes says nothing about the secrets: hashes of
// one length are compared, and every token is compared.
func bearer(r *http.Request, tokens []Token) (Token, bool) {
	scheme, shown, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || shown == "" {
		return Token{}, false
	}
	hash := sha256.Sum256([]byte(strings.TrimSpace(shown)))
	var found Token
	ok := false
	for _, t := range usable(tokens) {
		want := sha256.Sum256([]byte(t.Value))
		if subtle.ConstantTimeCompare(hash[:], want[:]) == 1 {
			found, ok = t, true
		}
	}
	return found, ok
}

// unauthorised answers a request without a valid token.
func (s *Server) unauthorised(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="musterbook"`)
	s.fail(w, r, problem{
		status: http.StatusUnauthorized, what: "the token is missing or wrong", hint: "send the header Authorization: Bearer <token>",
	})
}

package record

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// plain makes one line of a text from outside: line breaks become slashes, and what a terminal or a reader could be
// deceived with (control characters, changes of writing direction, invisible signs) is dropped.
func plain(text string) string {
	lines := strings.FieldsFunc(text, func(r rune) bool {
		return r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029'
	})
	kept := lines[:0]
	for _, line := range lines {
		if line = strings.TrimSpace(strings.Map(harmless, line)); line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, " / ")
}

// harmless keeps a letter, or drops it. The joiner stays, because emoji and some scripts are written with it.
func harmless(r rune) rune {
	const joiner = '\u200d'
	switch {
	case r == '\t':
		return ' '
	case r == unicode.ReplacementChar, r == joiner:
		return r
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

// The places in a text that Markdown would read as something else than text, besides its special characters: what
// begins a heading, a list or a rule, and what some readers turn into a link by themselves.
var (
	opening = regexp.MustCompile(`^([-+=]|[0-9]{1,9}[.)])`)
	address = regexp.MustCompile(`(?i)(://|\bwww\.|\bmailto:|\bxmpp:)`)
)

// escape makes a text from outside safe within a line of Markdown, table cells included: it is shown as it is.
// Entities, HTML, emphasis, code, links, mentions of issues, mathematics and table borders lose their meaning.
func escape(text string) string {
	var b strings.Builder
	for _, r := range plain(text) {
		if strings.ContainsRune("\\`*_{}[]<>&|#~!$^@", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	out := address.ReplaceAllStringFunc(b.String(), func(found string) string {
		at := strings.IndexAny(found, ":.")
		return found[:at] + `\` + found[at:]
	})
	return opening.ReplaceAllStringFunc(out, func(found string) string {
		return found[:len(found)-1] + `\` + found[len(found)-1:]
	})
}

// link makes a link of an address that this product itself knows; anything unusual is shown as text instead.
func link(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil ||
		strings.ContainsAny(raw, "<>|\\`\"' \t") || strings.ContainsFunc(raw, func(r rune) bool { return r < 0x21 || r > 0x7e }) {
		return escape(raw)
	}
	return "<" + raw + ">"
}

package roster

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/musterbook/musterbook/oncall"
)

// builder turns a file into a Config and reports what does not fit together. It goes on after a problem, so that all
// of them are told at once; what was not read is left out silently, because its problem is told already.
type builder struct {
	*decoder
	from   Outside
	file   *file
	config *Config
	kinds  map[string]string // name → what it names, in words
}

// Parse reads the content of a file. The Config is nil exactly when there are problems.
func Parse(path string, data []byte, from Outside) (*Config, Problems) {
	d := &decoder{path: path}
	var f file
	if d.document(data, &f) {
		b := &builder{decoder: d, from: from, file: &f, config: &Config{Path: path, source: bytes.Clone(data)}, kinds: map[string]string{}}
		b.names()
		b.people()
		b.teams()
		b.schedules()
		b.policies()
		b.fallback()
		b.settings()
		b.systems()
		b.routing()
		b.contacts()
		b.permissions()
		b.config.Book.Ways = b.config.Ways()
		if len(d.problems) == 0 {
			return b.config, nil
		}
	}
	return nil, d.problems.sorted()
}

// names fills the one name space of people, teams, schedules and policies, and reports names that are not free.
func (b *builder) names() {
	for _, word := range []string{oncall.Fallback, "commander"} {
		b.kinds[word] = "a reserved name"
	}
	for _, r := range b.known() {
		for _, role := range r.Roles {
			if b.kinds[role] == "" {
				b.kinds[role] = "a role of the runbook " + r.ID
			}
		}
	}
	for _, e := range b.file.People {
		b.take(e.key, "a person")
	}
	for _, e := range b.file.Teams {
		b.take(e.key, "a team")
	}
	for _, e := range b.file.Schedules {
		b.take(e.key, "a schedule")
	}
	for _, e := range b.file.Policies {
		b.take(e.key, "a policy")
	}
	for _, e := range b.file.Services {
		b.wellFormed(e.key)
	}
}

// take gives a name to its first owner. One that is badly written is given too, so that every mention of it is not
// reported as well.
func (b *builder) take(key text, kind string) {
	b.wellFormed(key)
	if other := b.kinds[key.value]; other != "" {
		b.fault(key.at, "people, teams, schedules, policies and roles share one name space: choose another name",
			"%s cannot name %s: it is %s already", quoted(key.value), kind, other)
		return
	}
	b.kinds[key.value] = kind
}

// wellFormed reports a name that is none.
func (b *builder) wellFormed(key text) {
	if isName(key.value) {
		return
	}
	remedy := "small letters, digits and hyphens, a letter first; at most 63"
	if better := strings.Map(nameLetter, strings.ToLower(key.value)); isName(better) {
		remedy = fmt.Sprintf("write %q", better)
	}
	b.fault(key.at, remedy, "%s is no name", quoted(key.value))
}

// isName says whether a text is a name: [a-z][a-z0-9-]*, at most 63 letters.
func isName(text string) bool {
	if text == "" || len(text) > 63 || text[0] < 'a' || text[0] > 'z' {
		return false
	}
	return strings.IndexFunc(text, func(r rune) bool { return nameLetter(r) != r || r == -1 }) < 0
}

// nameLetter maps what people write between words to a hyphen, and drops what a name cannot hold.
func nameLetter(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
		return r
	case r == '_', r == ' ', r == '.':
		return '-'
	}
	return -1
}

// person reports a name that is no person, and answers its id.
func (b *builder) person(n name, what string) (oncall.PersonID, bool) {
	if !n.given() {
		return "", false
	}
	switch kind := b.kinds[n.value]; kind {
	case "a person":
		return oncall.PersonID(n.value), true
	case "":
		b.fault(n.at, b.meantName(n.value, "a person"), "%s: nobody is called %s", what, quoted(n.value))
	default:
		b.fault(n.at, "only people can stand here", "%s: %s is %s", what, quoted(n.value), kind)
	}
	return "", false
}

// meantName is the remedy for an unknown name of certain kinds.
func (b *builder) meantName(word string, kinds ...string) string {
	known := []string{}
	for _, names := range [][]string{keys(b.file.People), keys(b.file.Schedules), keys(b.file.Teams), keys(b.file.Policies)} {
		for _, n := range names {
			for _, kind := range kinds {
				if b.kinds[n] == kind {
					known = append(known, n)
				}
			}
		}
	}
	return meant(word, known)
}

// keys lists the names of a table in the order of the file.
func keys[T any](t table[T]) []string {
	names := make([]string, 0, len(t))
	for _, e := range t {
		names = append(names, e.key.value)
	}
	return names
}

// known lists the runbooks, if anybody knows them.
func (b *builder) known() []Runbook {
	if b.from.Runbooks == nil {
		return nil
	}
	return b.from.Runbooks()
}

package runbooks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/oncall"
)

// CheckPeople finds names of people that nobody has: a telephone of nobody never rings, and whoever does not exist is
// never called, so a check of it cannot fail. Known lists the people, schedules and teams of a configuration; nil = there
// is none, and people are made up after the names that the runbook pages and the rehearsal mentions.
func (r *Rehearsal) CheckPeople(rb *Runbook, known []string) Problems {
	c := rehearsalChecker{test: r, rb: rb}
	madeUp := known == nil
	var patterns []*regexp.Regexp
	if madeUp {
		known, patterns = r.pagedNames(rb)
		known = append(known, r.actors()...)
	}
	names := append(r.castNames(), known...)
	name := func(at Mark, word string) {
		if !slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(word) }) {
			c.known(at, CodeUnknownName, fmt.Sprintf("nobody is called %q here", word), word, names)
		}
	}
	for _, h := range r.Phones {
		name(h.Mark, h.Person)
	}
	if r.Expect != nil {
		for _, word := range r.Expect.NotPaged {
			name(word.Mark, word.Text)
		}
		for _, want := range r.Expect.Paged {
			name(want.Mark, want.Who)
		}
		if by := r.Expect.Acknowledged; by != nil && by.By != "" {
			name(by.Mark, by.By)
		}
	}
	for i, act := range r.Script {
		if !madeUp && act.Refused == nil && act.By != "" {
			name(c.place(fmt.Sprintf("script/%d.%s", i, act.Does)), act.By)
		}
	}
	return c.problems.sorted()
}

// castNames are those whom the rehearsal itself puts behind names.
func (r *Rehearsal) castNames() []string {
	var names []string
	for _, s := range r.People {
		names = append(names, s.Name, s.Person)
	}
	return names
}

// actors are the people of the script, made up by being mentioned.
func (r *Rehearsal) actors() []string {
	var names []string
	for _, act := range r.Script {
		names = append(names, act.By, act.To)
		if act.Does == "page" {
			names = append(names, act.What)
		}
	}
	return names
}

// pagedNames are the names that a runbook and what it imports spell out, and patterns of those that it computes.
func (r *Rehearsal) pagedNames(rb *Runbook) (names []string, patterns []*regexp.Regexp) {
	names, patterns = []string{oncall.Fallback}, []*regexp.Regexp{}
	books := []*Runbook{rb}
	rb.WalkAll(func(_ Place, s *Step) {
		if s.Runbook != nil && s.Runbook.Body != nil {
			books = append(books, s.Runbook.Body)
		}
	})
	for n, book := range books {
		inputs := map[string]any{} // those of an imported runbook are computed when it is run
		if n == 0 {
			inputs = r.inputsOf(rb)
		}
		names = append(names, book.Names()...)
		for _, u := range book.uses() {
			column := policyMark.FindStringSubmatch(u.source)
			switch {
			case u.want != wantNames && u.want != wantName || !strings.Contains(u.source, "${{") || knownByThen.MatchString(u.source):
			case column != nil:
				names = append(names, book.column(column[1])...)
			default:
				if text, exact := filledIn(u.source, inputs); exact {
					names = append(names, text)
				} else {
					patterns = append(patterns, regexp.MustCompile("^"+text+"$"))
				}
			}
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(rb.RoleNames(), name) })
	slices.Sort(names)
	return slices.Compact(names), patterns
}

// policyMark is a column of the severities.
var policyMark = regexp.MustCompile(`^\$\{\{ *policy\.([a-z0-9_]+) *\}\}$`)

// column lists the names in a column of the severities.
func (rb *Runbook) column(name string) []string {
	var names []string
	for _, row := range rb.Severities {
		switch value := row.Columns[name].(type) {
		case string:
			names = append(names, value)
		case []any:
			for _, item := range value {
				names = append(names, fmt.Sprint(item))
			}
		}
	}
	return names
}

// knownByThen is a person who has been called or has a role by then, and so goes by another name already.
var knownByThen = regexp.MustCompile(`^\$\{\{ *(steps|roles)\.[a-z0-9_.]+ *\}\}$`)

// inputsOf are the inputs of which the rehearsal knows the values: its own, else the runbook's defaults. The service that
// burns is the input of that name.
func (r *Rehearsal) inputsOf(rb *Runbook) map[string]any {
	inputs := map[string]any{}
	for _, in := range rb.Inputs {
		value, given := r.With[in.Name]
		switch {
		case given:
			inputs[in.Name] = value
		case in.Name == inputService && r.Service != "":
			inputs[in.Name] = r.Service
		case in.Default != nil:
			inputs[in.Name] = in.Default
		}
	}
	return inputs
}

// filledIn is a computed name with the inputs that are known; where they are not enough it is a pattern, with anything in
// place of the other expressions.
func filledIn(source string, inputs map[string]any) (text string, exact bool) {
	exact = true
	plain := expressionMark.ReplaceAllStringFunc(source, func(mark string) string {
		name, isInput := strings.CutPrefix(expressionMark.FindStringSubmatch(mark)[1], "inputs.")
		value, known := inputs[name]
		if !isInput || !known {
			exact = false
			return anything
		}
		return fmt.Sprint(value)
	})
	if exact {
		return plain, true
	}
	return strings.ReplaceAll(regexp.QuoteMeta(plain), anything, ".+"), false
}

// anything stands for a value that nobody knows.
const anything = "\x00"

// expressionMark is an expression in a text.
var expressionMark = regexp.MustCompile(`\$\{\{ *(.*?) *\}\}`)

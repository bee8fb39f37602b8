package runbooks

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
)

// IsTestFile tells by its name whether a file holds tests of the runbook beside it. Such a file is no runbook.
func IsTestFile(name string) bool {
	return strings.HasSuffix(name, ".test.yaml") || strings.HasSuffix(name, ".test.yml")
}

// RehearsalKeys lists what a test or a script may say, in the order in which people write it.
func RehearsalKeys() []string {
	return []string{
		"test", "runbook", "config", "with", "service", "severity", "at", "people", "phones", "everybody_answers_in", "for",
		"mock", "script", "expect",
	}
}

// ParseRehearsals reads the tests of a `*.test.yaml`, or the script of any other file, strictly: all problems come at
// once, in the order of their places. The documents of a file stand one after the other, with `---` between them. There
// are no rehearsals when one of the problems is more than a warning. What only the runbook can tell is left to
// Rehearsal.Check.
func ParseRehearsals(name string, text []byte) ([]Rehearsal, Problems) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	r := rehearsalReader{&reader{src: newSource(name, string(text)), places: map[string]*yaml.Node{}}}
	var all []Rehearsal
	for _, document := range r.documents(text) {
		all = append(all, r.rehearsal(document))
	}
	r.distinct(all)
	problems := r.problems.sorted()
	if problems.Err() != nil {
		return nil, problems
	}
	return all, problems
}

// rehearsalReader reads tests and scripts.
type rehearsalReader struct{ *reader }

// documents parses the text into its documents. A syntax error ends the reading: nothing behind it can be trusted.
func (r rehearsalReader) documents(text []byte) []*yaml.Node {
	if !r.readable(text) {
		return nil
	}
	var all []*yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		switch {
		case errors.Is(err, io.EOF) && len(all) == 0:
			r.report(&yaml.Node{}, Problem{Code: CodeEmpty, Message: "the file is empty", Hint: "a test begins with `test: what it shows`"})
			return nil
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			r.syntaxError(err)
			return all
		}
		all = append(all, document.Content[0])
	}
}

// mark is the place of a node.
func (r rehearsalReader) mark(n *yaml.Node) Mark {
	line, column := r.src.inside(n)
	return Mark{File: r.src.name, Line: line, Column: column}
}

// rehearsal reads one document.
func (r rehearsalReader) rehearsal(n *yaml.Node) Rehearsal {
	out := Rehearsal{Mark: r.mark(n), Places: map[string]Mark{}}
	entries, ok := r.entries(n, "a test")
	for _, e := range entries {
		out.Places[e.key] = r.mark(e.value)
		r.key(&out, e)
	}
	if ok {
		r.whole(&out, n)
	}
	return out
}

// key reads one key of a document: what is played.
func (r rehearsalReader) key(out *Rehearsal, e entry) {
	switch e.key {
	case "test":
		out.Name = r.word(e.value, e.key)
	case "runbook":
		out.Runbook = r.runbookID(e.value)
	case "config":
		out.Config = r.word(e.value, e.key)
	case "with":
		out.With = r.with(out, e.value)
	case "service":
		out.Service = r.word(e.value, e.key)
	case "severity":
		out.Severity = incident.Severity(r.word(e.value, e.key))
	case "at":
		out.Start = r.start(e.value)
	case "for":
		out.For = r.lasting(e.value, e.key)
	case "script":
		out.Script = r.script(out, e.value)
	case "expect":
		out.Expect = r.expect(e.value)
	default:
		r.worldKey(out, e)
	}
}

// worldKey reads one key of a document: the world around the incident.
func (r rehearsalReader) worldKey(out *Rehearsal, e entry) {
	switch e.key {
	case "people":
		out.People = r.people(e.value)
	case "phones":
		out.Phones = r.phones(e.value)
	case "everybody_answers_in":
		out.Everyone = r.lasting(e.value, e.key)
	case "mock":
		out.Mocks = r.mocks(e.value)
	default:
		r.unknown(e.keyNode, fmt.Sprintf("unknown key %q of a test", e.key), e.key, RehearsalKeys())
	}
}

// whole checks what a document must have as a whole, and fills in the runbook that the file's name tells.
func (r rehearsalReader) whole(out *Rehearsal, n *yaml.Node) {
	has := func(key string) bool { _, ok := out.Places[key]; return ok }
	inTests := IsTestFile(r.src.name)
	if inTests && !has("test") {
		r.report(n, Problem{Code: CodeEmpty, Message: "a test needs a name", Hint: "write test: what it shows"})
	}
	if inTests && !has("runbook") {
		if out.Runbook = runbookOfTests(r.src.name); out.Runbook == "" {
			r.report(n, Problem{Code: CodeEmpty, Message: "a test needs its runbook", Hint: "write runbook: its-id, or call the file its-id.test.yaml"})
		}
	}
	if has("test") && !has("expect") {
		r.report(n, Problem{Code: CodeHollow, Message: "a check that cannot fail: nothing is expected", Hint: "write expect: { ends: resolved }, or what must come of it"})
	}
	if has("expect") && !has("test") && !inTests {
		r.report(n, Problem{Code: CodeEmpty, Message: "what is expected needs the name of a test", Hint: "write test: what it shows"})
	}
}

// runbookOfTests is the runbook whose tests a file of this name holds: `<id>.test.yaml` or `<id>.anything.test.yaml`.
// It is empty where the name says none.
func runbookOfTests(name string) string {
	id, _, _ := strings.Cut(name[strings.LastIndexAny(name, `/\`)+1:], ".")
	if !regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(id) {
		return ""
	}
	return id
}

// distinct reports tests of one name: a failure would not say which of them it is.
func (r rehearsalReader) distinct(all []Rehearsal) {
	first := map[string]int{}
	for _, one := range all {
		at, known := one.Places["test"]
		line, twice := first[one.Name]
		switch {
		case !known || one.Name == "":
		case twice:
			r.problems = append(r.problems, Problem{
				File: at.File, Line: at.Line, Column: at.Column, Code: CodeTaken,
				Message: fmt.Sprintf("the test %q stands here twice", one.Name), Hint: fmt.Sprintf("the first is in line %d", line),
			})
		default:
			first[one.Name] = at.Line
		}
	}
}

// with reads the values of inputs.
func (r rehearsalReader) with(out *Rehearsal, n *yaml.Node) map[string]any {
	entries, _ := r.entries(n, "with")
	values := map[string]any{}
	for _, e := range entries {
		out.Places["with."+e.key] = r.mark(e.keyNode)
		read := r.answered
		if e.value.Tag == "!!null" {
			read = r.value // an input is never null
		}
		if value, ok := read(e.value, "with."+e.key, 0); ok {
			values[e.key] = value
		}
	}
	return values
}

// word reads text that is taken as it stands and says something.
func (r rehearsalReader) word(n *yaml.Node, what string) string {
	text, ok := r.plain(n, what)
	if ok && strings.TrimSpace(text) == "" {
		r.report(n, Problem{Code: CodeEmpty, Message: what + " is empty", Hint: "write a text, or leave it out"})
	}
	return text
}

// oneOf reads one of the allowed words.
func (r rehearsalReader) oneOf(n *yaml.Node, what string, allowed []string) string {
	word := r.word(n, what)
	if word != "" && !slices.Contains(allowed, word) {
		r.unknown(n, fmt.Sprintf("%s cannot be %q", what, word), word, allowed)
	}
	return word
}

// span reads how long something takes.
func (r rehearsalReader) span(n *yaml.Node, what string) (time.Duration, bool) {
	if _, ok := r.plain(n, what); !ok {
		return 0, false
	}
	text, ok := r.duration(n, what)
	if !ok {
		return 0, false
	}
	d, err := expression.ParseDuration(text)
	return d, err == nil
}

// lasting is span for what means nothing when it is 0.
func (r rehearsalReader) lasting(n *yaml.Node, what string) time.Duration {
	d, ok := r.span(n, what)
	if ok && d == 0 {
		r.report(n, Problem{Code: CodeWrongType, Message: fmt.Sprintf("%s must be longer than 0s", what), Hint: "leave it out"})
	}
	return d
}

// isTrue tells whether a value is true, the word of YAML.
func isTrue(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!bool" && strings.EqualFold(n.Value, "true")
}

// many lists the items of a list, or the one value that stands in its place. An empty list is reported: it says
// nothing.
func (r rehearsalReader) many(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		return []*yaml.Node{n}
	}
	items, _ := r.items(n, what)
	if len(items) == 0 {
		r.report(n, Problem{Code: CodeEmpty, Message: what + " is empty and says nothing", Hint: "leave it out, or name something"})
	}
	return items
}

package runbooks

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/expression"
)

// Bounds of a file. A runbook that people can read is far below them.
const (
	maxSource    = 1 << 20 // bytes of a file
	maxNodes     = 50_000  // scalars, lists and maps, with aliases counted each time
	maxNesting   = 8       // blocks of steps within one another
	maxNameWords = 12      // alternatives that a message lists
)

// reader walks the YAML tree and collects every problem. Places of what it read are kept by name, for the checks that
// follow: "containment/0" is a step's kind key, "containment/0.who[1]" the second name of its field who.
type reader struct {
	src      *source
	problems Problems
	places   map[string]*yaml.Node
	visited  int
	full     bool     // the bound on nodes was reported
	lost     []string // beginnings of the outputs of steps that could not be read
}

// entry is one key of a mapping with its value.
type entry struct {
	key     string
	keyNode *yaml.Node
	value   *yaml.Node
}

// report adds a problem at a node.
func (r *reader) report(n *yaml.Node, p Problem) {
	p.File = r.src.name
	if p.Line == 0 {
		p.Line, p.Column = r.src.inside(n)
	}
	r.problems = append(r.problems, p)
}

// place returns the node that was read under a name, or the nearest one around it.
func (r *reader) place(name string) *yaml.Node {
	for name != "" {
		if n, ok := r.places[name]; ok {
			return n
		}
		cut := strings.LastIndexAny(name, "/.[")
		name = name[:max(cut, 0)]
	}
	return &yaml.Node{Line: 1, Column: 1}
}

// readable refuses what no file of ours can be.
func (r *reader) readable(text []byte) bool {
	switch {
	case len(text) > maxSource:
		r.report(&yaml.Node{}, Problem{Code: CodeSize, Message: fmt.Sprintf("the file is larger than %d KiB", maxSource>>10)})
	case !utf8.Valid(text):
		r.report(&yaml.Node{}, Problem{Code: CodeYAML, Message: "the file is not UTF-8 text"})
	default:
		return true
	}
	return false
}

// decode parses the text into its one document. A syntax error is the only problem then: nothing behind it can be
// trusted.
func (r *reader) decode(text []byte) *yaml.Node {
	if !r.readable(text) {
		return nil
	}
	var document yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		r.report(&yaml.Node{}, Problem{Code: CodeEmpty, Message: "the file is empty", Hint: "a runbook begins with `runbook: its-id`"})
		return nil
	case err != nil:
		r.syntaxError(err)
		return nil
	}
	var second yaml.Node
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		if err != nil {
			r.syntaxError(err)
		} else {
			r.report(&second, Problem{Code: CodeYAML, Message: "a second document begins here", Hint: "one file holds one runbook"})
		}
		return nil
	}
	return document.Content[0]
}

// syntaxError reports what the YAML parser said, with the usual culprit on that line named.
func (r *reader) syntaxError(err error) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	p := Problem{Code: CodeYAML, Message: text, Line: 1, Column: 1}
	if found := regexp.MustCompile(`^line (\d+): (?s:(.*))$`).FindStringSubmatch(text); found != nil {
		if line, convErr := strconv.Atoi(found[1]); convErr == nil {
			p.Line, p.Message = min(max(line, 1), len(r.src.lines)), found[2]
		}
	}
	// The parser often notices on the line after the culprit's.
	for _, line := range []int{p.Line, p.Line - 1, p.Line + 1} {
		if column, hint := culprit(r.src.line(line)); hint != "" {
			p.Line, p.Column, p.Hint = line, column, hint
			break
		}
	}
	if p.Hint == "" {
		content := r.src.line(p.Line)
		p.Column = len([]rune(content)) - len([]rune(strings.TrimLeft(content, " \t"))) + 1
	}
	r.report(&yaml.Node{}, p)
}

// culprit finds what most often breaks a line: a tab, or a character with a meaning of its own, unquoted, in a flow
// map or in a value.
func culprit(line string) (column int, hint string) {
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	if tab := strings.IndexByte(line[:indent], '\t'); tab >= 0 {
		return tab + 1, "indent with spaces, not tabs"
	}
	at := func(offset int) int { return len([]rune(line[:offset])) + 1 }
	if open := strings.IndexByte(line, '{'); open >= 0 {
		if wrapped := strings.Index(line[open:], "${{"); wrapped > 0 {
			return at(open + wrapped), `quote ${{ }} inside { }: { service: "${{ inputs.service }}" }`
		}
		if found := regexp.MustCompile(`[?#]|: [^,}"']*: `).FindStringIndex(line[open:]); found != nil {
			return at(open + found[0]), "quote text with ?, : or # inside { }"
		}
	}
	if found := regexp.MustCompile(`^\s*(?:- )?[A-Za-z_]+: +[^"'\s|>#{\[].*(: )`).FindStringSubmatchIndex(line); found != nil {
		return at(found[2]), "quote text that contains a colon and a space"
	}
	if found := regexp.MustCompile("^\\s*(?:- )?[A-Za-z_]+: +([%@`])").FindStringSubmatchIndex(line); found != nil {
		return at(found[2]), "quote text that begins with " + line[found[2]:found[3]]
	}
	return 0, ""
}

// visit counts nodes and follows aliases. It answers nil when the file is larger than anybody means it.
func (r *reader) visit(n *yaml.Node) *yaml.Node {
	for depth := 0; n.Kind == yaml.AliasNode && depth < maxNesting; depth++ {
		r.report(n, Problem{Code: CodeAnchor, Warning: true, Message: "an alias hides what this place says", Hint: "write it out"})
		n = n.Alias
	}
	if r.visited++; r.visited > maxNodes || n.Kind == yaml.AliasNode {
		if !r.full {
			r.report(n, Problem{Code: CodeSize, Message: fmt.Sprintf("the file has more than %d values", maxNodes)})
		}
		r.full = true
		return nil
	}
	if n.Style&yaml.TaggedStyle != 0 {
		r.report(n, Problem{Code: CodeYAML, Message: fmt.Sprintf("the tag %s is not used in runbooks", n.Tag), Hint: "remove it"})
	}
	return n
}

// entries reads a mapping; what names it in messages.
func (r *reader) entries(n *yaml.Node, what string) ([]entry, bool) {
	if n = r.visit(n); n == nil {
		return nil, false
	}
	if n.Kind != yaml.MappingNode {
		r.wrongShape(n, what, "key: value pairs")
		return nil, false
	}
	var out []entry
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Tag == "!!merge" {
			out = append(out, r.merged(value, what)...)
			continue
		}
		if key.Kind != yaml.ScalarNode {
			r.report(key, Problem{Code: CodeYAML, Message: "a key is a word", Hint: "quote text with ? at its beginning"})
			continue
		}
		if line, twice := seen[key.Value]; twice {
			r.report(key, Problem{Code: CodeDuplicateKey, Message: fmt.Sprintf("key %q stands here twice", key.Value), Hint: fmt.Sprintf("the first is in line %d", line)})
			continue
		}
		seen[key.Value] = key.Line
		r.booleanWord(key, "a key")
		out = append(out, entry{key: key.Value, keyNode: key, value: value})
	}
	return dropOverridden(out, seen), true
}

// merged reads the entries that a merge key brings in.
func (r *reader) merged(value *yaml.Node, what string) []entry {
	r.report(value, Problem{Code: CodeAnchor, Warning: true, Message: "a merge key hides what this place says", Hint: "write it out"})
	if value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	out, _ := r.entries(value, what)
	for i := range out {
		out[i].keyNode = &yaml.Node{Kind: yaml.ScalarNode, Value: out[i].key, Line: value.Line, Column: value.Column, Tag: "!!merge"}
	}
	return out
}

// dropOverridden removes merged entries whose key the mapping itself has, and repeated ones.
func dropOverridden(entries []entry, own map[string]int) []entry {
	out := entries[:0]
	for _, e := range entries {
		if e.keyNode.Tag == "!!merge" {
			if _, known := own[e.key]; known {
				continue
			}
			own[e.key] = e.keyNode.Line
		}
		out = append(out, e)
	}
	return out
}

// items reads a list; what names it in messages.
func (r *reader) items(n *yaml.Node, what string) ([]*yaml.Node, bool) {
	if n = r.visit(n); n == nil {
		return nil, false
	}
	if n.Kind != yaml.SequenceNode {
		r.wrongShape(n, what, "a list")
		return nil, false
	}
	return n.Content, true
}

// scalar reads one value that is not empty.
func (r *reader) scalar(n *yaml.Node, what string) (*yaml.Node, bool) {
	if n = r.visit(n); n == nil {
		return nil, false
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.wrongShape(n, what, "text")
		return nil, false
	}
	return n, true
}

// wrongShape reports a value that is empty, or of another build than its place takes.
func (r *reader) wrongShape(n *yaml.Node, what, wanted string) {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!null" {
		found := map[yaml.Kind]string{yaml.ScalarNode: "one value", yaml.SequenceNode: "a list", yaml.MappingNode: "key: value pairs"}[n.Kind]
		p := Problem{Code: CodeUnknownKey, Message: fmt.Sprintf("%s takes %s, found %s", what, wanted, found)}
		if n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0 && strings.HasPrefix(r.src.line(n.Line)[min(n.Column-1, len(r.src.line(n.Line))):], "{{") {
			p.Hint = `quote text that begins with {{`
		}
		r.report(n, p)
		return
	}
	if n.Value != "" {
		r.report(n, Problem{Code: CodeEmpty, Message: fmt.Sprintf("%s is %s, which means nothing", what, n.Value), Hint: fmt.Sprintf("quote it if you mean the word: %q", n.Value)})
		return
	}
	p := Problem{Code: CodeEmpty, Message: "empty value", Hint: fmt.Sprintf("%s takes %s", what, wanted)}
	line := r.src.line(n.Line)
	if before, comment, ok := strings.Cut(line, "#"); ok && wanted == "text" && strings.HasSuffix(strings.TrimRight(before, " "), ":") {
		key := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(before), "- "))
		p.Message, p.Hint = "empty value: an unquoted # starts a comment", fmt.Sprintf("write %s %q", key, "#"+strings.TrimSpace(comment))
	}
	r.report(n, p)
}

// booleanWord reports words that tools of YAML 1.1 read as true or false.
func (r *reader) booleanWord(n *yaml.Node, what string) {
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 || !isBooleanWord(n.Value) {
		return
	}
	r.report(n, Problem{Code: CodeBooleanWord, Message: fmt.Sprintf("%s may not be %s: many tools read it as a boolean", what, n.Value), Hint: "choose another word"})
}

func isBooleanWord(word string) bool {
	switch strings.ToLower(word) {
	case "y", "n", "yes", "no", "on", "off", "true", "false":
		return true
	default:
		return false
	}
}

// unknown reports a word that its place does not know, with the nearest it does know.
func (r *reader) unknown(n *yaml.Node, message, word string, known []string) {
	p := Problem{Code: CodeUnknownKey, Message: message}
	if near, ok := expression.Nearest(word, known); ok {
		p.Hint = fmt.Sprintf("did you mean %q?", near)
	} else if len(known) <= maxNameWords {
		p.Hint = "known: " + strings.Join(known, ", ")
	}
	r.report(n, p)
}

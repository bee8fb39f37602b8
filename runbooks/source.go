package runbooks

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// source is a runbook's text with the places of its characters. Lines break where YAML breaks them.
type source struct {
	name  string
	runes []rune
	lines []int // index of each line's first character
}

func newSource(name, text string) *source {
	s := &source{name: name, runes: []rune(text), lines: []int{0}}
	for i, c := range s.runes {
		crlf := c == '\r' && i+1 < len(s.runes) && s.runes[i+1] == '\n'
		if isBreak(c) && !crlf {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

func isBreak(c rune) bool { return strings.ContainsRune("\n\r\u0085\u2028\u2029", c) }

func isSpace(c rune) bool { return c == ' ' || c == '\t' || isBreak(c) }

// index is the position of a place; places outside the text are moved to its end.
func (s *source) index(line, column int) int {
	if line < 1 || line > len(s.lines) {
		return len(s.runes)
	}
	return min(s.lines[line-1]+column-1, len(s.runes))
}

// inside is the place of a node. The YAML parser puts what is missing at a file's end behind the last line.
func (s *source) inside(n *yaml.Node) (line, column int) {
	if n.Line > len(s.lines) {
		return len(s.lines), len([]rune(s.line(len(s.lines)))) + 1
	}
	return max(n.Line, 1), max(n.Column, 1)
}

// line is the text of a line without its break.
func (s *source) line(number int) string {
	if number < 1 || number > len(s.lines) {
		return ""
	}
	end := len(s.runes)
	if number < len(s.lines) {
		end = s.lines[number]
	}
	return strings.TrimRight(string(s.runes[s.lines[number-1]:end]), "\n\r\u0085\u2028\u2029")
}

// place is the line and column of an index.
func (s *source) place(index int) (line, column int) {
	line = 1
	for line < len(s.lines) && s.lines[line] <= index {
		line++
	}
	return line, index - s.lines[line-1] + 1
}

// within translates a place in a scalar's value to the place in the file, through quotes, escapes, folding and the
// indentation of blocks. Where that cannot be told it is the scalar's own place.
func (s *source) within(n *yaml.Node, line, column int) (fileLine, fileColumn int) {
	places := s.align(n)
	at := 0
	value := []rune(n.Value)
	for ; line > 1 && at < len(value); at++ {
		if value[at] == '\n' {
			line--
		}
	}
	at += column - 1
	if places == nil || line > 1 || at >= len(places) {
		return n.Line, n.Column
	}
	return s.place(places[at])
}

// align finds for each character of a scalar's value, and for its end, the index in the source. Values and sources
// differ in white space, quotes and escapes only, so the other characters are met in order. It returns nil when they
// are not.
func (s *source) align(n *yaml.Node) []int {
	at := s.scalarStart(n)
	value := []rune(n.Value)
	places := make([]int, 0, len(value)+1)
	for _, c := range value {
		if isSpace(c) {
			places = append(places, at)
			at += s.spaceLength(n, at, c)
			continue
		}
		for at < len(s.runes) && (isSpace(s.runes[at]) || s.isContinuation(n, at)) {
			at++
		}
		length := s.charLength(n, at, c)
		if length == 0 {
			return nil
		}
		places = append(places, at)
		at += length
	}
	return append(places, min(at, len(s.runes)))
}

// scalarStart is the index of a scalar's first character, behind anchors, quotes and the header of a block.
func (s *source) scalarStart(n *yaml.Node) int {
	at := s.index(n.Line, n.Column)
	if n.Anchor != "" {
		for at < len(s.runes) && !isSpace(s.runes[at]) {
			at++
		}
		for at < len(s.runes) && isSpace(s.runes[at]) {
			at++
		}
	}
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		line, _ := s.place(min(at, max(len(s.runes)-1, 0)))
		return s.index(line+1, 1)
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return at + 1
	default:
		return at
	}
}

// isContinuation tells whether a double-quoted line ends here with a backslash.
func (s *source) isContinuation(n *yaml.Node, at int) bool {
	return n.Style&yaml.DoubleQuotedStyle != 0 && s.runes[at] == '\\' && at+1 < len(s.runes) && isBreak(s.runes[at+1])
}

// spaceLength is how much source a white-space character of the value takes: itself, an escape, or nothing where a
// line break was folded into it.
func (s *source) spaceLength(n *yaml.Node, at int, c rune) int {
	switch {
	case at >= len(s.runes):
		return 0
	case s.runes[at] == c:
		return 1
	case n.Style&yaml.DoubleQuotedStyle != 0 && s.runes[at] == '\\' && !s.isContinuation(n, at):
		return s.escapeLength(at)
	default:
		return 0
	}
}

// charLength is how much source a character of the value takes; 0 when it does not stand here.
func (s *source) charLength(n *yaml.Node, at int, c rune) int {
	switch {
	case at >= len(s.runes):
		return 0
	case n.Style&yaml.DoubleQuotedStyle != 0 && s.runes[at] == '\\':
		return s.escapeLength(at)
	case s.runes[at] != c:
		return 0
	case n.Style&yaml.SingleQuotedStyle != 0 && c == '\'':
		return 2
	default:
		return 1
	}
}

// escapeLength is the length of the escape sequence that begins at a backslash.
func (s *source) escapeLength(at int) int {
	if at+1 >= len(s.runes) {
		return 1
	}
	switch s.runes[at+1] {
	case 'x':
		return 4
	case 'u':
		return 6
	case 'U':
		return 10
	default:
		return 2
	}
}

package expression

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Text is a compiled text with expressions in ${{ }}. It is safe for concurrent
// use.
type Text struct {
	source string
	parts  []textPart
}

// textPart is either literal text or an expression.
type textPart struct {
	literal string
	program *Program
	offset  int // of an expression's ${{ within the source
}

// CompileText checks a text and the expressions in it. The error is Problems,
// with places within text.
func (e *Environment) CompileText(text string) (*Text, error) {
	t := &Text{source: text}
	var ps Problems
	rest := 0
	for {
		open := strings.Index(text[rest:], "${{")
		if open < 0 {
			break
		}
		open += rest
		if open > rest {
			t.parts = append(t.parts, textPart{literal: text[rest:open]})
		}
		end, closed := closingBraces(text, open+len("${{"))
		if !closed {
			p := &Problem{Code: CodeSyntax, Message: "${{ is never closed", Hint: "close it with }}"}
			p.Line, p.Column = placeOf(text, open)
			return nil, append(ps, p)
		}
		program, problems := e.compilePart(text, open+len("${{"), end)
		ps = append(ps, problems...)
		t.parts = append(t.parts, textPart{program: program, offset: open})
		rest = end + len("}}")
	}
	if rest < len(text) {
		t.parts = append(t.parts, textPart{literal: text[rest:]})
	}
	if len(ps) == 0 {
		ps = t.unprintable()
	}
	if len(ps) > 0 {
		return nil, ps
	}
	return t, nil
}

// compilePart compiles the expression text[from:to] and moves its problems to
// their places within the whole text.
func (e *Environment) compilePart(text string, from, to int) (*Program, Problems) {
	inner := text[from:to]
	lead := len(inner) - len(strings.TrimLeft(inner, " \t\r\n"))
	program, err := e.Compile(strings.TrimSpace(inner), Dyn)
	if err == nil {
		return program, nil
	}
	var ps Problems
	if !errors.As(err, &ps) {
		ps = Problems{{Line: 1, Column: 1, Code: CodeSyntax, Message: err.Error()}}
	}
	line, column := placeOf(text, from+min(lead, len(inner)))
	for _, p := range ps {
		if p.Line == 1 {
			p.Column += column - 1
		}
		p.Line += line - 1
	}
	return nil, ps
}

// unprintable refuses maps within longer text: there is no good way to read one
// aloud. A text that is one expression alone keeps any type.
func (t *Text) unprintable() Problems {
	if len(t.parts) < 2 {
		return nil
	}
	var ps Problems
	for _, part := range t.parts {
		if part.program == nil {
			continue
		}
		if kind := part.program.Type(); kind.IsMap() || kind.Elem().IsMap() {
			p := &Problem{Code: CodeMismatch, Message: "a map has no place inside text", Hint: "name one of its fields"}
			p.Line, p.Column = placeOf(t.source, part.offset)
			ps = append(ps, p)
		}
	}
	return ps
}

// Source is the text as it was written.
func (t *Text) Source() string { return t.source }

// Type is the type of the value: that of the expression for a text that is
// exactly one ${{ }}, otherwise String.
func (t *Text) Type() Type {
	if len(t.parts) == 1 && t.parts[0].program != nil {
		return t.parts[0].program.Type()
	}
	return String
}

// Constant returns the text when it holds no expression.
func (t *Text) Constant() (string, bool) {
	for _, part := range t.parts {
		if part.program != nil {
			return "", false
		}
	}
	return t.source, true
}

// References lists the variables that the text mentions, sorted.
func (t *Text) References() []string {
	var names []string
	for _, part := range t.parts {
		if part.program != nil {
			names = append(names, part.program.references...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Eval fills the text. A text that is exactly one ${{ }} gives its value with its
// type; any other gives a string in which durations read "1h 2m", times are
// RFC 3339 in UTC and lists are joined with ", ". A nil Text gives an error.
func (t *Text) Eval(values Values) (Result, error) {
	if t == nil {
		return Result{}, errNotCompiled
	}
	if len(t.parts) == 1 && t.parts[0].program != nil {
		return t.parts[0].program.Eval(values)
	}
	var text strings.Builder
	var unknown []string
	for _, part := range t.parts {
		if part.program == nil {
			text.WriteString(part.literal)
			continue
		}
		result, err := part.program.Eval(values)
		if err != nil {
			return Result{}, err
		}
		unknown = append(unknown, result.Unknown...)
		if !result.Known() {
			continue
		}
		text.WriteString(Format(result.Value))
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return Result{Unknown: slices.Compact(unknown)}, nil
	}
	return Result{Value: text.String()}, nil
}

// Format renders a Result's value the way it stands inside text. A value that is
// missing is rendered as nothing, a dynamic map as JSON with sorted keys.
func Format(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Duration:
		return FormatDuration(v)
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = Format(item)
		}
		return strings.Join(items, ", ")
	default:
		printed, err := json.Marshal(v)
		if err != nil { // a number that JSON does not know
			return fmt.Sprint(v)
		}
		return string(printed)
	}
}

// closingBraces finds the }} that ends the expression beginning at from, passing
// over quoted text and over the braces of map literals. Where a quote is never
// closed it takes the first }}, so that the quote is what gets reported.
func closingBraces(text string, from int) (end int, closed bool) {
	depth := 0
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '"', '\'':
			i = skipQuoted(text, i) - 1
		case '{':
			depth++
		case '}':
			if depth == 0 && strings.HasPrefix(text[i:], "}}") {
				return i, true
			}
			depth = max(depth-1, 0)
		}
	}
	first := strings.Index(text[from:], "}}")
	return from + first, first >= 0
}

// skipQuoted returns the offset after the quoted text that begins at from, or the
// end of the source where it is not closed. It knows CEL's raw and triple quotes;
// a simple quote ends on its line and before the next ${{.
func skipQuoted(source string, from int) int {
	quote := source[from : from+1]
	raw := from > 0 && strings.ContainsRune("rR", rune(source[from-1]))
	triple := strings.Repeat(quote, 3)
	long := strings.HasPrefix(source[from:], triple)
	if long {
		quote = triple
	}
	for i := from + len(quote); i < len(source); i++ {
		switch {
		case source[i] == '\\' && !raw:
			i++
		case strings.HasPrefix(source[i:], quote):
			return i + len(quote)
		case !long && (source[i] == '\n' || strings.HasPrefix(source[i:], "${{")):
			return len(source)
		}
	}
	return len(source)
}

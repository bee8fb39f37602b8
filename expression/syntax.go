package expression

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
)

// syntaxProblems turns the parser's complaints into one problem, the first: what
// a parser says after its first surprise is rarely about the text.
func syntaxProblems(source string, issues *cel.Issues) Problems {
	if strings.TrimSpace(source) == "" {
		return Problems{{Line: 1, Column: 1, Code: CodeSyntax, Message: "empty expression"}}
	}
	errs := slices.Clone(issues.Errors())
	slices.SortStableFunc(errs, func(a, b *cel.Error) int {
		if byLine := a.Location.Line() - b.Location.Line(); byLine != 0 {
			return byLine
		}
		return a.Location.Column() - b.Location.Column()
	})
	first := errs[0]
	p := &Problem{Line: max(first.Location.Line(), 1), Column: max(first.Location.Column()+1, 1), Code: CodeSyntax}
	p.Message, p.Hint = plainSyntax(source, strings.TrimPrefix(first.Message, "Syntax error: "))
	return Problems{p}
}

// plainSyntax rewrites one complaint of the parser. Complaints that are plain
// already (a reserved word, a number out of range) are kept.
func plainSyntax(source, raw string) (message, hint string) {
	if found := regexp.MustCompile(`(?s)token recognition error at: '(.*)'$`).FindStringSubmatch(raw); found != nil {
		return plainToken(found[1])
	}
	found := regexp.MustCompile(`(?s)(?:mismatched input|extraneous input|no viable alternative at input|missing .* at) '(.*?)'(?: expecting .*)?$`).FindStringSubmatch(raw)
	switch {
	case found == nil:
		return plainParserLimit(raw)
	case strings.Contains(found[1], "<EOF>"):
		return "the expression ends too early", endHint(source)
	}
	switch word := found[1]; word {
	case "and":
		return `"and" is not an operator`, "write &&"
	case "or":
		return `"or" is not an operator`, "write ||"
	default:
		return fmt.Sprintf("unexpected %q", word), ""
	}
}

func plainParserLimit(raw string) (message, hint string) {
	switch {
	case strings.Contains(raw, "code point size exceeds limit"):
		return fmt.Sprintf("the expression is longer than %d characters", maxSourceLength), ""
	case strings.Contains(raw, "recursion limit"):
		return "the expression is nested too deeply", ""
	case strings.HasPrefix(raw, "reserved identifier: "):
		return fmt.Sprintf("%q is a reserved word", strings.TrimPrefix(raw, "reserved identifier: ")), ""
	default:
		return raw, ""
	}
}

// plainToken explains characters that no expression contains.
func plainToken(token string) (message, hint string) {
	switch first := token[:min(1, len(token))]; first {
	case `"`, "'":
		return "text without a closing quote", "close it with " + first
	case "=":
		return "= does not compare", "write =="
	case "&":
		return "& is not an operator", "write &&"
	case "|":
		return "| is not an operator", "write ||"
	default:
		return fmt.Sprintf("unexpected %q", strings.TrimSpace(token)), ""
	}
}

// endHint names the bracket that is still open at the end of the source, if any.
// It counts outside quoted text only.
func endHint(source string) string {
	closing := map[byte]byte{'(': ')', '[': ']', '{': '}'}
	var open []byte
	for i := 0; i < len(source); i++ {
		switch c := source[i]; c {
		case '"', '\'':
			i = skipQuoted(source, i) - 1
		case '(', '[', '{':
			open = append(open, closing[c])
		case ')', ']', '}':
			open = open[:max(len(open)-1, 0)]
		}
	}
	if len(open) == 0 {
		return ""
	}
	return fmt.Sprintf("close it with %c", open[len(open)-1])
}

package expression

import (
	"fmt"
	"strings"
)

// Code names a rule of the runbook language that an expression breaks.
type Code string

// The rules that this package checks.
const (
	CodeSyntax        Code = "T01" // not an expression at all
	CodeUndeclared    Code = "T02" // a name that does not exist
	CodeMismatch      Code = "T03" // types that do not go together
	CodeWrongResult   Code = "T04" // an expression of another type than its place wants
	CodeWrapped       Code = "T05" // ${{ }} inside a bare expression
	CodeComprehension Code = "T06" // iterating a map or a dynamic value
)

// Problem is one fault of an expression or of a text with expressions. Line and
// Column count from 1 and in characters, within the source that was compiled.
type Problem struct {
	Line    int
	Column  int
	Code    Code
	Message string
	Hint    string // what to write instead; may be empty
}

// Error renders the problem in one line: place, code, message, hint.
func (p *Problem) Error() string {
	text := fmt.Sprintf("%d:%d: %s %s", p.Line, p.Column, p.Code, p.Message)
	if p.Hint != "" {
		text += " (" + p.Hint + ")"
	}
	return text
}

// Problems are all faults that one compilation found, in the order of their
// places. The error of Compile and CompileText is always of this type.
type Problems []*Problem

// Error renders one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

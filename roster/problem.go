package roster

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Problem is one fault of a file, with its place and what to do about it. Line and Column count from 1; they are 0
// when the file could not be read at all.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}

// String is the problem in one line: file:line:column: message (remedy).
func (p Problem) String() string {
	text := p.File + ": " + p.Message
	if p.Line > 0 {
		text = fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
	}
	if p.Remedy != "" {
		text += " (" + p.Remedy + ")"
	}
	return text
}

// Problems are all faults of a file in the order of their places. None means that the file is in order.
type Problems []Problem

// Err is the problems as one error of several lines, or nil when there are none.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	lines := make([]string, 0, len(p))
	for _, problem := range p {
		lines = append(lines, problem.String())
	}
	return errors.New(strings.Join(lines, "\n"))
}

// sorted puts the problems in the order of the file and leaves out repetitions.
func (p Problems) sorted() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	var once Problems
	for _, problem := range p {
		if !slices.Contains(once, problem) {
			once = append(once, problem)
		}
	}
	return once
}

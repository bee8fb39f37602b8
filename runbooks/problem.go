package runbooks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Code names the rule of the language that a problem breaks.
type Code string

// The rules; Rules tells more of each. Those of expressions (T01 to T06) are mostly found by package expression.
const (
	CodeYAML           Code = "P01" // not YAML
	CodeDuplicateKey   Code = "P02"
	CodeUnknownKey     Code = "P03" // also: a word or a shape that the place does not take
	CodeEmpty          Code = "P04" // nothing where a value is needed
	CodeKindKeys       Code = "P05" // no kind key, or two
	CodeAnchor         Code = "P06" // anchors and merge keys (warning)
	CodeBooleanWord    Code = "P07" // yes, no, on, off unquoted
	CodeNoUnit         Code = "P08" // a duration without a unit
	CodeSize           Code = "P09" // too large
	CodeBadName        Code = "N01"
	CodeTaken          Code = "N02" // a name that is used twice
	CodeUnknownName    Code = "N03" // no such role, severity, phase, action or runbook
	CodeUnused         Code = "N04" // a role, input or id that nothing refers to (warning)
	CodeCycle          Code = "N05" // runbooks that import one another
	CodePhase          Code = "N06" // misspelt or misplaced phase
	CodeSyntax         Code = "T01"
	CodeUndeclared     Code = "T02"
	CodeMismatch       Code = "T03"
	CodeWrongType      Code = "T04"
	CodeWrapped        Code = "T05" // ${{ }} where nothing is filled in
	CodeLoop           Code = "T06" // over a map, or over what may be one
	CodeWith           Code = "T07" // what an action or a runbook does not take
	CodeInput          Code = "T08" // an input's default, enum or pattern
	CodeColumns        Code = "T09" // severity rows that differ
	CodeClock          Code = "T10" // a condition that only the clock would change
	CodeTooEarly       Code = "F01" // reads a step that cannot have run, or may have been skipped (warning)
	CodeUnreachable    Code = "F02"
	CodeChoice         Code = "F03" // case or choose that is no choice
	CodeEndless        Code = "F04" // repeat without max
	CodeForward        Code = "F05" // return to a later phase
	CodeSelfTrigger    Code = "F06" // a watch that changes what it watches
	CodeSetBeside      Code = "F07" // set where steps run side by side
	CodeNoUndo         Code = "F08" // revert of something without undo
	CodeNoTimeout      Code = "S01" // waits for people without saying for how long
	CodeSilentYes      Code = "S02" // an approval that silence grants
	CodeLonePage       Code = "S03" // a page with one level and nothing behind it (warning)
	CodeNoWayBack      Code = "S04" // a change without undo and without approval (warning)
	CodeSecret         Code = "S05" // a secret where none may stand
	CodeOutside        Code = "S06" // a private incident told outside without review
	CodeShrug          Code = "S07" // an action whose failure is passed over (warning)
	CodeTwice          Code = "S08" // a retry of what is not idempotent
	CodeNoReview       Code = "S09" // nothing leads to lessons_learned (warning)
	CodeNoCommander    Code = "S10"
	CodeNobody         Code = "S11" // a severity nobody is paged for (warning)
	CodeShellInjection Code = "S12" // ${{ }} inside a command
	CodeLatePage       Code = "S13" // the first page comes late (warning)
	CodeFinallyWaits   Code = "S14"
	CodeFewTargets     Code = "S15" // a page that needs more acknowledgements than it has targets (warning)
	CodeAct            Code = "R01" // an act of a script without a verb, or with two
	CodeHollow         Code = "R02" // a check that cannot fail, or cannot pass
	CodeInstant        Code = "R03" // a time that the clock never shows, or shows twice (warning)
	CodeBackwards      Code = "R04" // a script that goes back in time (warning)
)

// Problem is one fault of a runbook, with its place and a remedy. Line and Column count from 1, columns in characters.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Code    Code   `json:"code"`
	Warning bool   `json:"warning,omitempty"` // the runbook runs all the same
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// String renders the problem in one line: `outage.yaml:11:7: S01 ask needs timeout and on_timeout (hint)`.
func (p Problem) String() string {
	text := string(p.Code) + " "
	if p.Line > 0 { // what is not of a file, but of flags, has no place
		text = fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, text)
	}
	if p.Warning {
		text += "warning: "
	}
	text += p.Message
	if p.Hint != "" {
		text += " (" + p.Hint + ")"
	}
	return text
}

// Problems are all the faults of one file, in the order of their places.
type Problems []Problem

// Error renders one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Err is nil when there are no problems but warnings, and the problems otherwise.
func (ps Problems) Err() error {
	for _, p := range ps {
		if !p.Warning {
			return ps
		}
	}
	return nil
}

// sorted orders problems by place and drops repetitions: one fault may be met on two ways.
func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(a.Line-b.Line, a.Column-b.Column, strings.Compare(string(a.Code), string(b.Code)))
	})
	return slices.Compact(ps)
}

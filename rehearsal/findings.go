package rehearsal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// FindingCode names what is wrong with a path.
type FindingCode string

// What a path can do that nobody wants.
const (
	NeverEnds     FindingCode = "never-ends"      // everybody answers, and it is still open
	WaitsForNone  FindingCode = "waits-for-none"  // it is open, and nobody is asked or called
	NobodyPaged   FindingCode = "nobody-paged"    // it ends, and no telephone was asked for
	SkipsLessons  FindingCode = "skips-lessons"   // it is resolved, and no step of the lessons learned was run
	LateFirstPage FindingCode = "late-first-page" // somebody is called later than allowed
	Breaks        FindingCode = "breaks"          // the workflow fails
	CannotAnswer  FindingCode = "cannot-answer"   // somebody who is asked may not answer
)

// Finding is what is wrong with a path, and the script that shows it again.
type Finding struct {
	Code   FindingCode `json:"code"`
	Text   string      `json:"text"`
	Path   []string    `json:"path"`  // the decisions that differ from the usual ones, in words
	Paths  int         `json:"paths"` // how many of the paths that were walked have it
	Script string      `json:"script"`
}

// judge finds what is wrong with a path. What a runbook is not made for by itself is not missed in it.
func (e *explorer) judge(r *Result) {
	inc := &r.Final.Incident
	e.judgeEnd(r)
	if !e.part {
		e.judgePages(r)
	}
	for _, f := range r.Faults {
		e.report(Finding{Code: CannotAnswer, Text: f.Text}, r)
	}
	if !e.part && inc.Ending == incident.Resolved && r.Over && skipsLessons(r) {
		e.report(Finding{Code: SkipsLessons, Text: "it is resolved, and no step of the lessons learned is run"}, r)
	}
	if d, until := r.silence(); d > e.out.Silence.For {
		e.out.Silence = Extreme{For: d, Until: until, Script: ScriptOf(r)}
	}
}

// judgeEnd finds paths that do not end.
func (e *explorer) judgeEnd(r *Result) {
	inc := &r.Final.Incident
	switch {
	case r.Over || !inc.Open():
	case r.circles:
		last := r.taken[len(r.taken)-1].Point
		e.report(Finding{Code: NeverEnds, Text: fmt.Sprintf("it goes round and round: after %d decisions it is at %s: %s", len(r.taken), last.Step, last.What)}, r)
	case !awaited(&r.Final):
		e.report(Finding{Code: WaitsForNone, Text: "it is open, and nobody is asked or called; " + under(&r.Final)}, r)
	default:
		e.report(Finding{Code: NeverEnds, Text: "everybody answers, and after a week it still waits: " + strings.Join(r.Summary().Open, "; ")}, r)
	}
}

// judgePages finds paths on which nobody is called, or too late.
func (e *explorer) judgePages(r *Result) {
	s := r.Summary()
	switch {
	case s.FirstPage == nil:
		e.report(Finding{Code: NobodyPaged, Text: "nobody is called" + prefixed(" at ", string(s.Severity))}, r)
		return
	case *s.FirstPage > e.limits.FirstPage:
		e.report(Finding{Code: LateFirstPage, Text: "the first page comes after " + spoken(*s.FirstPage)}, r)
	}
	if *s.FirstPage > e.out.FirstPage.For {
		e.out.FirstPage = Extreme{For: *s.FirstPage, Script: ScriptOf(r)}
	}
}

// report takes down a finding once, and counts the paths that have it; the path that was found first is the shortest.
func (e *explorer) report(f Finding, r *Result) {
	key := string(f.Code) + f.Text
	if n, known := e.found[key]; known {
		e.out.Findings[n].Paths++
		return
	}
	e.found[key] = len(e.out.Findings)
	f.Paths, f.Script, f.Path = 1, ScriptOf(r), []string{}
	for _, t := range r.taken {
		if t.Option != t.Point.Usual {
			f.Path = append(f.Path, fmt.Sprintf("%s: %s: %s", t.Point.Step, t.Point.What, t.Option))
		}
	}
	e.out.Findings = append(e.out.Findings, f)
}

// awaited says whether somebody with a name is asked or called.
func awaited(s *contract.Snapshot) bool {
	for _, q := range s.Incident.OpenQuestions() {
		if len(q.Addressed) > 0 || len(q.Who) > 0 {
			return true
		}
	}
	return len(s.Incident.OpenPages()) > 0
}

// under lists the steps that have not ended.
func under(s *contract.Snapshot) string {
	var open []string
	for _, line := range s.Steps {
		if line.State != contract.StepPending && !line.State.Terminal() {
			open = append(open, line.Address+" is "+string(line.State))
		}
	}
	if len(open) == 0 {
		return "no step is under way"
	}
	return strings.Join(open, ", ")
}

// skipsLessons says whether a runbook has lessons to learn and a path has learned none.
func skipsLessons(r *Result) bool {
	has := false
	for _, line := range r.Final.Steps {
		if line.Phase != incident.LessonsLearned {
			continue
		}
		has = true
		if line.State != contract.StepPending && line.State != contract.StepSkipped && line.State != contract.StepCancelled {
			return false
		}
	}
	return has
}

// silence is the longest time in which nobody was told anything while the incident was open, and what ended it.
func (r *Result) silence() (longest time.Duration, until string) {
	end := r.Until
	for _, e := range r.Entries {
		if e.Kind == incident.EntryEnded {
			end = e.At
		}
	}
	last := r.Final.Incident.DeclaredAt
	for _, a := range r.Acts {
		if !slices.Contains([]string{"call", "text", "dm", "post", "update"}, a.Kind) || a.At.After(end) {
			continue
		}
		if d := a.At.Sub(last); d > longest {
			longest, until = d, a.What
		}
		last = a.At
	}
	if d := end.Sub(last); d > longest {
		longest, until = d, "the end"
	}
	return longest.Round(time.Second), firstLine(until)
}

package main

import (
	"encoding/xml"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/musterbook/musterbook/rehearsal"
)

// testReport tells how tests went.
type testReport struct {
	*tester
	out  printer
	took time.Duration
}

// tell tells it in all the ways that are wanted. A failed test is an error.
func (t testReport) tell(sh shell, all []*tested) error {
	failed := 0
	for _, one := range all {
		if len(one.Failures) > 0 {
			failed++
		}
		if err := t.one(sh, one); err != nil {
			return err
		}
	}
	covered := coverageOf(all)
	missing := t.coverage(covered)
	if t.junit != "" {
		if err := writeJUnit(t.junit, all, t.took); err != nil {
			return err
		}
	}
	if err := t.out.object(testedJSON(all, covered)); err != nil {
		return err
	}
	summary := fmt.Sprintf("%s in %s", counted(len(all), "test"), passed(t.took))
	switch {
	case failed > 0:
		return fmt.Errorf("%s of %s failed", counted(failed, "test"), summary)
	case t.choices && missing > 0:
		return withHint(fmt.Errorf("%s never taken", counted(missing, "choice")), "muster test --cover names them")
	}
	t.out.line("%s: all passed", summary)
	return nil
}

// one tells of one test: that it passed, or what it expects beside what happened.
func (t testReport) one(sh shell, one *tested) error {
	word := "ok  "
	if len(one.Failures) > 0 {
		word = "FAIL"
	}
	t.out.line("%s  %s · %s (%s)", word, one.Runbook, one.Name, passed(one.Took))
	for _, f := range one.Failures {
		t.out.line("      %s", f)
	}
	if t.json || one.result == nil {
		return nil
	}
	if len(one.Failures) > 0 {
		for _, line := range sideBySide(one) {
			t.out.line("%s", line)
		}
	} else if t.verbose {
		v := newView(sh.stdout, one.result.Start).In(one.result.Start.Location())
		v.Lines(one.result.Lines())
		v.Text("")
		return v.Err()
	}
	return nil
}

// The columns of a test that fails, in cells.
const (
	expectedColumn = 38
	actualColumn   = 57
)

// sideBySide is what a test expects, beside what happened.
func sideBySide(one *tested) []string {
	left := []string{"EXPECTED", strings.Repeat("─", expectedColumn)}
	for _, e := range one.expected {
		mark := "✓ "
		if !e.Met {
			mark = "✗ "
		}
		for n, piece := range wrapped(plainText(e.Text), expectedColumn-2) {
			if n > 0 {
				mark = "  "
			}
			left = append(left, mark+piece)
		}
	}
	right := []string{"WHAT HAPPENED", strings.Repeat("─", actualColumn)}
	for _, l := range one.result.Lines() {
		text := string(l.Kind)
		if l.Who != "" {
			text = "~ " + l.Who
		}
		head := fmt.Sprintf("%8s  ", l.At.Sub(one.result.Start).Truncate(time.Second))
		for _, piece := range wrapped(plainText(text+": "+l.Text), actualColumn-10) {
			right = append(right, head+piece)
			head = strings.Repeat(" ", 10)
		}
	}
	var out []string
	for n := range max(len(left), len(right)) {
		out = append(out, strings.TrimRight("  "+cell(left, n, expectedColumn)+"  │ "+cell(right, n, actualColumn), " "))
	}
	return append(out, "")
}

// cell is a line of a column, filled up to its width.
func cell(lines []string, n, width int) string {
	text := ""
	if n < len(lines) {
		text = lines[n]
	}
	return text + strings.Repeat(" ", max(0, width-lipgloss.Width(text)))
}

// bookCoverage is what the tests of a runbook have reached.
type bookCoverage struct {
	Runbook string `json:"runbook"`
	rehearsal.Covered
}

// coverageOf sums up what the tests of each runbook have reached.
func coverageOf(all []*tested) []bookCoverage {
	counts := map[string]*rehearsal.Coverage{}
	var order []string
	for _, one := range all {
		if counts[one.Runbook] == nil {
			counts[one.Runbook] = rehearsal.NewCoverage(one.book)
			order = append(order, one.Runbook)
		}
		if one.result != nil {
			counts[one.Runbook].Add(one.result)
		}
	}
	slices.Sort(order)
	out := make([]bookCoverage, 0, len(order))
	for _, id := range order {
		out = append(out, bookCoverage{Runbook: id, Covered: counts[id].Sum()})
	}
	return out
}

// coverage tells what was reached, where that is wanted, and answers how many choices were not.
func (t testReport) coverage(covered []bookCoverage) int {
	missing := 0
	for _, b := range covered {
		missing += b.AllChoices - b.Choices
		if !t.cover {
			continue
		}
		t.out.line("cover %s: %d of %d steps, %d of %d choices", b.Runbook, b.Steps, b.AllSteps, b.Choices, b.AllChoices)
		for _, text := range b.Missing {
			t.out.line("      %s", text)
		}
	}
	return missing
}

// testedJSON is a test run for programs.
func testedJSON(all []*tested, covered []bookCoverage) any {
	type test struct {
		Name     string                  `json:"name"`
		Runbook  string                  `json:"runbook"`
		File     string                  `json:"file"`
		Seconds  float64                 `json:"seconds"`
		Passed   bool                    `json:"passed"`
		Failures []string                `json:"failures,omitempty"`
		Expected []rehearsal.Expectation `json:"expected,omitempty"`
	}
	tests := make([]test, 0, len(all))
	for _, one := range all {
		tests = append(tests, test{one.Name, one.Runbook, one.File, one.Took.Seconds(), len(one.Failures) == 0, one.Failures, one.expected})
	}
	return map[string]any{"tests": tests, "coverage": covered}
}

// The elements of a JUnit report, as build servers read them.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name      string        `xml:"name,attr"`
		Classname string        `xml:"classname,attr"`
		File      string        `xml:"file,attr"`
		Time      string        `xml:"time,attr"`
		Failure   *junitFailure `xml:"failure,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes a report, a suite for each runbook.
func writeJUnit(path string, all []*tested, took time.Duration) error {
	report := junitSuites{Tests: len(all), Time: junitTime(took)}
	for _, one := range all {
		n := slices.IndexFunc(report.Suites, func(s junitSuite) bool { return s.Name == one.Runbook })
		if n < 0 {
			report.Suites = append(report.Suites, junitSuite{Name: one.Runbook})
			n = len(report.Suites) - 1
		}
		s := &report.Suites[n]
		c := junitCase{Name: plainText(one.Name), Classname: one.Runbook, File: one.File, Time: junitTime(one.Took)}
		if len(one.Failures) > 0 {
			text := strings.Join(one.Failures, "\n")
			if one.result != nil {
				text += "\n\n" + strings.Join(sideBySide(one), "\n")
			}
			c.Failure = &junitFailure{Message: plainText(one.Failures[0]), Text: plainText(text)}
			s.Failures++
			report.Failures++
		}
		s.Tests++
		s.Cases = append(s.Cases, c)
	}
	for n := range report.Suites {
		total := 0.0
		for _, one := range all {
			if one.Runbook == report.Suites[n].Name {
				total += one.Took.Seconds()
			}
		}
		report.Suites[n].Time = fmt.Sprintf("%.3f", total)
	}
	text, err := xml.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("write the JUnit report: %w", err)
	}
	if err := os.WriteFile(path, append([]byte(xml.Header), append(text, '\n')...), 0o644); err != nil {
		return withHint(plainPathError(err), "name a file that can be written with --junit")
	}
	return nil
}

// junitTime is a span as JUnit has it.
func junitTime(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

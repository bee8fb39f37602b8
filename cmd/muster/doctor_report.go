package main

import (
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"
)

// The columns of what a doctor says, in cells: the group, the verdict, and what was found.
const (
	doctorWidest   = 80
	groupColumn    = 15
	verdictColumn  = 6
	findingsColumn = groupColumn + verdictColumn
)

// doctorWidth is how wide the text may be: as wide as the terminal, and no wider than 80 columns, for it is read in mails
// and chats too.
func doctorWidth(w io.Writer) int {
	width, _ := terminalOf(w)
	return min(width, doctorWidest)
}

// doctorReport shows diagnoses as they come, so that somebody sees what is asked while a vendor hangs.
type doctorReport struct {
	printer
	width int
	found []diagnosis
}

// add shows what a check has found. The group is named once.
func (r *doctorReport) add(found []diagnosis) {
	for _, d := range found {
		group := d.Group
		if n := len(r.found); n > 0 && r.found[n-1].Group == group {
			group = ""
		}
		r.found = append(r.found, d)
		for n, text := range d.lines(r.width - findingsColumn) {
			label, verdict := "", ""
			if n == 0 {
				label, verdict = group, d.Verdict.label()
			}
			r.line("%s", strings.TrimRight(fmt.Sprintf("%-*s%-*s%s", groupColumn, label, verdictColumn, verdict, text), " "))
		}
	}
}

// lines are a diagnosis and its remedy, wrapped.
func (d diagnosis) lines(width int) []string {
	out := filled(d.What, width)
	if d.Remedy == "" {
		return out
	}
	for n, text := range filled(d.Remedy, width-2) {
		mark := "  "
		if n == 0 {
			mark = "→ "
		}
		out = append(out, mark+text)
	}
	return out
}

// filled breaks a text into lines between its words. No word is cut, for addresses and commands are copied.
func filled(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(plainText(text)) {
		if line != "" && lipgloss.Width(line)+1+lipgloss.Width(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// label is the verdict as it is shown. What fails stands out without colour.
func (v verdict) label() string {
	if v == verdictFail {
		return "FAIL"
	}
	return string(v)
}

// diagnosed is everything, for programs.
type diagnosed struct {
	OK       bool        `json:"ok"` // nothing fails
	Fail     int         `json:"fail"`
	Warn     int         `json:"warn"`
	Findings []diagnosis `json:"findings"`
}

// end sums up. Something that fails is an error.
func (r *doctorReport) end() error {
	out := diagnosed{Findings: r.found}
	for _, d := range r.found {
		switch d.Verdict {
		case verdictFail:
			out.Fail++
		case verdictWarn:
			out.Warn++
		case verdictOK, verdictNote:
		}
	}
	out.OK = out.Fail == 0
	if err := r.object(out); err != nil {
		return err
	}
	r.line("")
	if !out.OK {
		return withHint(fmt.Errorf("%s, %s", counted(out.Fail, "failure"), counted(out.Warn, "warning")),
			"each arrow says what to do; mend from the top and run muster doctor again")
	}
	r.line("No failures, %s. Nobody was called; muster page --test pages you.", counted(out.Warn, "warning"))
	return nil
}

// listed joins texts as a sentence does, and wraps none of them.
func listed(texts []string) string {
	if len(texts) < 2 {
		return strings.Join(texts, "")
	}
	return strings.Join(texts[:len(texts)-1], ", ") + " and " + texts[len(texts)-1]
}

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/musterbook/musterbook/incident"
)

// resize takes a new size of the window; the timeline is wrapped anew.
func (m *watch) resize(width, height int) {
	m.width, m.height = width, height
	m.lines, m.drawn, m.day = nil, 0, ""
	m.drawTimeline()
	m.scroll(0)
}

// drawTimeline draws the entries that are new. Whoever has gone back in it stays where he reads.
func (m *watch) drawTimeline() {
	v := newView(&bytes.Buffer{}, m.shown.Incident.DeclaredAt).UTC()
	v.width, v.colour, v.day = min(max(m.width, leastWidth), widestTimeline), m.colour, m.day
	before := len(m.lines)
	for _, e := range m.entries[m.drawn:] {
		m.lines = append(m.lines, strings.Split(strings.TrimSuffix(v.entry(e), "\n"), "\n")...)
	}
	m.drawn, m.day = len(m.entries), v.day
	if m.back > 0 && before > 0 {
		m.back += len(m.lines) - before
	}
}

// timeline are the newest lines, or those that the person has gone back to, under a rule.
func (m *watch) timeline(room int) []string {
	if room < 2 {
		return nil
	}
	name := "Timeline"
	if m.back > 0 {
		name = fmt.Sprintf("Timeline, %d newer lines below (End)", m.back)
	}
	end := max(0, len(m.lines)-m.back)
	return append([]string{m.rule(name)}, m.lines[max(0, end-room+1):end]...)
}

// timelineHeight is how many lines of the timeline are seen.
func (m *watch) timelineHeight() int {
	if m.small() {
		return 1
	}
	room := m.height - len(m.head()) - statusAndKeys
	return max(1, room-len(m.middle(room))-1)
}

// middle is what stands between the head and the timeline: who is called, what is awaited, which tasks are open.
func (m *watch) middle(room int) []string {
	lines := m.pageLines(max(2, room/4))
	questions, _ := m.questionLines(room - len(lines) - leastTimeline)
	return append(lines, questions...)
}

// questionRoom is how many questions are seen at once.
func (m *watch) questionRoom() int {
	room := m.height - len(m.head()) - statusAndKeys
	_, shown := m.questionLines(room - len(m.pageLines(max(2, room/4))) - leastTimeline)
	return shown
}

// pageLines are the pages that are open, and how far they are.
func (m *watch) pageLines(room int) []string {
	var lines []string
	for _, page := range m.shown.Incident.OpenPages() {
		lines = append(lines, m.painted(styleOf(incident.EntryEscalate), m.fitRaw("CALLING  "+cmp.Or(page.Step, "by hand")+": "+pageState(page))))
		if now := attemptsNow(page); now != "" {
			lines = append(lines, "         "+shorten(now, m.width-9))
		}
	}
	for _, page := range m.shown.Incident.Pages {
		if page.State == incident.PageExhausted && m.shown.Incident.AcknowledgedAt.IsZero() {
			lines = append(lines, m.painted(styleOf(incident.EntryProblem), m.fitRaw("CALLED   "+cmp.Or(page.Step, "by hand")+": "+pageState(page))))
		}
	}
	return clipped(lines, room, "more is called: muster show "+string(m.key))
}

// attemptsNow are the attempts of the present level and round, the newest of each person and way.
func attemptsNow(page *incident.Page) string {
	var parts []string
	for _, a := range page.Attempts {
		if a.Level == page.Level && a.Round == page.Round {
			parts = append(parts, attemptText(a))
		}
	}
	return strings.Join(parts, " · ")
}

// questionLines are what is awaited, numbered as the keys are, and then the tasks; shown is how many have room.
func (m *watch) questionLines(room int) (lines []string, shown int) {
	open := m.open()
	rest := open[min(m.first, len(open)):]
	task := false
	for n, q := range rest {
		var rule []string
		switch {
		case q.Kind == incident.QuestionTask && !task:
			rule, task = []string{m.rule("Tasks")}, true
		case n == 0:
			rule = []string{m.rule("Waits for")}
		}
		needed := len(rule) + 1
		if m.first > 0 || n < len(rest)-1 {
			needed++ // for the word that there are more
		}
		if n == 9 || len(lines)+needed > room {
			break
		}
		lines = append(append(lines, rule...), m.questionLine(n+1, q))
		shown++
	}
	if shown < len(open) && len(lines) < room {
		lines = append(lines, fmt.Sprintf("    %d to %d of %d; Tab shows the next", m.first+1, m.first+shown, len(open)))
	}
	return lines, shown
}

// questionLine is a question on one line: its text is cut, whom it waits for and how long is not.
func (m *watch) questionLine(n int, q *incident.Question) string {
	tail := strings.Join(q.Who, ", ")
	if len(q.Who) > 0 && m.mine(q) {
		tail += " (you)"
	}
	if !q.Deadline.IsZero() {
		tail = joined(", ", tail, "until "+strings.TrimSuffix(clockText(q.Deadline), " UTC"))
	}
	head := fmt.Sprintf(" %d  %-13s ", n, shorten(q.Step, 20))
	tail = shorten(prefixed(" – ", oneLine(tail)), max(10, m.width/2))
	room := max(8, m.width-lipgloss.Width(head)-lipgloss.Width(tail))
	return m.painted(styleOf(incident.EntryQuestion), m.fitRaw(head+shorten(oneLine(q.Text), room)+tail))
}

// mine says whether a question is asked of the person who watches.
func (m *watch) mine(q *incident.Question) bool {
	for _, person := range q.Addressed {
		if m.by.Person != "" && person == m.by.Person {
			return true
		}
	}
	return false
}

// fitRaw is fit for a line whose columns count.
func (m *watch) fitRaw(text string) string { return shorten(plainText(text), m.width) }

// panel is what is asked of the person, in so many lines; and where the cursor stands in it.
func (m *watch) panel(room int) ([]string, *tea.Cursor) {
	p := m.prompt
	head := []string{m.rule("Answer")}
	for _, piece := range wrapped(plainText(p.title), m.width) {
		head = append(head, m.painted(lipgloss.NewStyle().Bold(true), piece))
	}
	var tail []string
	if p.problem != "" {
		for _, piece := range wrapped(plainText(p.problem), m.width) {
			tail = append(tail, m.painted(styleOf(incident.EntryProblem), piece))
		}
	}
	if len(p.options) > 0 {
		return append(m.above(head, len(tail)+len(p.options), room), append(m.optionLines(), tail...)...), nil
	}
	label := shorten(oneLine(p.typing), m.width/2) + ": "
	m.input.SetWidth(max(8, m.width-lipgloss.Width(label)-1))
	lines := append(m.above(head, len(tail)+1, room), label+m.input.View())
	cursor := m.input.Cursor()
	if cursor != nil {
		cursor.X += lipgloss.Width(label)
		cursor.Y = len(lines) - 1
		cursor.Blink = false
	}
	return append(lines, tail...), cursor
}

// above are the lines over the answer: the question and its notes, as far as there is room.
func (m *watch) above(head []string, below, room int) []string {
	var notes []string
	for _, note := range m.prompt.notes {
		for _, piece := range wrapped(plainText(note), m.width-2) {
			notes = append(notes, "  "+piece)
		}
	}
	head = clipped(head, max(2, room-below), "…")
	return append(head, clipped(notes, max(0, room-below-len(head)), "…")...)
}

// optionLines are the options with their keys.
func (m *watch) optionLines() []string {
	var lines []string
	for n, o := range m.prompt.options {
		keys := fmt.Sprint(n + 1)
		switch {
		case n > 8:
			keys = o.letter
		case o.letter != "":
			keys += "/" + o.letter
		}
		lines = append(lines, m.fitRaw(fmt.Sprintf(" %-4s %s", keys, oneLine(o.label))))
	}
	return lines
}

// clipped cuts lines to so many; the last one says that there is more.
func clipped(lines []string, room int, more string) []string {
	if len(lines) <= room {
		return lines
	}
	if room <= 0 {
		return nil
	}
	return append(lines[:room-1:room-1], "    "+more)
}

// helpLines explain the keys.
func (m *watch) helpLines(room int) []string {
	text := []string{
		"a       acknowledge the pages that have rung for you, else the oldest; A all",
		"e       call the next level at once",
		"d       not me: be called no more for this incident",
		"s       set the severity",
		"n       write a note on the timeline",
		"p       page somebody",
		"r       resolve: the service works again",
		"1-9     open a question or a task; Tab shows the next ones",
		"↑ ↓     go back in the timeline and forward, PgUp PgDn by pages, Home End",
		"Esc     leave what is being asked, or drop what could not be sent",
		"Ctrl-L  draw anew    Ctrl-Z suspend    q Ctrl-C leave",
		"Everything else: muster --help, in another terminal.",
	}
	for n := range text {
		text[n] = m.fitRaw(text[n])
	}
	return clipped(text, room, "…")
}

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/musterbook/musterbook/incident"
)

// The smallest screen on which something is to be seen, in cells and lines.
const (
	leastWidth     = 40
	leastHeight    = 12
	leastTimeline  = 4
	statusAndKeys  = 2
	widestTimeline = 160
)

// keyHelp is the last line.
const keyHelp = "a ack e escalate d decline s severity n note p page r resolve 1-9 answer ? q"

// View draws the screen. The cursor stands where something is typed.
func (m *watch) View() tea.View {
	lines, cursor := m.screen()
	v := tea.NewView(strings.Join(lines, "\n"))
	v.AltScreen = true
	v.Cursor = cursor
	return v
}

// screen are the lines of the screen, as many as there are, each no wider than it.
func (m *watch) screen() ([]string, *tea.Cursor) {
	if m.small() {
		return []string{fitting(string(m.key)+": window too small", max(1, m.width))}, nil
	}
	lines := m.head()
	room := m.height - len(lines) - statusAndKeys
	var cursor *tea.Cursor
	switch {
	case m.help:
		lines = append(lines, m.rule("Keys"))
		lines = append(lines, m.helpLines(room-1)...)
	case m.prompt != nil:
		panel, at := m.panel(room - leastTimeline)
		if at != nil {
			at.Y += len(lines)
			cursor = at
		}
		lines = append(lines, panel...)
		lines = append(lines, m.timeline(room-len(panel))...)
	default:
		middle := m.middle(room)
		lines = append(lines, middle...)
		lines = append(lines, m.timeline(room-len(middle))...)
	}
	for len(lines) < m.height-statusAndKeys {
		lines = append(lines, "")
	}
	return append(lines, m.status(), m.painted(quietStyle(), m.fitRaw(m.keyLine()))), cursor
}

// small says whether the window has no room for anything.
func (m *watch) small() bool { return m.width < leastWidth || m.height < leastHeight }

// head are the first lines: which incident, how bad, where it stands, who has it.
func (m *watch) head() []string {
	inc := &m.shown.Incident
	severity := "severity not set"
	if inc.Severity != "" {
		severity = string(inc.Severity)
	}
	title := string(inc.Key) + " · " + oneLine(inc.Title)
	title = shorten(title, m.width-lipgloss.Width(severity)-2)
	gap := strings.Repeat(" ", m.width-lipgloss.Width(title)-lipgloss.Width(severity))
	bold := lipgloss.NewStyle().Bold(true)
	lines := []string{m.painted(bold, title+gap+severity), m.fit(standing(inc, m.clock())), m.fit(holders(inc))}
	room := ""
	if inc.Room.Name != "" {
		room = "#" + inc.Room.Name
	}
	where, bridge := oneLine(joined(" · ", inc.Service, inc.Team, inc.Environment, room, inc.Ticket.ID)), oneLine(inc.Bridge.URL)
	if whole := joined(" · ", where, bridge); lipgloss.Width(whole) <= m.width {
		where, bridge = whole, "" // an address that is cut leads nowhere, so one that is too long has its own line
	}
	for _, line := range []string{where, bridge} {
		if line != "" {
			lines = append(lines, m.fit(line))
		}
	}
	if impact := impactText(inc); impact != "" {
		lines = append(lines, m.fit("affected: "+impact))
	}
	if p := m.shown.Paused; p != nil && inc.Open() {
		lines = append(lines, m.painted(styleOf(incident.EntryTimeout), m.fit(pausedText(p))))
	}
	return lines
}

// standing is where the incident stands and for how long, and who has acknowledged it.
func standing(inc *incident.Incident, now time.Time) string {
	text := incidentState(inc)
	if inc.Open() && !inc.PhaseAt.IsZero() {
		text += " for " + spanText(now.Sub(inc.PhaseAt))
	}
	switch {
	case !inc.AcknowledgedAt.IsZero():
		text += fmt.Sprintf(" · acknowledged by %s at %s", inc.AcknowledgedBy.String(), clockText(inc.AcknowledgedAt))
	case inc.Open():
		text += " · acknowledged by nobody yet"
	}
	if !inc.ClearedAt.IsZero() && inc.Open() {
		text += " · every alert has cleared"
	}
	return text
}

// spanText is a span without fractions: what is drawn again each second should not flicker.
func spanText(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%ds", max(0, d/time.Second))
	}
	return passed(max(d, 100*time.Second).Truncate(time.Second))
}

// holders are who has which role, the commander first.
func holders(inc *incident.Incident) string {
	roles := slices.Sorted(maps.Keys(inc.Holders))
	slices.SortStableFunc(roles, func(a, b incident.Role) int {
		switch {
		case a == b:
			return 0
		case a == incident.Commander:
			return -1
		case b == incident.Commander:
			return 1
		}
		return 0
	})
	var parts []string
	for _, role := range roles {
		text := string(role) + " " + inc.Holders[role].Name
		if !inc.Holders[role].Accepted {
			text += " (offered)"
		}
		parts = append(parts, text)
	}
	if len(parts) == 0 {
		return "no role is given yet"
	}
	return strings.Join(parts, " · ")
}

// impactText is what is known of whom it hits; empty where nobody has said.
func impactText(inc *incident.Incident) string {
	if inc.Assessment == nil {
		return ""
	}
	return joined(" · ", string(inc.Assessment.Scope), oneLine(inc.Assessment.Impact))
}

// status is the line before the last: old news first, then what came of the last deed, then who acts.
func (m *watch) status() string {
	red := styleOf(incident.EntryProblem)
	switch {
	case m.notice != "":
		return m.painted(red, m.fit(m.notice))
	case m.old():
		text := fmt.Sprintf("NO ANSWER since %s: all this is from then", clockText(m.fresh))
		if m.message != "" && m.unsent != nil {
			text = m.message + " (" + text + ")"
		}
		return m.painted(red, m.fit(joined(" · ", text, m.trouble)))
	case m.sending != nil:
		return m.fit("sending " + string(m.sending.Verb) + " …")
	case m.unsent != nil:
		return m.painted(red, m.fit(m.message))
	case m.message != "":
		return m.painted(lipgloss.NewStyle().Bold(true), m.fit(m.message))
	}
	who := "as " + m.by.String()
	if !m.by.Verified {
		who += " (unverified)"
	}
	if m.shown.Closed {
		who += " · nothing more happens here; q leaves"
	}
	return m.fit(clockText(m.clock()) + " · " + who)
}

// keyLine says which keys there are.
func (m *watch) keyLine() string {
	switch {
	case m.help, m.notice != "":
		return "any key goes on"
	case m.prompt == nil && lipgloss.Width(keyHelp) > m.width:
		return "? shows the keys; q leaves"
	case m.prompt == nil:
		return keyHelp
	case m.unsent != nil:
		return "Enter sends it again; Esc drops it"
	case len(m.prompt.options) > 0:
		return "a number or a letter picks; Esc leaves"
	}
	return "Enter goes on; Esc leaves"
}

// fit is a text on one line of the screen.
func (m *watch) fit(text string) string { return shorten(oneLine(text), m.width) }

// painted gives a line colour, where there is any.
func (m *watch) painted(style lipgloss.Style, text string) string {
	if !m.colour {
		return text
	}
	return style.Render(text)
}

// rule parts the screen.
func (m *watch) rule(name string) string {
	line := "── " + name + " "
	return m.painted(quietStyle(), line+strings.Repeat("─", max(0, m.width-lipgloss.Width(line))))
}

package main

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"charm.land/lipgloss/v2"

	"github.com/musterbook/musterbook/incident"
)

// The styles use the terminal's own sixteen colours, so that they can be read on a light and on a dark ground.

// Title begins what is shown.
func (v *view) Title(text string) {
	text = plainText(text)
	if v.colour {
		text = lipgloss.NewStyle().Bold(true).Render(text)
	}
	v.write(text + "\n")
}

// Text shows sentences, wrapped to the view's width.
func (v *view) Text(text string) {
	v.write(strings.Join(wrapped(plainText(text), v.width), "\n") + "\n")
}

// Table shows names and what stands behind them, the names in a column as wide as the widest.
func (v *view) Table(rows [][2]string) {
	width := 0
	for _, r := range rows {
		width = max(width, lipgloss.Width(plainText(r[0])))
	}
	for _, r := range rows {
		name := plainText(r[0])
		pad := strings.Repeat(" ", width-lipgloss.Width(name)+3)
		if v.colour {
			name = quietStyle().Render(name)
		}
		v.write("  " + name + pad + plainText(r[1]) + "\n")
	}
}

// quietStyle is for what is there to be looked up.
func quietStyle() lipgloss.Style { return lipgloss.NewStyle().Faint(true) }

// simulatedStyle is for what is not real.
func simulatedStyle() lipgloss.Style { return lipgloss.NewStyle().Foreground(lipgloss.Magenta) }

// styleOf is how a kind of entry looks. What wants a person stands out; the kind's word says the same.
func styleOf(kind incident.EntryKind) lipgloss.Style {
	plain := lipgloss.NewStyle()
	switch kind {
	case incident.EntryProblem, incident.EntryRefused:
		return plain.Foreground(lipgloss.Red).Bold(true)
	case incident.EntryAlert, incident.EntryEscalate, incident.EntryTimeout:
		return plain.Foreground(lipgloss.Yellow)
	case incident.EntryAcknowledged, incident.EntryCleared, incident.EntryEnded:
		return plain.Foreground(lipgloss.Green).Bold(true)
	case incident.EntryDeclared, incident.EntryPhase:
		return plain.Bold(true)
	case incident.EntryQuestion, incident.EntryAnswer:
		return plain.Foreground(lipgloss.Cyan)
	case incident.EntrySeverity, incident.EntryRole:
		return plain.Foreground(lipgloss.Blue)
	case incident.EntrySkipped, incident.EntryWait:
		return quietStyle()
	case incident.EntryRoom, incident.EntryPage, incident.EntryCall, incident.EntrySay, incident.EntryNote, incident.EntryRecord:
	}
	return plain
}

// plainText takes out of a text whatever is not a letter to be seen: control characters, escape sequences' beginnings,
// marks that turn the direction of writing. Line breaks stay; tabs become spaces; broken UTF-8 is shown as such.
func plainText(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Cf, r) && r != '\u200d':
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, string(utf8.RuneError)))
}

// wrapped cuts a text into lines of at most so many cells, between words; a word that is longer is cut. There is always
// at least one line.
func wrapped(text string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(strings.TrimRight(text, "\n "), "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			for head := fitting(word, width); len(head) < len(word); head = fitting(word, width) {
				if line != "" {
					lines, line = append(lines, line), ""
				}
				lines, word = append(lines, head), word[len(head):]
			}
			switch {
			case line == "":
				line = word
			case lipgloss.Width(line)+1+lipgloss.Width(word) > width:
				lines, line = append(lines, line), word
			default:
				line += " " + word
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// fitting is the beginning of a text that fits into so many cells, at least one letter.
func fitting(text string, width int) string {
	cells := 0
	for n, r := range text {
		cells += lipgloss.Width(string(r))
		if cells > width && n > 0 {
			text = text[:n]
			break
		}
	}
	// Letters that belong together may be wider than each for itself.
	for lipgloss.Width(text) > width {
		_, size := utf8.DecodeLastRuneInString(text)
		if size == len(text) {
			break
		}
		text = text[:len(text)-size]
	}
	return text
}

// shorten cuts a text to so many cells and marks the cut.
func shorten(text string, width int) string {
	if len(fitting(text, width)) == len(text) {
		return text
	}
	return fitting(text, width-1) + "…"
}

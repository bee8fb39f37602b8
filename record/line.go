package record

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/musterbook/musterbook/incident"
)

// The columns of a line, in letters of a terminal.
const (
	lineWidth  = 100
	timeWidth  = 9
	labelWidth = 12
	textColumn = timeWidth + 2 + labelWidth + 2
)

// Line writes one entry of a timeline for a terminal: when, what it is about, what happened. It is plain text without
// colour, has at most 100 columns and goes on in further lines, indented, where that is not enough; it does not end in
// a line break. The time counts from since; a zero since gives the time of day in UTC. Nothing in an entry can reach
// the terminal but letters.
func Line(e incident.Entry, since time.Time) string {
	at := e.At.UTC().Format(time.TimeOnly)
	if !since.IsZero() {
		at = words(e.At.Sub(since))
	}
	lines := wrap(sentence(e), lineWidth-textColumn)
	label := cut(plain(string(e.Kind)), labelWidth)[0]
	head := fmt.Sprintf("%*s  %-*s", timeWidth, at, labelWidth, label)
	return strings.TrimRight(head+"  "+strings.Join(lines, "\n"+strings.Repeat(" ", textColumn)), " ")
}

// sentence is an entry's text with its actor, where the text does not name them already.
func sentence(e incident.Entry) string {
	text, name := plain(e.Sentence()), plain(e.By.String())
	if name == "" || e.By.Door == incident.DoorRunbook {
		return text
	}
	if !strings.Contains(text, name) {
		text = name + ": " + text
	}
	if !e.By.Verified {
		text += " (" + plain(proof(e.By)) + ")"
	}
	return text
}

// wrap breaks a text into lines of at most a number of columns, between words where it can.
func wrap(text string, width int) []string {
	lines, line, used := []string{}, "", 0
	for _, word := range strings.Fields(text) {
		for _, piece := range cut(word, width) {
			long := columns(piece)
			switch {
			case line == "":
				line, used = piece, long
			case used+1+long <= width:
				line, used = line+" "+piece, used+1+long
			default:
				lines, line, used = append(lines, line), piece, long
			}
		}
	}
	return append(lines, line)
}

// cut breaks a word that is longer than a line.
func cut(word string, width int) []string {
	var pieces []string
	piece, used := "", 0
	for _, r := range word {
		wide := columns(string(r))
		if used+wide > width {
			pieces, piece, used = append(pieces, piece), "", 0
		}
		piece, used = piece+string(r), used+wide
	}
	return append(pieces, piece)
}

// columns is how many columns a terminal needs for a text: none for marks that sit on a letter, two for the scripts
// that are written wide and for emoji (the wide blocks of Unicode's UAX 11), one for everything else.
func columns(text string) int {
	total := 0
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3, r >= 0xf900 && r <= 0xfaff,
			r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6, r >= 0x1f300 && r <= 0x1faff,
			r >= 0x20000 && r <= 0x3fffd:
			total += 2
		default:
			total++
		}
	}
	return total
}

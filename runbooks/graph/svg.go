package graph

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// Sizes of the picture, in pixels.
const (
	boxWidth   = 264
	lineHeight = 16
	pad        = 10
	gap        = 14
	headHeight = 30
	textWidth  = 40 // characters of a line in a box
)

// colours are the frames of the sorts; the signs and the words say the same.
var colours = map[Sort]string{
	People: "#8a4b08", Page: "#b00020", Wait: "#5b5b5b", Tell: "#1f5f99", System: "#2d6a3e", Block: "#444444", Flow: "#5a3d8a",
}

// fills say what has happened to a step, beside its words.
var fills = map[string]string{
	"done": "#e3f4e6", "waiting": "#fff3cd", "running": "#fff3cd", "holding": "#f9d6d5", "failed": "#f9d6d5", "skipped": "#ececec",
	"timed_out": "#f3e3d3", "rejected": "#f3e3d3", "cancelled": "#ececec", "reverted": "#e6e0f3", "returned": "#ececec",
}

// SVG draws the picture without any other program: lanes from top to bottom, in each the steps from top to bottom, and
// what is below a step in columns within its frame.
func (p Picture) SVG() string {
	d := &svg{}
	y, width := pad+lineHeight*2, 0
	for _, lane := range p.Lanes {
		w, h := d.lane(lane, pad, y)
		width = max(width, w)
		y += h + gap
	}
	y = d.legend(y)
	width = max(width, 3*boxWidth) + 2*pad
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="Helvetica, Arial, sans-serif" font-size="12">`+"\n", width, y+pad, width, y+pad)
	fmt.Fprintf(&out, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, y+pad)
	fmt.Fprintf(&out, `<text x="%d" y="%d" font-size="17" font-weight="bold">%s</text>`+"\n", pad, pad+lineHeight, html.EscapeString(p.Title))
	// What holds something lies behind it.
	slices.SortStableFunc(d.frames, func(a, b framed) int { return a.depth - b.depth })
	for _, f := range d.frames {
		out.WriteString(strings.ReplaceAll(f.shape, laneWidth, fmt.Sprint(width-2*pad)))
	}
	out.WriteString(d.shapes.String())
	out.WriteString("</svg>\n")
	return out.String()
}

// laneWidth stands for the width of all lanes until it is known.
const laneWidth = "LANE-WIDTH"

// framed is an outline and how deep it is nested.
type framed struct {
	depth int
	shape string
}

// svg collects shapes: outlines by their depth, and what lies above all of them.
type svg struct {
	depth  int
	frames []framed
	shapes strings.Builder
}

// lane draws a lane and answers its size.
func (d *svg) lane(l Lane, x, y int) (width, height int) {
	at := y + headHeight
	for _, note := range l.Notes {
		for _, line := range wrap(note, 110) {
			d.text(x+pad, at+4, line, `fill="#555555" font-style="italic"`)
			at += lineHeight
		}
	}
	w, h := d.column(l.Boxes, x+pad, at+pad/2)
	height = at + pad/2 + h + pad - y
	d.frames = append(d.frames, framed{0, fmt.Sprintf(`<rect x="%d" y="%d" width="%s" height="%d" rx="6" fill="#f7f7f9" stroke="#b9b9c3"/>`+"\n", x, y, laneWidth, height)})
	d.text(x+pad, y+20, strings.ToUpper(strings.ReplaceAll(l.Title, "_", " ")), `font-size="14" font-weight="bold" fill="#333333"`)
	return w + 2*pad, height
}

// column draws boxes below one another, joined by arrows, and answers its size.
func (d *svg) column(boxes []Box, x, y int) (width, height int) {
	d.depth++
	defer func() { d.depth-- }()
	at := y
	for i := range boxes {
		if i > 0 {
			fmt.Fprintf(&d.shapes, `<path d="M %d %d v %d" stroke="#888888" fill="none"/><path d="M %d %d l -4 -6 h 8 z" fill="#888888"/>`+"\n", x+24, at-gap, gap-2, x+24, at)
		}
		w, h := d.box(&boxes[i], x, at)
		width = max(width, w)
		at += h + gap
	}
	return width, max(at-gap-y, 0)
}

// box draws a step and what is below it, and answers its size.
func (d *svg) box(b *Box, x, y int) (width, height int) {
	lines := d.lines(b)
	height = pad + len(lines)*lineHeight + pad/2
	width = boxWidth
	if len(b.Columns) > 0 {
		at := x + pad
		inner := 0
		for _, column := range b.Columns {
			d.text(at, y+height+12, column.Label, `font-weight="bold" fill="#333333"`)
			w, h := d.column(column.Boxes, at, y+height+20)
			w = max(w, len([]rune(column.Label))*8)
			at += w + gap
			inner = max(inner, h+20)
		}
		width = max(width, at-x)
		height += inner + pad
	}
	d.frame(b, x, y, width, height)
	for i, line := range lines {
		d.text(x+pad, y+pad+4+i*lineHeight, line.text, line.style)
	}
	return width, height
}

// frame draws the outline of a box; its form says its sort: cut corners for people, a double line for pages, round ends
// for waits, a plain frame for the rest; dashes for what runs in the background.
func (d *svg) frame(b *Box, x, y, width, height int) {
	fill := "#ffffff"
	if known, ok := fills[b.State.Word]; ok {
		fill = known
	}
	style := fmt.Sprintf(`fill="%s" stroke="%s" stroke-width="1.4"`, fill, colours[b.Sort])
	if len(b.Columns) > 0 && b.State.Word == "" {
		style = fmt.Sprintf(`fill="#fcfcfe" stroke="%s" stroke-width="1.4"`, colours[b.Sort])
	}
	if b.Behind {
		style += ` stroke-dasharray="6 3"`
	}
	shape := fmt.Sprintf(`<rect x="%d" y="%d" width="%d" height="%d" rx="%d" %s/>`, x, y, width, height, map[Sort]int{Wait: 16, Tell: 6}[b.Sort], style)
	switch b.Sort {
	case People:
		shape = fmt.Sprintf(`<path d="M %d %d h %d l 8 8 v %d l -8 8 h -%d l -8 -8 v -%d z" %s/>`, x+8, y, width-16, height-16, width-16, height-16, style)
	case Page:
		shape += fmt.Sprintf(`<rect x="%d" y="%d" width="%d" height="%d" fill="none" stroke="%s"/>`, x+3, y+3, width-6, height-6, colours[b.Sort])
	default:
	}
	d.frames = append(d.frames, framed{d.depth, shape + "\n"})
}

// styled is a line of a box.
type styled struct{ text, style string }

// lines are the lines of a box, wrapped.
func (d *svg) lines(b *Box) []styled {
	var out []styled
	head := mark(b.Sort) + " " + b.Kind
	if b.Behind {
		head += " · in the background"
	}
	out = append(out, styled{head, fmt.Sprintf(`font-size="11" fill="%s"`, colours[b.Sort])})
	for _, line := range wrap(b.Title, textWidth) {
		out = append(out, styled{line, `font-weight="bold" fill="#111111"`})
	}
	for _, note := range b.Notes {
		for _, line := range wrap(note, textWidth) {
			out = append(out, styled{line, `fill="#555555"`})
		}
	}
	if state := b.stateWords(); state != "" {
		out = append(out, styled{"→ " + state, `font-weight="bold" fill="#111111"`})
	}
	return out
}

// legend explains the forms, and answers where it ends.
func (d *svg) legend(y int) int {
	x := pad
	for _, entry := range []struct {
		sort Sort
		says string
	}{{People, "waits for people"}, {Page, "calls people"}, {Wait, "waits"}, {Tell, "tells"}, {System, "acts on a system"}, {Block, "holds steps"}, {Flow, "directs the run"}} {
		text := mark(entry.sort) + " " + entry.says
		d.text(x, y+12, text, fmt.Sprintf(`font-size="11" fill="%s"`, colours[entry.sort]))
		x += len([]rune(text))*7 + 14
	}
	return y + 20
}

func (d *svg) text(x, y int, text, style string) {
	fmt.Fprintf(&d.shapes, `<text x="%d" y="%d" %s>%s</text>`+"\n", x, y, style, html.EscapeString(text))
}

// wrap breaks a text into lines of at most a number of characters; a word that is longer is broken too.
func wrap(text string, limit int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for len([]rune(word)) > limit {
			runes := []rune(word)
			if line != "" {
				lines, line = append(lines, line), ""
			}
			lines, word = append(lines, string(runes[:limit])), string(runes[limit:])
		}
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) > limit:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

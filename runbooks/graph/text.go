package graph

import (
	"fmt"
	"strings"
)

// Mermaid writes the picture as a flowchart, for pages that render it.
func (p Picture) Mermaid() string {
	w := &flow{open: "[\"", shut: "\"]", quote: mermaidText}
	w.line(0, "flowchart TD")
	for n, lane := range p.Lanes {
		w.line(1, "subgraph lane%d[\"%s\"]", n, mermaidText(laneText(lane)))
		w.line(2, "direction TB")
		w.chain(lane.Boxes, 2, "")
		w.line(1, "end")
	}
	return w.text.String()
}

// Dot writes the picture for Graphviz.
func (p Picture) Dot() string {
	w := &flow{dot: true, quote: dotText}
	w.line(0, "digraph runbook {")
	w.line(1, "label=\"%s\"; labelloc=t; node [shape=box, fontname=\"sans-serif\"]; edge [fontname=\"sans-serif\"];", dotText(p.Title))
	for n, lane := range p.Lanes {
		w.line(1, "subgraph cluster_%d {", n)
		w.line(2, "label=\"%s\";", dotText(laneText(lane)))
		w.chain(lane.Boxes, 2, "")
		w.line(1, "}")
	}
	w.line(0, "}")
	return w.text.String()
}

// laneText is a lane's head in one text.
func laneText(l Lane) string { return strings.Join(append([]string{l.Title}, l.Notes...), "\n") }

// flow writes boxes and arrows.
type flow struct {
	text       strings.Builder
	dot        bool
	open, shut string
	quote      func(string) string
}

func (w *flow) line(depth int, format string, args ...any) {
	fmt.Fprintf(&w.text, strings.Repeat("  ", depth)+format+"\n", args...)
}

// chain writes a block: each box is followed by the next; from names the box that the first one comes from.
func (w *flow) chain(boxes []Box, depth int, from string, label ...string) {
	before, via := from, strings.Join(label, "")
	for i := range boxes {
		b := &boxes[i]
		name := identifier(b.Path)
		w.box(b, name, depth)
		if before != "" {
			w.arrow(before, name, via, depth)
		}
		before, via = name, ""
		for _, column := range b.Columns {
			w.chain(column.Boxes, depth, name, column.Label)
		}
	}
}

// box writes one box; its shape says its sort, as its sign does.
func (w *flow) box(b *Box, name string, depth int) {
	text := w.quote(strings.Join(b.words(), "\n"))
	if w.dot {
		shape := map[Sort]string{People: "hexagon", Page: "octagon", Wait: "ellipse", Tell: "note", Block: "folder", Flow: "cds"}[b.Sort]
		style := ""
		if b.Behind {
			style = ", style=dashed"
		}
		if shape == "" {
			shape = "box"
		}
		w.line(depth, "%s [label=\"%s\", shape=%s%s];", name, text, shape, style)
		return
	}
	shapes := map[Sort][2]string{People: {"{{\"", "\"}}"}, Page: {"[[\"", "\"]]"}, Wait: {"([\"", "\"])"}, Tell: {"(\"", "\")"}, Block: {"[/\"", "\"/]"}, Flow: {">\"", "\"]"}}
	shape, ok := shapes[b.Sort]
	if !ok {
		shape = [2]string{w.open, w.shut}
	}
	w.line(depth, "%s%s%s%s", name, shape[0], text, shape[1])
}

// arrow writes an arrow, with the words of the case that it stands for.
func (w *flow) arrow(from, to, label string, depth int) {
	switch {
	case w.dot && label != "":
		w.line(depth, "%s -> %s [label=\"%s\"];", from, to, dotText(label))
	case w.dot:
		w.line(depth, "%s -> %s;", from, to)
	case label != "":
		w.line(depth, "%s -- \"%s\" --> %s", from, mermaidText(label), to)
	default:
		w.line(depth, "%s --> %s", from, to)
	}
}

// identifier is a path as a name of both languages.
func identifier(path string) string {
	var b strings.Builder
	b.WriteString("s_")
	for _, c := range path {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			b.WriteRune(c)
		case c == '/':
			b.WriteByte('_')
		default:
			fmt.Fprintf(&b, "x%x", c)
		}
	}
	return b.String()
}

// mermaidText escapes what ends a quoted text.
func mermaidText(text string) string {
	return strings.NewReplacer("&", "&amp;", "\"", "&quot;", "<", "&lt;", ">", "&gt;", "#", "&#35;", "\n", "<br/>").Replace(text)
}

// dotText escapes what ends a quoted text.
func dotText(text string) string {
	return strings.NewReplacer("\\", "\\\\", "\"", "\\\"", "\n", "\\n").Replace(text)
}

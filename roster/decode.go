package roster

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/oncall"
)

// maxFile bounds a file in bytes; a roster of thousands of people stays far below.
const maxFile = 1 << 20

// place is where something stands in the file, counted from 1. The zero place means that it does not stand there.
type place struct{ line, column int }

func placeOf(n *yaml.Node) place { return place{max(n.Line, 1), max(n.Column, 1)} }

// decoder reads a YAML document into the structs of file.go and collects what is wrong.
type decoder struct {
	path     string
	problems Problems
}

// fault notes a problem.
func (d *decoder) fault(at place, remedy, format string, args ...any) {
	d.problems = append(d.problems, Problem{
		File: d.path, Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...), Remedy: remedy,
	})
}

// fromNode is a type that reads itself. What names the value for people: "people.ana.phone".
type fromNode interface {
	fromNode(d *decoder, n *yaml.Node, what string)
}

// document reads the one document of a file. It answers false when there is nothing to go on with.
func (d *decoder) document(data []byte, into *file) bool {
	whole := place{1, 1}
	if len(data) > maxFile {
		d.fault(whole, "split off what is not configuration", "the file is larger than %d bytes", maxFile)
		return false
	}
	reader := yaml.NewDecoder(bytes.NewReader(data))
	var root, more yaml.Node
	err := reader.Decode(&root)
	if errors.Is(err, io.EOF) || err == nil && (len(root.Content) == 0 || root.Content[0].Tag == "!!null") {
		d.fault(whole, "start from musterbook.example.yaml", "the file is empty")
		return false
	}
	if err != nil {
		d.syntax(err)
		return false
	}
	if err := reader.Decode(&more); err == nil {
		d.fault(placeOf(&more), "keep one; remove the line ---", "the file holds more than one document")
	} else if !errors.Is(err, io.EOF) {
		d.syntax(err)
	}
	before := len(d.problems)
	d.value(root.Content[0], reflect.ValueOf(into).Elem(), "")
	return root.Content[0].Kind == yaml.MappingNode || len(d.problems) == before
}

// syntax notes an error of the YAML library, which knows the line only.
func (d *decoder) syntax(err error) {
	at, text := place{1, 1}, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := regexp.MustCompile(`^line (\d+): `).FindStringSubmatch(text); m != nil {
		if line, err := strconv.Atoi(m[1]); err == nil {
			at, text = place{max(line, 1), 1}, strings.TrimPrefix(text, m[0])
		}
	}
	d.fault(at, "usual culprits: a tab, a missing space after a colon, a text with : or # or, within {}, with ? that needs quotes",
		"this is not YAML: %s", text)
}

// value reads one node. It reports what no value may be, and leaves the rest to the type.
func (d *decoder) value(n *yaml.Node, into reflect.Value, what string) {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.fault(placeOf(n), "write it out", "%s: anchors and aliases are not used here", orDocument(what))
		return
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		d.fault(placeOf(n), "give a value or remove the key; an unquoted # starts a comment", "%s is empty", orDocument(what))
		return
	case n.Tag != "" && !strings.HasPrefix(n.Tag, "!!"):
		d.fault(placeOf(n), "remove it", "%s: the tag %s means nothing here", orDocument(what), quoted(n.Tag))
		return
	}
	if own, ok := into.Addr().Interface().(fromNode); ok {
		own.fromNode(d, n, what)
		return
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		d.value(n, into.Elem(), what)
	case reflect.Slice:
		d.list(n, into, what)
	case reflect.Struct:
		d.record(n, into, what)
	default:
		panic("roster: the shape of the file holds a " + into.Type().String())
	}
}

// reflectOf makes what is pointed to settable.
func reflectOf[T any](p *T) reflect.Value { return reflect.ValueOf(p).Elem() }

// list reads a sequence.
func (d *decoder) list(n *yaml.Node, into reflect.Value, what string) {
	if n.Kind != yaml.SequenceNode {
		d.fault(placeOf(n), "write it as [a, b], or one a line after \"- \"", "%s must be a list", what)
		return
	}
	if len(n.Content) == 0 {
		d.fault(placeOf(n), "name at least one, or remove the key", "%s is empty", what)
		return
	}
	items := reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		d.value(item, items.Index(i), fmt.Sprintf("%s[%d]", what, i))
	}
	into.Set(items)
}

// record reads a mapping with known keys.
func (d *decoder) record(n *yaml.Node, into reflect.Value, what string) {
	if n.Kind != yaml.MappingNode {
		d.fault(placeOf(n), "write key: value", "%s must be a mapping", orDocument(what))
		return
	}
	if at := into.FieldByName("At"); at.IsValid() {
		at.Set(reflect.ValueOf(placeOf(n)))
	}
	fields := fieldsOf(into.Type())
	seen := d.pairs(n, what, func(key, value *yaml.Node) {
		i := slices.IndexFunc(fields, func(f field) bool { return f.key == key.Value })
		if i < 0 {
			d.unknown(key, fields, what)
			return
		}
		d.value(value, into.FieldByIndex(fields[i].index), join(what, key.Value))
	})
	for _, f := range fields {
		if f.required && !slices.Contains(seen, f.key) {
			d.fault(placeOf(n), f.about, "%s is missing", join(what, f.key))
		}
	}
}

// pairs goes through a mapping, reports keys that are no plain text or stand there twice, and lists those that it saw.
func (d *decoder) pairs(n *yaml.Node, what string, each func(key, value *yaml.Node)) []string {
	var seen []string
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		line, twice := lines[key.Value]
		switch {
		case key.Tag == "!!merge":
			d.fault(placeOf(key), "write it out", "%s: merge keys are not used here", orDocument(what))
		case key.Kind != yaml.ScalarNode || key.Tag == "!!null" || key.Anchor != "":
			d.fault(placeOf(key), "a key is a plain text", "%s: this is no key", orDocument(what))
		case twice:
			d.fault(placeOf(key), "keep one", "%s stands here twice, first in line %d", join(what, key.Value), line)
		default:
			lines[key.Value] = key.Line
			seen = append(seen, key.Value)
			each(key, value)
		}
	}
	return seen
}

// unknown reports a key that the shape does not have.
func (d *decoder) unknown(key *yaml.Node, fields []field, what string) {
	known := make([]string, 0, len(fields))
	for _, f := range fields {
		known = append(known, f.key)
	}
	d.fault(placeOf(key), meant(key.Value, known), "%s has no field %s", orDocument(what), quoted(key.Value))
}

// field is one key of a mapping.
type field struct {
	key      string
	index    []int
	required bool
	about    string
}

// fieldsOf lists the keys of a struct, those of embedded structs included, in their order.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for _, f := range reflect.VisibleFields(t) {
		key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || key == "-" {
			continue
		}
		fields = append(fields, field{
			key: key, index: f.Index, required: options != "omitempty", about: f.Tag.Get("jsonschema_description"),
		})
	}
	return fields
}

// meant is the remedy for an unknown word: the one that was probably meant, else all of them.
func meant(word string, known []string) string {
	if near, ok := oncall.Nearest(word, known); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(known) == 0 || len(known) > 20 {
		return ""
	}
	return "known: " + strings.Join(known, ", ")
}

// join makes the name of a value within another.
func join(what, key string) string {
	if what == "" {
		return clipped(key)
	}
	return what + "." + clipped(key)
}

// orDocument names the whole file.
func orDocument(what string) string {
	if what == "" {
		return "the file"
	}
	return what
}

// quoted shows a piece of the file in a message.
func quoted(text string) string { return strconv.Quote(clipped(text)) }

// clipped bounds a piece of the file and takes line breaks out of it, so that a message stays a line.
func clipped(text string) string {
	const limit = 60
	letters := []rune(text)
	if len(letters) > limit {
		letters = append(letters[:limit:limit], '…')
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, string(letters))
}

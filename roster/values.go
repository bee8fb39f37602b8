package roster

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// text is a scalar as it is written, with its place. Numbers are texts too where a text is wanted, so that an unquoted
// telephone number keeps its plus sign.
type text struct {
	value string
	at    place
}

// given says whether the file holds it.
func (t text) given() bool { return t.at.line > 0 }

func (t *text) fromNode(d *decoder, n *yaml.Node, what string) {
	if n.Kind != yaml.ScalarNode {
		d.fault(placeOf(n), "write a plain text", "%s must be a text", what)
		return
	}
	if strings.TrimSpace(n.Value) == "" {
		d.fault(placeOf(n), "give a value or remove the key", "%s is empty", what)
		return
	}
	if strings.ContainsFunc(n.Value, unicode.IsControl) {
		d.fault(placeOf(n), "keep it on one line", "%s holds a line break or a control character", what)
		return
	}
	t.value, t.at = strings.TrimSpace(n.Value), placeOf(n)
}

// name is the short name of something else in the file.
type name struct{ text }

// phone is a telephone number.
type phone struct{ text }

// secretRef says where a secret is: ${NAME} or file:/path.
type secretRef struct{ text }

// number is a small whole number.
type number struct {
	value int
	at    place
}

// given says whether the file holds it.
func (v number) given() bool { return v.at.line > 0 }

func (v *number) fromNode(d *decoder, n *yaml.Node, what string) {
	value, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		d.fault(placeOf(n), "write a whole number", "%s must be a number", what)
		return
	}
	v.value, v.at = value, placeOf(n)
}

// table is a mapping from names to things, in the order of the file.
type table[T any] []entry[T]

// entry is one row of a table.
type entry[T any] struct {
	key  text
	what T
}

func (t *table[T]) fromNode(d *decoder, n *yaml.Node, what string) {
	if n.Kind != yaml.MappingNode {
		d.fault(placeOf(n), "write name: {…}", "%s must be a mapping from names", what)
		return
	}
	d.pairs(n, what, func(key, value *yaml.Node) {
		e := entry[T]{key: text{value: key.Value, at: placeOf(key)}}
		before := len(d.problems)
		d.value(value, reflectOf(&e.what), join(what, key.Value))
		if len(d.problems) == before || value.Kind == yaml.MappingNode {
			*t = append(*t, e)
		}
	})
}

// inputs are values for a runbook.
type inputs []input

// input is one value: a text, a bool, a whole or a broken number, a list or a mapping.
type input struct {
	key   text
	value any
}

func (v *inputs) fromNode(d *decoder, n *yaml.Node, what string) {
	if n.Kind != yaml.MappingNode {
		d.fault(placeOf(n), "write name: value", "%s must be a mapping", what)
		return
	}
	d.pairs(n, what, func(key, value *yaml.Node) {
		if plain, ok := d.plain(value, join(what, key.Value)); ok {
			*v = append(*v, input{key: text{value: key.Value, at: placeOf(key)}, value: plain})
		}
	})
}

// plain reads any value that JSON has too, except null.
func (d *decoder) plain(n *yaml.Node, what string) (any, bool) {
	switch {
	case n.Kind == yaml.SequenceNode && n.Anchor == "":
		list := make([]any, 0, len(n.Content))
		for i, item := range n.Content {
			value, ok := d.plain(item, what+"["+strconv.Itoa(i)+"]")
			if !ok {
				return nil, false
			}
			list = append(list, value)
		}
		return list, true
	case n.Kind == yaml.MappingNode && n.Anchor == "":
		whole, mapping := true, map[string]any{}
		d.pairs(n, what, func(key, value *yaml.Node) {
			plain, ok := d.plain(value, join(what, key.Value))
			mapping[key.Value], whole = plain, whole && ok
		})
		return mapping, whole
	}
	var scalar plainScalar
	d.value(n, reflectOf(&scalar), what)
	return scalar.value, scalar.value != nil
}

// plainScalar is a text, a bool or a number.
type plainScalar struct{ value any }

func (v *plainScalar) fromNode(d *decoder, n *yaml.Node, what string) {
	if n.Kind != yaml.ScalarNode {
		d.fault(placeOf(n), "write a text, a number, a list or a mapping", "%s cannot be read", what)
		return
	}
	switch n.Tag {
	case "!!bool":
		v.value = strings.EqualFold(n.Value, "true")
	case "!!int":
		if whole, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 0, 64); err == nil {
			v.value = whole
			return
		}
		d.fault(placeOf(n), "quote it if it is a text", "%s: %s is no number that fits", what, quoted(n.Value))
	case "!!float":
		broken, err := strconv.ParseFloat(n.Value, 64)
		if err != nil || math.IsInf(broken, 0) || math.IsNaN(broken) {
			d.fault(placeOf(n), "quote it if it is a text", "%s: %s is no number that fits", what, quoted(n.Value))
			return
		}
		v.value = broken
	default:
		v.value = n.Value
	}
}

// labels are the conditions of a route, in the order of the file; nil when they could not be read.
type labels []condition

// condition is one label that must match. A nil pattern means that the value must be equal.
type condition struct {
	label   string
	value   text
	pattern *regexp.Regexp
}

func (v *labels) fromNode(d *decoder, n *yaml.Node, what string) {
	if n.Kind != yaml.MappingNode {
		d.fault(placeOf(n), "write label: value", "%s must be a mapping from labels", what)
		return
	}
	before, all := len(d.problems), labels{}
	d.pairs(n, what, func(key, value *yaml.Node) {
		if c, ok := d.condition(key, value, join(what, key.Value)); ok {
			all = append(all, c)
		}
	})
	if len(d.problems) == before {
		*v = all
	}
}

// condition reads one label; an empty text is allowed, for a label that must be missing.
func (d *decoder) condition(key, value *yaml.Node, what string) (condition, bool) {
	c := condition{label: key.Value, value: text{at: placeOf(value)}}
	if value.Kind != yaml.ScalarNode || value.Value != "" || value.Tag == "!!null" {
		d.value(value, reflectOf(&c.value), what)
		if c.value.value == "" {
			return c, false
		}
	}
	inner, ok := strings.CutPrefix(c.value.value, "/")
	if !ok || len(inner) < 2 || !strings.HasSuffix(inner, "/") {
		return c, true
	}
	inner = strings.TrimSuffix(inner, "/")
	if _, err := regexp.Compile(inner); err != nil {
		d.fault(c.value.at, "the syntax is RE2, without look-ahead and back-references", "%s is no regular expression: %v", what, err)
		return c, false
	}
	c.pattern = regexp.MustCompile("^(?s:" + inner + ")$")
	return c, true
}

// wordsOf lists the words of a value that is one word or a list of them.
func wordsOf(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

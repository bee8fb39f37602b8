package runbooks

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/expression"
)

// value reads a field by its shape into its place in the step.
func (b *stepReader) value(f *fieldSpec, n *yaml.Node, name string) {
	switch target := f.at(&b.step); f.shape {
	case shapeText, shapeName:
		text, _ := b.text(n, name)
		setText(target, text)
	case shapeTexts, shapeNames:
		*target.(*[]string) = b.texts(n, name)
	case shapeTargets:
		page := target.(*Page)
		page.List = n.Kind == yaml.SequenceNode
		page.Targets = b.texts(n, name)
	case shapeDuration:
		text, _ := b.lapse(n, name)
		setText(target, text)
	case shapeBool:
		*target.(*bool) = b.flag(n, name)
	case shapeCount:
		*target.(*int) = b.count(n, name, 1)
	case shapeWord:
		setText(target, b.oneOf(n, name, f.words))
	case shapeWords:
		b.words(n, name, f, target)
	case shapeNeed:
		setText(target, b.need(n))
	case shapeRole, shapeSeverity:
		setText(target, b.word(n, name))
	case shapeRoles:
		b.words(n, name, f, target)
	case shapeChoices:
		*target.(*[]Choice) = b.choices(n)
	case shapeCases:
		*target.(*[]Case) = b.cases(n)
	case shapeSteps:
		*target.(*[]Step) = b.steps(n, b.step.Path+"/"+name, b.depth+1)
	default:
		b.blockValue(f, n, name)
	}
}

// setText stores text in a string or in a type over one.
func setText(target any, text string) { reflect.ValueOf(target).Elem().SetString(text) }

// text reads text whose ${{ }} are filled in later.
func (r *reader) text(n *yaml.Node, what string) (string, bool) {
	n, ok := r.scalar(n, what)
	if !ok {
		return "", false
	}
	return n.Value, true
}

// plain reads text that is taken as it stands.
func (r *reader) plain(n *yaml.Node, what string) (string, bool) {
	text, ok := r.text(n, what)
	if at := strings.Index(text, "${{"); ok && at >= 0 {
		p := Problem{Code: CodeWrapped, Message: fmt.Sprintf("${{ }} is not filled in here: %s is taken as it stands", what)}
		line := strings.Count(text[:at], "\n") + 1
		column := len([]rune(text[strings.LastIndexByte(text[:at], '\n')+1:at])) + 1
		p.Line, p.Column = r.src.within(n, line, column)
		r.report(n, p)
		return "", false
	}
	return text, ok
}

func (b *stepReader) word(n *yaml.Node, what string) string {
	text, _ := b.plain(n, what)
	return text
}

// texts reads a list of texts, or one.
func (b *stepReader) texts(n *yaml.Node, name string) []string {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items, _ = b.items(n, name)
		if len(items) == 0 {
			b.report(n, Problem{Code: CodeEmpty, Message: fmt.Sprintf("%s is empty", name), Hint: "leave it out, or name somebody"})
		}
	}
	var texts []string
	for _, item := range items {
		if text, ok := b.text(item, name); ok {
			b.places[fmt.Sprintf("%s[%d]", b.at(name), len(texts))] = item
			texts = append(texts, text)
		}
	}
	return texts
}

// duration reads 5m, or text that yields a duration.
func (r *reader) duration(n *yaml.Node, what string) (string, bool) {
	text, ok := r.text(n, what)
	if !ok || strings.Contains(text, "${{") {
		return text, ok
	}
	_, err := expression.ParseDuration(text)
	switch {
	case errors.Is(err, expression.ErrNoUnit):
		r.report(n, Problem{Code: CodeNoUnit, Message: fmt.Sprintf("%s: %s has no unit", what, text), Hint: fmt.Sprintf("write %ss, %sm or %sh", text, text, text)})
	case err != nil:
		r.report(n, Problem{Code: CodeWrongType, Message: fmt.Sprintf("%s: %v", what, err)})
	}
	if err != nil {
		return "", false
	}
	return text, true
}

// lapse is duration for what waits, repeats or reminds: no time at all would do that at once, or for ever.
func (r *reader) lapse(n *yaml.Node, what string) (string, bool) {
	text, ok := r.duration(n, what)
	if d, err := expression.ParseDuration(text); ok && err == nil && d <= 0 {
		r.report(n, Problem{Code: CodeWrongType, Message: fmt.Sprintf("%s: %s is no time at all", what, text), Hint: "write how long, or leave it out"})
		return "", false
	}
	return text, ok
}

// flag reads true or false.
func (r *reader) flag(n *yaml.Node, what string) bool {
	n, ok := r.scalar(n, what)
	switch {
	case !ok:
		return false
	case n.Tag == "!!bool":
		return strings.EqualFold(n.Value, "true")
	case isBooleanWord(n.Value):
		r.report(n, Problem{Code: CodeBooleanWord, Message: fmt.Sprintf("%s: %s is not true or false", what, n.Value), Hint: "write true or false"})
	default:
		r.report(n, Problem{Code: CodeMismatch, Message: fmt.Sprintf("%s is true or false, found %q", what, n.Value)})
	}
	return false
}

// count reads a whole number of at least least.
func (b *stepReader) count(n *yaml.Node, what string, least int) int {
	text, ok := b.plain(n, what)
	if !ok {
		return least
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < least || number > 1000 {
		b.report(n, Problem{Code: CodeMismatch, Message: fmt.Sprintf("%s is a whole number from %d to 1000, found %q", what, least, text)})
		return least
	}
	return number
}

// need reads any, all or a number.
func (b *stepReader) need(n *yaml.Node) string {
	text := b.word(n, "need")
	if number, err := strconv.Atoi(text); text == "any" || text == "all" || text == "" || (err == nil && number >= 1 && number <= 1000) {
		return text
	}
	b.report(n, Problem{Code: CodeUnknownKey, Message: fmt.Sprintf("need is any, all or a number, found %q", text)})
	return ""
}

// oneOf reads one of the allowed words.
func (b *stepReader) oneOf(n *yaml.Node, name string, allowed []string) string {
	word, ok := b.plain(n, name)
	if ok && !slices.Contains(allowed, word) {
		b.unknown(n, fmt.Sprintf("%s cannot be %q", name, word), word, allowed)
		return ""
	}
	return word
}

// words reads a list of words, or one, into a slice of a type over string. Without allowed words any will do.
func (b *stepReader) words(n *yaml.Node, name string, f *fieldSpec, target any) {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items, _ = b.items(n, name)
	}
	slice := reflect.ValueOf(target).Elem()
	for _, item := range items {
		read := func() string { return b.word(item, name) }
		if len(f.words) > 0 {
			read = func() string { return b.oneOf(item, name, f.words) }
		}
		word := read()
		if word == "" {
			continue
		}
		b.places[fmt.Sprintf("%s[%d]", b.at(name), slice.Len())] = item
		slice.Set(reflect.Append(slice, reflect.ValueOf(word).Convert(slice.Type().Elem())))
	}
}

// choiceKey reads the key of an answer.
func (b *stepReader) choiceKey(n *yaml.Node, what string) (string, bool) {
	if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`).MatchString(n.Value) {
		b.report(n, Problem{Code: CodeBadName, Message: fmt.Sprintf("%q cannot be %s", n.Value, what), Hint: "use letters, digits, - and _; the label may be any text"})
		return "", false
	}
	return n.Value, true
}

// choices reads the answers to a question: a list of keys, or keys with labels.
func (b *stepReader) choices(n *yaml.Node) []Choice {
	var choices []Choice
	var given int
	if n.Kind == yaml.SequenceNode {
		items, _ := b.items(n, "choices")
		given = len(items)
		for _, item := range items {
			choices = b.addChoice(choices, item)
		}
	} else {
		entries, ok := b.entries(n, "choices")
		if !ok {
			return nil
		}
		given = len(entries)
		for _, e := range entries {
			key, good := b.choiceKey(e.keyNode, "a choice")
			label, ok := b.text(e.value, "choices."+e.key)
			if good && ok {
				b.places[b.at("choices."+key)] = e.value
				choices = append(choices, Choice{Key: key, Label: label})
			} else if good {
				choices = append(choices, Choice{Key: key})
			}
		}
	}
	if given == 0 {
		b.report(n, Problem{Code: CodeEmpty, Message: "a question needs at least one choice"})
	}
	return choices
}

// addChoice reads an answer that is its own label.
func (b *stepReader) addChoice(choices []Choice, item *yaml.Node) []Choice {
	item, ok := b.scalar(item, "a choice")
	if !ok {
		return choices
	}
	b.booleanWord(item, "a choice")
	key, good := b.choiceKey(item, "a choice")
	if !good {
		return choices
	}
	if slices.ContainsFunc(choices, func(c Choice) bool { return c.Key == key }) {
		b.report(item, Problem{Code: CodeDuplicateKey, Message: fmt.Sprintf("choice %q stands here twice", key)})
		return choices
	}
	return append(choices, Choice{Key: key, Label: key})
}

// cases reads what follows each answer.
func (b *stepReader) cases(n *yaml.Node) []Case {
	entries, _ := b.entries(n, "case")
	var cases []Case
	for _, e := range entries {
		b.places[b.at("case."+e.key)] = e.keyNode
		steps := []Step{}
		path := b.step.Path + "/case/" + e.key
		if key, good := b.choiceKey(e.keyNode, "a case"); good {
			cases = append(cases, Case{Choice: key, Steps: append(steps, b.steps(e.value, path, b.depth+1)...)})
		}
	}
	return cases
}

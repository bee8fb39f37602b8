package slack

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/incident"
)

// option is one choice: what is sent, and what is shown.
type option struct{ value, label string }

// optionsOf are names that stand for themselves.
func optionsOf[T ~string](names []T) (out []option) {
	for _, name := range names {
		out = append(out, option{string(name), string(name)})
	}
	return out
}

// fits tells whether Slack takes the options: they are named, differ, and are
// short enough.
func fits(options []option) bool {
	seen := map[string]bool{}
	for _, o := range options {
		if o.value == "" || seen[o.value] || utf8.RuneCountInString(o.value) > maxOptionID {
			return false
		}
		seen[o.value] = true
	}
	return len(options) > 0 && len(options) <= maxOptions*maxOptions
}

// choice asks for one of the options. More than Slack takes at once stand in
// groups, each named after its first and last one.
func choice(action string, options []option, chosen string) *slack.SelectBlockElement {
	element := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("Choose", maxOption), action)
	var groups []*slack.OptionGroupBlockObject
	for some := range slices.Chunk(options, maxOptions) {
		objects := optionObjects(some)
		label := plain(shorten(some[0].label, maxOption/2-2)+" – "+shorten(some[len(some)-1].label, maxOption/2-2), maxOption)
		groups = append(groups, slack.NewOptionGroupBlockElement(label, objects...))
		for n, o := range some {
			if o.value == chosen {
				element.InitialOption = objects[n]
			}
		}
	}
	if len(groups) == 1 {
		element.Options = groups[0].Options
		return element
	}
	element.OptionGroups = groups
	return element
}

func optionObjects(options []option) (out []*slack.OptionBlockObject) {
	for _, o := range options {
		out = append(out, slack.NewOptionBlockObject(o.value, plain(o.label, maxOption), nil))
	}
	return out
}

// decide asks for one of a few options that are all seen at once.
func decide(action string, options []option, chosen string) *slack.RadioButtonsBlockElement {
	element := slack.NewRadioButtonsBlockElement(action, optionObjects(options)...)
	for n, o := range options {
		if o.value == chosen {
			element.InitialOption = element.Options[n]
		}
	}
	return element
}

// ask is a block that asks for something.
func ask(block, label, hint string, element slack.BlockElement) *slack.InputBlock {
	b := slack.NewInputBlock(block, plain(label, maxHint), nil, element)
	if hint != "" {
		b.Hint = plain(hint, maxHint)
	}
	return b
}

// line asks for text on one line, lines for more.
func line(action, typed string) *slack.PlainTextInputBlockElement {
	return slack.NewPlainTextInputBlockElement(nil, action).WithInitialValue(clip(typed, maxTyped)).WithMaxLength(maxTyped)
}

func lines(action, typed string) *slack.PlainTextInputBlockElement {
	return line(action, typed).WithMultiline(true)
}

// fieldBlock asks for one field of a form by its type, which is the action id,
// so that what comes back can be read. given is what stands there at first.
func fieldBlock(prefix string, f incident.FormField, given any) slack.Block {
	if given == nil {
		given = f.Default
	}
	block := ask(prefix+f.Name, f.Name, f.Description, fieldElement(f, written(given)))
	block.Optional = !f.Required || f.Default != nil
	return block
}

// fieldElement is what a field is entered in.
func fieldElement(f incident.FormField, first string) slack.BlockElement {
	switch kind := f.Type; {
	case fits(optionsOf(f.Enum)):
		return choice(kind, optionsOf(f.Enum), first)
	case kind == "bool":
		return decide(kind, []option{{"true", "yes"}, {"false", "no"}}, first)
	case kind == "int", kind == "number":
		e := slack.NewNumberInputBlockElement(nil, kind, kind == "number")
		if _, ok := incident.ReadNumber(first); ok {
			e.InitialValue = first
		}
		return e
	case kind == "user":
		return slack.NewOptionsSelectBlockElement(slack.OptTypeUser, plain("Choose", maxOption), kind)
	case kind == "duration":
		return withPlaceholder(line(kind, first), "30m, 4h, 2d")
	case kind == "map":
		return withPlaceholder(lines(kind, first), `{"name": "value"}`)
	case strings.HasPrefix(kind, "list<"):
		return withPlaceholder(line(kind, first), "one, another")
	case kind == "string":
		return lines(kind, first)
	}
	return line(f.Type, first)
}

func withPlaceholder(e *slack.PlainTextInputBlockElement, text string) *slack.PlainTextInputBlockElement {
	e.Placeholder = plain(text, maxOption)
	return e
}

// written is a value as people write it into a field.
func written(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, written(item))
		}
		return strings.Join(items, ", ")
	case map[string]any:
		return jsonOf(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

// jsonOf is a map as it is entered. What JSON cannot carry came from no runbook.
func jsonOf(v map[string]any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(raw)
}

// pick asks for one of the options, in a line of text where Slack takes them not.
func pick(action string, options []option, chosen string) slack.BlockElement {
	if !fits(options) {
		return line(action, chosen)
	}
	return choice(action, options, chosen)
}

// has tells whether a value is among the options.
func has(options []option, value string) bool {
	return slices.ContainsFunc(options, func(o option) bool { return o.value == value })
}

package runbooks

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
)

// inputTypeUser is the input type that names a person; expressions see text.
const inputTypeUser = "user"

// inputService is the input that every incident of a service has a value for, even if nobody gives one.
const inputService = "service"

// kind is the type that expressions see.
func (in Input) kind() expression.Type {
	switch in.Type {
	case inputTypeUser:
		return expression.String
	case "number":
		return expression.Double
	}
	t, err := expression.ParseType(in.Type)
	if err != nil {
		return expression.Dyn
	}
	return t
}

// inputTypes lists the type words for messages.
func inputTypes() []string {
	return []string{"string", "int", "number", "bool", "duration", inputTypeUser, "map", "list<string>"}
}

func validInputType(text string) bool {
	switch text {
	case "number", inputTypeUser, "map":
		return true
	case "dyn", "double", "timestamp":
		return false
	}
	if inner, ok := strings.CutPrefix(text, "list<"); ok {
		return validInputType(strings.TrimSpace(strings.TrimSuffix(inner, ">"))) && strings.HasSuffix(inner, ">")
	}
	t, err := expression.ParseType(text)
	return err == nil && !t.IsMap() && !t.IsList()
}

// inputs reads the declarations of what the declarer gives.
func (r *reader) inputs(n *yaml.Node) []Input {
	entries, _ := r.entries(n, "inputs")
	var inputs []Input
	for _, e := range entries {
		name, good := r.name(e.keyNode, "an input")
		in := r.input(e)
		if good {
			in.Name = name
			inputs = append(inputs, in)
		}
	}
	return inputs
}

func inputFields() []string {
	return []string{"type", "required", "default", "enum", "description", "pattern"}
}

func (r *reader) input(e entry) Input {
	in := Input{Type: "string"}
	entries, ok := r.entries(e.value, "an input")
	var defaultNode *yaml.Node
	for _, field := range entries {
		what := e.key + "." + field.key
		r.places["inputs."+what] = field.value
		switch field.key {
		case "type":
			in.Type = r.inputType(field.value, what)
		case "required":
			in.Required = r.flag(field.value, what)
		case "default":
			defaultNode = field.value
			in.Default, _ = r.value(field.value, what, 0)
		case "enum":
			in.Enum = r.tags(field.value)
		case "description":
			in.Description, _ = r.plain(field.value, what)
		case "pattern":
			in.Pattern, _ = r.plain(field.value, what)
		default:
			r.unknown(field.keyNode, fmt.Sprintf("unknown field %q of an input", field.key), field.key, inputFields())
		}
	}
	if ok && !slices.ContainsFunc(entries, func(f entry) bool { return f.key == "type" }) {
		r.report(e.keyNode, Problem{Code: CodeEmpty, Message: fmt.Sprintf("input %s needs a type", e.key), Hint: "one of " + strings.Join(inputTypes(), ", ")})
	}
	r.checkInput(&in, e, defaultNode)
	return in
}

func (r *reader) inputType(n *yaml.Node, what string) string {
	text, ok := r.plain(n, what)
	switch {
	case !ok:
		return "string"
	case !validInputType(text):
		p := Problem{Code: CodeInput, Message: fmt.Sprintf("%q is not a type of inputs", text), Hint: "one of " + strings.Join(inputTypes(), ", ")}
		if near, ok := expression.Nearest(text, inputTypes()); ok {
			p.Hint = fmt.Sprintf("did you mean %q?", near)
		}
		r.report(n, p)
	}
	return text
}

// checkInput reports defaults, alternatives and patterns that contradict the type or one another, and brings the
// default to the form in which values travel.
func (r *reader) checkInput(in *Input, e entry, defaultNode *yaml.Node) {
	at := func(field string) *yaml.Node { return r.place("inputs." + e.key + "." + field) }
	if !validInputType(in.Type) {
		return
	}
	if _, err := regexp.Compile(in.Pattern); err != nil {
		r.report(at("pattern"), Problem{Code: CodeInput, Message: fmt.Sprintf("%q is not a regular expression", in.Pattern)})
		in.Pattern = ""
	}
	if in.Pattern != "" && in.kind() != expression.String {
		r.report(at("pattern"), Problem{Code: CodeInput, Message: fmt.Sprintf("a pattern needs text, %s is %s", e.key, in.Type)})
	}
	for _, word := range in.Enum {
		if _, err := convertInput(in.Type, word); err != nil {
			r.report(at("enum"), Problem{Code: CodeInput, Message: fmt.Sprintf("alternative %q: %v", word, err)})
		}
	}
	if defaultNode == nil && !in.Required && e.key != inputService {
		r.report(e.keyNode, Problem{Code: CodeInput, Warning: true, Message: fmt.Sprintf("input %s is neither required nor has it a default", e.key), Hint: "steps that read it hold where nobody gave it"})
	}
	if defaultNode == nil || in.Default == nil {
		return
	}
	if in.Required {
		r.report(at("required"), Problem{Code: CodeInput, Message: "a required input has no use for its default", Hint: "remove one of the two"})
	}
	value, err := in.accept(in.Default)
	if err != nil {
		r.report(defaultNode, Problem{Code: CodeInput, Message: fmt.Sprintf("default: %v", err)})
		return
	}
	in.Default = value
}

// accept brings a given value to the input's type and checks it against the alternatives and the pattern.
func (in Input) accept(given any) (any, error) {
	value, err := convertInput(in.Type, given)
	if err != nil {
		return nil, err
	}
	if text, ok := value.(string); ok && in.Pattern != "" && in.kind() == expression.String {
		pattern, err := regexp.Compile(in.Pattern)
		if err != nil {
			return nil, fmt.Errorf("pattern: %w", err)
		}
		if !pattern.MatchString(text) {
			return nil, fmt.Errorf("%q does not match %s", text, in.Pattern)
		}
	}
	if len(in.Enum) == 0 {
		return value, nil
	}
	for _, word := range in.Enum {
		if allowed, err := convertInput(in.Type, word); err == nil && fmt.Sprint(allowed) == fmt.Sprint(value) {
			return value, nil
		}
	}
	return nil, fmt.Errorf("%v is not one of %s", given, strings.Join(in.Enum, ", "))
}

// convertInput brings a value to an input type. Text is read as the type, for the command line gives nothing else.
// What comes out is what JSON would give back: text, booleans, float64, lists and maps; a duration stays text.
func convertInput(typeName string, given any) (any, error) {
	if inner, ok := strings.CutPrefix(typeName, "list<"); ok {
		return convertInputList(strings.TrimSpace(strings.TrimSuffix(inner, ">")), given)
	}
	text, isText := given.(string)
	switch typeName {
	case "string", inputTypeUser:
		if isText {
			return text, nil
		}
	case "bool":
		return convertInputBool(given)
	case "int", "number":
		return convertInputNumber(typeName, given)
	case "duration":
		if !isText {
			return nil, fmt.Errorf("%v is not a duration (write 30s, 5m, 4h, 5d or 2w)", given)
		}
		if _, err := expression.ParseDuration(text); err != nil {
			return nil, err
		}
		return text, nil
	case "map":
		if object, ok := given.(map[string]any); ok {
			return object, nil
		}
	}
	return nil, fmt.Errorf("%v is not of type %s", given, typeName)
}

func convertInputBool(given any) (any, error) {
	switch given {
	case true, "true":
		return true, nil
	case false, "false":
		return false, nil
	default:
		return nil, fmt.Errorf("%v is not true or false", given)
	}
}

func convertInputNumber(typeName string, given any) (any, error) {
	number, ok := incident.ReadNumber(given)
	if !ok || (typeName == "int" && !incident.Whole(number)) {
		return nil, fmt.Errorf("%v is not of type %s", given, typeName)
	}
	return number, nil
}

// convertInputList takes a list, or text with commas.
func convertInputList(elem string, given any) (any, error) {
	items, ok := incident.ReadList(given)
	if !ok {
		return nil, fmt.Errorf("%v is not a list", given)
	}
	list := make([]any, len(items))
	for i, item := range items {
		value, err := convertInput(elem, item)
		if err != nil {
			return nil, err
		}
		list[i] = value
	}
	return list, nil
}

// Bind checks what a declarer gives against the runbook's inputs and brings it to their types. Text is accepted for
// every type. Defaults are not filled in, and a required input may be missing: the incident may know it from its
// alert. The error names every wrong input.
func (rb *Runbook) Bind(given map[string]any) (map[string]any, error) {
	var errs []error
	bound := make(map[string]any, len(given))
	for _, name := range sortedKeys(given) {
		i := slices.IndexFunc(rb.Inputs, func(in Input) bool { return in.Name == name })
		if i < 0 {
			errs = append(errs, rb.unknownInput(name))
			continue
		}
		value, err := rb.Inputs[i].accept(given[name])
		if err != nil {
			errs = append(errs, fmt.Errorf("input %s: %w", name, err))
			continue
		}
		bound[name] = value
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return bound, nil
}

func (rb *Runbook) unknownInput(name string) error {
	known := make([]string, 0, len(rb.Inputs))
	for _, in := range rb.Inputs {
		known = append(known, in.Name)
	}
	if near, ok := expression.Nearest(name, known); ok {
		return fmt.Errorf("runbook %s has no input %q (did you mean %q?)", rb.ID, name, near)
	}
	if len(known) == 0 {
		return fmt.Errorf("runbook %s has no input %q (it takes none)", rb.ID, name)
	}
	return fmt.Errorf("runbook %s has no input %q (it takes %s)", rb.ID, name, strings.Join(known, ", "))
}

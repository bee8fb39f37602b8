package roster

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/invopop/jsonschema"

	"github.com/musterbook/musterbook/oncall"
)

// The patterns of the schema. They repeat in short what the reader checks, for the editor's benefit; the reader's word
// counts.
const (
	namePattern   = `^[a-z][a-z0-9-]*$`
	secretPattern = `^(\$\{[A-Za-z_][A-Za-z0-9_]*\}|file:/.+)$`
	datePattern   = `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
	clockPattern  = `^[0-2][0-9]:[0-5][0-9]$`
	daysPattern   = `^(sun|mon|tue|wed|thu|fri|sat)(-(sun|mon|tue|wed|thu|fri|sat))?$`
)

// Schema is the JSON Schema (draft 2020-12) of musterbook.yaml, for editors. It is derived from the same structs as
// the reader.
func Schema() ([]byte, error) {
	s := reflected(reflect.TypeFor[file]())
	s.Version, s.Title = jsonschema.Version, "musterbook.yaml"
	s.Description = "People, schedules, services, routes and settings of a Musterbook installation."
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the schema of musterbook.yaml: %w", err)
	}
	return append(out, '\n'), nil
}

// reflected is the schema of one struct, whole, without references.
func reflected(t reflect.Type) *jsonschema.Schema {
	r := jsonschema.Reflector{Anonymous: true, DoNotReference: true}
	s := r.ReflectFromType(t)
	s.Version, s.Definitions = "", nil
	return s
}

// pattern is the schema of a text of a certain form.
func pattern(form string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: form}
}

// JSONSchema describes any text.
func (text) JSONSchema() *jsonschema.Schema { return &jsonschema.Schema{Type: "string"} }

// JSONSchema describes a name.
func (name) JSONSchema() *jsonschema.Schema { return pattern(namePattern) }

// JSONSchema describes a telephone number.
func (phone) JSONSchema() *jsonschema.Schema { return pattern(e164.String()) }

// JSONSchema describes a reference to a secret.
func (secretRef) JSONSchema() *jsonschema.Schema { return pattern(secretPattern) }

// JSONSchema describes a day.
func (date) JSONSchema() *jsonschema.Schema { return pattern(datePattern) }

// JSONSchema describes a time of day.
func (clockTime) JSONSchema() *jsonschema.Schema { return pattern(clockPattern) }

// JSONSchema describes a length of time.
func (duration) JSONSchema() *jsonschema.Schema { return pattern(durationForm.String()) }

// JSONSchema describes a number of days.
func (days) JSONSchema() *jsonschema.Schema { return pattern(daysForm.String()) }

// JSONSchema describes a channel.
func (channel) JSONSchema() *jsonschema.Schema { return pattern(channelForm.String()) }

// JSONSchema describes days of the week.
func (weekdays) JSONSchema() *jsonschema.Schema { return oneOrMore(pattern(daysPattern)) }

// JSONSchema describes ways to tell somebody.
func (ways) JSONSchema() *jsonschema.Schema {
	word := &jsonschema.Schema{Type: "string"}
	for _, way := range oncall.Ways() {
		word.Enum = append(word.Enum, string(way))
	}
	return oneOrMore(word)
}

// JSONSchema describes somebody who takes turns.
func (fileMember) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{pattern(namePattern), reflected(reflect.TypeFor[memberTimes]())}}
}

// JSONSchema describes whom the words of a calendar mean.
func (calendarPeople) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", AdditionalProperties: pattern(namePattern)}
}

// oneOrMore is one of something, or a list of them.
func oneOrMore(one *jsonschema.Schema) *jsonschema.Schema {
	least := uint64(1)
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{one, {Type: "array", Items: one, MinItems: &least}}}
}

// JSONSchema describes a whole number.
func (number) JSONSchema() *jsonschema.Schema { return &jsonschema.Schema{Type: "integer"} }

// JSONSchema describes inputs of a runbook.
func (inputs) JSONSchema() *jsonschema.Schema { return &jsonschema.Schema{Type: "object"} }

// JSONSchema describes the conditions of a route.
func (labels) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{Extras: map[string]any{
		"type": []string{"string", "number", "boolean"},
	}}}
}

// JSONSchema describes a mapping from names.
func (table[T]) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{
		Type: "object", PropertyNames: pattern(namePattern), AdditionalProperties: reflected(reflect.TypeFor[T]()),
	}
}

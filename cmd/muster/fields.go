package main

import (
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"
)

// fieldsHelp explains how fields are typed.
const fieldsHelp = "A field is name=value; the value is a text, and read as what the field wants. name:=value is read as JSON: a number,\n" +
	"true, a list, an object."

// parseFields reads name=value, a text, and name:=value, JSON. None gives nil.
func parseFields(words []string) (map[string]any, error) {
	var fields map[string]any
	for _, word := range words {
		name, value, ok := strings.Cut(word, "=")
		name, isJSON := strings.CutSuffix(name, ":")
		switch {
		case !ok || name == "":
			return nil, misused("write name=value", "%q is no field with a value", word)
		case fields == nil:
			fields = map[string]any{}
		}
		if _, twice := fields[name]; twice {
			return nil, misused("", "%s is given twice", name)
		}
		fields[name] = value
		if !isJSON {
			continue
		}
		var decoded any
		if err := json.Unmarshal([]byte(value), &decoded); err != nil {
			return nil, misused("a text is given as "+name+"="+value, "%s:= wants JSON: %v", name, err)
		}
		fields[name] = decoded
	}
	return fields, nil
}

// wordsAndFields checks the words that a command was given and that fields follow, if they must.
func wordsAndFields(must bool, names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return missing(c, names[len(args)])
		case must && len(args) == len(names):
			return missing(c, "FIELD=VALUE")
		}
		_, err := parseFields(args[len(names):])
		return err
	}
}

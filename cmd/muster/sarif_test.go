package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/musterbook/musterbook/runbooks"
)

// sarifShape is what the standard demands of the parts that we write (chapters 3.13 to 3.30 and 3.49), closed like the
// standard's own schema, so that a misspelt property is found.
const sarifShape = `{
  "type": "object", "additionalProperties": false, "required": ["$schema", "version", "runs"],
  "properties": {
    "$schema": {"type": "string", "format": "uri"},
    "version": {"const": "2.1.0"},
    "runs": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/run"}}
  },
  "$defs": {
    "text": {"type": "object", "additionalProperties": false, "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}},
    "level": {"enum": ["none", "note", "warning", "error"]},
    "run": {"type": "object", "additionalProperties": false, "required": ["tool", "results"], "properties": {
      "tool": {"type": "object", "additionalProperties": false, "required": ["driver"], "properties": {"driver": {"$ref": "#/$defs/driver"}}},
      "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
      "results": {"type": "array", "items": {"$ref": "#/$defs/result"}}
    }},
    "driver": {"type": "object", "additionalProperties": false, "required": ["name", "rules"], "properties": {
      "name": {"type": "string", "minLength": 1}, "version": {"type": "string"},
      "rules": {"type": "array", "minItems": 1, "uniqueItems": true, "items": {
        "type": "object", "additionalProperties": false, "required": ["id", "shortDescription", "fullDescription", "help"], "properties": {
          "id": {"type": "string"}, "shortDescription": {"$ref": "#/$defs/text"}, "fullDescription": {"$ref": "#/$defs/text"},
          "help": {"$ref": "#/$defs/text"},
          "defaultConfiguration": {"type": "object", "additionalProperties": false, "properties": {"level": {"$ref": "#/$defs/level"}}}
        }}}
    }},
    "result": {"type": "object", "additionalProperties": false, "required": ["ruleId", "level", "message", "locations"], "properties": {
      "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": 0}, "level": {"$ref": "#/$defs/level"},
      "message": {"$ref": "#/$defs/text"},
      "locations": {"type": "array", "minItems": 1, "items": {"type": "object", "additionalProperties": false, "required": ["physicalLocation"], "properties": {
        "physicalLocation": {"type": "object", "additionalProperties": false, "required": ["artifactLocation"], "properties": {
          "artifactLocation": {"type": "object", "additionalProperties": false, "required": ["uri"], "properties": {"uri": {"type": "string", "format": "uri-reference"}}},
          "region": {"type": "object", "additionalProperties": false, "required": ["startLine"], "properties": {
            "startLine": {"type": "integer", "minimum": 1}, "startColumn": {"type": "integer", "minimum": 1}}}
        }}}}}
    }}
  }
}`

func TestSARIF(t *testing.T) {
	t.Parallel()
	_, problems := runbooks.Parse("books/a b.yaml", []byte("runbook: x\nroles: { owner: pay }\nphases: { recovery: [{ say: &a Hello }, { note: *a }] }\n"))
	findings := []finding{{File: "musterbook.yaml", Message: "nobody is called that"}}
	for _, p := range problems {
		findings = append(findings, ofRunbook(p))
	}
	text, err := json.Marshal(asSARIF("1.2.3", findings))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	shape, err := jsonschema.UnmarshalJSON(strings.NewReader(sarifShape))
	if err == nil {
		err = compiler.AddResource("sarif.json", shape)
	}
	if err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}

	var log sarifLog
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	levels := map[string]string{}
	for _, r := range run.Results {
		if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("%s points at the rule %s", r.RuleID, run.Tool.Driver.Rules[r.RuleIndex].ID)
		}
		levels[r.RuleID] = r.Level
	}
	if levels["S10"] != "error" || levels["P06"] != "warning" || levels["configuration"] != "error" {
		t.Errorf("levels %v", levels)
	}
	if first := run.Results[0].Locations[0].Physical; first.Region != nil {
		t.Errorf("a finding about the whole file points at %+v", *first.Region)
	}
	if got := run.Results[1].Locations[0].Physical; got.Artifact.URI != "books/a%20b.yaml" || got.Region == nil || got.Region.StartLine != 2 {
		t.Errorf("location %+v", got)
	}
}

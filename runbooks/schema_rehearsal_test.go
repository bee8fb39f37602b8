package runbooks

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

func TestRehearsalSchemaFileIsCurrent(t *testing.T) {
	want, err := RehearsalSchema()
	if err != nil {
		t.Fatal(err)
	}
	generated(t, RehearsalSchemaFile, want)
}

// rehearsalValidator compiles the schema of tests.
func rehearsalValidator(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := RehearsalSchema()
	if err != nil {
		t.Fatal(err)
	}
	return compiledSchema(t, RehearsalSchemaFile, text)
}

// documentsAsJSON decodes each document of a YAML file into what a JSON decoder would give.
func documentsAsJSON(t *testing.T, text []byte) []any {
	t.Helper()
	var all []any
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var decoded any
		if err := decoder.Decode(&decoded); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, throughJSON(t, decoded))
	}
}

func TestRehearsalSchemaAccepts(t *testing.T) {
	t.Parallel()
	schema := rehearsalValidator(t)
	for _, file := range rehearsalFiles(t, "good") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for n, document := range documentsAsJSON(t, text) {
			if err := schema.Validate(document); err != nil {
				t.Errorf("%s, document %d: %v", file, n+1, err)
			}
		}
	}
}

// The reader refuses all of it as well.
func TestRehearsalSchemaRefuses(t *testing.T) {
	t.Parallel()
	schema := rehearsalValidator(t)
	tests := []struct{ name, text string }{
		{name: "misspelt key", text: "exspect: { ends: open }"},
		{name: "test without expectation", text: "test: x"},
		{name: "empty expectation", text: "test: x\nexpect: {}"},
		{name: "act without a verb", text: "script: [{ at: 2m, by: ana }]"},
		{name: "act with two verbs", text: "script: [{ at: 2m, ack: true, answer: x, choice: y, by: ana }]"},
		{name: "act without a time", text: "script: [{ ack: true, by: ana }]"},
		{name: "act of nobody", text: "script: [{ at: 2m, ack: true }]"},
		{name: "alert by somebody", text: "script: [{ at: 2m, alert: fires, by: ana }]"},
		{name: "field of another verb", text: "script: [{ at: 2m, ack: true, choice: x, by: ana }]"},
		{name: "answer of nothing", text: "script: [{ at: 2m, answer: x, by: ana }]"},
		{name: "answer of both", text: "script: [{ at: 2m, answer: x, choice: y, fields: {}, by: ana }]"},
		{name: "assign to nobody", text: "script: [{ at: 2m, assign: commander, by: ana }]"},
		{name: "bare number as duration", text: "for: 90"},
		{name: "habit", text: "phones: { ana: soon }"},
		{name: "two outcomes in one", text: "mock: { a: { ok: {}, fail: x } }"},
		{name: "no outcome", text: "mock: { a: { after: 1m } }"},
		{name: "unknown state", text: "test: x\nexpect: { steps: { a: finished } }"},
		{name: "unknown ending", text: "test: x\nexpect: { ends: solved }"},
		{name: "nothing never said", text: "test: x\nexpect: { never: [] }"},
		{name: "paged without a name", text: "test: x\nexpect: { paged: [{ via: call }] }"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := schema.Validate(documentsAsJSON(t, []byte(tt.text))[0]); err == nil {
				t.Error("the schema accepts it")
			}
			if _, problems := ParseRehearsals("x.yaml", []byte(tt.text)); problems.Err() == nil {
				t.Error("the reader accepts it")
			}
		})
	}
}

package roster_test

import (
	"bytes"
	"strconv"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/roster"
)

func TestSchemaTakesGoodFiles(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	for name, data := range map[string][]byte{"the example": example(t), "the small file": edited(t, "from: +12025550100", `from: "+12025550100"`), "the on-call file": onCall(t)} {
		if err := schema.Validate(plain(t, data)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSchemaRefuses has what an editor should underline. The reader refuses all of it as well.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	tests := []struct {
		name string
		edit []string
	}{
		{name: "unknown field", edit: []string{"email: ", "e-mail: "}},
		{name: "unknown section", edit: []string{"fallback: [ben]", "fallback: [ben]\npolicy: {}"}},
		{name: "unknown route field", edit: []string{"    team: sre", "    taem: sre"}},
		{name: "missing section", edit: []string{"fallback: [ben]\n", ""}},
		{name: "missing field", edit: []string{"{name: Ben Ito, ", "{"}},
		{name: "name", edit: []string{"  sre: ", "  SRE: "}},
		{name: "telephone", edit: []string{"+34600000001", "0600"}},
		{name: "plain secret", edit: []string{"${SLACK_TOKEN}", "xoxb-1"}},
		{name: "date", edit: []string{"2026-01-05", "5.1.2026"}},
		{name: "weeks", edit: []string{"weeks: 2", "weeks: 0"}},
		{name: "hours", edit: []string{"weeks: 2", "hours: 200"}},
		{name: "member without a name", edit: []string{"members: [ana, ben], start", "members: [{from: 2026-01-05}], start"}},
		{name: "no day of the week", edit: []string{"cto: {person: ben}", "cto: " + layered("{days: monday}")}},
		{name: "layers without any", edit: []string{"cto: {person: ben}", "cto: {zone: UTC, layers: []}"}},
		{name: "calendar with another's field", edit: []string{"cto: {person: ben}", "cto: {zone: UTC, calendar: {uri: 'https://example.com'}}"}},
		{name: "policy without levels", edit: []string{"services:", "policies: {p: {repeat: 1}}\nservices:"}},
		{name: "policy that goes on for ever", edit: []string{"services:", "policies: {p: {repeat: 10, levels: [{targets: [ana]}]}}\nservices:"}},
		{name: "strategy", edit: []string{"services:", "policies: {p: {levels: [{targets: [ana, ben], strategy: random}]}}\nservices:"}},
		{name: "acknowledge", edit: []string{"services:", "policies: {p: {levels: [{targets: [ana], ack: 5}]}}\nservices:"}},
		{name: "way", edit: []string{"name: Ben Ito", "name: Ben Ito, contact: {high: [{via: telegram}]}"}},
		{name: "mail server without a sender", edit: []string{"fallback: [ben]", "fallback: [ben]\nemail: {smtp: 'mail.example.com:587'}"}},
		{name: "protection of mail", edit: []string{"fallback: [ben]", "fallback: [ben]\nemail: {smtp: 'mail.example.com:587', from: pager@example.com, tls: ssl}"}},
		{name: "pager without a secret", edit: []string{"fallback: [ben]", "fallback: [ben]\npager: {url: 'https://pager.example.com'}"}},
		{name: "quiet", edit: []string{"name: Ana Ruiz", "name: Ana Ruiz, quiet: {from: 22}"}},
		{name: "empty list", edit: []string{"fallback: [ben]", "fallback: []"}},
		{name: "label that is a list", edit: []string{"severity: critical", "severity: [critical]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data := edited(t, tt.edit...)
			if err := schema.Validate(plain(t, data)); err == nil {
				t.Error("the schema takes it")
			}
			if c, problems := roster.Parse("m.yaml", data, outside()); c != nil || len(problems) == 0 {
				t.Error("the reader takes it")
			}
		})
	}
}

// compiled checks the schema itself and makes it ready.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := roster.Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("musterbook.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("musterbook.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// plain is a YAML file as an editor's language server hands it to the schema: as JSON, in which a date is a text.
func plain(t *testing.T, data []byte) any {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	return plainNode(t, root.Content[0])
}

func plainNode(t *testing.T, n *yaml.Node) any {
	t.Helper()
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plainNode(t, n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, item := range n.Content {
			list = append(list, plainNode(t, item))
		}
		return list
	case yaml.ScalarNode, yaml.DocumentNode, yaml.AliasNode:
	}
	switch n.Tag {
	case "!!bool":
		return n.Value == "true"
	case "!!int":
		number, err := strconv.Atoi(n.Value)
		if err != nil {
			t.Fatal(err)
		}
		return number
	}
	return n.Value
}

package runbooks

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "rewrite the generated schema and the README's table")

// shippedIDs lists the runbooks that come with the product.
func shippedIDs(t testing.TB) []string {
	t.Helper()
	ids, err := IDs(Shipped())
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestShippedRunbooksAreClean(t *testing.T) {
	t.Parallel()
	ids := shippedIDs(t)
	if diff := cmp.Diff([]string{
		"data-loss", "demo", "failed-deployment", "leaked-credential", "performance-degradation", "rotate-credentials", "security-breach",
		"service-outage", "third-party-outage",
	}, ids); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
	for _, id := range ids {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			text, err := fs.ReadFile(Shipped(), id+".yaml")
			if err != nil {
				t.Fatal(err)
			}
			if _, problems := Parse(id+".yaml", text); len(problems) > 0 {
				t.Fatal(problems)
			}
			rb, err := Load(Shipped(), id)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Compile(rb); err != nil {
				t.Fatal(err)
			}
			header, _, _ := strings.Cut(string(text), "\n")
			if header != "# yaml-language-server: $schema=./"+SchemaFile {
				t.Errorf("first line %q", header)
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	if _, err := Load(Shipped(), "nothing"); err == nil || !strings.Contains(err.Error(), `there is no runbook "nothing"`) {
		t.Errorf("error %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/other.yaml", []byte(minimal()), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(os.DirFS(dir), "other"); err == nil || !strings.Contains(err.Error(), "name the file small.yaml") {
		t.Errorf("error %v", err)
	}
}

// validator compiles the generated schema.
func validator(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	return compiledSchema(t, SchemaFile, text)
}

// compiledSchema compiles the text of a schema.
func compiledSchema(t *testing.T, name string, text []byte) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(name, document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// asJSON decodes YAML into what a JSON decoder would give.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	var decoded any
	if err := yaml.Unmarshal([]byte(text), &decoded); err != nil {
		t.Fatal(err)
	}
	return throughJSON(t, decoded)
}

// throughJSON is a value as a JSON decoder would give it.
func throughJSON(t *testing.T, decoded any) any {
	t.Helper()
	encoded, err := json.Marshal(decoded)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestSchemaAcceptsShippedRunbooks(t *testing.T) {
	t.Parallel()
	schema := validator(t)
	for _, id := range shippedIDs(t) {
		text, err := fs.ReadFile(Shipped(), id+".yaml")
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(asJSON(t, string(text))); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	if err := schema.Validate(asJSON(t, everything())); err != nil {
		t.Errorf("every field of every kind: %v", err)
	}
}

func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	schema := validator(t)
	tests := []struct{ name, text string }{
		{name: "field of another kind", text: block("- say: hello\n  ack: 5m")},
		{name: "misspelt field", text: block("- page: commander\n  akc: 5m")},
		{name: "two kinds", text: block("- say: hello\n  note: hello")},
		{name: "unknown kind", text: block("- shout: hello")},
		{name: "ask without timeout", text: block("- ask: Well?\n  choices: [a]")},
		{name: "bare number as duration", text: block("- wait: 5")},
		{name: "approval by silence", text: block("- approve: Go?\n  timeout: 5m\n  on_timeout: continue")},
		{name: "unknown phase", text: "runbook: x\nroles: { commander: a }\nphases: { detection: [] }"},
		{name: "no commander", text: "runbook: x\nroles: { owner: a }\nphases: { recovery: [] }"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := schema.Validate(asJSON(t, tt.text)); err == nil {
				t.Error("the schema accepts it")
			}
		})
	}
}

// generated compares a file with what the code makes of it, or rewrites it with -update.
func generated(t *testing.T, name string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is out of date: go test ./runbooks -update\n%s", name, cmp.Diff(string(want), string(got)))
	}
}

func TestSchemaFileIsCurrent(t *testing.T) {
	want, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	generated(t, SchemaFile, want)
}

func TestReadmeListsTheKinds(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), "<!-- kinds -->\n")
	_, after, ok := strings.Cut(rest, "<!-- /kinds -->")
	if !ok {
		t.Fatal("README.md has no table of kinds")
	}
	var table strings.Builder
	table.WriteString("| kind and its value | what it does | its fields | read as `steps.<id>.…` |\n|---|---|---|---|\n")
	for _, k := range kindTable {
		var fields, outputs []string
		for _, f := range k.fields {
			fields = append(fields, "`"+f.name+"`")
		}
		for _, name := range commonFields(&k)[6:] {
			fields = append(fields, "`"+name+"`")
		}
		for _, out := range k.outputs {
			outputs = append(outputs, "`"+out.name+"`")
		}
		fmt.Fprintf(&table, "| `%s`: %s | %s | %s | %s |\n", k.kind, k.main.about, k.about, strings.Join(fields, " "), strings.Join(outputs, " "))
	}
	generated(t, "README.md", []byte(before+"<!-- kinds -->\n"+table.String()+"<!-- /kinds -->"+after))
	for name := range IncidentVariables() {
		field := strings.TrimPrefix(name, "incident")
		if !strings.Contains(string(text), "`"+field+"`") && !strings.Contains(string(text), "`incident"+field+"`") {
			t.Errorf("README.md does not name incident%s", field)
		}
	}
	for _, id := range shippedIDs(t) {
		if !strings.Contains(string(text), "`"+id+".yaml`") {
			t.Errorf("README.md does not say when to use %s", id)
		}
	}
}

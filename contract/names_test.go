package contract_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// constant is one exported text constant of a package as its source has it.
type constant struct {
	name  string
	of    string // its type as written; empty where it has none
	value string
}

// constants reads the exported text constants from a package's source.
func constants(t *testing.T, folder string) []constant {
	t.Helper()
	var found []constant
	for _, file := range parse(t, folder) {
		for _, d := range file.Decls {
			group, ok := d.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				found = append(found, texts(t, spec.(*ast.ValueSpec))...)
			}
		}
	}
	return found
}

// texts are the exported text constants of one declaration.
func texts(t *testing.T, spec *ast.ValueSpec) []constant {
	t.Helper()
	of := ""
	if spec.Type != nil {
		of = types.ExprString(spec.Type)
	}
	var found []constant
	for n, name := range spec.Names {
		if !name.IsExported() || n >= len(spec.Values) {
			continue
		}
		literal, ok := spec.Values[n].(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			continue
		}
		value, err := strconv.Unquote(literal.Value)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, constant{name.Name, of, value})
	}
	return found
}

// parse reads a package's source, tests aside.
func parse(t *testing.T, folder string) []*ast.File {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// signature says what a constant names, "Activity" with what it takes and gives, or ok = false.
func signature(c constant) (kind string, takes []string, ok bool) {
	kind, rest, ok := strings.Cut(c.of, "[")
	if !ok {
		return "", nil, false
	}
	return kind, strings.Split(strings.TrimSuffix(rest, "]"), ", "), true
}

// TestNames compares the names of activities, workflows, updates, signals and queries, with what each takes and gives:
// a name that histories hold is never renamed and never used for something else.
func TestNames(t *testing.T) {
	t.Parallel()
	names := map[string]map[string]string{}
	for _, c := range constants(t, ".") {
		kind, takes, ok := signature(c)
		if !ok {
			continue
		}
		if names[kind] == nil {
			names[kind] = map[string]string{}
		}
		if _, twice := names[kind][c.value]; twice {
			t.Errorf("two of kind %s are called %q", kind, c.value)
		}
		names[kind][c.value] = strings.Join(takes, " → ")
	}
	for _, kind := range []string{"Activity", "Workflow", "Update", "Signal", "Query"} {
		if len(names[kind]) == 0 {
			t.Errorf("no %s was found in the source; the reading is broken", kind)
		}
	}
	got := marshal(t, names)
	if diff := cmp.Diff(string(golden(t, "names.json", got)), string(got)); diff != "" {
		t.Errorf("names have changed; new ones are added with -update (-golden +code):\n%s", diff)
	}
}

// TestEveryTypeIsAPayload: what a name takes or gives, and every other struct of the package, is in the golden files.
func TestEveryTypeIsAPayload(t *testing.T) {
	t.Parallel()
	whole, held := map[string]bool{}, map[string]bool{}
	for _, p := range payloads() {
		whole[reflect.TypeOf(p).Name()] = true
	}
	for of := range reachable() {
		held[of.Name()] = true
	}
	for _, c := range constants(t, ".") {
		_, takes, ok := signature(c)
		for _, of := range takes {
			if ok && !whole[of] {
				t.Errorf("%s takes or gives %s, which has no golden file: add it to payloads", c.name, of)
			}
		}
	}
	never := []string{"Refused", "Later", "Seal", "Reach", "HomeIncident", "HomeTask"} // errors, and what only our own process reads
	for _, file := range parse(t, ".") {
		for name := range structs(file) {
			if !held[name] && !slices.Contains(never, name) {
				t.Errorf("%s is in no golden file: add it to payloads, or to what one of them holds", name)
			}
		}
	}
}

// structs are the exported structs of a file.
func structs(file *ast.File) map[string]bool {
	found := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() {
			if _, is := spec.Type.(*ast.StructType); is {
				found[spec.Name.Name] = true
			}
		}
		return true
	})
	return found
}

// TestWords compares every word that a state can hold: a page that is "acknowledged" in a history stays acknowledged.
func TestWords(t *testing.T) {
	t.Parallel()
	words := map[string]map[string]string{}
	for _, folder := range []string{".", "../incident", "../oncall", "../runbooks"} {
		pkg := parse(t, folder)[0].Name.Name
		for _, c := range constants(t, folder) {
			if _, _, named := signature(c); named {
				continue
			}
			of := strings.TrimSuffix(pkg+"."+c.of, ".")
			if words[of] == nil {
				words[of] = map[string]string{}
			}
			key := c.value
			if c.of == "" {
				key = c.name // of a constant without a type its name says what it is for
			}
			words[of][key] = c.value
		}
	}
	for _, of := range []string{"contract", "contract.Verb", "incident.PageState", "incident.CallStatus", "runbooks.Kind"} {
		if len(words[of]) < 2 {
			t.Errorf("no words of %s were found in the source; the reading is broken", of)
		}
	}
	got := marshal(t, words)
	if diff := cmp.Diff(string(golden(t, "words.json", got)), string(got)); diff != "" {
		t.Errorf("words have changed; new ones are added with -update (-golden +code):\n%s", diff)
	}
}

// sortedKeys are a map's keys in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

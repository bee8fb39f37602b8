package runbooks

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"gopkg.in/yaml.v3"
)

// ParseManifest reads the manifest of an action strictly, with all problems at once.
func ParseManifest(name string, text []byte) (*Manifest, Problems) {
	r := &reader{src: newSource(name, string(text)), places: map[string]*yaml.Node{}}
	document := r.decode(text)
	if document == nil {
		return nil, r.problems.sorted()
	}
	m := r.manifest(document)
	problems := r.problems.sorted()
	if problems.Err() != nil {
		return nil, problems
	}
	return m, problems
}

// manifestFields lists what a manifest may have.
func manifestFields() []string {
	return []string{"action", "description", "queue", "in", "out", "idempotent", "reads", "timeout", "retry", "undo", "secrets"}
}

func (r *reader) manifest(document *yaml.Node) *Manifest {
	m := &Manifest{Changes: true}
	entries, _ := r.entries(document, "a manifest")
	b := stepReader{reader: r, kind: kindOf(KindAction)}
	for _, e := range entries {
		switch e.key {
		case "action":
			m.Action = b.plainWord(e.value, string(KindAction))
		case "description":
			m.Description, _ = r.plain(e.value, e.key)
		case "queue":
			m.Queue, _ = r.plain(e.value, e.key)
		case "in":
			m.In = r.manifestInputs(e.value, "in")
		case "out":
			m.Out = b.payload(e.value, "out")
		case "idempotent":
			m.Idempotent = r.flag(e.value, e.key)
		case "reads":
			m.Changes = !r.flag(e.value, e.key)
		case "timeout":
			m.Timeout, _ = r.lapse(e.value, e.key)
		case "retry":
			m.Retry = b.retry(e.value)
		case "undo":
			m.Undo, _ = r.plain(e.value, e.key)
		case "secrets":
			m.Secrets = r.tags(e.value)
		default:
			r.unknown(e.keyNode, fmt.Sprintf("unknown key %q of a manifest", e.key), e.key, manifestFields())
		}
	}
	if m.Action == "" && len(r.problems) == 0 {
		r.report(document, Problem{Code: CodeEmpty, Message: "a manifest needs the action's name", Hint: "write action: deploy.rollback"})
	}
	return m
}

// manifestInputs reads what an action takes: name → type, or the long form of inputs. A field of the short form is
// required.
func (r *reader) manifestInputs(n *yaml.Node, what string) []Input {
	entries, _ := r.entries(n, what)
	var inputs []Input
	for _, e := range entries {
		name, good := r.name(e.keyNode, "a field")
		in := Input{Required: true}
		if e.value.Kind == yaml.ScalarNode {
			in.Type = r.inputType(e.value, e.key)
		} else {
			b := stepReader{reader: r}
			in = b.formField(e)
		}
		if good {
			in.Name = name
			inputs = append(inputs, in)
		}
	}
	return inputs
}

// LoadManifests reads the manifests of a directory, by the names of their actions. A directory that is not there gives
// nil: then nothing is known of actions, and any may be named.
func LoadManifests(files fs.FS) (map[string]Manifest, Problems) {
	out := map[string]Manifest{}
	entries, err := fs.ReadDir(files, ".")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var problems Problems
	if err != nil {
		return out, Problems{{File: ".", Line: 1, Column: 1, Code: CodeYAML, Message: err.Error()}}
	}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".yaml") || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		text, err := fs.ReadFile(files, e.Name())
		if err != nil {
			problems = append(problems, Problem{File: e.Name(), Line: 1, Column: 1, Code: CodeYAML, Message: err.Error()})
			continue
		}
		m, found := ParseManifest(e.Name(), text)
		problems = append(problems, found...)
		if m != nil {
			out[m.Action] = *m
		}
	}
	return out, problems
}

// EmptyOutputs is what stands in for an action that is not done: the empty values of the types that its manifest
// promises. Of an action without a manifest nothing is known.
func (m *Manifest) EmptyOutputs() map[string]any {
	out := map[string]any{}
	if m == nil {
		return out
	}
	for _, field := range m.Out {
		out[field.Name] = emptyValue(field.Type)
	}
	return out
}

// emptyValue is the empty value of a type of inputs.
func emptyValue(kind string) any {
	switch name, _, _ := strings.Cut(kind, "<"); name {
	case "int", "number":
		return 0
	case "bool":
		return false
	case "duration":
		return "0s"
	case "list":
		return []any{}
	case "map":
		return map[string]any{}
	}
	return ""
}

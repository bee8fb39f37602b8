package runbooks

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed *.yaml actions
var shipped embed.FS

// Shipped is the runbooks that come with the product, each in a file of its id and .yaml.
func Shipped() fs.FS { return shipped }

// IDs lists the runbooks of a directory, by the names of their files. Tests of runbooks lie beside them and are none; nor
// are files that begin with a dot: editors and volumes of Kubernetes keep such ones.
func IDs(files fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, fmt.Errorf("list the runbooks: %w", err)
	}
	var ids []string
	for _, e := range entries {
		id, isYAML := strings.CutSuffix(e.Name(), ".yaml")
		if isYAML && !e.IsDir() && !IsTestFile(e.Name()) && !strings.HasPrefix(id, ".") {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// Load reads the runbook of an id from a directory of files. Its problems, warnings apart, are the error.
func Load(files fs.FS, id string) (*Runbook, error) {
	name := id + ".yaml"
	text, err := fs.ReadFile(files, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no runbook %q: %w", id, err)
	}
	if err != nil {
		return nil, fmt.Errorf("read runbook %s: %w", id, err)
	}
	manifests, faults := LoadManifests(Actions(files))
	if err := faults.Err(); err != nil {
		return nil, err
	}
	rb, problems := ParseWith(name, text, Known{Actions: manifests, Runbooks: Beside(files)})
	if err := problems.Err(); err != nil {
		return nil, err
	}
	if rb.ID != id {
		return nil, fmt.Errorf("%s holds the runbook %q: name the file %s.yaml", name, rb.ID, rb.ID)
	}
	return rb, nil
}

// Actions is the directory of manifests beside runbooks; it may be missing.
func Actions(files fs.FS) fs.FS {
	sub, err := fs.Sub(files, "actions")
	if err != nil {
		return shipped // impossible: the name is valid
	}
	return sub
}

// Beside reads the runbooks that lie in the same directory, without what they import in turn.
func Beside(files fs.FS) func(id string) (*Runbook, error) {
	return func(id string) (*Runbook, error) {
		text, err := fs.ReadFile(files, id+".yaml")
		if err != nil {
			return nil, fmt.Errorf("there is no runbook %q beside this one", id)
		}
		rb, problems := Parse(id+".yaml", text)
		if problems.Err() != nil {
			return nil, fmt.Errorf("the runbook %q has mistakes of its own", id)
		}
		return rb, nil
	}
}

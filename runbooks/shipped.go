package runbooks

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

//go:embed *.yaml
var shipped embed.FS

// Shipped is the runbooks that come with the product, each in a file of its id and .yaml.
func Shipped() fs.FS { return shipped }

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
	rb, problems := Parse(name, text)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	if rb.ID != id {
		return nil, fmt.Errorf("%s holds the runbook %q: name the file %s.yaml", name, rb.ID, rb.ID)
	}
	return rb, nil
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
	"github.com/musterbook/musterbook/runbooks"
)

// volume is one runbook in force.
type volume struct {
	runbook runbooks.Runbook
	hash    string
	place   string // the file that it was read from
}

// library is the runbooks in force: those that ship with the product, and those of a directory, where a file wins over
// a shipped runbook of the same id. A file that turns faulty changes nothing: what it last held stays in force. An open
// incident has its own copy of its runbook and does not notice any of this. It may be used concurrently.
type library struct {
	dir string // empty = the shipped ones alone

	reading sync.Mutex // one reading at a time, so that an older one never replaces a newer one
	current atomic.Pointer[map[string]volume]
}

// openLibrary reads the runbooks for the first time. The problems of faulty files, which are left out, are in the
// answer; an error means that there is no library.
func openLibrary(dir string) (*library, runbooks.Problems, error) {
	l := &library{dir: dir}
	l.current.Store(&map[string]volume{})
	problems, err := l.Reload()
	if err != nil {
		return nil, nil, err
	}
	return l, problems, nil
}

// Reload reads everything again. It answers with the problems of all files, warnings included; of a file with an error
// the last good content stays in force. An error means that nothing was changed.
func (l *library) Reload() (runbooks.Problems, error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	next, _, err := readVolumes(runbooks.Shipped(), "shipped with muster: ")
	if err != nil {
		return nil, fmt.Errorf("read the shipped runbooks: %w", err)
	}
	if l.dir == "" {
		l.current.Store(&next)
		return nil, nil
	}
	own, faults, err := readVolumes(os.DirFS(l.dir), l.dir+string(filepath.Separator))
	if err != nil {
		return nil, withHint(fmt.Errorf("read the runbooks of %s: %w", l.dir, err), "name a directory with --runbooks")
	}
	before := *l.current.Load()
	for id := range faults.broken {
		if last, ok := before[id]; ok {
			own[id] = last
		}
	}
	maps.Copy(next, own)
	l.current.Store(&next)
	return faults.problems, nil
}

// Runbook gives a runbook by its id.
func (l *library) Runbook(name string) (runbooks.Runbook, string, error) {
	all := *l.current.Load()
	v, ok := all[name]
	if !ok {
		known := slices.Sorted(maps.Keys(all))
		meant := ""
		if near, ok := oncall.Nearest(name, known); ok {
			meant = fmt.Sprintf(", did you mean %q?", near)
		}
		return runbooks.Runbook{}, "", fmt.Errorf("there is no runbook %q%s (there are: %s)", name, meant, strings.Join(known, ", "))
	}
	return v.runbook, v.hash, nil
}

// Len is how many runbooks are in force.
func (l *library) Len() int { return len(*l.current.Load()) }

// Known is what the roster must know of the runbooks, sorted by id.
func (l *library) Known() []roster.Runbook {
	all := *l.current.Load()
	out := make([]roster.Runbook, 0, len(all))
	for _, id := range slices.Sorted(maps.Keys(all)) {
		rb := all[id].runbook
		out = append(out, knownRunbook(&rb))
	}
	return out
}

// knownRunbook is one runbook as the roster sees it. Of the inputs, only those must be given that have no default.
func knownRunbook(rb *runbooks.Runbook) roster.Runbook {
	k := roster.Runbook{ID: rb.ID, Severities: rb.SeverityNames(), Roles: rb.RoleNames(), Accepts: func(inputs map[string]any) error { _, err := rb.Bind(inputs); return err }}
	for _, in := range rb.Inputs {
		k.Inputs = append(k.Inputs, in.Name)
		if in.Required && in.Default == nil {
			k.Required = append(k.Required, in.Name)
		}
	}
	return k
}

// faultyFiles is what was wrong in a directory.
type faultyFiles struct {
	problems runbooks.Problems // all, warnings included
	broken   map[string]bool   // the ids of files that cannot be used
}

// readVolumes reads every runbook of a directory; prefix stands before the files' names in problems.
func readVolumes(files fs.FS, prefix string) (map[string]volume, faultyFiles, error) {
	ids, err := runbooks.IDs(files)
	if err != nil {
		return nil, faultyFiles{}, err
	}
	volumes, faults := map[string]volume{}, faultyFiles{broken: map[string]bool{}}
	known, problems := surroundings(files)
	faults.problems = append(faults.problems, problems...)
	for _, id := range ids {
		name := id + ".yaml"
		v, problems, err := readVolume(files, name, prefix+name, known)
		if err != nil {
			return nil, faultyFiles{}, err
		}
		faults.problems = append(faults.problems, problems...)
		if problems.Err() != nil {
			faults.broken[id] = true
			continue
		}
		volumes[id] = v
	}
	return volumes, faults, nil
}

// surroundings are what the runbooks of a directory may take: the runbooks beside them, else those that ship with the
// product, and the manifests in its actions directory with those that ship. A directory without manifests of its own may
// name any action: then nothing is known of them.
func surroundings(files fs.FS) (runbooks.Known, runbooks.Problems) {
	beside, shipped := runbooks.Beside(files), runbooks.Beside(runbooks.Shipped())
	known := runbooks.Known{Runbooks: func(id string) (*runbooks.Runbook, error) {
		rb, err := beside(id)
		if err == nil {
			return rb, nil
		}
		if found, shippedErr := shipped(id); shippedErr == nil {
			return found, nil
		}
		return nil, err
	}}
	own, problems := runbooks.LoadManifests(runbooks.Actions(files))
	if len(own) > 0 {
		known.Actions, _ = runbooks.LoadManifests(runbooks.Actions(runbooks.Shipped()))
		maps.Copy(known.Actions, own)
	}
	return known, problems
}

// readVolume reads one runbook. A file must be called by its runbook's id, so that it is known which runbook a faulty
// file was.
func readVolume(files fs.FS, name, place string, known runbooks.Known) (volume, runbooks.Problems, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return volume{}, nil, err
	}
	rb, problems := runbooks.ParseWith(place, text, known)
	if problems.Err() != nil {
		return volume{}, problems, nil
	}
	if want := rb.ID + ".yaml"; name != want {
		return volume{}, append(problems, runbooks.Problem{
			File: place, Line: 1, Column: 1, Code: runbooks.CodeBadName,
			Message: fmt.Sprintf("the file holds the runbook %q", rb.ID), Hint: "call it " + want,
		}), nil
	}
	hash, err := rb.Hash()
	if err != nil {
		return volume{}, nil, errors.Join(fmt.Errorf("%s", place), err)
	}
	return volume{runbook: *rb, hash: hash, place: place}, problems, nil
}

package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
	"github.com/musterbook/musterbook/runbooks"
)

// finding is one mistake or warning of a checked file.
type finding struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"` // from 1; 0 = the file as a whole
	Column  int    `json:"column,omitempty"`
	Code    string `json:"code,omitempty"` // the rule of the runbook language
	Warning bool   `json:"warning,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`

	text string // in one line
}

// fileKind is what a YAML file is for.
type fileKind int

// The kinds of files.
const (
	runbookFile fileKind = iota
	configurationFile
	manifestFile
	testFile // tests of a runbook, or a script for muster simulate
)

// The keys by which files are told apart.
var (
	manifestKey      = regexp.MustCompile(`(?m)^["']?action["']?\s*:`)
	phasesKey        = regexp.MustCompile(`(?m)^["']?phases["']?\s*:`)
	scriptKey        = regexp.MustCompile(`(?m)^["']?(script|everybody_answers_in)["']?\s*:`)
	runbookKey       = regexp.MustCompile(`(?m)^["']?runbook["']?\s*:`)
	configurationKey = regexp.MustCompile(`(?m)^["']?(people|teams|schedules|policies|fallback|services|routes|default|gateway|slack|twilio|temporal|records|data|bridges|standing_bridge|trackers|outlets|audiences|run|permissions)["']?\s*:`)
)

// kindOf tells what a file is meant to be: tests by the file's name, which the server goes by as well, and the others by
// the keys at their margin, and where they have none of them, by the name. A script names its runbook as a runbook does.
func kindOf(path string, text []byte) fileKind {
	switch {
	case runbooks.IsTestFile(path), scriptKey.Match(text) && !phasesKey.Match(text):
		return testFile
	case runbookKey.Match(text):
		return runbookFile
	case manifestKey.Match(text):
		return manifestFile
	case configurationKey.Match(text), strings.HasPrefix(filepath.Base(path), "musterbook"):
		return configurationFile
	}
	return runbookFile
}

// shelf is the runbooks that a configuration may use: the shipped ones, those of the directory, and those that are
// checked with it.
type shelf map[string]runbooks.Runbook

// openShelf reads the shipped runbooks and those of a directory. Faulty ones are left out; their
// problems are in the answer.
func openShelf(dir string) (shelf, runbooks.Problems, error) {
	books, faults, err := openLibrary(dir)
	if err != nil {
		return nil, nil, err
	}
	known := shelf{}
	for id, v := range *books.current.Load() {
		known[id] = v.runbook
	}
	return known, faults, nil
}

// checking is what a check asks besides the files.
type checking struct {
	books  string              // directory of further runbooks
	getenv func(string) string // nil: references to secrets are not followed
	now    time.Time           // from when on schedules must have somebody
}

// checkFiles checks every file. Runbooks are read first, because configurations mention them.
func checkFiles(ctx context.Context, paths []string, with checking) ([]finding, error) {
	known, _, err := openShelf(with.books)
	if err != nil {
		return nil, err
	}
	var configurations []string
	found := map[string][]finding{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, plainPathError(err)
		}
		switch kindOf(path, text) {
		case configurationFile:
			configurations = append(configurations, path)
			continue
		case manifestFile:
			_, problems := runbooks.ParseManifest(path, text)
			for _, p := range problems {
				found[path] = append(found[path], ofRunbook(p))
			}
			continue
		case testFile:
			found[path] = checkTests(path, text)
			continue
		case runbookFile:
		}
		rb, problems := besideFile(path, text)
		if rb != nil {
			known[rb.ID] = *rb
		}
		for _, p := range problems {
			found[path] = append(found[path], ofRunbook(p))
		}
	}
	for _, path := range configurations {
		found[path] = checkConfiguration(ctx, path, known, with)
	}
	var all []finding
	for _, path := range paths {
		all = append(all, found[path]...)
	}
	return all, nil
}

// checkConfiguration checks a configuration, and then the runbooks that it uses against its people, and its schedules
// against the coming weeks.
func checkConfiguration(ctx context.Context, path string, known shelf, with checking) []finding {
	config, problems := roster.Load(path, roster.Outside{ReadFile: os.ReadFile, Getenv: with.getenv, Runbooks: known.list})
	if len(problems) == 0 {
		findings := checkNames(path, config, known)
		if with.getenv != nil {
			read, faults := checkCalendars(ctx, config, with.now)
			config, findings = read, append(findings, faults...)
		}
		return append(findings, checkReadiness(config, with.now)...)
	}
	out := make([]finding, 0, len(problems))
	for _, p := range problems {
		out = append(out, finding{
			File: p.File, Line: p.Line, Column: p.Column, Message: p.Message, Hint: p.Remedy, text: p.String(),
		})
	}
	return out
}

// checkNames finds the names in runbooks whom nobody could call: such a page would go to the fallback at night.
func checkNames(path string, config *roster.Config, known shelf) []finding {
	used := map[string]bool{config.Route(nil).Runbook: true}
	for _, service := range config.Services() {
		to, _ := config.Service(service)
		used[to.Runbook] = true
	}
	var out []finding
	names := config.Book.Names()
	for _, id := range slices.Sorted(maps.Keys(used)) {
		rb := known[id]
		for _, name := range rb.Names() {
			if slices.Contains(names, name) {
				continue
			}
			hint := "add a person, schedule, team or policy of this name"
			if near, ok := oncall.Nearest(name, names); ok {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			f := finding{File: path, Message: fmt.Sprintf("the runbook %s calls %q, and nobody here is called that", id, name), Hint: hint}
			f.text = fmt.Sprintf("%s: %s (%s)", f.File, f.Message, f.Hint)
			out = append(out, f)
		}
	}
	return out
}

// checkReadiness finds what a faultless configuration does to somebody's night.
func checkReadiness(config *roster.Config, now time.Time) []finding {
	var out []finding
	for _, p := range roster.Readiness(config, now) {
		f := finding{File: p.File, Line: p.Line, Column: p.Column, Warning: true, Message: p.Message, Hint: p.Remedy}
		p.Message = "warning: " + p.Message
		f.text = p.String()
		out = append(out, f)
	}
	return out
}

// list is what the roster must know of the runbooks.
func (s shelf) list() []roster.Runbook {
	out := make([]roster.Runbook, 0, len(s))
	for _, id := range slices.Sorted(maps.Keys(s)) {
		rb := s[id]
		out = append(out, knownRunbook(&rb))
	}
	return out
}

// ofRunbook is a runbook's problem as a finding.
func ofRunbook(p runbooks.Problem) finding {
	return finding{
		File: p.File, Line: p.Line, Column: p.Column, Code: string(p.Code), Warning: p.Warning, Message: p.Message,
		Hint: p.Hint, text: p.String(),
	}
}

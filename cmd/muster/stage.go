package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/rehearsal"
	"github.com/musterbook/musterbook/roster"
	"github.com/musterbook/musterbook/runbooks"
)

// openRunbook reads a runbook: a file, or the id of one in the library.
func openRunbook(books *library, name string) (*runbooks.Runbook, error) {
	if _, err := os.Stat(name); err == nil || strings.ContainsAny(name, "/.") {
		return readRunbook(name)
	}
	rb, _, err := books.Runbook(name)
	if err != nil {
		return nil, withHint(err, "give a file, or the id of a runbook")
	}
	return &rb, nil
}

// openCast reads the people of a configuration for a play; no path means that everybody is made up. Secrets are not
// followed: a play needs none.
func openCast(path string, books *library) (*roster.Config, error) {
	if path == "" {
		return nil, nil
	}
	config, problems := roster.Load(path, roster.Outside{ReadFile: os.ReadFile, Runbooks: books.Known})
	if len(problems) > 0 {
		return nil, withHint(problems.Err(), "muster check "+path)
	}
	return withoutCalendars(config), nil
}

// withoutCalendars is a configuration for a play, which comes out the same on every machine and so asks no network: whoever
// a calendar has on call is not known there, and a page says so.
func withoutCalendars(config *roster.Config) *roster.Config {
	unread := map[string]roster.Shifts{}
	for schedule := range config.Calendars {
		unread[schedule] = roster.Shifts{Unread: "calendars are not read in a rehearsal"}
	}
	return config.WithShifts(unread)
}

// peopleOf lists the names by which people can be found in a configuration; nil = there is none.
func peopleOf(config *roster.Config) []string {
	if config == nil {
		return nil
	}
	names := config.Book.Names()
	for _, p := range config.Book.People {
		names = append(names, p.Name)
	}
	return names
}

// castOf are the options that a configuration gives a play. The service's own settings are those that an alert for it
// would find.
func castOf(config *roster.Config, o rehearsal.Options) (rehearsal.Options, error) {
	if config == nil {
		return o, nil
	}
	o.Book, o.Permissions = &config.Book, &config.Permissions
	service := o.Script.Service
	if given, ok := o.Script.With["service"].(string); ok && service == "" {
		service = given
	}
	if service == "" {
		return o, nil
	}
	to, ok := config.Service(service)
	if !ok {
		return o, withHint(fmt.Errorf("the configuration has no service %q", service), "there are: "+strings.Join(config.Services(), ", "))
	}
	o.Declaration = contract.Declaration{Service: to.Service, Team: to.Team, Type: to.Type, Environment: to.Environment, Inputs: map[string]any{}}
	for name, value := range to.Inputs {
		if takes(o.Runbook, name) {
			o.Declaration.Inputs[name] = value
		}
	}
	return o, nil
}

// takes says whether a runbook takes an input.
func takes(rb *runbooks.Runbook, name string) bool {
	for _, in := range rb.Inputs {
		if in.Name == name {
			return true
		}
	}
	return false
}

// beside is a path as it is meant in a file.
func beside(file, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}

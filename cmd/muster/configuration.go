package main

import (
	"errors"
	"io/fs"
	"os"

	"github.com/musterbook/musterbook/roster"
	"github.com/musterbook/musterbook/runbooks"
)

// Where things are found when nobody says.
const (
	defaultConfig  = "musterbook.yaml"
	configVariable = "MUSTERBOOK_CONFIG"
	booksVariable  = "MUSTERBOOK_RUNBOOKS"
)

// sources says where configuration and runbooks come from.
type sources struct {
	config string // path of musterbook.yaml
	books  string // directory of runbooks; empty = the shipped ones alone
}

// serverSources completes what the flags of a server left open.
func serverSources(sh shell, s sources) sources {
	if s.config == "" {
		s.config = sh.getenv(configVariable)
	}
	if s.config == "" {
		s.config = defaultConfig
	}
	if s.books == "" {
		s.books = sh.getenv(booksVariable)
	}
	return s
}

// openConfiguration reads runbooks and configuration for a server. Problems of runbooks alone do not keep it from
// starting, for it may be the restart that an open incident waits for; they are in the answer.
func openConfiguration(s sources, getenv func(string) string) (*library, *roster.Live, runbooks.Problems, error) {
	books, faults, err := openLibrary(s.books)
	if err != nil {
		return nil, nil, nil, err
	}
	live, problems := roster.Open(s.config, roster.Outside{ReadFile: os.ReadFile, Getenv: getenv, Runbooks: books.Known})
	if len(problems) > 0 {
		return nil, nil, nil, errors.Join(problems.Err(), faults.Err())
	}
	return books, live, faults, nil
}

// callerSources completes what the flags of an acting command left open. Such a command does without a configuration
// that nobody has named and that is not there.
func callerSources(sh shell, s sources) (sources, error) {
	named := s.config != "" || sh.getenv(configVariable) != ""
	s = serverSources(sh, s)
	if named {
		return s, nil
	}
	_, err := os.Stat(s.config)
	if errors.Is(err, fs.ErrNotExist) {
		s.config = ""
		return s, nil
	}
	return s, err
}

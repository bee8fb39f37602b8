package main

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// reloaded is what came of reading the files again.
type reloaded struct {
	// Problems are those of all files. What they speak of is as it was before: the last good content is in force.
	Problems []string `json:"problems,omitempty"`
	// Warnings did not keep their files from coming into force.
	Warnings []string `json:"warnings,omitempty"`
	// Restart lists the parts of the configuration whose change only a restart brings into force.
	Restart  []string `json:"restart,omitempty"`
	Runbooks int      `json:"runbooks"` // in force
}

// Reload reads runbooks and configuration again, in this order, because routes name runbooks. A faulty file leaves its
// last good content in force. Repeating it is harmless.
func (s *stack) Reload() reloaded {
	var out reloaded
	faults, err := s.options.Runbooks.Reload()
	if err != nil {
		out.Problems = append(out.Problems, err.Error())
	}
	for _, p := range faults {
		if p.Warning {
			out.Warnings = append(out.Warnings, p.String())
			continue
		}
		out.Problems = append(out.Problems, p.String())
	}
	restart, problems := s.options.Live.Reload()
	for _, p := range problems {
		out.Problems = append(out.Problems, p.String())
	}
	s.keepConfiguration()
	out.Restart, out.Runbooks = restart, s.options.Runbooks.Len()
	for _, problem := range out.Problems {
		s.log.Error("a file was not taken; its last good content stays in force", "problem", problem)
	}
	for _, warning := range out.Warnings {
		s.log.Warn("a file was taken with a warning", "warning", warning)
	}
	if len(out.Restart) > 0 {
		s.log.Warn("only a restart brings a change into force", "parts", strings.Join(out.Restart, ", "))
	}
	out.Warnings = append(out.Warnings, s.readCalendars()...) // the keeper has logged them
	s.log.Info("files were read again", "config", s.options.ConfigPath, "runbooks", out.Runbooks, "problems", len(out.Problems))
	return out
}

// reloadCommand tells the running processes of a data directory to read their files again.
func reloadCommand(sh shell) *cobra.Command {
	var data string
	var inJSON bool
	c := &cobra.Command{
		Use:   "reload",
		Short: "Have a running muster read its configuration and runbooks again",
		Long: "Have the muster that runs on a data directory read its configuration and runbooks again, like SIGHUP.\n" +
			"A faulty file changes nothing: its last good content stays in force, and its problems are shown here.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			sockets, err := filepath.Glob(filepath.Join(cmp.Or(data, defaultData), socketPattern))
			if err != nil {
				return err
			}
			var results []reloaded
			for _, path := range sockets {
				result, err := askReload(c.Context(), path)
				if err != nil {
					continue // a process that was killed left its socket
				}
				results = append(results, result)
			}
			return tellReloaded(printer{w: sh.stdout, json: inJSON}, cmp.Or(data, defaultData), results)
		},
	}
	c.Flags().StringVar(&data, "data", "", "data directory of the running muster (default "+defaultData+")")
	addJSON(c, &inJSON)
	return c
}

// tellReloaded shows what each process said. A problem in any of them is a failure.
func tellReloaded(p printer, data string, results []reloaded) error {
	if len(results) == 0 {
		return withHint(fmt.Errorf("no muster runs on %s", data), "name its directory with --data, or send SIGHUP to the process")
	}
	problems := 0
	for _, r := range results {
		problems += len(r.Problems)
		p.line("read again: %d runbooks in force, %d problems", r.Runbooks, len(r.Problems))
		for _, problem := range r.Problems {
			p.line("  %s", problem)
		}
		for _, warning := range r.Warnings {
			p.line("  warning: %s", warning)
		}
		if len(r.Restart) > 0 {
			p.line("  restart muster to bring into force: %s", strings.Join(r.Restart, ", "))
		}
	}
	if err := p.object(results); err != nil {
		return err
	}
	if problems > 0 {
		return withHint(errors.New("faulty files were not taken"), "what they held before stays in force; correct them and reload again")
	}
	return nil
}

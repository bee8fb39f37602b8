package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/runbooks"
)

// checkCommand finds the mistakes of runbooks and configurations before the night.
func checkCommand(sh shell) *cobra.Command {
	var files sources
	var secrets, strict, inJSON bool
	var format, at string
	c := &cobra.Command{
		Use: "check [PATH…]", Short: "Check runbooks, their tests and configurations: every mistake, with its place and a remedy",
		Long: "Check runbooks, their tests and configurations. A PATH is a file or a directory, whose .yaml files are checked; what a\n" +
			"file is stands in the file. Tests (*.test.yaml) and scripts are checked against the runbook beside them. Without a\n" +
			"PATH it is the configuration (" + configVariable + ", else " + defaultConfig + ") and the directory of runbooks.\n" +
			"Names of the configuration are checked against the runbooks that it uses, and these against the people that it has.\n" +
			"Warnings tell of schedules on which nobody is within eight weeks, and of people there who cannot be called.\n" +
			"The exit status is 1 when there is a mistake; a warning is none, unless --strict. SARIF is what\n" +
			"code hosts read to show findings beside the lines of a change.",
		Example: "  muster check musterbook.yaml runbooks\n  muster check runbooks --strict --format sarif > check.sarif",
		RunE: func(c *cobra.Command, paths []string) error {
			report, err := reportIn(sh, format, inJSON)
			if err != nil {
				return err
			}
			report.strict = strict
			if len(paths) == 0 {
				paths = checkedByDefault(serverSources(sh, files))
			}
			if len(paths) == 0 {
				return misused("muster check "+defaultConfig+" runbooks", "there is nothing to check here")
			}
			found, err := filesToCheck(paths)
			if err != nil {
				return err
			}
			with := checking{books: serverSources(sh, files).books, now: time.Now()}
			if secrets {
				with.getenv = sh.getenv
			}
			if at != "" {
				if with.now, err = runbooks.ParseStart(at); err != nil {
					return misused(`--at "2026-10-25T01:30 Europe/Berlin"`, "--at: %v", err)
				}
			}
			findings, err := checkFiles(c.Context(), found, with)
			if err != nil {
				return err
			}
			return report.tell(found, findings)
		},
	}
	c.Flags().StringVar(&files.config, "config", "", "configuration to check when no PATH is given")
	c.Flags().StringVar(&files.books, "runbooks", "", "directory of further runbooks that a configuration may use (default "+booksVariable+")")
	c.Flags().BoolVar(&secrets, "secrets", false, "also check that every secret can be had here, and that every calendar can be read")
	c.Flags().StringVar(&at, "at", "", `from when on schedules must have somebody: "2026-10-25T01:30 Europe/Berlin" (default now)`)
	c.Flags().BoolVar(&strict, "strict", false, "warnings are mistakes too")
	c.Flags().StringVar(&format, "format", "", "text, json or sarif (default text)")
	c.Flags().BoolVar(&inJSON, "json", false, "print JSON, as --format json does")
	return c
}

// checkedByDefault is what is there of the configuration and the runbooks.
func checkedByDefault(s sources) []string {
	var paths []string
	for _, path := range []string{s.config, s.books} {
		if _, err := os.Stat(path); path != "" && err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

// filesToCheck lists the files behind paths, each once, in the order of the paths.
func filesToCheck(paths []string) ([]string, error) {
	var files []string
	add := func(path string) {
		if path = filepath.Clean(path); !slices.Contains(files, path) {
			files = append(files, path)
		}
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, withHint(plainPathError(err), "give files and directories that exist")
		}
		if !info.IsDir() {
			add(path)
			continue
		}
		before := len(files)
		err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case name != path && skipped(d):
				if d.IsDir() {
					return filepath.SkipDir
				}
			case !d.IsDir() && isYAML(name):
				add(name)
			}
			return nil
		})
		if err != nil {
			return nil, plainPathError(err)
		}
		if len(files) == before {
			return nil, withHint(fmt.Errorf("there is no .yaml file in %s", path), "give a directory of runbooks, or files")
		}
	}
	return files, nil
}

// skipped leaves out what is not meant for us: hidden files, and the faulty files that tests keep.
func skipped(d fs.DirEntry) bool {
	return strings.HasPrefix(d.Name(), ".") || d.IsDir() && d.Name() == "testdata"
}

// isYAML says whether a file's name is that of YAML.
func isYAML(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

// plainPathError leaves the operation out of a file system's error.
func plainPathError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("%s: %w", path.Path, path.Err)
	}
	return err
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

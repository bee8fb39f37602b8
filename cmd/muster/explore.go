package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/rehearsal"
	"github.com/musterbook/musterbook/roster"
	"github.com/musterbook/musterbook/runbooks"
)

// exploreFlags are what an exploration can be told.
type exploreFlags struct {
	files     sources
	inputs    []string
	severity  string
	paths     int
	firstPage string
	scripts   string
	json      bool
}

// exploreCommand walks the ways of runbooks.
func exploreCommand(sh shell) *cobra.Command {
	var f exploreFlags
	c := &cobra.Command{
		Use: "explore RUNBOOK…", Short: "Walk the ways of a runbook, every answer, silence and failure, and report what nobody wants",
		Long: "Play a runbook again and again in skipped time, each time another way: every answer, every question that nobody\n" +
			"answers, every page that nobody takes, every system that fails, at every severity. Reported are ways that never end,\n" +
			"wait for nobody, call nobody, call too late, skip the lessons learned, or ask somebody who may not answer; and the\n" +
			"longest time in which nobody was told anything. Each finding comes with a script: muster simulate --script plays it.\n" +
			"RUNBOOK is a file, or the id of a runbook; tests among the files are passed over. The exit status is 1 when there is a\n" +
			"finding. A large runbook has more ways than --max-paths: how many were left is said. docs/testing.md tells more.",
		Example: "  muster explore service-outage\n  muster explore runbooks/*.yaml --first-page 5m\n" +
			"  muster explore my-runbook.yaml --scripts findings",
		Args: cobra.MinimumNArgs(1), ValidArgsFunction: completeBooks(sh, &f.files),
		RunE: func(_ *cobra.Command, names []string) error { return f.explore(sh, names) },
	}
	flags := c.Flags()
	flags.StringVar(&f.files.config, "config", "", "configuration, for people, schedules and services (default: people are made up)")
	flags.StringVar(&f.files.books, "runbooks", "", "directory of further runbooks (default "+booksVariable+")")
	flags.StringArrayVar(&f.inputs, "input", nil, "an input of the runbook, name=value; may be repeated")
	flags.StringVar(&f.severity, "severity", "", "explore only this severity (default: none set, and each of the runbook's)")
	flags.IntVar(&f.paths, "max-paths", rehearsal.DefaultPaths, "how many ways of each runbook are walked at most")
	flags.StringVar(&f.firstPage, "first-page", "", "how late the first page may come (default 10m)")
	flags.StringVar(&f.scripts, "scripts", "", "directory into which the script of each finding is written (default: they are printed)")
	addJSON(c, &f.json)
	return c
}

// explore walks runbooks, one after the other. A finding is a failure.
func (f *exploreFlags) explore(sh shell, names []string) error {
	books, err := callerBooks(sh, f.files)
	if err != nil {
		return err
	}
	config, err := openCast(f.files.config, books)
	if err != nil {
		return err
	}
	out := printer{w: sh.stdout, json: f.json}
	all := []*rehearsal.Exploration{}
	found := 0
	for _, name := range names {
		if runbooks.IsTestFile(name) {
			continue // a shell's pattern for runbooks takes the tests in
		}
		e, err := f.one(books, config, name)
		if err != nil {
			return err
		}
		all = append(all, e)
		found += len(e.Findings)
		if err := f.tell(out, name, e); err != nil {
			return err
		}
	}
	if err := out.object(all); err != nil {
		return err
	}
	if found > 0 {
		return fmt.Errorf("%s in %s", counted(found, "finding"), counted(len(all), "runbook"))
	}
	return nil
}

// one walks one runbook.
func (f *exploreFlags) one(books *library, config *roster.Config, name string) (*rehearsal.Exploration, error) {
	rb, err := openRunbook(books, name)
	if err != nil {
		return nil, err
	}
	limits := rehearsal.Limits{Paths: f.paths}
	if f.paths < 1 {
		return nil, misused("--max-paths 300", "--max-paths is %d", f.paths)
	}
	if err := lengthFlag("first-page", f.firstPage, &limits.FirstPage); err != nil {
		return nil, err
	}
	given, err := parseFields(f.inputs)
	if err != nil {
		return nil, err
	}
	script := runbooks.Rehearsal{With: given, Severity: incident.Severity(strings.ToUpper(f.severity))}
	if problems := script.Check(rb); problems.Err() != nil {
		return nil, problems.Err()
	}
	options, err := castOf(config, rehearsal.Options{Runbook: rb, Script: script})
	if err != nil {
		return nil, err
	}
	return rehearsal.Explore(options, limits), nil
}

// tell tells what a walk through the runbook of this name has found.
func (f *exploreFlags) tell(out printer, name string, e *rehearsal.Exploration) error {
	out.line("%s: %s, %s", e.Runbook, counted(e.Paths, "path"), counted(len(e.Findings), "finding"))
	switch {
	case e.Untried > 0:
		out.line("  not all was tried    %s with something new, and %d others (--max-paths)", counted(e.Untried, "path"), e.Left-e.Untried)
	case e.Left > 0:
		out.line("  all was tried once   %s of what was tried already (--max-paths)", counted(e.Left, "combination"))
	}
	out.line("  latest first page    after %s", passed(e.FirstPage.For))
	out.line("  longest silence      %s, until: %s", passed(e.Silence.For), shorten(oneLine(e.Silence.Until), widest-40))
	if f.scripts != "" {
		if err := f.write(out, name, e.Runbook+"-longest-silence.yaml", e.Silence.Script); err != nil {
			return err
		}
	}
	for n, finding := range e.Findings {
		out.line("\n  %s: %s (on %s)", finding.Code, finding.Text, counted(finding.Paths, "path"))
		for _, way := range finding.Path {
			out.line("    when %s", way)
		}
		if f.scripts != "" {
			if err := f.write(out, name, fmt.Sprintf("%s-%d-%s.yaml", e.Runbook, n+1, finding.Code), finding.Script); err != nil {
				return err
			}
			continue
		}
		out.line("    the script that shows it:")
		for line := range strings.SplitSeq(strings.TrimRight(finding.Script, "\n"), "\n") {
			out.line("      %s", line)
		}
	}
	return nil
}

// write writes a script into the directory of scripts, and says how to play it.
func (f *exploreFlags) write(out printer, name, file, script string) error {
	path := filepath.Join(f.scripts, file)
	if err := os.MkdirAll(f.scripts, 0o755); err != nil {
		return plainPathError(err)
	}
	if err := os.WriteFile(path, []byte(script), 0o644); err != nil {
		return plainPathError(err)
	}
	out.line("    muster simulate %s --script %s", name, path)
	return nil
}

package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/rehearsal"
	"github.com/musterbook/musterbook/runbooks"
)

// simulateFlags are what a simulation can be told.
type simulateFlags struct {
	files    sources
	inputs   []string
	service  string
	severity string
	at       string
	nobody   bool
	everyone string
	script   string
	fails    []string
	horizon  string
	json     bool
}

// simulateCommand plays a runbook in skipped time and tells what would happen.
func simulateCommand(sh shell) *cobra.Command {
	var f simulateFlags
	c := &cobra.Command{
		Use: "simulate RUNBOOK", Short: "Play a runbook in skipped time, and tell who would be called when",
		Long: "Play a runbook in skipped time, and tell what would happen: who is called when, what is asked, what each answer and what\n" +
			"silence leads to. No server is needed, nobody is really called, and no system is touched.\n" +
			"RUNBOOK is a file, or the id of a runbook. Everybody acts two minutes after they are told, unless --nobody-answers,\n" +
			"--everybody-answers-in or --script says otherwise. Systems do what they are asked, unless --fail or the script does.\n" +
			"The people are those of --config; without it whoever a name means is a person of that name. docs/testing.md shows how.",
		Example: "  muster simulate service-outage --severity SEV1 --nobody-answers\n" +
			"  muster simulate service-outage --config musterbook.yaml --service checkout --at \"2026-10-25T01:30 Europe/Berlin\"\n" +
			"  muster simulate service-outage --severity SEV2 --fail deploy.rollback:2",
		Args: words("RUNBOOK"), ValidArgsFunction: completeBooks(sh, &f.files),
		RunE: func(_ *cobra.Command, words []string) error {
			books, err := callerBooks(sh, f.files)
			if err != nil {
				return err
			}
			rb, err := openRunbook(books, words[0])
			if err != nil {
				return err
			}
			script, err := f.read(rb)
			if err != nil {
				return err
			}
			return f.simulate(sh, books, rehearsal.Options{Runbook: rb, Script: script})
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.files.config, "config", "", "configuration, for people, schedules and services (default: people are made up)")
	flags.StringVar(&f.files.books, "runbooks", "", "directory of further runbooks (default "+booksVariable+")")
	flags.StringArrayVar(&f.inputs, "input", nil, "an input of the runbook, name=value; may be repeated")
	flags.StringVar(&f.service, "service", "", "what is broken")
	flags.StringVar(&f.severity, "severity", "", "the severity; without it the runbook asks")
	flags.StringVar(&f.at, "at", "", `when it begins, by whose clock: "2026-10-25T01:30 Europe/Berlin" (default a Tuesday, 10:00 UTC)`)
	flags.BoolVar(&f.nobody, "nobody-answers", false, "nobody ever acts: who is called next, and next?")
	flags.StringVar(&f.everyone, "everybody-answers-in", "", "how long after they are told people act (default 2m, with --script never)")
	flags.StringVar(&f.script, "script", "", "file that says who does what when: a test, or what muster explore --scripts has written")
	flags.StringArrayVar(&f.fails, "fail", nil, "an action, a step or a kind (http, call, …) that fails, always or NAME:2 twice; may be repeated")
	flags.StringVar(&f.horizon, "for", "", "how much is played when nothing ends it (default 72h)")
	addJSON(c, &f.json)
	c.MarkFlagsMutuallyExclusive("nobody-answers", "everybody-answers-in", "script")
	return c
}

// read puts together what is played, from the script and the flags; a flag wins.
func (f *simulateFlags) read(rb *runbooks.Runbook) (runbooks.Rehearsal, error) {
	s := runbooks.Rehearsal{Everyone: 2 * time.Minute}
	var err error
	if f.script != "" {
		if s, err = readScript(f.script, rb); err != nil {
			return s, err
		}
	}
	if f.nobody {
		s.Everyone = 0
	}
	given, err := parseFields(f.inputs)
	if err != nil {
		return s, err
	}
	if s.With == nil {
		s.With = map[string]any{}
	}
	for name, value := range given {
		s.With[name] = value
	}
	if f.service != "" {
		s.Service = f.service
	}
	if f.severity != "" {
		s.Severity = incident.Severity(strings.ToUpper(f.severity))
	}
	if f.at != "" {
		if s.Start, err = runbooks.ParseStart(f.at); err != nil {
			return s, misused(`--at "2026-10-25T01:30 Europe/Berlin"`, "--at: %v", err)
		}
	}
	if err := lengthFlag("everybody-answers-in", f.everyone, &s.Everyone); err != nil {
		return s, err
	}
	if err := lengthFlag("for", f.horizon, &s.For); err != nil {
		return s, err
	}
	for _, word := range f.fails {
		mock, err := failing(word)
		if err != nil {
			return s, err
		}
		s.Mocks = append([]runbooks.Mock{mock}, s.Mocks...)
	}
	if problems := s.Check(rb); problems.Err() != nil {
		return s, problems.Err()
	}
	return s, nil
}

// readScript reads the one document of a script, or of a test.
func readScript(path string, rb *runbooks.Runbook) (runbooks.Rehearsal, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return runbooks.Rehearsal{}, withHint(plainPathError(err), "name the file of a script")
	}
	all, problems := runbooks.ParseRehearsals(path, text)
	switch {
	case problems.Err() != nil:
		return runbooks.Rehearsal{}, withHint(problems.Err(), "see docs/testing.md")
	case len(all) != 1:
		return runbooks.Rehearsal{}, withHint(fmt.Errorf("%s holds %d tests", path, len(all)), "simulate plays one; muster test plays all")
	case all[0].Runbook != "" && all[0].Runbook != rb.ID:
		return all[0], withHint(fmt.Errorf("%s is a script for %s, not for %s", path, all[0].Runbook, rb.ID), "name that runbook")
	}
	return all[0], nil
}

// lengthFlag reads a flag that is a length of time; none leaves what is there.
func lengthFlag(name, text string, into *time.Duration) error {
	if text == "" {
		return nil
	}
	d, err := expression.ParseDuration(text)
	if err == nil && d <= 0 {
		err = errors.New("it must be longer than nothing")
	}
	if err != nil {
		return misused("--"+name+" 2m", "--%s: %v", name, err)
	}
	*into = d
	return nil
}

// failing is the mock of something that fails, for ever or a number of times.
func failing(word string) (runbooks.Mock, error) {
	name, times, counted := strings.Cut(word, ":")
	bad := runbooks.MockOutcome{Fail: "the simulation lets it fail"}
	if !counted {
		return runbooks.Mock{Of: name, Outcomes: []runbooks.MockOutcome{bad}}, nil
	}
	n, err := strconv.Atoi(times)
	if err != nil || n < 1 || n > 1000 {
		return runbooks.Mock{}, misused("--fail deploy.rollback:2", "--fail %s: want a number of times after the colon", word)
	}
	mock := runbooks.Mock{Of: name}
	for range n {
		mock.Outcomes = append(mock.Outcomes, bad)
	}
	mock.Outcomes = append(mock.Outcomes, runbooks.MockOutcome{OK: map[string]any{}})
	return mock, nil
}

// simulate plays, and tells.
func (f *simulateFlags) simulate(sh shell, books *library, o rehearsal.Options) error {
	config, err := openCast(cmp.Or(f.files.config, beside(f.script, o.Script.Config)), books)
	if err != nil {
		return err
	}
	if err := o.Script.CheckPeople(o.Runbook, peopleOf(config)).Err(); err != nil {
		return err
	}
	options, err := castOf(config, o)
	if err != nil {
		return err
	}
	result, err := rehearsal.Run(options)
	if err != nil {
		return err
	}
	if f.json {
		return printer{w: sh.stdout, json: true}.object(simulated{Lines: result.Lines(), Summary: result.Summary(), MadeUp: result.MadeUp, Faults: faultTexts(result)})
	}
	return tell(sh, result)
}

// simulated is a simulation for programs.
type simulated struct {
	MadeUp  []string          `json:"made_up,omitempty"`
	Lines   []rehearsal.Line  `json:"lines"`
	Faults  []string          `json:"faults,omitempty"`
	Summary rehearsal.Summary `json:"summary"`
}

// faultTexts are the acts of the script that did not go as it says.
func faultTexts(r *rehearsal.Result) []string {
	var out []string
	for _, f := range r.Faults {
		if f.Line == 0 {
			out = append(out, f.Text)
		} else {
			out = append(out, f.String()+": "+f.Text)
		}
	}
	return out
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/rehearsal"
	"github.com/musterbook/musterbook/roster"
	"github.com/musterbook/musterbook/runbooks"
)

// testFlags are what a test run can be told.
type testFlags struct {
	files   sources
	only    string
	verbose bool
	junit   string
	cover   bool
	choices bool
	json    bool
}

// testCommand plays the tests that lie beside runbooks.
func testCommand(sh shell) *cobra.Command {
	var f testFlags
	c := &cobra.Command{
		Use: "test [PATH…]", Short: "Play the tests that lie beside runbooks (*.test.yaml), and compare with what they expect",
		Long: "Play every test in skipped time, without a server, and compare what happens with what it expects: who is called in\n" +
			"which order, the states of steps, messages, the end, and what must never happen. PATH is a file or a directory, whose\n" +
			"*.test.yaml are played; without one it is the directory of runbooks (" + booksVariable + "), else this one. A test that fails\n" +
			"shows what it expects beside what happened, and the exit status is 1. docs/testing.md shows how to write one.",
		Example: "  muster test runbooks --cover\n  muster test runbooks/service-outage.test.yaml --run raised -v\n" +
			"  muster test runbooks --junit report.xml --all-choices",
		RunE: func(_ *cobra.Command, paths []string) error {
			t, err := f.tester(sh)
			if err != nil {
				return err
			}
			if len(paths) == 0 {
				paths = []string{testedByDefault(serverSources(sh, f.files).books)}
			}
			return t.run(sh, paths)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.files.books, "runbooks", "", "directory of further runbooks (default "+booksVariable+")")
	flags.StringVar(&f.only, "run", "", "only tests whose name matches this regular expression")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "show the transcript of tests that pass, too")
	flags.StringVar(&f.junit, "junit", "", "write a JUnit report, for build servers, to this file")
	flags.BoolVar(&f.cover, "cover", false, "say which steps and choices of the tested runbooks no test has reached")
	flags.BoolVar(&f.choices, "all-choices", false, "fail when no test takes a choice: each answer of an ask, yes and no of an approve")
	addJSON(c, &f.json)
	return c
}

// testedByDefault is where tests are looked for when no path is given.
func testedByDefault(books string) string {
	if books == "" {
		return "."
	}
	return books
}

// tester plays tests.
type tester struct {
	testFlags
	only  *regexp.Regexp
	books *library
	plans *runbooks.Plans
	read  map[string]*runbooks.Runbook // those that lie beside tests, by their files
	casts map[string]*testCast         // by the file of the configuration
}

// testCast is the people of a configuration, or what is wrong with it.
type testCast struct {
	config *roster.Config
	err    error
}

// tester prepares a run.
func (f testFlags) tester(sh shell) (*tester, error) {
	only, err := regexp.Compile(f.only)
	if err != nil {
		return nil, misused("--run 'raised|nobody'", "--run: %v", err)
	}
	books, err := callerBooks(sh, f.files)
	if err != nil {
		return nil, err
	}
	return &tester{
		testFlags: f, only: only, books: books, plans: runbooks.NewPlans(),
		read: map[string]*runbooks.Runbook{}, casts: map[string]*testCast{},
	}, nil
}

// tested is one test and how it went.
type tested struct {
	Name     string
	File     string
	Runbook  string
	Took     time.Duration
	Failures []string // with their places; none = it passed
	result   *rehearsal.Result
	expected []rehearsal.Expectation
	script   runbooks.Rehearsal
	book     *runbooks.Runbook
	cast     *testCast
}

// run plays all tests and tells how they went.
func (t *tester) run(sh shell, paths []string) error {
	files, err := testFiles(paths)
	if err != nil {
		return err
	}
	began := time.Now()
	all, err := t.readAll(files)
	if err != nil {
		return err
	}
	t.play(all)
	report := testReport{tester: t, out: printer{w: sh.stdout, json: t.json}, took: time.Since(began)}
	return report.tell(sh, all)
}

// testFiles lists the files behind paths, each once.
func testFiles(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, withHint(plainPathError(err), "give files and directories that exist")
		}
		if !info.IsDir() {
			files = append(files, filepath.Clean(path))
			continue
		}
		err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case name != path && d.IsDir() && skipped(d):
				return filepath.SkipDir
			case !d.IsDir() && runbooks.IsTestFile(name) && !skipped(d):
				files = append(files, filepath.Clean(name))
			}
			return nil
		})
		if err != nil {
			return nil, plainPathError(err)
		}
	}
	slices.Sort(files)
	if files = slices.Compact(files); len(files) == 0 {
		return nil, withHint(fmt.Errorf("there is no *.test.yaml in %s", strings.Join(paths, ", ")), "docs/testing.md shows how to write one")
	}
	return files, nil
}

// readAll reads the tests of files. A file with mistakes stops the run: a test that is not played must not look like one
// that passes.
func (t *tester) readAll(files []string) ([]*tested, error) {
	var all []*tested
	var faults []error
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, plainPathError(err)
		}
		scripts, problems := runbooks.ParseRehearsals(file, text)
		if err := problems.Err(); err != nil {
			faults = append(faults, err)
			continue
		}
		for _, s := range scripts {
			one, err := t.prepare(file, s)
			switch {
			case err != nil:
				faults = append(faults, err)
			case t.only.MatchString(s.Name):
				all = append(all, one)
			}
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if len(all) == 0 {
		return nil, withHint(fmt.Errorf("no test is called like %q", t.testFlags.only), "muster test -v lists them")
	}
	return all, nil
}

// prepare finds a test's runbook, beside it or in the library, and checks the one against the other.
func (t *tester) prepare(file string, s runbooks.Rehearsal) (*tested, error) {
	book, err := t.runbook(file, s)
	if err != nil {
		return nil, err
	}
	path := beside(file, s.Config)
	if t.casts[path] == nil {
		config, err := openCast(path, t.books)
		t.casts[path] = &testCast{config, err}
	}
	problems := s.Check(book)
	if cast := t.casts[path]; cast.err == nil {
		problems = append(problems, s.CheckPeople(book, peopleOf(cast.config))...)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return &tested{Name: s.Name, File: file, Runbook: book.ID, script: s, book: book, cast: t.casts[path]}, nil
}

// runbook is the runbook of a test.
func (t *tester) runbook(file string, s runbooks.Rehearsal) (*runbooks.Runbook, error) {
	path := beside(file, s.Runbook+".yaml")
	if rb, ok := t.read[path]; ok {
		return rb, nil
	}
	if _, err := os.Stat(path); err == nil {
		rb, err := readRunbook(path)
		if err == nil {
			t.read[path] = rb
		}
		return rb, err
	}
	rb, _, err := t.books.Runbook(s.Runbook)
	if err != nil {
		return nil, withHint(fmt.Errorf("%s: %w", s.Mark, err), "put the runbook beside its test, or name its directory with --runbooks")
	}
	return &rb, nil
}

// play plays tests, as many at once as the machine has processors.
func (t *tester) play(all []*tested) {
	var group sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, one := range all {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			t.one(one)
		})
	}
	group.Wait()
}

// one plays one test.
func (t *tester) one(one *tested) {
	began := time.Now()
	defer func() { one.Took = time.Since(began) }()
	err := one.cast.err
	if err == nil {
		var o rehearsal.Options
		if o, err = castOf(one.cast.config, rehearsal.Options{Runbook: one.book, Script: one.script, Plans: t.plans}); err == nil {
			one.result, err = rehearsal.Run(o)
		}
	}
	if err != nil {
		one.Failures = []string{fmt.Sprintf("%s: %v", one.script.Mark, err)}
		return
	}
	failures := one.result.Check()
	for _, f := range failures {
		one.Failures = append(one.Failures, f.String()+": "+f.Text)
	}
	one.expected = one.result.Expected(failures)
}

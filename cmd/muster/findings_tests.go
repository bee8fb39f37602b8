package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
)

// checkTests checks a file of tests, or a script, by itself and against the runbooks that it plays.
func checkTests(path string, text []byte) []finding {
	all, problems := runbooks.ParseRehearsals(path, text)
	played := map[string]*runbooks.Runbook{}
	for i := range all {
		id := all[i].Runbook
		if id == "" {
			continue // a script that goes with any runbook
		}
		rb, known := played[id]
		if !known {
			var missing *runbooks.Problem
			rb, missing = runbookOfTest(path, &all[i])
			played[id] = rb
			if missing != nil {
				problems = append(problems, *missing)
			}
		}
		if rb != nil {
			problems = append(problems, all[i].Check(rb)...)
			if all[i].Config == "" {
				problems = append(problems, all[i].CheckPeople(rb, nil)...)
			}
		}
	}
	slices.SortStableFunc(problems, func(a, b runbooks.Problem) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
	var out []finding
	for _, p := range problems {
		out = append(out, ofRunbook(p))
	}
	return out
}

// besideFile reads the runbook in a file with what lies beside it.
func besideFile(path string, text []byte) (*runbooks.Runbook, runbooks.Problems) {
	known, _ := surroundings(os.DirFS(filepath.Dir(path)))
	return runbooks.ParseWith(path, text, known)
}

// runbookOfTest finds the runbook that a test plays: it lies beside the test, or ships with the product. One that is not
// there, or is faulty, is a problem of the test, which then cannot be played.
func runbookOfTest(path string, test *runbooks.Rehearsal) (*runbooks.Runbook, *runbooks.Problem) {
	file := filepath.Join(filepath.Dir(path), test.Runbook+".yaml")
	at, written := test.Places["runbook"]
	if !written {
		at = test.Mark // the file's name says it
	}
	problem := func(message, hint string) *runbooks.Problem {
		return &runbooks.Problem{File: at.File, Line: at.Line, Column: at.Column, Code: runbooks.CodeUnknownName, Message: message, Hint: hint}
	}
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		rb, err := runbooks.Load(runbooks.Shipped(), test.Runbook)
		if err == nil {
			return rb, nil
		}
		return nil, problem(fmt.Sprintf("there is no runbook %q beside this file", test.Runbook), hintOfRunbook(path, test.Runbook))
	case err != nil:
		return nil, problem(plainPathError(err).Error(), "make the runbook readable")
	}
	rb, problems := besideFile(file, text)
	switch {
	case problems.Err() != nil:
		return nil, problem(fmt.Sprintf("the runbook %q has mistakes of its own", test.Runbook), "muster check "+file)
	case rb.ID != test.Runbook:
		return nil, problem(fmt.Sprintf("%s holds the runbook %q", file, rb.ID), fmt.Sprintf("call the file %s.yaml", rb.ID))
	}
	return rb, nil
}

// hintOfRunbook is what to do about a runbook that is not there.
func hintOfRunbook(path, id string) string {
	beside, err := runbooks.IDs(os.DirFS(filepath.Dir(path)))
	shipped, shippedErr := runbooks.IDs(runbooks.Shipped())
	known := append(beside, shipped...)
	if near, ok := oncall.Nearest(id, known); ok && errors.Join(err, shippedErr) == nil {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(beside) > 0 {
		return "beside it lie: " + strings.Join(beside, ", ")
	}
	return "put the test beside its runbook, or write runbook: its-id"
}

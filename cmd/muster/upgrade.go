package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/runbooks"
)

// upgradeFlags are what a person may say of an upgrade.
type upgradeFlags struct {
	callFlags
	file     string
	diffOnly bool
	yes      bool
}

// upgradeCommand lets an open incident go on with a newer text of its runbook.
func upgradeCommand(sh shell) *cobra.Command {
	var f upgradeFlags
	c := &cobra.Command{
		Annotations: carries(contract.VerbUpgrade), Use: "upgrade KEY", Short: "Go on with a newer text of the runbook, after showing what it changes",
		Long: "Show what a newer text of an incident's runbook changes, step by step, and go on with it. The text is that of the\n" +
			"same runbook in the library, or in a file. Every step that has begun must be there unchanged, at its place; what\n" +
			"stands in the way is named. At a terminal you are asked first; a script says --yes.",
		Example: "  muster upgrade INC-1 --diff-only", Args: words("KEY"), ValidArgsFunction: completeKeys(sh, &f.callFlags),
		RunE: func(c *cobra.Command, words []string) error {
			books, err := callerBooks(sh, f.files)
			if err != nil {
				return err
			}
			newer, err := readRunbook(f.file)
			if err != nil {
				return err
			}
			f.begin = beginning{books: books, known: books.Known}
			return call(c.Context(), sh, f.callFlags, func(d *caller) error { return d.upgrade(c, sh, f, words[0], newer) })
		},
	}
	f.addActor(c)
	c.Flags().StringVar(&f.file, "runbook", "", "the file of the newer text (default the library's)")
	c.Flags().StringVar(&f.files.books, "runbooks", "", "directory of further runbooks (default "+booksVariable+")")
	c.Flags().BoolVar(&f.diffOnly, "diff-only", false, "only show what would change")
	c.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	c.MarkFlagsMutuallyExclusive("diff-only", "yes")
	return c
}

// readRunbook reads the runbook of a file, with what lies beside it or ships with muster; no file is nil, which means the library.
func readRunbook(path string) (*runbooks.Runbook, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, withHint(plainPathError(err), "name the file of a runbook")
	}
	known, faults := surroundings(os.DirFS(filepath.Dir(path)))
	if err := faults.Err(); err != nil {
		return nil, err
	}
	rb, problems := runbooks.ParseWith(path, text, known)
	if err := problems.Err(); err != nil {
		return nil, withHint(err, "see muster check "+path)
	}
	return rb, nil
}

// upgraded is what the command shows to programs.
type upgraded struct {
	gateway.Upgrade
	Receipt *contract.Receipt `json:"receipt,omitempty"` // missing = nothing was sent
}

// upgrade shows the changes and, if they are wanted and possible, sends them.
func (d *caller) upgrade(c *cobra.Command, sh shell, f upgradeFlags, key string, newer *runbooks.Runbook) error {
	plan, err := d.PlanUpgrade(c.Context(), gateway.NormalKey(key), newer)
	if err != nil {
		return err
	}
	d.changes(plan)
	if f.diffOnly || plan.From == plan.To {
		return d.object(upgraded{Upgrade: plan})
	}
	if err := plan.Blocked(); err != nil {
		return errors.Join(err, d.object(upgraded{Upgrade: plan}))
	}
	wanted, err := d.wanted(sh, f, plan)
	if err != nil || !wanted {
		return err
	}
	receipt, err := d.Act(c.Context(), gateway.NormalKey(key), gateway.Deed{
		Verb: contract.VerbUpgrade, Act: contract.Act{By: d.by, Runbook: &plan.Newer, Hash: plan.To},
	})
	if err != nil {
		return err
	}
	d.line("%s", receipt.Text)
	return d.object(upgraded{Upgrade: plan, Receipt: &receipt})
}

// wanted asks whether an upgrade is meant.
func (d *caller) wanted(sh shell, f upgradeFlags, plan gateway.Upgrade) (bool, error) {
	switch {
	case f.yes:
		return true, nil
	case !sh.interactive():
		return false, withHint(errors.New("nothing was sent: nobody is here to be asked"), "say --yes when the changes are meant, or --diff-only")
	}
	yes, err := dialogue{in: sh.stdin, out: sh.stderr}.confirm(fmt.Sprintf("Go on with the new text of %s?", plan.Runbook))
	if err == nil && !yes {
		d.line("nothing was sent")
	}
	return yes, err
}

// changes shows what an upgrade would change, and what stands in its way.
func (p printer) changes(u gateway.Upgrade) {
	if u.From == u.To {
		p.line("%s has the newest text of %s already (%.12s)", u.Key, u.Runbook, u.From)
		return
	}
	p.line("%s follows %s %.12s; the newer text is %.12s", u.Key, u.Runbook, u.From, u.To)
	if len(u.Changes) == 0 {
		p.line("  No step changes.")
	}
	p.changeLines(u.Changes)
	if len(u.Blockers) > 0 {
		p.line("\nIn the way: these steps have begun, and are not the same in the newer text")
		p.changeLines(u.Blockers)
	}
}

// changeLines shows changes, each with its fields below it.
func (p printer) changeLines(changes []runbooks.Change) {
	for _, c := range changes {
		p.line("  %-8s %s%s", c.What, c.Address, prefixed(": ", shorten(oneLine(c.Step), narrowest)))
		for _, f := range c.Fields {
			switch {
			case f.Before == "":
				p.line("  %-8s   + %s: %s", "", f.Name, oneLine(f.After))
			case f.After == "":
				p.line("  %-8s   - %s: %s", "", f.Name, oneLine(f.Before))
			default:
				p.line("  %-8s   - %s: %s", "", f.Name, oneLine(f.Before))
				p.line("  %-8s   + %s: %s", "", f.Name, oneLine(f.After))
			}
		}
	}
}

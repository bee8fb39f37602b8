package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/roster"
)

// declareFlags are what a person may say of a new incident.
type declareFlags struct {
	callFlags
	service, severity, runbook, summary, environment string
	inputs                                           []string
	private                                          bool
}

// declareCommand begins an incident.
func declareCommand(sh shell) *cobra.Command {
	var f declareFlags
	c := &cobra.Command{
		Use: "declare TITLE", Short: "Declare an incident",
		Long: "Declare an incident. Where there is a configuration here, it says which runbook the service has; without one the\n" +
			"service is taken as it is written, and the runbook is " + defaultRunbook + " unless you name another.",
		Example: "  muster declare checkout answers with errors --service checkout --severity SEV2",
		Args:    wordsAndText("TITLE"),
		RunE: func(c *cobra.Command, title []string) error {
			n, err := f.incident(strings.Join(title, " "))
			if err != nil {
				return err
			}
			return f.begun(c.Context(), sh, n)
		},
	}
	f.addBeginning(c)
	c.Flags().StringVar(&f.runbook, "runbook", "", "the runbook (default the service's)")
	c.Flags().BoolVar(&f.private, "private", false, "by invitation only, although the runbook is not")
	return c
}

// addBeginning gives a command that begins an incident its flags.
func (f *declareFlags) addBeginning(c *cobra.Command) {
	f.addActor(c)
	c.Flags().StringVar(&f.service, "service", "", "what is broken")
	c.Flags().StringVar(&f.severity, "severity", "", "the severity; without it the runbook asks")
	c.Flags().StringVar(&f.files.books, "runbooks", "", "directory of further runbooks (default "+booksVariable+")")
	c.Flags().StringVar(&f.summary, "summary", "", "more than the title says")
	c.Flags().StringVar(&f.environment, "environment", "", "where: production, staging (default the service's)")
	c.Flags().StringArrayVar(&f.inputs, "input", nil, "an input of the runbook, name=value; may be repeated")
}

// begun begins the incident, with the runbooks that are here.
func (f *declareFlags) begun(ctx context.Context, sh shell, n gateway.NewIncident) error {
	books, err := callerBooks(sh, f.files)
	if err != nil {
		return err
	}
	f.begin = beginning{routes: routesOf, books: books, known: books.Known}
	return call(ctx, sh, f.callFlags, func(d *caller) error { return d.declare(ctx, n) })
}

// incident is what was said.
func (f *declareFlags) incident(title string) (gateway.NewIncident, error) {
	n := gateway.NewIncident{
		Title: title, Summary: f.summary, Service: f.service, Severity: severityName(f.severity), Runbook: f.runbook,
		Environment: f.environment, Private: f.private, Inputs: map[string]any{},
	}
	for _, input := range f.inputs {
		name, value, ok := strings.Cut(input, "=")
		if !ok || name == "" {
			return n, misused("write --input name=value", "--input %q is no name and value", input)
		}
		n.Inputs[name] = value
	}
	return n, nil
}

// callerBooks is the runbooks that a person's machine has. Faulty files are left aside; muster check tells of them.
func callerBooks(sh shell, files sources) (*library, error) {
	books, _, err := openLibrary(serverSources(sh, files).books)
	return books, err
}

// routesOf is the way from services to runbooks by a configuration, or without one.
func routesOf(config *roster.Config) gateway.Routes {
	if config == nil {
		return unrouted{}
	}
	return routes{config}
}

// declareTime bounds a declaration. The incident begins at once; only its number needs a worker.
const declareTime = 6 * time.Second

// declare begins the incident and says what it is called.
func (d *caller) declare(ctx context.Context, n gateway.NewIncident) error {
	ctx, cancel := context.WithTimeout(ctx, declareTime)
	defer cancel()
	n.By = d.by
	begun, err := d.Declare(ctx, n)
	if err != nil {
		return err
	}
	d.line("%s", declaredText(begun))
	for _, line := range drillLines(n, begun) {
		d.line("%s", line)
	}
	if begun.URL != "" {
		d.line("%s", begun.URL)
	}
	if begun.Key != "" {
		d.line("muster timeline %s --follow shows what happens", begun.Key)
	} else {
		d.line("no worker has given it a number yet; it is found as %s", begun.WorkflowID)
		d.warnOfIdleness(ctx)
	}
	return d.object(begun)
}

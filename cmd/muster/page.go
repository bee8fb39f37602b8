package main

import (
	_ "embed" // the runbook of a page without an incident
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
	"github.com/musterbook/musterbook/runbooks"
)

//go:embed page.yaml
var pageText []byte

// pageSeverity is the severity of an incident that is nothing but a page.
const pageSeverity = "SEV3"

// pageCommand calls somebody by hand.
func pageCommand(sh shell) *cobra.Command {
	f := callFlags{begin: beginning{routes: pageRoutes, books: pageBook{}}}
	var key string
	c := &cobra.Command{
		Use: "page TARGET [MESSAGE]", Short: "Call a person, a schedule or a team until somebody answers",
		Long: "Call a person, a schedule or a team until somebody acknowledges. With --incident the page belongs to that incident;\n" +
			"without it a small incident is declared, which ends when the page is acknowledged.",
		Example: `  muster page sre-oncall "the certificate expires tonight"`, Args: wordsAndText("TARGET"),
		RunE: func(c *cobra.Command, words []string) error {
			target, message := words[0], strings.Join(words[1:], " ")
			return call(c.Context(), sh, f, func(d *caller) error {
				if key == "" {
					return d.pageAlone(c, target, message)
				}
				receipt, err := d.Act(c.Context(), gateway.NormalKey(key), gateway.Deed{
					Verb: contract.VerbPage, Act: contract.Act{Value: target, Reason: message, By: d.by},
				})
				if err != nil {
					return err
				}
				return d.receipt(gateway.NormalKey(key), receipt)
			})
		},
	}
	f.addActor(c)
	c.Flags().StringVar(&key, "incident", "", "the incident that the page belongs to")
	return c
}

// pageAlone declares the small incident.
func (d *caller) pageAlone(c *cobra.Command, target, message string) error {
	if d.config != nil {
		if err := knownTarget(&d.config.Book, target); err != nil {
			return err
		}
	}
	if message == "" {
		message = fmt.Sprintf("%s asks for you.", d.by)
	}
	return d.declare(c.Context(), gateway.NewIncident{
		Title: message, Severity: pageSeverity, Runbook: "page", Inputs: map[string]any{"target": target, "message": message},
	})
}

// knownTarget refuses a name that the roster does not have.
func knownTarget(b *oncall.Book, target string) error {
	names := b.Names()
	if slices.Contains(names, target) {
		return nil
	}
	hint := "one of: " + strings.Join(names, ", ")
	if near, ok := oncall.Nearest(target, names); ok {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return &gateway.Refusal{Kind: gateway.RefusedInput, What: fmt.Sprintf("nobody is called %q", target), Hint: hint}
}

// pageRoutes leads a page nowhere: what services have set concerns other runbooks.
func pageRoutes(*roster.Config) gateway.Routes { return unrouted{} }

// pageBook holds the one runbook of a page.
type pageBook struct{}

// Runbook gives it.
func (pageBook) Runbook(string) (runbooks.Runbook, string, error) {
	rb, problems := runbooks.Parse("page.yaml", pageText)
	if err := problems.Err(); err != nil {
		return runbooks.Runbook{}, "", err
	}
	hash, err := rb.Hash()
	return *rb, hash, err
}

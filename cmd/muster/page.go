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

// pageFlags are those of a page.
type pageFlags struct {
	callFlags
	direct   directFlags
	key      string
	straight bool // without Temporal
	test     bool // to oneself
}

// pageCommand calls somebody by hand.
func pageCommand(sh shell) *cobra.Command {
	f := pageFlags{callFlags: callFlags{begin: beginning{routes: pageRoutes, books: pageBook{text: pageText}}}}
	c := &cobra.Command{
		Annotations: carries(contract.VerbPage), Use: "page TARGET [MESSAGE]", Short: "Call a person, a schedule, a team or a service's owner until somebody answers",
		Long: "Call a person, a schedule, a team, a policy or the owner of a service until somebody acknowledges. With --incident\n" +
			"the page belongs to that incident; without it a small incident is declared, which ends when the page is acknowledged.\n\n" +
			"--direct is for when everything is down: it calls and texts at once, straight from the configuration, or from its last\n" +
			"good copy in the data directory, and waits until it is known who was reached. It needs neither the server nor Temporal,\n" +
			"but the telephone's secrets. Nothing is recorded, repeated or acknowledged, and overrides do not count. It fails when\n" +
			"nobody was reached. The same --id within an hour calls nobody twice.\n\n" +
			"--test pages yourself, and tells what reached you and how soon.",
		Example: "  muster page sre-oncall \"the certificate expires tonight\"\n" +
			"  muster page --direct sre-oncall \"the database and Temporal are down\"\n" +
			"  muster page --direct fallback \"nobody answers\" --id db-down-1 --wait 2m\n" +
			"  muster page --test --as ana",
		RunE: func(c *cobra.Command, words []string) error {
			switch {
			case f.test:
				return testPage(c.Context(), sh, f)
			case f.straight:
				return directPage(c.Context(), sh, f, words)
			}
			return page(c, sh, f, words)
		},
	}
	c.Args = func(c *cobra.Command, args []string) error { return f.checked(c, args) }
	f.addActor(c)
	c.Flags().StringVar(&f.key, "incident", "", "the incident that the page belongs to")
	c.Flags().BoolVar(&f.straight, "direct", false, "call at once, without Temporal and the server")
	c.Flags().BoolVar(&f.test, "test", false, "page yourself, and tell what reached you")
	c.Flags().StringVar(&f.direct.id, "id", "", "of a direct page: the same id within an hour calls nobody twice (default random)")
	c.Flags().StringVar(&f.direct.data, "data", "", "of a direct page: the server's data directory, for the last good configuration (default the configuration's)")
	c.Flags().DurationVar(&f.direct.wait, "wait", 0, "how long to wait for who is reached (default 1m, of --test 3m)")
	c.MarkFlagsMutuallyExclusive("incident", "direct", "test")
	return c
}

// checked checks the words, and flags that mean nothing together.
func (f *pageFlags) checked(c *cobra.Command, args []string) error {
	for _, flag := range []string{"id", "data", "wait"} {
		if c.Flags().Changed(flag) && !f.straight && (!f.test || flag != "wait") {
			return misused("muster page --direct sre-oncall --id db-down-1", "--%s is for --direct", flag)
		}
	}
	if f.test {
		return words()(c, args)
	}
	return wordsAndText("TARGET")(c, args)
}

// page calls somebody until it is acknowledged.
func page(c *cobra.Command, sh shell, f pageFlags, words []string) error {
	target, message := words[0], strings.Join(words[1:], " ")
	return call(c.Context(), sh, f.callFlags, func(d *caller) error {
		if f.key == "" {
			return d.pageAlone(c, target, message)
		}
		receipt, err := d.Act(c.Context(), gateway.NormalKey(f.key), gateway.Deed{
			Verb: contract.VerbPage, Act: contract.Act{Value: target, Reason: message, By: d.by},
		})
		if err != nil {
			return err
		}
		return d.receipt(gateway.NormalKey(f.key), receipt)
	})
}

// pageAlone declares the small incident.
func (d *caller) pageAlone(c *cobra.Command, target, message string) error {
	if d.config != nil {
		if owner, ok := d.config.Owner(target); ok {
			target = owner
		}
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
type pageBook struct{ text []byte }

// Runbook gives it.
func (b pageBook) Runbook(string) (runbooks.Runbook, string, error) {
	rb, problems := runbooks.Parse("page.yaml", b.text)
	if err := problems.Err(); err != nil {
		return runbooks.Runbook{}, "", err
	}
	hash, err := rb.Hash()
	return *rb, hash, err
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/roster"
)

// defaultRunbook is taken where neither a person nor a route names one.
const defaultRunbook = "service-outage"

// callFlags lead a command to Temporal and say who acts.
type callFlags struct {
	address string
	ui      string
	as      string
	files   sources
	json    bool
	begin   beginning // of commands that begin incidents
}

// add gives a command the flags.
func (f *callFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.address, "address", "", "host:port of Temporal (default TEMPORAL_ADDRESS, else the configuration's, else "+localAddress()+")")
	c.Flags().StringVar(&f.files.config, "config", "", "configuration, for people and services (default "+configVariable+", else "+defaultConfig+" if it is there)")
	addJSON(c, &f.json)
}

// addActor gives a command that changes something the flag that says who does.
func (f *callFlags) addActor(c *cobra.Command) {
	f.add(c)
	c.Flags().StringVar(&f.as, "as", "", "who acts, a name or e-mail of the roster (default the login name); stands in the timeline as unverified")
}

// caller is a command that talks to incidents: through Temporal itself, so that it works while the gateway is down.
type caller struct {
	*gateway.Incidents
	printer
	by       incident.Actor
	config   *roster.Config // nil: there is none here
	client   client.Client
	warnings io.Writer
}

// beginning is what a command needs that begins incidents.
type beginning struct {
	routes func(*roster.Config) gateway.Routes // the config may be nil
	books  gateway.Runbooks
	known  func() []roster.Runbook // nil = mentions of runbooks are not checked
}

// call connects, runs a command and hangs up.
func call(ctx context.Context, sh shell, f callFlags, command func(*caller) error) (err error) {
	config, err := callerConfig(sh, f.files, f.begin.known)
	if err != nil {
		return err
	}
	d := &caller{printer: printer{w: sh.stdout, json: f.json}, config: config, warnings: sh.stderr}
	var temporal roster.Temporal
	var people gateway.People
	var schedules gateway.Schedules
	var owners gateway.Owners
	if config != nil {
		temporal, people, schedules, owners = config.Temporal, config, &config.Book, config
	}
	d.by = gateway.CLIActor(people, f.as, sh.login())
	var namespace string
	if d.client, namespace, err = sh.dial(ctx, f.address, temporal); err != nil {
		return err
	}
	defer d.client.Close()
	o := gateway.Options{
		Client: d.client, Namespace: namespace, UI: cmp.Or(f.ui, sh.getenv(uiVariable)), People: people, Schedules: schedules, Owners: owners,
		Runbooks: f.begin.books, DefaultRunbook: defaultRunbook, Permissions: func() *incident.Permissions { return permissionsOf(config) },
	}
	if f.begin.routes != nil {
		o.Routes = f.begin.routes(config)
	}
	if d.Incidents, err = gateway.New(o); err != nil {
		return err
	}
	return command(d)
}

// permissionsOf are the rules of a configuration for incidents that begin; without one they are those that ship with the
// product.
func permissionsOf(config *roster.Config) *incident.Permissions {
	if config != nil {
		return &config.Permissions
	}
	rules := incident.DefaultPermissions()
	return &rules
}

// callerConfig reads the configuration where there is one. Secrets are not followed: a command needs none. A faulty
// file must not keep anybody from acknowledging, so one that was not named is left aside, loudly.
func callerConfig(sh shell, files sources, known func() []roster.Runbook) (*roster.Config, error) {
	found, err := callerSources(sh, files)
	if err != nil || found.config == "" {
		return nil, err
	}
	config, problems := roster.Load(found.config, roster.Outside{ReadFile: os.ReadFile, Runbooks: known})
	if len(problems) == 0 {
		return config, nil
	}
	if files.config != "" {
		return nil, withHint(problems.Err(), "see muster check "+files.config)
	}
	_, _ = fmt.Fprintf(sh.stderr, "muster: %s has %d problems and is left aside; names are taken as they are written (see muster check)\n",
		found.config, len(problems))
	return nil, nil
}

// acting is a command that carries out one verb on the incident that its first word names; act makes the deed of the
// other words. It is idempotent by the deed's own id.
func acting(sh shell, c *cobra.Command, verb contract.Verb, act func(words []string) contract.Act) *cobra.Command {
	return actingWith(sh, c, verb, func(_ context.Context, a acted) (contract.Act, error) {
		return act(a.words), nil
	})
}

// verbAnnotation is the note on a command that says which verb it carries out.
const verbAnnotation = "verb"

// carries notes a command's verb, so that it can be told whether there is a command for each.
func carries(verb contract.Verb) map[string]string {
	return map[string]string{verbAnnotation: string(verb)}
}

// acted is what a deed is made of that must ask the incident first.
type acted struct {
	*caller
	key   incident.Key
	words []string // behind the key
}

// actingWith is acting for deeds that cannot be made of words alone, and may fail to be made.
func actingWith(sh shell, c *cobra.Command, verb contract.Verb, act func(context.Context, acted) (contract.Act, error)) *cobra.Command {
	var f callFlags
	f.addActor(c)
	c.Annotations = carries(verb)
	c.ValidArgsFunction = completeWords(sh, &f, verb)
	c.RunE = func(c *cobra.Command, words []string) error {
		return call(c.Context(), sh, f, func(d *caller) error {
			key := gateway.NormalKey(words[0])
			made, err := act(c.Context(), acted{caller: d, key: key, words: words[1:]})
			if err != nil {
				return err
			}
			made.By = d.by
			receipt, err := d.Act(c.Context(), key, gateway.Deed{Verb: verb, Act: made})
			if err != nil {
				return err
			}
			return d.receipt(key, receipt)
		})
	}
	return c
}

// How it is told that nobody works: a worker that lives asks for work at least once a minute.
const (
	idleTime    = 90 * time.Second
	idleAskTime = 2 * time.Second
)

// warnOfIdleness says, beside a result, when no worker has been seen lately: then nobody is called, and what is shown is
// what was known before. Where that cannot be found out nothing is said.
func (d *caller) warnOfIdleness(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), idleAskTime)
	defer cancel()
	queue, err := d.client.DescribeTaskQueue(ctx, contract.QueueMain, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		return
	}
	for _, p := range queue.GetPollers() {
		if time.Since(p.GetLastAccessTime().AsTime()) < idleTime {
			return
		}
	}
	_, _ = fmt.Fprintln(d.warnings, "muster: no worker runs: nobody is called, and nothing here is new (start `muster serve` or `muster worker`)")
}

// receipt shows what an act led to, and what still rings.
func (d *caller) receipt(key incident.Key, r contract.Receipt) error {
	d.line("%s", r.Text)
	if len(r.Rings) > 0 {
		d.line("muster ack %s --all acknowledges those too", key)
	}
	return d.object(r)
}

// words checks how many words a command was given, by their names.
func words(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return missing(c, names[len(args)])
		}
		if len(args) > len(names) {
			return misused("a text of several words wants quotation marks: "+c.Example, "%q is one word too many", args[len(names)])
		}
		return nil
	}
}

// wordsUpTo is words for commands whose last words may be missing.
func wordsUpTo(least int, names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < least {
			return missing(c, names[len(args)])
		}
		return words(names[:min(len(args), len(names))]...)(c, args)
	}
}

// wordsAndText is words for commands whose last word is a text: it may be of several words without quotation marks.
func wordsAndText(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return missing(c, names[len(args)])
		}
		return nil
	}
}

// missing is the complaint about a word that is not there.
func missing(c *cobra.Command, name string) error {
	hint := ""
	if c.Example != "" {
		hint = "for example: " + strings.TrimSpace(c.Example)
	}
	return misused(hint, "%s is missing", name)
}

// required makes a flag one that must be given.
func required(c *cobra.Command, flag string) {
	inner := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		value, err := c.Flags().GetString(flag)
		if err != nil {
			return err
		}
		if strings.TrimSpace(value) == "" {
			return missing(c, "--"+flag)
		}
		return inner(c, args)
	}
}

// sevPattern is a severity as people type it in a hurry.
var sevPattern = regexp.MustCompile(`^(?i)sev[0-9]+$`)

// severityName lets people type sev1; other names stay as they are.
func severityName(typed string) incident.Severity {
	if sevPattern.MatchString(typed) {
		typed = strings.ToUpper(typed)
	}
	return incident.Severity(typed)
}

// isGone says whether somebody has ended the command while it waited.
func isGone(err error) bool { return errors.Is(err, context.Canceled) }

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/musterbook/musterbook/engine"
	"github.com/musterbook/musterbook/incident"
)

// greet says once what is real and what is not.
func (d *demo) greet() {
	d.view.Title("Musterbook demo")
	d.view.Text("The engine, the worker, the gateway, the runbook and the clients for Slack and Twilio are real.\n" +
		"Slack, Twilio and the people are simulated: whatever they see and do is marked with ~.")
	d.view.Text("")
}

// play posts the alert, follows the incident to its end, and says how it went.
func (d *demo) play(ctx context.Context, secrets demoSecrets) error {
	d.view.Table([][2]string{
		{"Temporal Web UI", d.stack.UIURL},
		{"Gateway", d.stack.GatewayURL},
		{"Runbook", "runbooks/" + demoRunbook + ".yaml"},
		{"Configuration", filepath.Join(d.data, "musterbook.yaml")},
		{"Log", filepath.Join(d.data, "muster.log")},
	})
	d.view.Text("")
	d.view.started = time.Now()
	d.feed.Simulated(d.view.started, "Prometheus", "2 alerts fire; Alertmanager posts them to /v1/alerts/alertmanager")
	workflow, err := postDemoAlert(ctx, d.stack.GatewayURL, secrets.alertmanager)
	if err != nil {
		d.feed.ShowAll()
		return err
	}
	w := &demoWatch{incidents: d.stack.Incidents, feed: d.feed, key: incident.Key(workflow)}
	shown, err := w.follow(ctx)
	d.feed.ShowAll()
	if ctx.Err() != nil {
		return d.interrupted()
	}
	outcome := &demoOutcome{shown: shown, entries: w.entries, faults: d.feed.Faults()}
	if err = errors.Join(err, outcome.check()); err == nil {
		d.sum(outcome)
	}
	if d.exit && err != nil {
		return withHint(err, "the servers' log is "+filepath.Join(d.data, "muster.log"))
	}
	if d.exit {
		return d.view.Err()
	}
	if err != nil {
		d.view.Text("\n" + err.Error())
	}
	return d.stay(ctx, outcome)
}

// sum says in a few lines how the incident went.
func (d *demo) sum(o *demoOutcome) {
	inc := &o.shown.Incident
	told := map[string]bool{}
	for _, p := range inc.Pages {
		for _, person := range p.Told() {
			told[string(person)] = true
		}
	}
	d.view.Text(fmt.Sprintf("\n%s resolved after %s · acknowledged by %s after %s · %d people paged · commander %s",
		inc.Key, passed(inc.ResolvedAt.Sub(inc.DeclaredAt)), inc.AcknowledgedBy, passed(inc.AcknowledgedAt.Sub(inc.DeclaredAt)),
		len(told), cmp.Or(inc.Holders[incident.Commander].Name, "nobody")))
	rows := make([][2]string, 0, len(o.shown.Record)+1)
	for _, place := range o.shown.Record {
		rows = append(rows, [2]string{"Record", fromHere(place)})
	}
	if d.exit {
		rows = append(rows, [2]string{"Next", ownName() + " demo (stays, to look around) · docs/first-incident.md (your own Slack and Twilio)"})
	}
	d.view.Table(rows)
}

// stay says what can be done now, and shows what the simulated people go on doing until ctx ends.
func (d *demo) stay(ctx context.Context, o *demoOutcome) error {
	key := orNone(string(o.shown.Incident.Key))
	muster := ownName()
	if d.enginePort != engine.DefaultFrontendPort {
		muster = "TEMPORAL_ADDRESS=" + d.stack.EngineAddress + " " + muster
	}
	d.view.Text("\nNext, in a browser and in another terminal:")
	d.view.Table([][2]string{
		{"History", o.shown.Incident.URL},
		{"Room (~)", o.shown.Incident.Room.URL},
		{"Record", muster + " record " + key},
		{"Timeline", muster + " timeline " + key},
		{"Your own incident", muster + " declare \"It is slow\" --config " + filepath.Join(d.data, "musterbook.yaml")},
		{"Your Slack, Twilio", "docs/first-incident.md, ten minutes"},
	})
	d.view.Text("\nThe demo keeps running; Ctrl-C ends it.")
	d.view.Text("")
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			d.feed.Show(time.Now().Add(-feedDelay))
		case err := <-d.stack.Done():
			d.feed.ShowAll()
			return err
		case <-ctx.Done():
			d.feed.ShowAll()
			d.view.Text("The demo ends.")
			return d.view.Err()
		}
	}
}

// interrupted is how a demo ends that was not left to its end: well, unless its end was what counted.
func (d *demo) interrupted() error {
	if d.exit {
		return errors.New("interrupted before the incident had ended")
	}
	d.view.Text("\nThe demo ends in the middle of its incident.")
	return d.view.Err()
}

// ownName is how this program is called again from the same directory.
func ownName() string {
	if strings.Contains(os.Args[0], "go-build") { // go run and go test build there
		return "go run ./cmd/muster"
	}
	return filepath.Base(os.Args[0])
}

// fromHere is a path as it is written in the working directory, where it lies below it.
func fromHere(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	relative, err := filepath.Rel(here, path)
	if err != nil || !filepath.IsLocal(relative) {
		return path
	}
	return relative
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/musterbook/musterbook/engine"
	"github.com/musterbook/musterbook/incident"
)

// greet says once what is real and what is not.
func (d *demo) greet() {
	d.view.Title("Musterbook demo")
	d.view.Text("The engine, the worker, the gateway, the runbook and the clients for Slack and Twilio are real.\n" +
		"Slack, Twilio and the people are simulated: whatever they see and do is marked with ~.")
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
	d.view.started = time.Now()
	d.feed.Simulated(d.view.started, "Prometheus", "Alertmanager posts 2 alerts to "+d.stack.GatewayURL+"/v1/alerts/alertmanager")
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
	err = errors.Join(err, outcome.check())
	if err == nil {
		d.sum(outcome)
	}
	if d.exit {
		return errors.Join(err, d.view.Err())
	}
	if err != nil {
		d.view.Text("\n" + err.Error())
	}
	d.invite(outcome)
	<-ctx.Done()
	d.view.Text("\nThe demo ends.")
	return d.view.Err()
}

// interrupted is how a demo ends that was not left to its end: well, unless its end was what counted.
func (d *demo) interrupted() error {
	if d.exit {
		return errors.New("interrupted before the incident had ended")
	}
	d.view.Text("\nThe demo ends in the middle of its incident.")
	return d.view.Err()
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
	d.view.Text(fmt.Sprintf("\n%s resolved after %s · %s acknowledged after %s · %d people paged · commander %s",
		inc.Key, passed(inc.ResolvedAt.Sub(inc.DeclaredAt)), inc.AcknowledgedBy, passed(inc.AcknowledgedAt.Sub(inc.DeclaredAt)),
		len(told), cmp.Or(inc.Holders[incident.Commander].Name, "nobody")))
	rows := make([][2]string, 0, len(o.shown.Record))
	for _, place := range o.shown.Record {
		rows = append(rows, [2]string{"Record", place})
	}
	d.view.Table(rows)
}

// invite says what can be done while the demo keeps running.
func (d *demo) invite(o *demoOutcome) {
	key := orNone(string(o.shown.Incident.Key))
	command := "muster"
	if d.enginePort != engine.DefaultFrontendPort {
		command = "TEMPORAL_ADDRESS=" + d.stack.EngineAddress + " muster"
	}
	d.view.Text("\nNext, in another terminal:")
	d.view.Table([][2]string{
		{command + " show " + key, "the incident as it stands"},
		{command + " timeline " + key, "every line again"},
		{command + " declare \"Checkout is slow\"", "an incident of your own"},
	})
	d.view.Text("docs/first-incident.md leads to your own Slack and Twilio in ten minutes. Ctrl-C ends the demo.")
}

package gateway

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// Delivery is what one request of an alert source held.
type Delivery struct {
	Source string // "alertmanager"
	Key    string // the source's grouping key: one open incident for each key and service
	Alerts []incident.Alert
	// Digest is a hash of the request as it came. Empty = it is made from the alerts.
	Digest string
}

// Taken is one incident that a delivery reached.
type Taken struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id,omitempty"`
	Service    string `json:"service,omitempty"`
	Started    bool   `json:"started"`          // this delivery began the incident
	Orphan     bool   `json:"orphan,omitempty"` // only clearings, and no incident is open: nothing was done
}

// maxSignal bounds one signal in bytes of JSON. Temporal refuses payloads of 2 MB and warns from 512 KB.
const maxSignal = 400 << 10

// bundle is the part of a delivery that belongs to one service.
type bundle struct {
	routed     Routed // of its first alert that fires
	severities []incident.Severity
	alerts     []incident.Alert
}

// Alerts takes a delivery: for each service that its alerts are routed to, it starts the incident of (source, grouping
// key, service) or tells the one that is open. When it returns without an error, Temporal has every alert durably. It
// is idempotent by the delivery's content: the same delivery repeated within minutes is dropped by Temporal.
func (d *Incidents) Alerts(ctx context.Context, del Delivery) ([]Taken, error) {
	if d.routes == nil || d.runbooks == nil {
		return nil, errors.New("this gateway has no routes and runbooks: it cannot take alerts")
	}
	if del.Key == "" || len(del.Alerts) == 0 {
		return nil, &Refusal{Kind: RefusedInput, What: "a delivery needs a grouping key and at least one alert"}
	}
	if del.Digest == "" {
		raw, err := json.Marshal(del.Alerts)
		if err != nil {
			return nil, fmt.Errorf("encode alerts of %s: %w", del.Source, err)
		}
		del.Digest = digestOf(string(raw))
	}
	del.Digest = d.deliveries.id(del.Source+"\n"+del.Key, del.Digest, d.now())
	bundles := d.route(del.Alerts)
	taken := make([]Taken, len(bundles))
	err := eachOf(bundles, func(n int, b bundle) error {
		var err error
		taken[n], err = d.deliver(ctx, del, b)
		return err
	})
	if err != nil {
		d.counts.away.Add(1)
		return nil, err
	}
	d.counts.alerts.Add(int64(len(del.Alerts)))
	return taken, nil
}

// route splits alerts by service. Those that fire come first, so that there is an incident for the rest.
func (d *Incidents) route(alerts []incident.Alert) []bundle {
	var out []bundle
	alerts = slices.Clone(alerts)
	slices.SortStableFunc(alerts, func(x, y incident.Alert) int { return cmp.Compare(rank(x), rank(y)) })
	for _, a := range alerts {
		routed := d.routes.Route(a.Labels)
		n := slices.IndexFunc(out, func(b bundle) bool { return b.routed.Service == routed.Service })
		if n < 0 {
			out = append(out, bundle{routed: routed})
			n = len(out) - 1
		}
		out[n].alerts = append(out[n].alerts, a)
		if !a.Cleared && routed.Severity != "" {
			out[n].severities = append(out[n].severities, routed.Severity)
		}
	}
	return out
}

// AlertWorkflowID is the workflow id of the incident of a source's group and a service: one open incident each, because
// Temporal runs one workflow under an id.
func AlertWorkflowID(source, key, service string) string {
	return "incident/" + digestOf(source, key, service)
}

// deliver hands one service's alerts over.
func (d *Incidents) deliver(ctx context.Context, del Delivery, b bundle) (Taken, error) {
	taken := Taken{WorkflowID: AlertWorkflowID(del.Source, del.Key, b.routed.Service), Service: b.routed.Service}
	for n, part := range split(b.alerts) {
		signal := contract.Alerts{ID: fmt.Sprintf("%s/%d", del.Digest, n), At: d.now().UTC(), Alerts: part}
		if err := d.hand(ctx, b, signal, &taken); err != nil {
			return Taken{}, failed(fmt.Sprintf("hand %d alerts of %s to Temporal", len(part), del.Source), err)
		}
	}
	switch {
	case taken.Started:
		d.counts.started.Add(1)
	case taken.Orphan:
		d.counts.orphans.Add(1)
		d.log.Info("alerts cleared and no incident is open for them", "source", del.Source, "service", b.routed.Service)
	default:
		d.counts.joined.Add(1)
	}
	return taken, nil
}

// rank puts alerts that fire before those that have cleared.
func rank(a incident.Alert) int {
	if a.Cleared {
		return 1
	}
	return 0
}

// hand gives one signal to Temporal. What only clears never starts an incident: with none open there is nothing to do.
func (d *Incidents) hand(ctx context.Context, b bundle, signal contract.Alerts, taken *Taken) error {
	request := digestOf(taken.WorkflowID, signal.ID)
	if signal.Alerts[0].Cleared {
		err := d.send(ctx, parcel{
			workflowID: taken.WorkflowID, request: request, name: string(contract.AlertsSignal), payload: signal,
		})
		taken.Orphan = gone(err) && taken.RunID == ""
		if gone(err) {
			return nil
		}
		return err
	}
	input, err := d.inputOf(b, signal)
	if err != nil {
		return err
	}
	runID, started, err := d.open(ctx, opening{
		workflowID: taken.WorkflowID, request: request, summary: headline(input.Declaration), input: input, signal: signal,
	})
	taken.RunID, taken.Started = runID, taken.Started || started
	return err
}

// inputOf is the incident that firing alerts begin.
func (d *Incidents) inputOf(b bundle, signal contract.Alerts) (contract.IncidentInput, error) {
	rb, hash, err := d.runbookFor(b.routed)
	if err != nil {
		return contract.IncidentInput{}, err
	}
	first := signal.Alerts[0]
	r := b.routed
	return contract.IncidentInput{
		Declaration: contract.Declaration{
			Title: title(signal.Alerts), Summary: first.Summary, Type: r.Type, Service: r.Service, Team: r.Team,
			Source: first.Source, Environment: r.Environment, Labels: common(signal.Alerts), Severity: d.worst(rb, b),
			By: incident.Actor{Name: first.Source, Door: incident.DoorAlert, Verified: true},
			At: signal.At, Inputs: d.routedInputs(rb, r), Announce: r.Announce, ArchiveAfter: r.ArchiveAfter, Statuses: r.Statuses,
		},
		Runbook: rb, Hash: hash, Permissions: d.permissions(),
	}, nil
}

// worst is the worst severity that the routes give; one that the runbook does not have is left open, loudly.
func (d *Incidents) worst(rb runbooks.Runbook, b bundle) incident.Severity {
	for _, row := range rb.Severities {
		if slices.Contains(b.severities, row.Severity) {
			return row.Severity
		}
	}
	if len(b.severities) > 0 {
		d.log.Error("a route names a severity that its runbook does not have; the severity is left open",
			"service", b.routed.Service, "severity", b.severities[0], "runbook", rb.ID)
	}
	return ""
}

// title is an incident's name from its alerts: what they all say, else what the first one is called.
func title(alerts []incident.Alert) string {
	firing := slices.DeleteFunc(slices.Clone(alerts), func(a incident.Alert) bool { return a.Cleared })
	first := firing[0]
	same := func(text func(incident.Alert) string) bool {
		return text(first) != "" && !slices.ContainsFunc(firing, func(a incident.Alert) bool {
			return text(a) != "" && text(a) != text(first)
		})
	}
	const readable = 120 // bytes; a longer summary is a description
	switch {
	case same(func(a incident.Alert) string { return a.Summary }) && len(first.Summary) <= readable:
		return first.Summary
	case same(func(a incident.Alert) string { return a.Title }):
		return first.Title
	}
	return fmt.Sprintf("%s and %d more alerts", first.Title, len(firing)-1)
}

// common is the labels that all alerts share.
func common(alerts []incident.Alert) map[string]string {
	out := maps.Clone(alerts[0].Labels)
	for _, a := range alerts[1:] {
		maps.DeleteFunc(out, func(name, value string) bool { return a.Labels[name] != value })
	}
	return out
}

// headline is an incident in one line for the Temporal Web UI, short enough for a summary there (400 bytes).
func headline(d contract.Declaration) string {
	text := d.Title
	if d.Service != "" {
		text = d.Service + ": " + text
	}
	const most = 300 // bytes
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// split cuts a list of alerts into pieces that fit a signal.
func split(alerts []incident.Alert) [][]incident.Alert {
	var out [][]incident.Alert
	size, from := 0, 0
	for n := range alerts {
		length := jsonSize(alerts[n])
		if n > from && size+length > maxSignal {
			out = append(out, alerts[from:n])
			size, from = 0, n
		}
		size += length
	}
	return append(out, alerts[from:])
}

// jsonSize is how many bytes of JSON an alert takes; alerts hold texts and times only, so encoding cannot fail.
func jsonSize(a incident.Alert) int {
	raw, err := json.Marshal(a)
	if err != nil {
		return maxSignal
	}
	return len(raw)
}

package main

import (
	"cmp"
	"context"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
)

// What a worker is given: until it is listed, and until it has answered.
const (
	listingTime  = 3 * time.Second
	listingPause = 200 * time.Millisecond
	doctorBeat   = 10 * time.Second
)

// temporalSeen is what is known of Temporal.
type temporalSeen struct {
	client       client.Client // nil: it was not reached
	installation string        // the mark of our namespace; empty = not known
	works        bool          // a worker answers
}

// checkTemporal says whether incidents would go on. Where no server was ever meant to run but our own, its absence is no
// failure: a doctor is asked before the first start, too.
func (d *doctor) checkTemporal(ctx context.Context) []diagnosis {
	if d.config == nil {
		return nil
	}
	named := temporalAddress(d.flags.address, d.sh.getenv, d.config.Temporal)
	address := cmp.Or(named, d.local)
	c, namespace, err := d.sh.dial(ctx, address, d.config.Temporal)
	switch {
	case err != nil && named == "":
		return []diagnosis{noted(d.serve(), "no server runs here: nothing answers at %s", address)}
	case err != nil:
		return []diagnosis{failed("see that it runs, and check temporal.address or TEMPORAL_ADDRESS and the TEMPORAL_TLS_ variables",
			"Temporal at %s cannot be reached: %s", address, dialled(err))}
	}
	d.temporal.client = c
	door, err := gateway.New(gateway.Options{Client: c, Namespace: namespace, DefaultRunbook: defaultRunbook})
	if err != nil {
		return []diagnosis{failed("", "%v", err)}
	}
	if d.temporal.installation, err = door.Installation(ctx); err != nil {
		return []diagnosis{failed("make the namespace "+namespace+" (deploy/namespace.sh), or name another one",
			"Temporal at %s does not let us into the namespace %s: %v", address, namespace, plainCause(err))}
	}
	if sick, ok := d.workerAbsent(ctx, door, address); ok {
		return []diagnosis{sick}
	}
	d.temporal.works = true
	return []diagnosis{well("Temporal at %s answers, and a worker", address), openIncidents(ctx, door)}
}

// dialled is why a connection failed, without what the layers in between say of themselves.
func dialled(err error) string {
	what, _ := explain(err)
	if _, inner, ok := strings.Cut(what, "Error while dialing: "); ok {
		return strings.TrimSuffix(inner, `"`)
	}
	return what
}

// workerAbsent says why no worker would carry an incident on. One that has gone is still listed for minutes, so it is asked
// for a beat; and only where one is listed, so that nothing is begun in somebody else's Temporal.
func (d *doctor) workerAbsent(ctx context.Context, door *gateway.Incidents, address string) (diagnosis, bool) {
	const remedy = "start muster serve, or muster worker; when it runs, its log says why it does not work"
	polled, err := d.polled(ctx)
	if err != nil {
		return failed(remedy, "whether a worker runs could not be asked: %v", plainCause(err)), true
	}
	if !polled {
		return failed(remedy, "Temporal at %s answers, but no worker does: nobody would be called", address), true
	}
	ctx, cancel := context.WithTimeout(ctx, d.beat)
	defer cancel()
	if err := door.Beat(ctx); err != nil {
		return failed(remedy, "Temporal at %s answers, but its worker gives no sign of life: nobody would be called (%v)", address, err), true
	}
	return diagnosis{}, false
}

// polled says whether a worker asks Temporal for work. One that has just begun is listed after a moment.
func (d *doctor) polled(ctx context.Context) (bool, error) {
	for end := time.Now().Add(listingTime); ; {
		queue, err := d.temporal.client.DescribeTaskQueue(ctx, contract.QueueMain, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
		if err != nil || len(queue.GetPollers()) > 0 {
			return err == nil, err
		}
		if time.Now().After(end) || !rest(ctx, listingPause) {
			return false, ctx.Err()
		}
	}
}

// openIncidents counts.
func openIncidents(ctx context.Context, door *gateway.Incidents) diagnosis {
	lines, err := door.List(ctx, gateway.Listing{Drills: true})
	if err != nil {
		return warned("muster list", "the open incidents could not be asked: %v", err)
	}
	silent := 0
	for _, l := range lines {
		if l.Problem != "" {
			silent++
		}
	}
	switch {
	case silent > 0:
		return warned("muster list names them; the Temporal Web UI shows why", "%s open, of which %d do not answer", counted(len(lines), "incident"), silent)
	case len(lines) == 0:
		return well("no incident is open")
	}
	return noted("muster list", "%s open", counted(len(lines), "incident"))
}

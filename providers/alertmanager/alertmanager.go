// Package alertmanager reads what Prometheus Alertmanager sends to a webhook, in version 4 of its format
// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config). It turns a notification into alerts in
// neutral words. It knows nothing of HTTP, of routing and of incidents that are open.
package alertmanager

import (
	"fmt"

	"github.com/musterbook/musterbook/incident"
)

// Source is the name of this source in alerts, routes and incidents.
const Source = "alertmanager"

// Version is the version of the webhook's format that Decode reads. Alertmanager has sent no other since 0.5.
const Version = "4"

// Status is whether something fires.
type Status string

// The statuses as they stand in the payload.
const (
	Firing   Status = "firing"
	Resolved Status = "resolved"
)

// Group is one notification: the alerts that Alertmanager has grouped together.
type Group struct {
	// Key identifies the group for as long as Alertmanager's routing is not edited (groupKey). Where a sender leaves it
	// out it is made from the group's labels.
	Key      string
	Status   Status // of the group: firing while any alert fires
	Receiver string
	Alerts   []incident.Alert
	// Truncated is how many alerts of the group the sender left out (max_alerts); they exist, and are not in Alerts.
	Truncated         int
	GroupLabels       map[string]string
	CommonLabels      map[string]string
	CommonAnnotations map[string]string
	ExternalURL       string // Alertmanager's own address
}

// Fault is a payload that cannot be read: where, and what is wrong there.
type Fault struct {
	Place string // "line 3, column 14" or "alerts[2].startsAt"
	What  string
}

// Error gives the place and the fault.
func (f *Fault) Error() string { return fmt.Sprintf("%s: %s", f.Place, f.What) }

// fault makes a fault.
func fault(place, format string, args ...any) error {
	return &Fault{Place: place, What: fmt.Sprintf(format, args...)}
}

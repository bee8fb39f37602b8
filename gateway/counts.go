package gateway

import "sync/atomic"

// Counts is what the door has seen since the process started.
type Counts struct {
	Alerts   int64 `json:"alerts"`   // alerts taken, repeats included
	Started  int64 `json:"started"`  // incidents begun by alerts
	Joined   int64 `json:"joined"`   // deliveries that reached an incident that was open
	Orphans  int64 `json:"orphans"`  // clearings for which no incident was open
	Declared int64 `json:"declared"` // incidents begun by people
	Acts     int64 `json:"acts"`     // acts that an incident answered
	Pending  int64 `json:"pending"`  // acts left as signals because no worker answered
	Refused  int64 `json:"refused"`  // acts that were refused
	Away     int64 `json:"away"`     // deliveries and acts that Temporal did not take
}

// counters are the counts while they grow.
type counters struct {
	alerts, started, joined, orphans, declared, acts, pending, refused, away atomic.Int64
}

// Counts reads the counters.
func (d *Incidents) Counts() Counts {
	c := &d.counts
	return Counts{
		Alerts: c.alerts.Load(), Started: c.started.Load(), Joined: c.joined.Load(), Orphans: c.orphans.Load(),
		Declared: c.declared.Load(), Acts: c.acts.Load(), Pending: c.pending.Load(), Refused: c.refused.Load(),
		Away: c.away.Load(),
	}
}

// Package gateway is the one door to the incidents. Incidents turns what people, alert sources and telephones do into
// messages to Temporal; Server is the door's HTTP side. It knows the roster's answers and no vendor: the vendors'
// handlers are mounted by the command, and act through Incidents like everybody else.
package gateway

import (
	"errors"
	"log/slog"
	"strings"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
)

// Routed is what the roster says about an alert or a service: the incident that it leads to.
type Routed struct {
	Service     string
	Runbook     string // a name; empty = the default runbook
	Severity    incident.Severity
	Team        string
	Environment string
	Type        string
	Inputs      map[string]any

	Announce     string        // the chat channel that hears of the incident; empty = none
	ArchiveAfter time.Duration // of the incident's room, from its review on; 0 = never
	Statuses     bool          // people have connected their chat statuses
}

// Routes is the part of the roster that leads alerts and services to runbooks. It answers from memory.
type Routes interface {
	// Route answers for an alert's labels. It always answers: what no route matches goes the roster's default way.
	Route(labels map[string]string) Routed
	// Service answers for a service by its name, and false when the roster has no such service.
	Service(name string) (Routed, bool)
	// Services lists the names of all services, for hints.
	Services() []string
}

// People is the part of the roster that knows persons. It answers from memory.
type People interface {
	Person(id oncall.PersonID) (oncall.Person, bool)
	PersonByEmail(address string) (oncall.Person, bool)
	PersonByPhone(number string) (oncall.Person, bool) // E.164
	PersonBySlack(user string) (oncall.Person, bool)
}

// Owners knows whom a page for a service calls, and false for what is no service.
type Owners interface {
	Owner(service string) (owner string, ok bool)
}

// Runbooks gives runbooks by name, with the SHA-256 of their normalised form. An unknown name is an error.
type Runbooks interface {
	Runbook(name string) (rb runbooks.Runbook, hash string, err error)
}

// Options make Incidents.
type Options struct {
	Client    client.Client // required
	Namespace string        // of Client; empty = "default"
	// UI is the base address of the Temporal Web UI ("http://127.0.0.1:8233"); empty = none is known.
	UI string
	// Routes and Runbooks are needed to begin incidents, not to act on them.
	Routes   Routes
	Runbooks Runbooks
	// DefaultRunbook is taken where a route names none, or one that cannot be had: a page too many is better than none.
	DefaultRunbook string
	// People is optional: without it names are taken as they are written.
	People People
	// Permissions give the rules in force for incidents that begin; nil = anyone may do everything. They answer from memory.
	Permissions func() *incident.Permissions
	// Schedules is optional: without it names of schedules are taken as they are written.
	Schedules Schedules
	// Owners is optional: without it a service cannot be paged by its name.
	Owners Owners
	Logger *slog.Logger     // nil = nowhere
	Now    func() time.Time // nil = time.Now
}

// Incidents is how everything outside the workflows acts on incidents: the HTTP server, the vendors' handlers and the
// command line. It keeps nothing that a restart could lose.
type Incidents struct {
	client         client.Client
	namespace      string
	ui             string
	routes         Routes
	runbooks       Runbooks
	defaultRunbook string
	people         People
	permissions    func() *incident.Permissions
	schedules      Schedules
	owners         Owners
	log            *slog.Logger
	now            func() time.Time

	places     *places
	deliveries *repeats
	overrides  lastOverrides
	counts     counters
	looks      *looks
}

// repeatWindow is how long a delivery that comes again, byte by byte, is the same delivery. Alertmanager repeats a
// delivery that it believes lost within this time; the notification of an alert that still fires comes later.
const repeatWindow = 5 * time.Minute

// New makes the door. It does not talk to Temporal.
func New(o Options) (*Incidents, error) {
	if o.Client == nil {
		return nil, errors.New("the gateway needs a Temporal client")
	}
	d := &Incidents{
		client: o.Client, namespace: o.Namespace, ui: strings.TrimRight(o.UI, "/"), routes: o.Routes,
		runbooks: o.Runbooks, defaultRunbook: o.DefaultRunbook, people: o.People, schedules: o.Schedules, owners: o.Owners, log: o.Logger, now: o.Now,
		permissions: o.Permissions,
		places:      newPlaces(), deliveries: newRepeats(repeatWindow), looks: newLooks(),
	}
	if d.namespace == "" {
		d.namespace = client.DefaultNamespace
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if d.now == nil {
		d.now = time.Now
	}
	if d.permissions == nil {
		d.permissions = func() *incident.Permissions { return nil }
	}
	return d, nil
}

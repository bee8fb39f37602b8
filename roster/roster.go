// Package roster reads musterbook.yaml: the people, schedules, teams and policies that names mean, the services and the routes
// from alert labels to them, and the settings of the installation with its secrets. Reading is strict: unknown is an
// error, and all problems of a file are told at once, each with its place and a remedy. The package knows no vendor and
// nothing of Temporal; it opens no connection.
package roster

import (
	"bytes"
	"fmt"
	"path/filepath"
	"reflect"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// Config is a musterbook.yaml that was read without a problem. It is never changed; a reload makes a new one.
type Config struct {
	Path     string
	Book     oncall.Book
	Gateway  Gateway
	Slack    *Slack   // nil: not configured
	Twilio   *Twilio  // nil: not configured
	Email    *Email   // nil: not configured
	Pager    *Pager   // nil: not configured
	Temporal Temporal // the zero value means the embedded engine
	Data     string   // directory of everything that is kept; relative to the working directory
	Records  string   // directory of the finished records; empty: RecordsUnder decides
	Systems  Systems

	// SlackTokens are those that people have connected (xoxp-…), so that their own chat statuses can be set. They are no
	// part of the book, which travels.
	SlackTokens map[oncall.PersonID]Secret
	// Calendars are where the shifts of schedules come from that are calendars, by the schedule's name.
	Calendars map[string]CalendarSource
	// Heartbeat is requested once a minute as long as engine and workers live; zero: nobody outside is told.
	Heartbeat Secret

	// Permissions say who may do what to an incident that begins now: the file's rules, and the defaults where it has none.
	Permissions incident.Permissions

	mentions []mention // of roles in rules
	source   []byte
	services map[string]service
	routes   []route
	rest     layer  // default: what routes and services leave open
	restTo   string // default: the service of alerts that name none
	runbooks map[string]Runbook
}

// Gateway is the door: where it listens, how it is reached, and who may knock.
type Gateway struct {
	Listen    string // host:port
	PublicURL string // without a trailing slash; empty: not reachable from outside
	MaxBody   int64  // bytes of one request
	API       Secret // bearer token of the JSON API
	Sources   map[string]Secret
}

// Slack is the workspace.
type Slack struct {
	Token         Secret // the bot's token, xoxb-…
	AppToken      Secret // the app's own token, xapp-…; may be empty
	SigningSecret Secret // may be empty where there is an app token
	APIURL        string // empty: Slack's own; without a trailing slash
	// Socket and Web say which ways back to us the file opens, also where no secret was read: by the app token, by the
	// signing secret. One is open at least.
	Socket, Web bool

	Announce     string        // the channel that hears of every incident; empty: none
	ArchiveAfter time.Duration // how long after an incident's review its room is archived; 0: never
}

// Twilio is the telephone.
type Twilio struct {
	AccountSID      string
	AuthToken       Secret
	SecondAuthToken Secret // accepted in signatures too while the token is rotated; may be empty
	From            string // E.164
	APIURL          string // empty: Twilio's own; without a trailing slash
	// Second is the account that makes an attempt when this one is refused or cannot be reached; nil: there is none.
	Second *Twilio
}

// Temporal is the cluster. TLS and API keys come from Temporal's own environment variables and profiles.
type Temporal struct {
	Address   string // host:port; empty: the embedded engine
	Namespace string
}

// Routed is what the file says about an alert, or about an incident that a person declares for a service. Service,
// Owner and Runbook are never empty.
type Routed struct {
	Rule        string // which rule decided, for the log: "routes[1]", "label service", "default", "service"
	Service     string
	Title       string // the service's name for people
	Owner       string // a name that Duties knows
	Team        string
	Runbook     string
	Severity    incident.Severity // empty: the runbook asks
	Type        string
	Environment string
	Inputs      map[string]any

	Announce     string        // the channel that hears of the incident; empty: none
	ArchiveAfter time.Duration // of the incident's room, from its review on; 0: never
	Statuses     bool          // somebody has connected a token: whoever commands the incident shows it in their chat status
}

// Outside is what a file refers to that does not stand in it.
type Outside struct {
	// ReadFile reads the file itself and the secrets behind "file:".
	ReadFile func(path string) ([]byte, error)
	// Getenv gives environment variables; one that is empty counts as missing. Nil checks the references without
	// following them, so that a file can be checked where its secrets are not.
	Getenv func(name string) string
	// Follow says which references are followed where Getenv is there, by the place of the setting ("twilio.auth_token").
	// Nil follows all of them. A command that needs one vendor must not fail for want of another one's secret.
	Follow func(what string) bool
	// Runbooks lists the runbooks that can be started. Nil leaves the file's mentions of them unchecked.
	Runbooks func() []Runbook
}

// Runbook is what the roster must know of a runbook in order to find, before the night, that a route leads nowhere.
type Runbook struct {
	ID         string
	Severities []string
	Inputs     []string // all that it declares
	Required   []string // those that must be given
	Roles      []string // their names cannot be used for people, schedules, teams and policies
	// Accepts checks the types of the inputs that a route gives. Nil checks the names only.
	Accepts func(inputs map[string]any) error
}

// Load reads a file. The Config is nil exactly when there are problems.
func Load(path string, from Outside) (*Config, Problems) {
	data, err := from.ReadFile(path)
	if err != nil {
		return nil, Problems{{
			File: path, Message: fmt.Sprintf("cannot be read: %v", err),
			Remedy: "start from musterbook.example.yaml, and name the file with --config",
		}}
	}
	return Parse(path, data, from)
}

// Source is the file as it was read. Secrets stand in it as references only, so it may be copied.
func (c *Config) Source() []byte { return bytes.Clone(c.source) }

// Duties resolves a person, schedule, team, policy or "fallback" at an instant; see oncall.Book.
func (c *Config) Duties(name string, at time.Time, changed ...oncall.Override) ([]oncall.Duty, error) {
	return c.Book.Duties(name, at, changed...)
}

// Person finds somebody by id.
func (c *Config) Person(id oncall.PersonID) (oncall.Person, bool) { return c.Book.Person(id) }

// PersonByEmail finds somebody by e-mail address, whatever its case.
func (c *Config) PersonByEmail(address string) (oncall.Person, bool) {
	return c.Book.PersonByEmail(address)
}

// PersonByPhone finds somebody by telephone number in E.164.
func (c *Config) PersonByPhone(number string) (oncall.Person, bool) {
	return c.Book.PersonByPhone(number)
}

// PersonBySlack finds somebody by Slack member id, where the file has it.
func (c *Config) PersonBySlack(user string) (oncall.Person, bool) { return c.Book.PersonBySlack(user) }

// RecordsUnder is the directory of the finished records, given the data directory in force.
func (c *Config) RecordsUnder(data string) string {
	if c.Records != "" {
		return c.Records
	}
	return filepath.Join(data, "records")
}

// NeedsRestart lists the parts of the file in which next differs and which are read at the start only, so that a
// reload alone does not bring them into force.
func (c *Config) NeedsRestart(next *Config) []string {
	parts := []struct {
		name      string
		old, next any
	}{
		{"temporal", c.Temporal, next.Temporal},
		{"gateway", c.Gateway, next.Gateway},
		{"slack", c.Slack, next.Slack},
		{"twilio", c.Twilio, next.Twilio},
		{"email", c.Email, next.Email},
		{"pager", c.Pager, next.Pager},
		{"records", c.Records, next.Records},
		{"data", c.Data, next.Data},
	}
	var changed []string
	for _, p := range parts {
		if !reflect.DeepEqual(p.old, p.next) {
			changed = append(changed, p.name)
		}
	}
	return changed
}

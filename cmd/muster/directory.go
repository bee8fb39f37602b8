package main

import (
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

// directory is the people of the roster as it is now, the way that gateway, chat and telephone ask for them.
type directory struct {
	live *roster.Live
}

func (d directory) book() book { return book{&d.live.Config().Book} }

// Person finds somebody by id.
func (d directory) Person(id oncall.PersonID) (oncall.Person, bool) { return d.book().Person(id) }

// PersonByEmail finds somebody by e-mail address.
func (d directory) PersonByEmail(address string) (oncall.Person, bool) {
	return d.book().PersonByEmail(address)
}

// PersonByPhone finds somebody by telephone number.
func (d directory) PersonByPhone(number string) (oncall.Person, bool) {
	return d.book().PersonByPhone(number)
}

// PersonBySlack finds somebody by Slack id.
func (d directory) PersonBySlack(user string) (oncall.Person, bool) {
	return d.book().PersonBySlack(user)
}

// book is the people of one reading of the roster.
type book struct {
	*oncall.Book
}

// PersonByEmail finds somebody by e-mail address.
func (b book) PersonByEmail(address string) (oncall.Person, bool) { return b.ByEmail(address) }

// PersonByPhone finds somebody by telephone number.
func (b book) PersonByPhone(number string) (oncall.Person, bool) { return b.ByPhone(number) }

// PersonBySlack finds somebody by Slack id.
func (b book) PersonBySlack(user string) (oncall.Person, bool) { return b.BySlack(user) }

// routes is the way from alerts and services to runbooks, as the roster has it now.
type routes struct {
	config func() *roster.Config
}

// Route answers for an alert's labels.
func (r routes) Route(labels map[string]string) gateway.Routed { return routed(r.config().Route(labels)) }

// Service answers for a service.
func (r routes) Service(name string) (gateway.Routed, bool) {
	to, ok := r.config().Declared(name)
	return routed(to), ok
}

// Services lists all services.
func (r routes) Services() []string { return r.config().Services() }

// routed is the roster's answer in the gateway's words.
func routed(r roster.Routed) gateway.Routed {
	return gateway.Routed{
		Service: r.Service, Runbook: r.Runbook, Severity: r.Severity, Team: r.Team,
		Environment: r.Environment, Type: r.Type, Inputs: r.Inputs,
	}
}

// unrouted stands in where there is no configuration: a service is taken as it is written, and the runbook is the
// default one unless a person names another.
type unrouted struct{}

// Route knows nothing.
func (unrouted) Route(map[string]string) gateway.Routed { return gateway.Routed{} }

// Service takes the name as it is.
func (unrouted) Service(name string) (gateway.Routed, bool) { return gateway.Routed{Service: name}, true }

// Services lists none.
func (unrouted) Services() []string { return nil }

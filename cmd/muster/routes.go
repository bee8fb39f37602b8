package main

import (
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/roster"
)

// routes is the roster's way from alerts and services to runbooks, in the gateway's words.
type routes struct {
	roster interface {
		Route(labels map[string]string) roster.Routed
		Service(name string) (roster.Routed, bool)
		Services() []string
	}
}

// Route answers for an alert's labels.
func (r routes) Route(labels map[string]string) gateway.Routed { return routed(r.roster.Route(labels)) }

// Service answers for a service.
func (r routes) Service(name string) (gateway.Routed, bool) {
	to, ok := r.roster.Service(name)
	return routed(to), ok
}

// Services lists all services.
func (r routes) Services() []string { return r.roster.Services() }

// routed is the roster's answer.
func routed(r roster.Routed) gateway.Routed {
	return gateway.Routed{
		Service: r.Service, Runbook: r.Runbook, Severity: r.Severity, Team: r.Team,
		Environment: r.Environment, Type: r.Type, Inputs: r.Inputs,
		Announce: r.Announce, ArchiveAfter: r.ArchiveAfter, Statuses: r.Statuses,
	}
}

// unrouted stands in where there is no configuration: a service is taken as it is written, and the runbook is the
// default one unless a person names another.
type unrouted struct{}

// Route knows nothing.
func (unrouted) Route(map[string]string) gateway.Routed { return gateway.Routed{} }

// Service takes the name as it is.
func (unrouted) Service(name string) (gateway.Routed, bool) {
	return gateway.Routed{Service: name}, true
}

// Services lists none.
func (unrouted) Services() []string { return nil }

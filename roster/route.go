package roster

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/musterbook/musterbook/incident"
)

// serviceLabel is the alert label that names a service where no route does.
const serviceLabel = "service"

// serviceInput is the runbook input that is filled with the service when nothing else is given.
const serviceInput = "service"

// severityName is what a severity may be called when the runbook's own are not known.
var severityName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

// service is something that can break, and what the file says about its incidents.
type service struct {
	id, title, owner string
	layer
}

// route leads alerts to a service.
type route struct {
	rule    string
	match   labels
	service string // empty: the alert's label, else the default's
	layer
}

// Route says where an alert with these labels goes. It always answers: the first route that matches decides, then the
// alert's own label "service", then the default.
func (c *Config) Route(labels map[string]string) Routed {
	for i := range c.routes {
		r := &c.routes[i]
		if !r.match.match(labels) {
			continue
		}
		to := r.service
		if to == "" {
			to = c.serviceOf(labels)
		}
		return c.compose(r.rule, r.layer, c.services[to])
	}
	if s, ok := c.services[labels[serviceLabel]]; ok {
		return c.compose("label "+serviceLabel, layer{}, s)
	}
	return c.compose("default", layer{}, c.services[c.restTo])
}

// Service says what the file knows of a service, for an incident that a person declares. It answers false for a
// service that the file does not have.
func (c *Config) Service(service string) (Routed, bool) {
	s, ok := c.services[service]
	if !ok {
		return Routed{}, false
	}
	return c.compose("service", layer{}, s), true
}

// Services lists the ids of the services, sorted.
func (c *Config) Services() []string { return slices.Sorted(maps.Keys(c.services)) }

// Owner says whom a page for a service calls, by the service's id; false for what is no service, and for a name that
// means a person, a schedule, a team or a policy as well: that one comes first.
func (c *Config) Owner(service string) (owner string, ok bool) {
	to, ok := c.Service(service)
	if !ok || to.Owner == "" || slices.Contains(c.Book.Names(), service) {
		return "", false
	}
	return to.Owner, true
}

// serviceOf is the service that an alert names itself, else the default's.
func (c *Config) serviceOf(labels map[string]string) string {
	if _, ok := c.services[labels[serviceLabel]]; ok {
		return labels[serviceLabel]
	}
	return c.restTo
}

// match says whether all conditions hold. A missing label counts as empty.
func (v labels) match(labels map[string]string) bool {
	for _, c := range v {
		value := labels[c.label]
		if c.pattern == nil && value != c.value.value || c.pattern != nil && !c.pattern.MatchString(value) {
			return false
		}
	}
	return true
}

// compose lays route, service and default over one another.
func (c *Config) compose(rule string, over layer, s service) Routed {
	layers := []layer{over, s.layer, c.rest}
	routed := Routed{
		Rule: rule, Service: s.id, Title: s.title, Owner: s.owner,
		Runbook:     first(layers, runbookOf).value,
		Severity:    incident.Severity(first(layers, severityOf).value),
		Team:        first(layers, func(l layer) text { return l.Team.text }).value,
		Type:        first(layers, func(l layer) text { return l.Type }).value,
		Environment: first(layers, func(l layer) text { return l.Environment }).value,
		Inputs:      map[string]any{},
	}
	if c.Slack != nil {
		routed.Announce, routed.ArchiveAfter = c.Slack.Announce, c.Slack.ArchiveAfter
		routed.Statuses = len(c.SlackTokens) > 0
		if n := slices.IndexFunc(layers, func(l layer) bool { return l.Announce.given() }); n >= 0 {
			routed.Announce = layers[n].Announce.named()
		}
	}
	if slices.Contains(c.runbooks[routed.Runbook].Inputs, serviceInput) {
		routed.Inputs[serviceInput] = s.id
	}
	for _, l := range slices.Backward(layers) {
		for _, in := range l.Inputs {
			routed.Inputs[in.key.value] = in.value
		}
	}
	return routed
}

// first is the first layer's word on something.
func first(layers []layer, of func(layer) text) text {
	for _, l := range layers {
		if t := of(l); t.given() {
			return t
		}
	}
	return text{}
}

func runbookOf(l layer) text  { return l.Runbook }
func severityOf(l layer) text { return l.Severity }

// routing reads services, routes and the default, and then tries every way through them.
func (b *builder) routing() {
	c := b.config
	c.services, c.runbooks = map[string]service{}, map[string]Runbook{}
	for _, r := range b.known() {
		c.runbooks[r.ID] = r
	}
	for _, e := range b.file.Services {
		what := "services." + clipped(e.key.value)
		s := service{id: e.key.value, title: e.what.Title.value, owner: e.what.Owner.value, layer: e.what.layer}
		if s.title == "" {
			s.title = s.id
		}
		b.duty(e.what.Owner, what+".owner")
		b.layer(s.layer, what)
		c.services[s.id] = s
	}
	if d := b.file.Default; d != nil {
		c.rest, c.restTo = d.layer, d.Service.value
		b.layer(d.layer, "default")
		b.service(d.Service, "default.service")
	}
	for i, r := range b.file.Routes {
		rule := fmt.Sprintf("routes[%d]", i)
		b.service(r.Service, rule+".service")
		b.layer(r.layer, rule)
		b.reachable(r, i)
		c.routes = append(c.routes, route{rule: rule, match: r.Match, service: r.Service.value, layer: r.layer})
	}
	b.ways()
}

// duty reports a name that nobody could be paged by.
func (b *builder) duty(n name, what string) {
	switch kind := b.kinds[n.value]; {
	case !n.given(), kind == "a person", kind == "a schedule", kind == "a team", kind == "a policy":
	case kind == "":
		b.fault(n.at, b.meantName(n.value, "a person", "a schedule", "a team", "a policy"),
			"%s: no person, schedule, team or policy is called %s", what, quoted(n.value))
	default:
		b.fault(n.at, "name a person, schedule, team or policy", "%s: %s is %s", what, quoted(n.value), kind)
	}
}

// service reports a service that does not exist.
func (b *builder) service(n name, what string) {
	if known := keys(b.file.Services); n.given() && !slices.Contains(known, n.value) {
		b.fault(n.at, meant(n.value, known), "%s: there is no service %s", what, quoted(n.value))
	}
}

// layer checks what can be checked of a layer alone.
func (b *builder) layer(l layer, what string) {
	if l.Team.given() && b.kinds[l.Team.value] != "a team" {
		b.fault(l.Team.at, b.meantName(l.Team.value, "a team"), "%s.team: there is no team %s", what, quoted(l.Team.value))
	}
	if b.from.Runbooks == nil && l.Severity.given() && !severityName.MatchString(l.Severity.value) {
		b.fault(l.Severity.at, "for example SEV2", "%s.severity: %s is no severity", what, quoted(l.Severity.value))
	}
	if !l.Runbook.given() || b.from.Runbooks == nil {
		return
	}
	if _, ok := b.config.runbooks[l.Runbook.value]; !ok {
		b.fault(l.Runbook.at, meant(l.Runbook.value, slices.Sorted(maps.Keys(b.config.runbooks))),
			"%s.runbook: there is no runbook %s", what, quoted(l.Runbook.value))
	}
}

// reachable reports a route that an earlier one leaves nothing to.
func (b *builder) reachable(r fileRoute, n int) {
	for i, earlier := range b.file.Routes[:n] {
		if earlier.Match == nil || !earlier.Match.within(r.Match) {
			continue
		}
		b.fault(r.At, "put it before the other one, or remove it", "routes[%d] can never match: routes[%d] takes all of its alerts", n, i)
		return
	}
}

// within says whether every condition stands in the other list too, so that whatever matches the other matches this.
func (v labels) within(other labels) bool {
	for _, c := range v {
		if !slices.ContainsFunc(other, func(o condition) bool { return o.label == c.label && o.value.value == c.value.value }) {
			return false
		}
	}
	return true
}

// ways tries every route with every service it can lead to, so that what would fail at night fails now.
func (b *builder) ways() {
	for _, e := range b.file.Services {
		b.way("services."+clipped(e.key.value), layer{}, e)
	}
	for i, r := range b.file.Routes {
		for _, e := range b.file.Services {
			if !r.Service.given() || r.Service.value == e.key.value {
				b.way(fmt.Sprintf("routes[%d] with services.%s", i, clipped(e.key.value)), r.layer, e)
			}
		}
	}
}

// way checks one way: it has a runbook, and the runbook can be started with what is given.
func (b *builder) way(what string, over layer, e entry[fileService]) {
	layers := []layer{over, e.what.layer, b.config.rest}
	runbook := first(layers, runbookOf)
	if !runbook.given() {
		b.fault(e.key.at, "give one here or in default", "services.%s has no runbook", clipped(e.key.value))
		return
	}
	r, ok := b.config.runbooks[runbook.value]
	if !ok {
		return
	}
	if severity := first(layers, severityOf); severity.given() && !slices.Contains(r.Severities, severity.value) {
		b.fault(severity.at, meant(severity.value, r.Severities), "the runbook %s has no severity %s", r.ID, quoted(severity.value))
	}
	b.inputs(what, r, layers, e)
}

// inputs checks that the runbook takes what it would be given on a way.
func (b *builder) inputs(what string, r Runbook, layers []layer, e entry[fileService]) {
	before, given := len(b.problems), []string{serviceInput}
	for _, l := range layers {
		for _, in := range l.Inputs {
			given = append(given, in.key.value)
			if !slices.Contains(r.Inputs, in.key.value) {
				b.fault(in.key.at, meant(in.key.value, r.Inputs), "the runbook %s has no input %s", r.ID, quoted(in.key.value))
			}
		}
	}
	for _, need := range r.Required {
		if !slices.Contains(given, need) {
			b.fault(e.key.at, "add it to inputs", "%s: the runbook %s needs the input %s", what, r.ID, need)
		}
	}
	if r.Accepts == nil || len(b.problems) > before {
		return
	}
	if err := r.Accepts(b.config.compose(what, layers[0], b.config.services[e.key.value]).Inputs); err != nil {
		b.fault(e.key.at, "correct inputs", "%s: the runbook %s does not take its inputs: %v", what, r.ID, err)
	}
}

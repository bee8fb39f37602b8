package runbooks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/incident"
)

// Language is the dialect that this package reads.
const Language = 1

// maxNormalised is the size of a runbook's JSON that an incident may carry.
const maxNormalised = 256 << 10

// Known is what the surroundings of a runbook have. What is nil is not known, and names of it are not checked.
type Known struct {
	// Runbooks gives another runbook as Parse reads it.
	Runbooks func(id string) (*Runbook, error)
	Actions  map[string]Manifest
	// The names of the configuration.
	Audiences, Bridges, Trackers []string
	// NoFallback says that the server calls nobody when the last level of a page is silent.
	NoFallback bool
}

// Parse reads one runbook strictly, with nothing known of its surroundings. name stands in the problems' places. All
// problems come at once, in the order of their places; the runbook is nil when one of them is more than a warning.
func Parse(name string, text []byte) (*Runbook, Problems) { return ParseWith(name, text, Known{}) }

// ParseWith is Parse that also checks what the runbook takes from its surroundings, and pins it: the runbooks that it
// imports and the manifests of its actions become part of it.
func ParseWith(name string, text []byte, known Known) (*Runbook, Problems) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	r := &reader{src: newSource(name, string(text)), places: map[string]*yaml.Node{}}
	document := r.decode(text)
	if document == nil {
		return nil, r.problems.sorted()
	}
	rb := &Runbook{Language: Language}
	r.runbook(rb, document)
	rb.address()
	r.link(rb, known)
	plan := r.checkExpressions(rb)
	r.lint(rb, plan, known)
	r.checkSize(rb, document)
	problems := r.problems.sorted()
	if problems.Err() != nil {
		return nil, problems
	}
	return rb, problems
}

// ParseStep reads one step, a mapping, for an incident that follows a runbook. Its path is given ("adhoc/0").
func ParseStep(rb *Runbook, name string, text []byte, path string) (*Step, Problems) {
	r := &reader{src: newSource(name, string(text)), places: map[string]*yaml.Node{}}
	document := r.decode(text)
	if document == nil {
		return nil, r.problems.sorted()
	}
	b := stepReader{reader: r, step: Step{Path: path}}
	if !b.read(document) {
		return nil, r.problems.sorted()
	}
	own := &Runbook{Phases: []Phase{{Steps: []Step{b.step}}}}
	own.address()
	s := &own.Phases[0].Steps[0]
	if s.ID == "" {
		s.Address = countFromOne(path)
	}
	rb.Walk(func(_ Place, known *Step) {
		if known.ID != "" && known.ID == s.ID {
			r.report(r.place(path+".id"), Problem{Code: CodeTaken, Message: fmt.Sprintf("id %q is taken", s.ID)})
		}
	})
	c := r.compiler(rb)
	c.extra = []Step{*s}
	if err := c.compile(); err != nil {
		r.report(document, Problem{Code: CodeMismatch, Message: err.Error()})
	}
	walkSteps(c.extra, func(s *Step) {
		r.checkTimeout(s)
		r.checkNames(rb, s)
		r.checkChoices(s)
	})
	if problems := r.problems.sorted(); problems.Err() != nil {
		return nil, problems
	}
	return s, r.problems.sorted()
}

// checkSize refuses runbooks that are too large to travel with every incident.
func (r *reader) checkSize(rb *Runbook, document *yaml.Node) {
	normalised, err := json.Marshal(rb)
	switch {
	case err != nil:
		r.report(document, Problem{Code: CodeYAML, Message: err.Error()})
	case len(normalised) > maxNormalised:
		r.report(document, Problem{Code: CodeSize, Message: fmt.Sprintf("the runbook is larger than %d KiB", maxNormalised>>10), Hint: "split it"})
	}
}

// documentKeys lists the keys of a runbook in the order in which people write them.
func documentKeys() []string {
	return []string{
		"runbook", "title", "description", "owner", "tags", "links", "language", "match", "private",
		"inputs", "vars", "roles", "severities", "assess", "phases", "watch", "finally", "outputs",
	}
}

// runbook reads the document.
func (r *reader) runbook(rb *Runbook, document *yaml.Node) {
	entries, ok := r.entries(document, "a runbook")
	if !ok {
		return
	}
	r.places["document"] = document
	for _, e := range entries {
		r.places[e.key] = e.value
		switch e.key {
		case "runbook":
			rb.ID = r.runbookID(e.value)
		case "title", "description", "owner":
			target := map[string]*string{"title": &rb.Title, "description": &rb.Description, "owner": &rb.Owner}[e.key]
			*target, _ = r.plain(e.value, e.key)
		case "tags":
			rb.Tags = r.tags(e.value)
		case "links":
			rb.Links = r.links(e.value)
		case "language":
			r.language(e.value)
		case "match":
			rb.Match, _ = r.text(e.value, "match")
		case "inputs":
			rb.Inputs = r.inputs(e.value)
		case "vars":
			rb.Vars = r.vars(e.value)
		case "roles":
			rb.Roles = r.roles(e.value)
		case "severities":
			rb.Severities = r.severities(e.value)
		case "phases":
			rb.Phases = r.phases(e.value)
		case "private":
			rb.Private = r.flag(e.value, "private")
		case "assess":
			rb.Assess = r.assessRules(e.value)
		case "watch":
			rb.Watch = r.watches(e.value)
		case "outputs":
			rb.Outputs = r.outputs(e.value)
		case "finally":
			rb.Finally = r.steps(e.value, "finally", 0)
		default:
			r.unknown(e.keyNode, fmt.Sprintf("unknown key %q of a runbook", e.key), e.key, documentKeys())
		}
	}
	r.required(rb, document, entries)
}

// required fills what has a default and reports what is missing.
func (r *reader) required(rb *Runbook, document *yaml.Node, entries []entry) {
	given := func(key string) bool {
		return slices.ContainsFunc(entries, func(e entry) bool { return e.key == key })
	}
	if !given("runbook") {
		r.report(document, Problem{Code: CodeEmpty, Message: "a runbook needs an id", Hint: "write runbook: its-id"})
	}
	if !given("phases") {
		r.report(document, Problem{Code: CodeEmpty, Message: "a runbook needs phases", Hint: "write phases: and at least one of " + phaseNames()})
	}
	if !given("severities") {
		rb.Severities = []SeverityRow{{Severity: "SEV1"}, {Severity: "SEV2"}, {Severity: "SEV3"}}
	}
	if !slices.ContainsFunc(rb.Roles, func(role Role) bool { return role.Name == incident.Commander }) {
		r.report(r.place("roles"), Problem{Code: CodeNoCommander, Message: "nobody is commander", Hint: "write roles: { commander: a person, schedule or team }"})
	}
}

func (r *reader) runbookID(n *yaml.Node) string {
	id, ok := r.plain(n, "runbook")
	if ok && !regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(id) {
		r.report(n, Problem{Code: CodeBadName, Message: fmt.Sprintf("%q cannot be a runbook's id", id), Hint: "use a-z, 0-9 and -"})
	}
	return id
}

func (r *reader) language(n *yaml.Node) {
	text, ok := r.plain(n, "language")
	if ok && text != strconv.Itoa(Language) {
		r.report(n, Problem{Code: CodeUnknownKey, Message: fmt.Sprintf("language %s is not known", text), Hint: fmt.Sprintf("this version reads language %d", Language)})
	}
}

func (r *reader) tags(n *yaml.Node) []string {
	items, _ := r.items(n, "tags")
	var tags []string
	for _, item := range items {
		if tag, ok := r.plain(item, "a tag"); ok {
			tags = append(tags, tag)
		}
	}
	return tags
}

func (r *reader) links(n *yaml.Node) []Link {
	entries, _ := r.entries(n, "links")
	var links []Link
	for _, e := range entries {
		if url, ok := r.plain(e.value, "a link"); ok {
			links = append(links, Link{Name: e.key, URL: url})
		}
	}
	return links
}

// phaseNames lists the phases for messages.
func phaseNames() string {
	var names []string
	for _, p := range incident.Phases() {
		names = append(names, string(p))
	}
	return strings.Join(names, ", ")
}

// phases reads the phases, which stand in their fixed order.
func (r *reader) phases(n *yaml.Node) []Phase {
	entries, ok := r.entries(n, "phases")
	if !ok {
		return nil
	}
	if len(entries) == 0 {
		r.report(n, Problem{Code: CodeEmpty, Message: "a runbook needs at least one phase", Hint: "the phases are " + phaseNames()})
	}
	var phases []Phase
	last := -1
	for _, e := range entries {
		rank := slices.Index(incident.Phases(), incident.Phase(e.key))
		if rank < 0 {
			r.unknownPhase(e)
			continue
		}
		if rank < last {
			r.report(e.keyNode, Problem{Code: CodePhase, Message: fmt.Sprintf("%s stands after %s, and runs before it", e.key, incident.Phases()[last]), Hint: "phases run in the order " + phaseNames()})
		}
		last = max(last, rank)
		r.places[e.key] = e.keyNode
		phases = append(phases, r.phase(e))
	}
	slices.SortStableFunc(phases, func(a, b Phase) int {
		return slices.Index(incident.Phases(), a.Name) - slices.Index(incident.Phases(), b.Name)
	})
	return phases
}

func (r *reader) unknownPhase(e entry) {
	var known []string
	for _, p := range incident.Phases() {
		known = append(known, string(p))
	}
	before := len(r.problems)
	r.unknown(e.keyNode, fmt.Sprintf("there is no phase %q", e.key), e.key, known)
	r.problems[before].Code = CodePhase
}

// phase reads one phase: a list of steps, or the long form.
func (r *reader) phase(e entry) Phase {
	p := Phase{Name: incident.Phase(e.key), Steps: []Step{}}
	if e.value.Kind != yaml.MappingNode {
		p.Steps = append(p.Steps, r.steps(e.value, e.key, 0)...)
		return p
	}
	entries, _ := r.entries(e.value, "a phase")
	for _, field := range entries {
		at := "phases." + e.key + "." + field.key
		r.places[at] = field.value
		switch field.key {
		case "goal":
			p.Goal, _ = r.plain(field.value, "goal")
		case "start":
			p.Start, _ = r.text(field.value, "start")
		case "exit":
			p.Exit, _ = r.text(field.value, "exit")
		case "timebox":
			p.Timebox, _ = r.lapse(field.value, "timebox")
		case "steps":
			p.Steps = append(p.Steps, r.steps(field.value, e.key, 0)...)
		default:
			r.unknown(field.keyNode, fmt.Sprintf("unknown key %q of a phase", field.key), field.key, []string{"goal", "start", "steps", "exit", "timebox"})
		}
	}
	return p
}

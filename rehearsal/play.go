// Package rehearsal plays runbooks before the night: an incident in skipped time, with the workflows and activities of
// production, a world in memory, and people who do what a script says. It tells what would happen, tests it against what
// is expected, and walks the ways that a runbook can go. It knows no vendor and touches nothing.
package rehearsal

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
	"github.com/musterbook/musterbook/rehearsal/stage"
	"github.com/musterbook/musterbook/runbooks"
)

// Options are what a play is made of.
type Options struct {
	Runbook *runbooks.Runbook
	Script  runbooks.Rehearsal
	// Book is who is on call; nil = everybody is made up: a name is answered by a person of that name.
	Book *oncall.Book
	// Permissions say who may do what; nil = anyone may do everything.
	Permissions *incident.Permissions
	// Declaration holds what a service's configuration adds: team, type, environment, inputs.
	Declaration contract.Declaration
	// Plans keeps compiled runbooks between plays; nil = none are kept.
	Plans *runbooks.Plans
	// Decide chooses where people and systems could do one thing or another; nil = the script and its defaults decide.
	Decide func(Point) string
	ready  *readyRunbook // nil = it is made ready for this play alone
}

// DefaultStart is when a play begins that says nothing of it: a Tuesday morning in winter, at no edge of anything.
func DefaultStart() time.Time { return time.Date(2026, time.January, 13, 10, 0, 0, 0, time.UTC) }

// Result is how a play went.
type Result struct {
	Runbook *runbooks.Runbook
	Script  runbooks.Rehearsal
	Start   time.Time        // in the zone in which it is told
	Entries []incident.Entry // the timeline, the review's included
	Acts    []memory.Line    // everything outward
	Final   contract.Snapshot
	Until   time.Time // when the play was over
	Over    bool      // everything has come to its end, the review too; false = the horizon was reached
	Steady  bool      // it was left because it only repeats itself until somebody answers
	Faults  []Fault   // acts of the script that did not go as it says
	MadeUp  []string  // what the play invented, in words
	Zones   map[oncall.PersonID]*time.Location
	names   map[oncall.PersonID][]string // the names by which people were found
	shown   map[oncall.PersonID]string   // how people are called
	steps   map[string]*runbooks.Step    // by address
	taken   []Taken                      // the decisions, in order
	circles bool                         // it was left because it came back to the same decisions again and again
	inputs  map[string]any               // those that were given or made up
	deeds   []runbooks.ScriptAct         // what people did, as a script has it
}

// Fault is an act of the script that was refused, or that was accepted although it should not have been.
type Fault struct {
	runbooks.Mark
	Text string
}

// Taken is a decision that was taken in a play.
type Taken struct {
	Point  Point
	Option string
}

// play is one play under way.
type play struct {
	options Options
	stage   *stage.Stage
	world   *memory.World
	cast    *cast
	mocks   *mocks
	result  *Result

	answered map[string]bool // what people have been told and react to, by question and turn, by page and attempt
	held     map[string]int  // how often each step has held
	put      map[string]int  // how often each question was put
	failing  map[string]bool // "chat", "phone": down at present
}

// Run plays an incident to its end, or to its horizon.
func Run(o Options) (*Result, error) {
	if o.Plans == nil {
		o.Plans = runbooks.NewPlans()
	}
	start := o.Script.Start
	if start.IsZero() {
		start = DefaultStart()
	}
	p := &play{
		options: o, cast: newCast(o), answered: map[string]bool{}, held: map[string]int{}, put: map[string]int{}, failing: map[string]bool{},
		result: &Result{Runbook: o.Runbook, Script: o.Script, Start: start, steps: map[string]*runbooks.Step{}},
	}
	p.result.names, p.result.shown, p.result.Zones = p.cast.names, p.cast.shown, p.cast.zones()
	p.mocks = newMocks(p)
	for _, s := range p.mocks.steps {
		if p.result.steps[s.Address] == nil {
			p.result.steps[s.Address] = s
		}
	}
	p.build(start)
	in, err := p.input(start)
	if err != nil {
		return nil, err
	}
	p.schedule()
	if _, err := p.stage.Play(in); err != nil {
		return nil, fmt.Errorf("play %s: %w", o.Runbook.ID, err)
	}
	return p.result, p.finish()
}

// build sets up the stage and the world.
func (p *play) build(start time.Time) {
	p.world = memory.New(oncall.Book{}, func() time.Time { return p.stage.Now() })
	p.world.Fail, p.world.Placed, p.world.Sent = p.mocks.fail, p.ring, p.arrive
	p.world.HTTP, p.world.Command, p.world.Action = p.mocks.http, p.mocks.command, p.mocks.action
	p.stage = stage.New(stage.Options{
		Start: start.UTC(), Plans: p.options.Plans, News: p.news, Action: p.world.DoAction, Takes: p.mocks.takes,
		Ports: activities.Ports{
			Chat: p.world, Direct: p.world, Mail: p.world, Phone: p.world, People: p.cast, Archive: p.world, Numbers: p.world, Bridges: p.world,
			Tracker: p.world, Audiences: p.world, Web: p.world, Commands: p.world,
		},
	})
}

// input is the declaration that starts the incident.
func (p *play) input(start time.Time) (contract.IncidentInput, error) {
	ready, err := p.options.makeReady()
	if err != nil {
		return contract.IncidentInput{}, err
	}
	d := p.options.Declaration
	s := p.options.Script
	given, err := p.options.Runbook.Bind(s.With)
	if err != nil {
		return contract.IncidentInput{}, fmt.Errorf("the inputs: %w", err)
	}
	if d.Inputs = maps.Clone(d.Inputs); d.Inputs == nil {
		d.Inputs = map[string]any{}
	}
	maps.Copy(d.Inputs, given)
	if service, ok := d.Inputs["service"].(string); ok && s.Service == "" {
		s.Service = service
	}
	if d.Service == "" {
		d.Service = s.Service
	}
	p.inventInputs(&d)
	p.result.inputs = d.Inputs
	d.Title = cmp.Or(p.options.Runbook.Title, p.options.Runbook.ID)
	d.Source, d.At, d.Severity = "rehearsal", start.UTC(), s.Severity
	d.By = incident.Actor{Name: "Alertmanager", Door: incident.DoorAlert, Verified: true}
	return contract.IncidentInput{Declaration: d, Runbook: *ready.runbook, Hash: ready.hash, Permissions: p.options.Permissions}, nil
}

// inventInputs makes up what the runbook needs and nobody gave, and says so.
func (p *play) inventInputs(d *contract.Declaration) {
	for _, in := range p.options.Runbook.Inputs {
		_, given := d.Inputs[in.Name]
		if given || !in.Required || in.Default != nil || in.Name == "service" && d.Service != "" {
			continue
		}
		value := specimen(in.Type, in.Enum, in.Name)
		d.Inputs[in.Name] = value
		p.result.MadeUp = append(p.result.MadeUp, fmt.Sprintf("input %s = %v", in.Name, value))
		if service, ok := value.(string); ok && in.Name == "service" {
			d.Service = service
		}
	}
}

// specimen is a value of an input's type.
func specimen(kind string, enum []string, name string) any {
	if len(enum) > 0 {
		return enum[0]
	}
	switch kind {
	case "int", "number":
		return 1.0
	case "bool":
		return false
	case "duration":
		return "1h"
	case "map":
		return map[string]any{}
	case "string", "user", "":
		return "some-" + name
	}
	return []any{specimen(kind[len("list<"):len(kind)-1], nil, name)}
}

// schedule puts the script and the horizon on the clock.
func (p *play) schedule() {
	for _, act := range p.options.Script.Script {
		p.stage.At(act.At, func() { p.perform(act) })
	}
	horizon := p.options.Script.For
	if horizon == 0 {
		horizon = runbooks.DefaultHorizon
	}
	p.stage.At(horizon, p.leave)
}

// leave takes down the incident as it is, and ends the play.
func (p *play) leave() {
	if err := p.look(); err == nil {
		p.result.Until = p.stage.Now()
	}
	p.stage.Close()
}

// steady says whether nothing new can come: nobody answers, all who can be called have been called again and again, and
// the script has nothing left. Whoever asks for a length of time sees all of it.
func (p *play) steady() bool {
	s := p.options.Script
	if s.Everyone > 0 || s.For > 0 || p.options.Decide != nil {
		return false
	}
	for _, act := range s.Script {
		if p.result.Start.Add(act.At).After(p.stage.Now()) {
			return false
		}
	}
	now, err := p.stage.Look()
	if err != nil {
		return false
	}
	open := now.Incident.OpenPages()
	for _, page := range open {
		if !page.Exhausted || page.Round < page.Rounds+repetitions {
			return false
		}
	}
	return len(open) > 0
}

// repetitions of an exhausted page are enough to see how it goes on.
const repetitions = 5

// finish takes down what is there when everything is over.
func (p *play) finish() error {
	if !p.result.Until.IsZero() { // the horizon was reached; what came after it is the curtain
		p.clip()
		return nil
	}
	p.result.Over, p.result.Until = true, p.stage.Now()
	err := p.look()
	p.clip()
	return err
}

// look takes down the incident as it is now.
func (p *play) look() error {
	now, err := p.stage.Look()
	if err != nil {
		return fmt.Errorf("look at the incident: %w", err)
	}
	frozen, err := json.Marshal(now)
	if err == nil {
		p.result.Final = contract.Snapshot{}
		err = json.Unmarshal(frozen, &p.result.Final)
	}
	if err != nil {
		return fmt.Errorf("take down the incident: %w", err)
	}
	return nil
}

// clip takes down the outward acts up to the end of the play.
func (p *play) clip() {
	for _, line := range p.world.Transcript() {
		if !line.At.After(p.result.Until) {
			p.result.Acts = append(p.result.Acts, line)
		}
	}
}

// fault takes down an act of the script that did not go as it says.
func (p *play) fault(m runbooks.Mark, format string, args ...any) {
	p.result.Faults = append(p.result.Faults, Fault{Mark: m, Text: fmt.Sprintf(format, args...)})
}

package oncall

import (
	"fmt"
	"slices"
	"time"
)

// Turn is one person's time on a schedule.
type Turn struct {
	Person PersonID  `json:"person"`
	Why    string    `json:"why"`            // "payments-oncall since Mon 09:00", in the schedule's zone
	Since  time.Time `json:"since,omitzero"` // UTC, inclusive; zero for a fixed person
	Until  time.Time `json:"until,omitzero"` // UTC, exclusive: when the person has the duty no more; zero = no end is known
}

// OnCall says who has the duty at an instant, why, and until when. It has no clock and no state: paging, previews,
// checks and calendars all ask it. Nobody is listed twice; an empty answer is a gap.
//
// The first layer that has somebody decides; where an override removes that person, the next layer does. The turns of a
// rotation follow one another without a gap and without an overlap, and reach back before its start as they go on after
// it: the start says where the turns lie, not when they begin to count. They are computed from dates alone, so a restart,
// a copied file or a missed week changes nobody's turn.
//
// It fails for a schedule that is not defined, and for a zone that does not exist.
func (s Schedule) OnCall(at time.Time, changed ...Override) ([]Turn, error) {
	p, err := s.plan(changed)
	if err != nil {
		return nil, err
	}
	turns := p.at(at)
	for n := range turns {
		turns[n].Until = p.until(turns[n], at).UTC()
		turns[n].Since = turns[n].Since.UTC()
	}
	return turns, nil
}

// People lists everybody who can be on call on the schedule, each once, without overrides.
func (s Schedule) People() []PersonID {
	var all []PersonID
	add := func(id PersonID) {
		if id != "" && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	add(s.Person)
	layers := s.Layers
	if s.Rotation != nil {
		layers = slices.Concat([]Layer{{Rotation: *s.Rotation}}, layers)
	}
	for _, l := range layers {
		for _, m := range l.Rotation.Members {
			add(m.Person)
		}
	}
	for _, shift := range s.Shifts {
		add(shift.Person)
	}
	return all
}

// Span is a time in which the same people have the duty; without any it is a gap.
type Span struct {
	Since, Until time.Time // UTC; inclusive, exclusive
	Turns        []Turn    // as they begin; their ends are those of the spans
}

// Spans lists who has the duty from one instant to another, without a gap between the spans.
func (s Schedule) Spans(from, to time.Time, changed ...Override) ([]Span, error) {
	p, err := s.plan(changed)
	if err != nil {
		return nil, err
	}
	var spans []Span
	for at := from; at.Before(to); {
		next := p.next(at)
		if next.IsZero() || next.After(to) {
			next = to
		}
		turns := p.at(at)
		if last := len(spans) - 1; last >= 0 && slices.EqualFunc(spans[last].Turns, turns, samePerson) {
			spans[last].Until = next.UTC()
		} else {
			spans = append(spans, Span{Since: at.UTC(), Until: next.UTC(), Turns: turns})
		}
		at = next
	}
	return spans, nil
}

// samePerson says whether two turns are one person's.
func samePerson(a, b Turn) bool { return a.Person == b.Person }

// plan is a schedule that can be asked.
type plan struct {
	schedule Schedule
	layers   []Layer
	zone     *time.Location
	changed  overrides
}

// plan prepares a schedule.
func (s Schedule) plan(changed []Override) (*plan, error) {
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return nil, fmt.Errorf("zone of schedule %s: %w", s.Name, err)
	}
	p := &plan{schedule: s, layers: s.Layers, zone: zone, changed: overridesOf(s.Name, changed)}
	if s.Rotation != nil {
		p.layers = slices.Concat([]Layer{{Rotation: *s.Rotation}}, s.Layers)
	}
	if len(p.layers) == 0 && s.Person == "" && !s.Calendar {
		return nil, fmt.Errorf("schedule %s has nobody on it", s.Name)
	}
	for _, l := range p.layers {
		if len(l.Rotation.Members) == 0 {
			return nil, fmt.Errorf("schedule %s rotates among nobody", s.Name)
		}
	}
	return p, nil
}

// at lists the turns at an instant; their ends are not final.
func (p *plan) at(at time.Time) []Turn {
	active := p.changed.active(at)
	turns := p.regular(at.In(p.zone), active)
	if len(turns) == 0 {
		if t, there := active.fate(Turn{}); there {
			turns = append(turns, t)
		}
	}
	for n, o := range active {
		if o.Kind != OverrideAdd {
			continue
		}
		if t, there := active[n+1:].fate(o.turn("")); there {
			turns = append(turns, t)
		}
	}
	return distinct(turns)
}

// distinct leaves out people who are there already.
func distinct(turns []Turn) []Turn {
	var out []Turn
	for _, t := range turns {
		if !slices.ContainsFunc(out, func(known Turn) bool { return known.Person == t.Person }) {
			out = append(out, t)
		}
	}
	return out
}

// regular lists the turns of the fixed person, of the calendar, or of the first layer that has somebody, with what the
// overrides make of them.
func (p *plan) regular(at time.Time, active overrides) []Turn {
	var turns []Turn
	candidate := func(t Turn) {
		if t, there := active.fate(t); there {
			turns = append(turns, t)
		}
	}
	if p.schedule.Person != "" {
		candidate(Turn{Person: p.schedule.Person, Why: p.schedule.Name})
	}
	for _, s := range p.schedule.Shifts {
		if !at.Before(s.Since) && at.Before(s.Until) {
			candidate(Turn{Person: s.Person, Why: why(p.schedule.Name, s.Why), Since: s.Since, Until: s.Until})
		}
	}
	for _, l := range p.layers {
		if t := p.turn(l, at); t.Person != "" && len(turns) == 0 {
			candidate(t)
		}
	}
	return turns
}

// turn is what a layer has to say at an instant.
func (p *plan) turn(l Layer, at time.Time) Turn {
	part := l.Rotation.at(at)
	since := part.since
	if len(l.Only) > 0 {
		in, from, _ := inForce(l.Only, at)
		if !in {
			return Turn{}
		}
		if from.After(since) {
			since = from
		}
	}
	if part.person == "" {
		return Turn{}
	}
	name := why(p.schedule.Name, l.Name) + " since " + since.Format(l.Rotation.sinceLayout())
	return Turn{Person: part.person, Why: name, Since: since, Until: part.until}
}

// why names a schedule and a part of it.
func why(schedule, part string) string {
	if part == "" {
		return schedule
	}
	return schedule + " (" + part + ")"
}

// next is the next instant at which something may change; zero = nothing ever does.
func (p *plan) next(at time.Time) time.Time {
	local := at.In(p.zone)
	next := p.changed.edge(at)
	for _, s := range p.schedule.Shifts {
		for _, t := range []time.Time{s.Since, s.Until} {
			if t.After(at) {
				next = earlier(next, t)
			}
		}
	}
	for _, l := range p.layers {
		next = earlier(next, l.Rotation.at(local).until)
		if len(l.Only) > 0 {
			_, _, edge := inForce(l.Only, local)
			next = earlier(next, edge)
		}
	}
	return next
}

// mostSteps bounds the search for the end of a duty: one that lasts through so many changes has no end known.
const mostSteps = 100

// until is the end of a duty: the first instant at which the person has it no more.
func (p *plan) until(t Turn, at time.Time) time.Time {
	for range mostSteps {
		at = p.next(at)
		if at.IsZero() || !slices.ContainsFunc(p.at(at), func(other Turn) bool { return samePerson(t, other) }) {
			return at
		}
	}
	return time.Time{}
}

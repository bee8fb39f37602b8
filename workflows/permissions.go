package workflows

import (
	"slices"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// permitted refuses an act that the rules of the incident do not allow to its person. Every door leads here: updates by
// their validators, signals before they are carried out.
func (r *run) permitted(verb contract.Verb, act contract.Act) error {
	if !r.ruled() {
		return nil
	}
	for _, what := range r.needed(verb, act) {
		if err := r.in.Permissions.May(what, outsider(act.By), r.inc); err != nil {
			return err
		}
	}
	return nil
}

// ruled says whether there are rules in force.
func (r *run) ruled() bool { return r.in.Permissions != nil && r.since(versionRuled) }

// outsider is whoever acts from outside. That it is the runbook or an alert is nothing that anybody outside can say.
func outsider(by incident.Actor) incident.Actor {
	if by.Door == incident.DoorRunbook || by.Door == incident.DoorAlert {
		by.Door = incident.DoorEngine
	}
	return by
}

// needed lists the permissions that an act takes. What it leads to at once counts with what it is: whoever may not resolve
// the incident cannot end its last phase instead, or add a step that does.
func (r *run) needed(verb contract.Verb, act contract.Act) []incident.Permission {
	own := incident.Permission(verb)
	switch {
	case verb == contract.VerbSeverity && r.inc.Lowers(incident.Severity(act.Value)):
		return []incident.Permission{incident.MayLower}
	case verb == contract.VerbSeverity:
		return []incident.Permission{incident.MayRaise}
	case verb == contract.VerbAdvance && r.endsStory(act):
		return []incident.Permission{own, incident.MayResolve}
	case verb == contract.VerbStep && act.AdHoc != nil:
		return append([]incident.Permission{own}, r.neededBy(act.AdHoc)...)
	}
	return []incident.Permission{own}
}

// endsStory says whether no phase is left when the one that an act means has ended: then the incident is resolved.
func (r *run) endsStory(act contract.Act) bool {
	ended, err := r.checkAdvance(act.Value)
	if err != nil || r.inc.Reviewing {
		return false
	}
	for _, p := range r.phases() {
		if pr := r.phaseSeen(p.Name); p.Name != ended && pr.Ended.IsZero() {
			return false
		}
	}
	return true
}

// neededBy lists what a step by hand, or one below it, does that is a permission of its own.
func (r *run) neededBy(step *runbooks.Step) []incident.Permission {
	var out []incident.Permission
	byHand := runbooks.Runbook{Finally: []runbooks.Step{*step}}
	byHand.WalkAll(func(_ runbooks.Place, s *runbooks.Step) {
		switch {
		case s.End != nil && s.End.Reason == incident.Resolved:
			out = append(out, incident.MayResolve)
		case s.End != nil:
			out = append(out, incident.MayCancel)
		case s.Severity != nil && slices.Index(r.inc.Severities, s.Severity.Level) == 0:
			out = append(out, incident.MayRaise)
		case s.Severity != nil: // what it is by then is not known
			out = append(out, incident.MayLower)
		}
	})
	return out
}

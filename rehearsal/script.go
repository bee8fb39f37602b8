package rehearsal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// perform does what the script says at this instant.
func (p *play) perform(a runbooks.ScriptAct) {
	switch a.Does {
	case runbooks.ScriptAlert:
		p.stage.Alerts(incident.Alert{
			Source: "rehearsal", Fingerprint: "rehearsal", Title: "the alert of the rehearsal", StartsAt: p.stage.Now(), Cleared: a.What == "clears",
		})
		return
	case runbooks.ScriptChat, runbooks.ScriptPhone:
		p.failing[a.Does] = a.What == "down"
		return
	}
	verb := contract.Verb(a.Does)
	if verb == contract.VerbAck && !anyPage(a.What) && p.pageOf(a.What, a.By) == "" {
		p.judge(a, fmt.Errorf("no page of %s is open", a.What))
		return
	}
	p.stage.Act(verb, p.act(a), func(_ contract.Receipt, err error) { p.judge(a, err) })
}

// judge compares what came of an act with what the script says of it.
func (p *play) judge(a runbooks.ScriptAct, err error) {
	did := strings.TrimSpace(a.By + " " + a.Does + " " + a.What)
	switch {
	case err != nil && a.Refused == nil:
		p.fault(a.Mark, "%s: refused: %v", did, err)
	case err == nil && a.Refused != nil:
		p.fault(a.Mark, "%s: it was accepted, and should have been refused", did)
	case err != nil && !strings.Contains(err.Error(), *a.Refused):
		p.fault(a.Mark, "%s: refused with %q, want %q", did, err.Error(), *a.Refused)
	}
}

// act is an act of the script on the wire.
func (p *play) act(a runbooks.ScriptAct) contract.Act {
	act := contract.Act{By: p.cast.actor(a.By, incident.DoorSlack), Reason: a.Reason, Fields: a.Fields, Undo: a.Undo}
	switch contract.Verb(a.Does) {
	case contract.VerbAck:
		act.Page = p.pageOf(a.What, a.By)
		act.All = a.What == "all"
	case contract.VerbAnswer:
		act.Step, act.Value = a.What, a.Choice
	case contract.VerbDone:
		act.Step, act.Reason = a.What, a.Note
	case contract.VerbAssign:
		to := p.cast.actor(a.To, incident.DoorSlack)
		act.Role, act.Person, act.PersonName = incident.Role(a.What), string(to.Person), to.Name
	case contract.VerbReassign:
		to := p.cast.actor(a.To, incident.DoorSlack)
		act.Step, act.Person, act.PersonName = a.What, string(to.Person), to.Name
	case contract.VerbApprove, contract.VerbReject, contract.VerbRetry, contract.VerbSkip, contract.VerbStop, contract.VerbEdit:
		act.Step = a.What
	case contract.VerbResolve, contract.VerbCancel, contract.VerbPause, contract.VerbResume:
		if act.Reason == "" && a.What != "true" {
			act.Reason = a.What
		}
	case contract.VerbEscalate, contract.VerbQuiet:
	case contract.VerbRevert:
		act.Value = a.What
	default: // severity, note, page, advance, return, send
		act.Value = a.What
	}
	return act
}

// anyPage says whether an acknowledgement means whatever rings.
func anyPage(what string) bool { return what == "" || what == "true" || what == "all" }

// pageOf is the open page of a step; "" = it has none. Of several it is one for which the person was called.
func (p *play) pageOf(step, by string) string {
	s, err := p.stage.Look()
	if err != nil {
		return ""
	}
	who, found := p.cast.actor(by, incident.DoorSlack).Person, ""
	for _, page := range s.Incident.OpenPages() {
		switch called := slices.ContainsFunc(page.Attempts, func(a incident.Attempt) bool { return a.Person == who }); {
		case page.Step != step:
		case called:
			return page.Key
		case found == "":
			found = page.Key
		}
	}
	return found
}

package runbooks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
)

// checkTimeout reports waits for people that do not say how long they last and what silence means.
func (r *reader) checkTimeout(s *Step) {
	kind := kindOf(s.Kind)
	if polls(s) && !r.written(s, "timeout") {
		r.fail(s.Path, CodeNoTimeout, fmt.Sprintf("%s with until needs timeout", s.Kind), "write timeout and on_timeout: how long to try, and what follows then")
	} else if polls(s) && !r.written(s, "on_timeout") {
		r.warn(s.Path, CodeNoTimeout, fmt.Sprintf("%s with until needs on_timeout", s.Kind), "say what follows when the time is over; the commander is asked otherwise")
	}
	var missing []string
	if kind.timeout == timeoutRequired && !r.written(s, "timeout") {
		missing = append(missing, "timeout")
	}
	if kind.timeout == timeoutRequired && s.Kind != KindApprove && !r.written(s, "on_timeout") {
		missing = append(missing, "on_timeout")
	}
	if len(missing) > 0 {
		r.report(r.place(s.Path), Problem{Code: CodeNoTimeout, Message: fmt.Sprintf("%s needs %s", s.Kind, strings.Join(missing, " and ")), Hint: "say how long to wait, and what silence leads to"})
	}
	if kind.timeout == timeoutOptional && s.OnTimeout != nil && s.Timeout == "" && kind.defTimeout == "" && !r.written(s, "timeout") {
		r.report(r.place(s.Path+".on_timeout"), Problem{Code: CodeNoTimeout, Message: fmt.Sprintf("on_timeout of %s without timeout", s.Kind), Hint: "add timeout"})
	}
}

// written tells whether the file has a field at all; a faulty one is reported elsewhere.
func (r *reader) written(s *Step, field string) bool {
	_, ok := r.places[s.Path+"."+field]
	return ok
}

// polls says whether a step asks a system again and again.
func polls(s *Step) bool {
	return s.HTTP != nil && s.HTTP.Until != "" || s.Run != nil && s.Run.Until != "" || s.Action != nil && s.Action.Until != ""
}

// checkSafety reports what can hurt.
func (c *checker) checkSafety(s *spot) {
	step := s.step
	if s.at.Finally {
		c.checkFinally(step)
	}
	switch {
	case step.Page != nil:
		if c.known.NoFallback && len(step.Page.Escalate) == 0 && !step.Page.List {
			c.warn(step.Path, CodeLonePage, "page has one level, and the server calls nobody after it", "write escalate: [names]")
		}
		c.checkNeed(step)
	case step.Update != nil && c.rb.Private && step.Update.Audience == "customers" && step.Update.Review == "":
		c.fail(step.Path, CodeOutside, "update: customers in a private runbook needs review", "name the role that must confirm the text")
	case step.Action != nil:
		c.checkAction(step)
	}
	if at := s.at.Phase; at != nil && at.Name == incident.Containment && changes(step) && !s.isUndo() && !c.hasWayBack(s) {
		hint := "give it undo, or an approve above it"
		if m := manifestOf(step); m.Undo != "" {
			hint = fmt.Sprintf("give it undo: [{ action: %s }], or an approve above it", m.Undo)
		}
		c.warn(step.Path, CodeNoWayBack, fmt.Sprintf("%s changes a system and has no undo", step.Kind), hint)
	}
}

// checkNeed reports a page that needs more acknowledgements than it has targets, where their number is known before:
// always, or at a severity.
func (c *checker) checkNeed(s *Step) {
	need, err := strconv.Atoi(s.Page.Need)
	if err != nil {
		return
	}
	n, known := c.targets(s.Page, expression.Map{})
	at := ""
	for i := 0; !known && i < len(c.rb.Severities); i++ {
		row := grade{c.rb, i}
		if n, known = c.targets(s.Page, row); known && (n >= need || c.excluded(s.If, row)) {
			known = false
		}
		at = " at " + string(c.rb.Severities[i].Severity)
	}
	if known && 0 < n && n < need {
		c.warn(s.Path+".need", CodeFewTargets, fmt.Sprintf("need is %d, and the number of targets%s is %d", need, at, n),
			"each target gives one acknowledgement: name more of them, or write need: all")
	}
}

// targets counts the targets of a page, where what is known decides it.
func (c *checker) targets(p *Page, at expression.Values) (n int, known bool) {
	for _, target := range p.Targets {
		result, err := c.plan.texts[target].Eval(at)
		if err != nil || !result.Known() {
			return 0, false
		}
		if list, is := result.Value.([]any); is {
			n += len(list)
			continue
		}
		n++
	}
	return n, true
}

// checkFinally reports waits for people after the incident's end, those of an imported runbook too.
func (c *checker) checkFinally(s *Step) {
	waits := kindOf(s.Kind).people || s.Update != nil && s.Update.Review != ""
	if s.Runbook != nil && s.Runbook.Body != nil {
		s.Runbook.Body.WalkAll(func(_ Place, below *Step) { waits = waits || kindOf(below.Kind).people })
	}
	if waits {
		c.fail(s.Path, CodeFinallyWaits, fmt.Sprintf("%s waits for people, and finally may not", s.Kind), "put it into lessons_learned")
	}
}

// checkAction reports an action whose failure goes unseen, and one that a retry does twice.
func (c *checker) checkAction(s *Step) {
	if s.OnFailure != nil && s.OnFailure.Do == DoContinue {
		c.warn(s.Path+".on_failure", CodeShrug, fmt.Sprintf("the runbook goes on as if %s had worked", s.Action.Name), "write ask, or the steps that rescue it")
	}
	m := s.Action.Manifest
	if m == nil || m.Idempotent {
		return
	}
	retry, place := s.Retry, s.Path+".retry"
	if retry == nil {
		retry, place = m.Retry, s.Path+".action"
	}
	if retry != nil && retry.Max > 0 {
		c.fail(place, CodeTwice, fmt.Sprintf("%s is not idempotent: a retry may do it twice", s.Action.Name), "remove retry, or write idempotent: true into its manifest if it is")
	}
}

// manifestOf is what is known of the action of a step; nothing for every other kind.
func manifestOf(s *Step) Manifest {
	if s.Action == nil || s.Action.Manifest == nil {
		return Manifest{Changes: true}
	}
	return *s.Action.Manifest
}

// changes says whether a step changes a system outside. What polls only looks.
func changes(s *Step) bool {
	switch {
	case polls(s):
		return false
	case s.Action != nil:
		return manifestOf(s).Changes
	case s.HTTP != nil:
		method, _, _ := strings.Cut(strings.TrimSpace(s.HTTP.Request), " ")
		return !slices.Contains([]string{"GET", "HEAD", "OPTIONS"}, strings.ToUpper(method))
	}
	return s.Run != nil
}

// hasWayBack says whether a change can be taken back, or a person has decided on it: by an approval or an answer that it
// is a case of, by an approval above it, or by a condition on an answer.
func (c *checker) hasWayBack(s *spot) bool {
	decides := func(step *Step) bool { return step.Approve != nil || step.Ask != nil }
	for _, around := range s.chain() {
		if len(around.step.Undo) > 0 || around != s && decides(around.step) || c.approvedAbove(around) {
			return true
		}
		for _, name := range c.plan.programs[around.step.If].References() {
			id, _, ok := stepOutput(name)
			if asked := c.layout.byID[id]; ok && asked != nil && decides(asked.step) {
				return true
			}
		}
	}
	return false
}

// approvedAbove says whether an approve without else stands above a step in its block: a no ends the block.
func (c *checker) approvedAbove(s *spot) bool {
	return slices.ContainsFunc(c.layout.all, func(other *spot) bool {
		return other.up == s.up && other.block == s.block && other.at == s.at && other.index < s.index &&
			other.step.Approve != nil && !other.step.Approve.HasElse && other.step.If == ""
	})
}

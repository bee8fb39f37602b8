package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// chain is who is asked and who is next, as it is at one instant.
type chain struct {
	asked    []oncall.Duty // whom the names mean
	further  []oncall.Duty // whom their roles mean without their holders, and whoever is next besides
	fallback []oncall.Duty
}

// lookUpChain finds out who is asked, at this instant: each name's holder, then the role's own target, then the
// fallback. What cannot be found is told in the room.
func (r *run) lookUpChain(ctx workflow.Context, a asking) (chain, error) {
	further := slices.Clone(a.then)
	f := a.frame()
	for _, name := range slices.Concat(a.who, a.then) {
		if target, ok := r.fill(incident.Role(name), r.values(ctx, f)); ok {
			further = append(further, expression.Format(target))
		}
	}
	found, problems, err := r.lookUp(ctx, f, meant{names: slices.Concat(a.who, further, []string{oncall.Fallback})})
	if err != nil {
		return chain{}, err
	}
	for _, p := range problems {
		r.problem(ctx, a.step, p)
	}
	if len(found) == 0 {
		return chain{}, nil
	}
	n, last := len(a.who), len(found)-1
	return chain{asked: together(found[:n]), further: together(found[n:last]), fallback: found[last].Duties}, nil
}

// mayAnswer lists who may answer a question: everybody of the chain, but an approval is for those who are asked alone.
// Nobody found to ask means anybody.
func (c *chain) mayAnswer(kind incident.QuestionKind) []oncall.PersonID {
	switch {
	case kind == incident.QuestionApprove:
		return ids(c.asked)
	case len(c.asked)+len(c.further) == 0:
		return nil
	}
	return ids(distinct(c.asked, c.further, c.fallback))
}

// next is who is asked next, and the name under which they are called: the first of the chain who has not been asked,
// after the last the fallback, again and again.
func (c *chain) next(asked []oncall.PersonID) (string, []oncall.Duty) {
	for _, d := range slices.Concat(c.asked, c.further) {
		if !slices.Contains(asked, d.Person) {
			return string(d.Person), []oncall.Duty{d}
		}
	}
	return oncall.Fallback, c.fallback
}

// escalateQuestion asks the next person of the chain; the clock starts again. Somebody who is asked in the night must
// be woken, so the person is also paged, until the question is answered. A review wakes nobody.
func (r *run) escalateQuestion(ctx workflow.Context, q *incident.Question, a asking) error {
	c, err := r.lookUpChain(ctx, a)
	if err != nil || q.State != incident.QuestionOpen {
		return err
	}
	target, duties := c.next(q.Asked)
	q.Turn++
	if a.node != nil {
		a.node.sr.Waiting = now(ctx)
	}
	q.Addressed = ids(duties)
	before := q.Text
	if q.Kind == incident.QuestionAssign && len(duties) > 0 {
		q.Text = r.marked(offerText(names(duties), q.Role))
	}
	for _, p := range q.Addressed {
		if !slices.Contains(q.Asked, p) {
			q.Asked = append(q.Asked, p)
		}
		if !slices.Contains(q.Chain, p) && !slices.Contains(q.Also, p) {
			q.Also = append(q.Also, p)
		}
	}
	r.tellLate(ctx, q, a, "has passed")
	r.log(ctx, incident.Entry{
		Kind: incident.EntryEscalate, Step: q.Step,
		Text: "no answer to “" + before + "”; asking " + names(duties),
	})
	r.postQuestion(ctx, q)
	if r.inc.Reviewing {
		return nil
	}
	r.inc.StartPage(now(ctx), incident.Page{
		Key: r.wakingPages(q) + itoa(q.Turn), Step: q.Step, Message: "A decision waits: " + q.Text,
		Levels: []incident.PageLevel{{Target: target}}, Rounds: 1, Ack: incident.DefaultAck, Via: bothWays(), OpenVia: true,
	})
	return nil
}

// people asks who is meant by names at this instant. The answer keeps the order of the names and holds nobody twice.
// An error means that the wait was withdrawn.
func (r *run) people(ctx workflow.Context, f *frame, names []string) ([]oncall.Duty, []string, error) {
	found, problems, err := r.lookUp(ctx, f, meant{names: names})
	return together(found), problems, err
}

// meant is which names are looked up, and whose turn it is where one of several is called after the other.
type meant struct {
	names []string
	turn  int
}

// lookUp asks who is meant by each of the names. A role is its holder, else what the runbook fills it with; every other
// name is the roster's. A roster that cannot be asked gives nobody and says why.
func (r *run) lookUp(ctx workflow.Context, f *frame, ask meant) ([]contract.Found, []string, error) {
	found := make([]contract.Found, len(ask.names))
	if len(ask.names) == 0 {
		return found, nil, nil
	}
	asked := make([]string, 0, len(ask.names))
	for _, name := range ask.names {
		asked = append(asked, r.roleTarget(ctx, f, name))
	}
	r.lookups++
	out, err := callLocal(lookup(ctx, lookupPatience), contract.WhoIsOnCall, contract.WhoIsOnCallRequest{Names: asked, At: now(ctx), Turn: ask.turn})
	r.lookups--
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	if err != nil {
		return found, []string{"nobody could be looked up: " + plain(err)}, nil
	}
	r.tellOld(ctx, out.Old)
	copy(found, out.Found)
	return found, out.Problems, nil
}

// tellOld tells once of each schedule that its calendar was not read for long.
func (r *run) tellOld(ctx workflow.Context, calendars []oncall.OldCalendar) {
	for _, c := range calendars {
		if slices.Contains(r.st.OldCalendars, c.Schedule) {
			continue
		}
		r.st.OldCalendars = append(r.st.OldCalendars, c.Schedule)
		minutes := int(now(ctx).Sub(c.Read).Minutes())
		r.problem(ctx, "", fmt.Sprintf("the calendar of %s was last read %dh %02dm ago (%s); who is on call may have changed since",
			c.Schedule, minutes/60, minutes%60, c.Read.UTC().Format("Mon 2 Jan 15:04 MST")))
	}
}

// together lists the people of several answers in order, nobody twice.
func together(found []contract.Found) []oncall.Duty {
	duties := make([][]oncall.Duty, 0, len(found))
	for _, name := range found {
		duties = append(duties, name.Duties)
	}
	return distinct(duties...)
}

// distinct lists the people of several lists in order, nobody twice.
func distinct(lists ...[]oncall.Duty) []oncall.Duty {
	var all []oncall.Duty
	for _, duties := range lists {
		for _, d := range duties {
			if !slices.ContainsFunc(all, func(known oncall.Duty) bool { return known.Person == d.Person }) {
				all = append(all, d)
			}
		}
	}
	return all
}

// roleTarget turns a role's name into the name that the roster knows; roles may point at roles, a few steps deep. A
// text with `roles.x` gives the holder's name as people say it; it means that person.
func (r *run) roleTarget(ctx workflow.Context, f *frame, name string) string {
	for range maxRoleDepth {
		if h, ok := r.inc.Holders[incident.Role(name)]; ok {
			return string(h.Person)
		}
		next, ok := r.fill(incident.Role(name), r.values(ctx, f))
		if !ok {
			break
		}
		text := expression.Format(next)
		if text == name {
			break
		}
		name = text
	}
	for _, role := range sortedKeys(r.inc.Holders) {
		if r.inc.Holders[role].Name == name {
			return string(r.inc.Holders[role].Person)
		}
	}
	return name
}

// maxRoleDepth bounds roles that point at roles.
const maxRoleDepth = 5

package workflows

import (
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// assign hands out a role: it is held at once, so that questions have an addressee, and offered to the person, who
// accepts or declines. Somebody who has acknowledged a page of this incident is awake and has accepted.
func (r *run) assign(ctx workflow.Context, n *node) error {
	if r.inc.Question(r.questionKey(n)) == nil { // else a former run has offered it already
		d, err := r.appoint(ctx, n)
		if err != nil {
			return err
		}
		if !r.inc.Holders[n.s.Assign.Role].Accepted {
			if err := r.offer(ctx, n, d); err != nil {
				return err
			}
		}
	} else if err := r.offer(ctx, n, oncall.Duty{}); err != nil {
		return err
	}
	n.sr.Output = map[string]any{"user": string(r.inc.Holders[n.s.Assign.Role].Person)}
	return nil
}

// appoint finds the person for a role and makes them its holder.
func (r *run) appoint(ctx workflow.Context, n *node) (oncall.Duty, error) {
	target := string(n.s.Assign.Role)
	if n.s.Assign.To != "" {
		text, err := r.text(ctx, n, "to", n.s.Assign.To)
		if err != nil {
			return oncall.Duty{}, err
		}
		target = orElse(text, target)
	}
	duties, problems, err := r.people(ctx, n.frame, []string{target})
	if err != nil {
		return oncall.Duty{}, err
	}
	if len(duties) == 0 {
		return oncall.Duty{}, &missing{
			what: "nobody to assign: " + orElse(strings.Join(problems, "; "), target+" means nobody at present"),
		}
	}
	d := duties[0]
	h := incident.Holder{Person: d.Person, Name: d.Name, Accepted: r.hasAcknowledged(d.Person)}
	return d, r.inc.Assign(now(ctx), incident.RunbookActor(), n.s.Assign.Role, h)
}

// offer asks the person to accept the role; an unanswered offer goes to the next of the chain, a declined one is taken
// back.
func (r *run) offer(ctx workflow.Context, n *node, d oncall.Duty) error {
	a := r.asking(ctx, n, asking{
		kind: incident.QuestionAssign, role: n.s.Assign.Role, text: offerText(d.Name, n.s.Assign.Role),
		who: []string{string(d.Person)}, then: []string{string(n.s.Assign.Role)},
	})
	a.timeout = orElse(n.s.Assign.Ack, "10m")
	if n.s.OnTimeout == nil {
		a.silence = silenceEscalate
	}
	a.choices = []incident.Choice{
		{Key: incident.ChoiceAccept, Label: "Accept"}, {Key: incident.ChoiceDecline, Label: "Decline"},
	}
	watch := r.begin(ctx, func(ctx workflow.Context) { r.acceptByActing(ctx, a.key) })
	defer watch.stop()
	q, err := r.askPeople(ctx, a)
	if err != nil {
		return err
	}
	n.sr.By = q.By.String()
	if q.Choice == incident.ChoiceDecline {
		r.inc.Decline(n.s.Assign.Role)
		return &missing{what: q.By.String() + " has declined " + string(n.s.Assign.Role)}
	}
	h := r.inc.Holders[n.s.Assign.Role]
	if h.Accepted {
		return nil
	}
	h.Accepted = true
	if q.By.Person != "" {
		h.Person, h.Name = q.By.Person, q.By.String()
	}
	return r.inc.Assign(now(ctx), q.By, n.s.Assign.Role, h)
}

// offerText asks somebody to take a role.
func offerText(name string, role incident.Role) string {
	return name + ", do you take " + string(role) + "?"
}

// acceptByActing ends an offer as accepted when somebody who is offered the role turns out to be at work: whoever has
// acknowledged a page of this incident, or has answered for the role, is not asked again, and nobody is woken in their
// place. It watches until the offer is over.
func (r *run) acceptByActing(ctx workflow.Context, offer string) {
	if !r.since(versionMends) {
		return
	}
	var taken incident.Actor
	atWork := func() bool {
		q := r.inc.Question(offer)
		if q == nil || q.State != incident.QuestionOpen {
			return false
		}
		taken = r.atWork(q)
		return taken.Person != ""
	}
	if workflow.Await(ctx, atWork) != nil {
		return // the offer is over
	}
	role := r.inc.Question(offer).Role
	h := incident.Holder{Person: taken.Person, Name: taken.String(), Accepted: true}
	if err := r.inc.Assign(now(ctx), taken, role, h); err != nil {
		workflow.GetLogger(ctx).Warn("offer not accepted; it stays open", "role", role, "error", err)
	}
}

// atWork is whoever of those who were offered the role is known to work on the incident; its holder comes first.
func (r *run) atWork(offer *incident.Question) incident.Actor {
	for _, person := range slices.Concat([]oncall.PersonID{r.inc.Holders[offer.Role].Person}, offer.Asked) {
		if !slices.Contains(offer.Asked, person) {
			continue
		}
		for _, p := range r.inc.Pages {
			if p.State == incident.PageAcknowledged && p.AckedBy.Person == person {
				return p.AckedBy
			}
		}
		for _, q := range r.inc.Questions {
			if q.By.Person == person && q.ClosedAt.After(offer.OpenedAt) && decides(q, offer.Role) {
				return q.By
			}
		}
	}
	return incident.Actor{}
}

// decides says whether the answer to a question was a decision of a role. A severity may be set and a signal be sent by
// anybody.
func decides(q *incident.Question, role incident.Role) bool {
	switch q.Kind {
	case incident.QuestionSeverity, incident.QuestionSignal, incident.QuestionAssign:
		return false
	default:
		return q.State == incident.QuestionAnswered && slices.Contains(q.Who, string(role))
	}
}

// hasAcknowledged says whether the person has acknowledged a page of this incident.
func (r *run) hasAcknowledged(person oncall.PersonID) bool {
	for _, p := range r.inc.Pages {
		if p.State == incident.PageAcknowledged && p.AckedBy.Person == person && person != "" {
			return true
		}
	}
	return false
}

package incident

import (
	"slices"

	"github.com/musterbook/musterbook/oncall"
)

// What of an incident concerns one person, for a place outside its room.

// ShownTo says whether the incident may be shown to somebody outside its room. A private one is shown only to people of the
// roster who are in it: who respond to it, and whom one of its questions was asked of. A name alone proves nothing here.
func (i *Incident) ShownTo(by Actor) bool {
	if !i.Private {
		return true
	}
	if by.Person == "" {
		return false
	}
	return i.Responds(by) || slices.ContainsFunc(i.Questions, func(q *Question) bool {
		return slices.Contains(q.Addressed, by.Person) || slices.Contains(q.Asked, by.Person) || slices.Contains(q.Also, by.Person)
	})
}

// Awaits lists the open questions and tasks that wait for one person, oldest first: asked of them, or of a role that they
// hold, as long as they may answer and have not voted.
func (i *Incident) Awaits(person oncall.PersonID) []*Question {
	if person == "" || !i.Open() {
		return nil
	}
	by := Actor{Person: person}
	return slices.DeleteFunc(i.OpenQuestions(), func(q *Question) bool {
		held := func(name string) bool { return i.Holders[Role(name)].Person == person }
		asked := slices.Contains(q.Addressed, person) || slices.ContainsFunc(q.Who, held)
		voted := slices.ContainsFunc(q.Votes, func(v Vote) bool { return sameActor(v.By, by) })
		return !asked || voted || i.mayAnswer(by, q) != nil
	})
}

// CallsFor lists the open pages that call one person and that they have not declined, oldest first. A page that has gone on
// to others still is theirs to acknowledge.
func (i *Incident) CallsFor(person oncall.PersonID) []*Page {
	if person == "" || !i.Open() {
		return nil
	}
	return slices.DeleteFunc(i.OpenPages(), func(p *Page) bool {
		return !slices.ContainsFunc(p.Attempts, func(a Attempt) bool { return a.Person == person && !a.Declined })
	})
}

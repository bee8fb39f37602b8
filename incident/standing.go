package incident

import (
	"maps"
	"slices"

	"github.com/musterbook/musterbook/oncall"
)

// Called lists by name who is being called at the page's present level, each once.
func (p *Page) Called() []string {
	var out []string
	for n := range p.Attempts {
		a := &p.Attempts[n]
		if a.Level == p.Level && a.Round == p.Round && !a.Declined && !slices.Contains(out, a.Name) {
			out = append(out, a.Name)
		}
	}
	return out
}

// NameOf is a person's name as far as the incident has met them, else their id.
func (i *Incident) NameOf(person oncall.PersonID) string {
	roles := slices.Sorted(maps.Keys(i.Holders)) //workflowcheck:ignore
	for _, role := range roles {                 // in order: what is shown may not differ from one look to the next
		if h := i.Holders[role]; h.Person == person && h.Name != "" {
			return h.Name
		}
	}
	for _, p := range i.Pages {
		for n := range p.Attempts {
			if a := &p.Attempts[n]; a.Person == person && a.Name != "" {
				return a.Name
			}
		}
	}
	return string(person)
}

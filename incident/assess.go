package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// SixQuestions are the questions that lead to a severity, in the order in which they are asked.
func SixQuestions() []FormField {
	return []FormField{
		{Name: "impact", Type: "string", Required: true, Description: "What is the impact to customers, internal and external?"},
		{Name: "symptoms", Type: "string", Description: "What are customers seeing?"},
		{Name: "scope", Type: "string", Enum: []string{"none", "some", "all", "unknown"}, Default: "unknown", Description: "How many customers are affected?"},
		{Name: "started_at", Type: "string", Description: "When did it start? (2026-01-31T09:00:00Z; blank = not known)"},
		{Name: "support_cases", Type: "string", Default: "unknown", Description: "How many support cases are open? (a number, or unknown)"},
		{Name: "factors", Type: "list<string>", Description: "Other factors: social_media, security, data_loss"},
	}
}

// Assess keeps the answers to the six questions.
func (i *Incident) Assess(at time.Time, by Actor, a Assessment) {
	a.By, a.At = by, at
	i.Assessment = &a
	if !a.StartedAt.IsZero() && (i.StartedAt.IsZero() || a.StartedAt.Before(i.StartedAt)) {
		i.StartedAt = a.StartedAt
	}
	parts := []string{"affected: " + string(a.Scope)}
	if a.Impact != "" {
		parts = append(parts, "impact: "+a.Impact)
	}
	if a.Symptoms != "" {
		parts = append(parts, "customers see: "+a.Symptoms)
	}
	if a.SupportCases != nil {
		parts = append(parts, fmt.Sprintf("%d support cases", *a.SupportCases))
	}
	if len(a.Factors) > 0 {
		parts = append(parts, strings.Join(a.Factors, ", "))
	}
	i.Log(at, Entry{Kind: EntryAnswer, By: by, Text: fmt.Sprintf("%s assesses: %s", by, strings.Join(parts, " · "))})
}

// Weight is the default rule of the process: 1 = security, data loss, or all customers; 2 = some customers; 3 = nobody.
// What is not known counts as the worse.
func (a *Assessment) Weight() int {
	switch {
	case slices.Contains(a.Factors, "security"), slices.Contains(a.Factors, "data_loss"), a.Scope == ScopeAll, a.Scope == ScopeUnknown, a.Scope == "":
		return 1
	case a.Scope == ScopeSome:
		return 2
	}
	return 3
}

// Told keeps what an audience outside was told.
func (i *Incident) Told(u Update) {
	i.Updates = append(i.Updates, u)
	if len(i.Updates) > maxUpdates {
		i.Updates = i.Updates[len(i.Updates)-maxUpdates:]
	}
}

// Keep keeps a piece of evidence.
func (i *Incident) Keep(e Evidence) {
	if len(i.Evidence) < maxEvidence {
		i.Evidence = append(i.Evidence, e)
	}
}

// Bounds of what travels with an incident; the timeline and the archive have the rest.
const (
	maxUpdates  = 100
	maxEvidence = 500
)

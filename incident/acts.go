package incident

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// mustBeOpen refuses every act on an incident that has ended.
func (i *Incident) mustBeOpen() error {
	if i.Open() {
		return nil
	}
	return refuse("declare a new one if the trouble is back", "%s is closed (%s)", i.Key, i.Ending)
}

// mustBeActive is mustBeOpen, but the review of an incident that has ended counts too.
func (i *Incident) mustBeActive() error {
	if i.Reviewing {
		return nil
	}
	return i.mustBeOpen()
}

// Declare stamps a new incident and writes its first lines.
func (i *Incident) Declare(at time.Time) {
	i.DeclaredAt = at
	if i.DetectedAt.IsZero() && i.Source != "person" {
		i.DetectedAt = at
	}
	severity := "severity not set"
	if i.Severity != "" {
		severity = string(i.Severity)
	}
	parts := []string{"declared"}
	if i.Service != "" {
		parts = append(parts, i.Service)
	}
	parts = append(parts, i.Title, severity)
	if i.DeclaredBy.Door != DoorAlert && i.DeclaredBy.String() != "" {
		parts = append(parts, "by "+i.DeclaredBy.String())
	}
	i.Log(at, Entry{Kind: EntryDeclared, By: i.DeclaredBy, Text: strings.Join(parts, " · ")})
}

// TakeAlerts merges what a source sent. It answers whether something was new: a new alert, a return, a clearing. Only
// that is written on the timeline; a repeat is counted. When the last alert clears that is news, never an end.
func (i *Incident) TakeAlerts(at time.Time, alerts []Alert) bool {
	if i.Alerts == nil {
		i.Alerts = map[string]Alert{}
	}
	news := false
	for _, a := range alerts {
		known, seen := i.Alerts[a.Fingerprint]
		i.AlertCount++
		if a.Cleared && !seen {
			continue
		}
		if !seen && len(i.Alerts) >= maxAlerts {
			i.noteFlood(at, a.Source)
			continue
		}
		if a.Cleared {
			a = a.with(known)
		}
		i.Alerts[a.Fingerprint] = i.bounded(a)
		if !a.StartsAt.IsZero() && (i.StartedAt.IsZero() || a.StartsAt.Before(i.StartedAt)) {
			i.StartedAt = a.StartsAt
		}
		if seen && known.Cleared == a.Cleared {
			continue
		}
		news = true
		kind, word := EntryAlert, "firing"
		if a.Cleared {
			kind, word = EntryCleared, "cleared"
		}
		i.Log(at, Entry{Kind: kind, By: Actor{Name: a.Source, Door: DoorAlert, Verified: true}, Text: a.sentence() + " · " + word})
	}
	i.noteCleared(at)
	return news
}

// with completes a clearing, which may come without the words that its alert had while it fired.
func (a Alert) with(known Alert) Alert {
	a.Title, a.Summary = cmp.Or(a.Title, known.Title), cmp.Or(a.Summary, known.Summary)
	a.URL, a.Runbook = cmp.Or(a.URL, known.URL), cmp.Or(a.Runbook, known.Runbook)
	if len(a.Labels) == 0 {
		a.Labels = known.Labels
	}
	if a.StartsAt.IsZero() {
		a.StartsAt = known.StartsAt
	}
	return a
}

// Bounds of what is kept of alerts: how many different ones, how many of those with their labels, and how much of each.
// The others are counted. An incident travels through payloads that end at 2 MB.
const (
	maxAlerts    = 500
	fullAlerts   = 20
	maxLabels    = 30
	maxLabel     = 300 // bytes
	maxAlertText = 1000
)

// bounded is an alert as it is kept: the first ones whole, of the others what is needed to follow them.
func (i *Incident) bounded(a Alert) Alert {
	a.Title, a.Summary = shorten(a.Title, maxLabel), shorten(a.Summary, maxAlertText)
	if len(i.Alerts) >= fullAlerts && !i.Alerts[a.Fingerprint].whole() {
		return Alert{Source: a.Source, Fingerprint: a.Fingerprint, Title: a.Title, StartsAt: a.StartsAt, EndsAt: a.EndsAt, Cleared: a.Cleared}
	}
	labels := make(map[string]string, min(len(a.Labels), maxLabels))
	names := slices.Sorted(maps.Keys(a.Labels)) //workflowcheck:ignore
	for _, name := range names {
		if len(labels) < maxLabels {
			labels[name] = shorten(a.Labels[name], maxLabel)
		}
	}
	a.Labels = labels
	return a
}

// whole says whether an alert was kept with more than is needed to follow it. The others stay as they are, however
// often they repeat.
func (a Alert) whole() bool {
	return a.Summary != "" || a.URL != "" || a.Runbook != "" || len(a.Labels) > 0
}

// shorten cuts a text that is too long.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return clip(text, limit)
}

// noteFlood says once that there are more alerts than are kept.
func (i *Incident) noteFlood(at time.Time, source string) {
	if i.Flooded {
		return
	}
	i.Flooded = true
	i.Log(at, Entry{
		Kind: EntryAlert, By: Actor{Name: source, Door: DoorAlert, Verified: true},
		Text: fmt.Sprintf("more than %d different alerts; the others are only counted, and whether they clear is not followed", maxAlerts),
	})
}

// sentence is an alert in one line.
func (a *Alert) sentence() string {
	if a.Summary == "" || a.Summary == a.Title {
		return a.Title
	}
	return a.Title + ": " + a.Summary
}

// noteCleared stamps the moment at which no alert fires any more, and takes the stamp back when one returns. Where some
// are not followed, nobody can say that.
func (i *Incident) noteCleared(at time.Time) {
	firing := len(i.Alerts) == 0 || i.Flooded
	for _, a := range i.Alerts {
		firing = firing || !a.Cleared
	}
	switch {
	case firing:
		i.ClearedAt = time.Time{}
	case i.ClearedAt.IsZero():
		i.ClearedAt = at
		text := "every alert has cleared; the incident stays open until a person or the runbook resolves it"
		if i.AcknowledgedAt.IsZero() && len(i.OpenPages()) > 0 {
			text = "every alert has cleared before anybody acknowledged; the page goes on and says so"
		}
		i.Log(at, Entry{Kind: EntryCleared, By: Actor{Name: i.Source, Door: DoorAlert, Verified: true}, Text: text})
	}
}

// SeverityChange is a request to set the severity.
type SeverityChange struct {
	To     Severity
	Reason string
}

// CheckSeverity says whether the change would be accepted.
func (i *Incident) CheckSeverity(c SeverityChange) error {
	if err := i.mustBeOpen(); err != nil {
		return err
	}
	rank := slices.Index(i.Severities, c.To)
	if rank < 0 {
		names := make([]string, 0, len(i.Severities))
		for _, s := range i.Severities {
			names = append(names, string(s))
		}
		return refuse("one of: "+strings.Join(names, ", "), "unknown severity %q", c.To)
	}
	if c.To == i.Severity {
		return refuse("", "%s is %s already", i.Key, c.To)
	}
	if i.Lowers(c.To) && strings.TrimSpace(c.Reason) == "" {
		return refuse("say why with a reason", "lowering %s to %s needs a reason", i.Severity, c.To)
	}
	return nil
}

// Lowers says whether a severity is less than the present one. To set one where there is none lowers nothing.
func (i *Incident) Lowers(to Severity) bool {
	return i.Severity != "" && slices.Index(i.Severities, to)+1 > i.Level()
}

// SetSeverity sets the severity and answers a question that waits for it.
func (i *Incident) SetSeverity(at time.Time, by Actor, c SeverityChange) error {
	if err := i.CheckSeverity(c); err != nil {
		return err
	}
	text := fmt.Sprintf("%s sets %s", by, c.To)
	if i.Severity != "" {
		text = fmt.Sprintf("%s changes %s to %s", by, i.Severity, c.To)
	}
	if c.Reason != "" {
		text += " – " + c.Reason
	}
	i.Severity = c.To
	i.Log(at, Entry{Kind: EntrySeverity, By: by, Text: text})
	for _, q := range i.OpenQuestions() {
		if q.Kind == QuestionSeverity {
			q.State, q.Choice, q.By, q.ClosedAt = QuestionAnswered, string(c.To), by, at
		}
	}
	return nil
}

// Assign gives a role to a person. Accepted is false while it is only offered.
func (i *Incident) Assign(at time.Time, by Actor, role Role, h Holder) error {
	if err := i.mustBeActive(); err != nil {
		return err
	}
	if role == "" || h.Person == "" {
		return refuse("name a role and a person of the roster", "nobody to assign")
	}
	if i.Holders == nil {
		i.Holders = map[Role]Holder{}
	}
	before, held := i.Holders[role]
	if held && before.Person == h.Person && (before.Accepted || !h.Accepted) {
		return nil // Offering a role to whoever has accepted it takes nothing back.
	}
	h.Since = at
	i.Holders[role] = h
	text := fmt.Sprintf("%s: %s", role, h.Name)
	switch {
	case held && before.Person == h.Person && h.Accepted:
		text += " (accepted)"
	case held:
		text += ", taken over from " + before.Name
	case !h.Accepted:
		text += " (offered)"
	}
	i.Log(at, Entry{Kind: EntryRole, By: by, Text: text})
	if h.Accepted {
		for _, q := range i.OpenQuestions() {
			if q.Kind == QuestionAssign && q.Role == role {
				q.State, q.Choice, q.By, q.ClosedAt = QuestionAnswered, ChoiceAccept, by, at
			}
		}
	}
	i.warnSecondRole(at, h)
	return nil
}

// Decline takes an offer of a role back, so that whoever has declined is not asked as its holder. A role that was
// accepted stays where it is.
func (i *Incident) Decline(role Role) {
	if h, held := i.Holders[role]; held && !h.Accepted {
		delete(i.Holders, role)
	}
}

// warnSecondRole says on the timeline when the commander holds another role; it does not forbid it.
func (i *Incident) warnSecondRole(at time.Time, h Holder) {
	if i.Holders[Commander].Person != h.Person {
		return
	}
	roles := make([]string, 0, len(i.Holders))
	for role, holder := range i.Holders {
		if role != Commander && holder.Person == h.Person {
			roles = append(roles, string(role))
		}
	}
	if len(roles) == 0 {
		return
	}
	slices.Sort(roles)
	i.Log(at, Entry{Kind: EntryNote, By: RunbookActor(), Text: h.Name + " has command and also holds " + strings.Join(roles, ", ")})
}

// Note writes a person's line on the timeline.
func (i *Incident) Note(at time.Time, by Actor, text string) error {
	if strings.TrimSpace(text) == "" {
		return refuse("", "an empty note says nothing")
	}
	i.Log(at, Entry{Kind: EntryNote, By: by, Text: text, Written: true})
	return nil
}

// EnterPhase begins a phase. Reaching recovery means that the impact is over, unless it was stamped before.
func (i *Incident) EnterPhase(at time.Time, p Phase) {
	if i.Phase == p {
		return
	}
	i.PhaseAt = at
	if i.MitigatedAt.IsZero() && (p == Eradication || p == Recovery) {
		i.MitigatedAt = at
	}
	i.Phase = p
	i.Log(at, Entry{Kind: EntryPhase, By: RunbookActor(), Text: string(p)})
}

// End is how an incident is to end.
type End struct {
	Ending Ending
	Reason string
	Of     string // of a duplicate: the other incident
}

// CheckEnd says whether the incident can be ended this way.
func (i *Incident) CheckEnd(e End) error {
	if err := i.mustBeOpen(); err != nil {
		return err
	}
	if !slices.Contains([]Ending{Resolved, FalseAlarm, Duplicate, Cancelled}, e.Ending) {
		return refuse("one of: resolved, false_alarm, duplicate, cancelled", "unknown ending %q", e.Ending)
	}
	if e.Ending == Cancelled && strings.TrimSpace(e.Reason) == "" {
		return refuse("say why with a reason", "cancelling %s needs a reason", i.Key)
	}
	return nil
}

// Finish ends the incident: every page and question is withdrawn, and nothing is acted on any more.
func (i *Incident) Finish(at time.Time, by Actor, e End) error {
	if err := i.CheckEnd(e); err != nil {
		return err
	}
	if e.Ending == Resolved {
		i.ResolvedAt = at
		if i.MitigatedAt.IsZero() {
			i.MitigatedAt = at
		}
	}
	i.withdrawPages()
	i.withdrawQuestions(at)
	i.Ending, i.EndedBy, i.EndReason = e.Ending, by, e.Reason
	text := strings.ReplaceAll(string(e.Ending), "_", " ")
	if by.Door != DoorRunbook {
		text += " by " + by.String()
	}
	if e.Of != "" {
		text += " of " + e.Of
	}
	if e.Reason != "" {
		text += " – " + e.Reason
	}
	i.Log(at, Entry{Kind: EntryEnded, By: by, Text: text})
	return nil
}

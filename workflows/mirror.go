package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// Mirrors make what is shown follow what is so: they wait until the two differ, and then set it. Ten clicks cost one
// or two calls, and nothing is forgotten after a crash.

// mirror lets the Temporal UI follow the incident: search attributes and the current details.
func (r *run) mirror(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		details := ""
		for {
			err := workflow.Await(ctx, func() bool { return r.details() != details || r.attributeText() != r.st.Shown.Attributes })
			if err != nil {
				return
			}
			if text := r.attributeText(); text != r.st.Shown.Attributes {
				r.st.Shown.Attributes = text
				if err := workflow.UpsertTypedSearchAttributes(ctx, r.attributeUpdates()...); err != nil {
					workflow.GetLogger(ctx).Warn("search attributes not set", "key", r.inc.Key, "error", err)
				}
			}
			details = r.details()
			workflow.SetCurrentDetails(ctx, details)
		}
	})
}

// The typed search attributes, by their names on the server.
var (
	attributeKey          = temporal.NewSearchAttributeKeyKeyword("IncidentKey")
	attributeSeverity     = temporal.NewSearchAttributeKeyKeyword("Severity")
	attributePhase        = temporal.NewSearchAttributeKeyKeyword("Phase")
	attributeService      = temporal.NewSearchAttributeKeyKeyword("Service")
	attributeTeam         = temporal.NewSearchAttributeKeyKeyword("Team")
	attributeCommander    = temporal.NewSearchAttributeKeyKeyword("Commander")
	attributeRunbook      = temporal.NewSearchAttributeKeyKeyword("Runbook")
	attributeSource       = temporal.NewSearchAttributeKeyKeyword("AlertSource")
	attributeEnvironment  = temporal.NewSearchAttributeKeyKeyword("Environment")
	attributeAcknowledged = temporal.NewSearchAttributeKeyTime("AcknowledgedAt")
	attributeResolved     = temporal.NewSearchAttributeKeyTime("ResolvedAt")
	attributeDetected     = temporal.NewSearchAttributeKeyTime("DetectedAt")
	attributeLevel        = temporal.NewSearchAttributeKeyInt64("EscalationLevel")
	attributeDrill        = temporal.NewSearchAttributeKeyBool("Drill")
	attributeTitle        = temporal.NewSearchAttributeKeyString("Title")
	attributeResponders   = temporal.NewSearchAttributeKeyKeywordList("Responders")
)

// attributeUpdates lists the search attributes that have a value. A count of alerts is left out: it would cost an
// event for each repeat.
func (r *run) attributeUpdates() []temporal.SearchAttributeUpdate {
	inc := r.inc
	var updates []temporal.SearchAttributeUpdate
	keywords := []struct {
		key   temporal.SearchAttributeKeyKeyword
		value string
	}{
		{attributeKey, string(inc.Key)},
		{attributeSeverity, string(inc.Severity)},
		{attributePhase, string(inc.Phase)},
		{attributeService, inc.Service},
		{attributeTeam, inc.Team},
		{attributeCommander, inc.Holders[incident.Commander].Name},
		{attributeRunbook, inc.Runbook},
		{attributeSource, inc.Source},
		{attributeEnvironment, inc.Environment},
	}
	for _, k := range keywords {
		if k.value != "" {
			updates = append(updates, k.key.ValueSet(k.value))
		}
	}
	times := []struct {
		key   temporal.SearchAttributeKeyTime
		value time.Time
	}{{attributeAcknowledged, inc.AcknowledgedAt}, {attributeResolved, inc.ResolvedAt}, {attributeDetected, inc.DetectedAt}}
	for _, t := range times {
		if !t.value.IsZero() {
			updates = append(updates, t.key.ValueSet(t.value))
		}
	}
	if responders := r.responders(); len(responders) > 0 {
		updates = append(updates, attributeResponders.ValueSet(responders))
	}
	return append(updates,
		attributeLevel.ValueSet(int64(r.escalationLevel())), attributeDrill.ValueSet(inc.Drill), attributeTitle.ValueSet(r.publicTitle()))
}

// attributeText is the search attributes as one comparable text.
func (r *run) attributeText() string {
	inc := r.inc
	return fmt.Sprint(inc.Key, inc.Severity, inc.Phase, inc.Holders[incident.Commander].Name, inc.AcknowledgedAt,
		inc.ResolvedAt, r.responders(), r.escalationLevel())
}

// attributes are the search attributes for the review.
func (r *run) attributes() temporal.SearchAttributes {
	return temporal.NewSearchAttributes(r.attributeUpdates()...)
}

// responders lists who has acknowledged or holds a role, in order.
func (r *run) responders() []string {
	var out []string
	for _, p := range r.involved() {
		out = append(out, string(p))
	}
	slices.Sort(out)
	return out
}

// involved lists who belongs into the room: who has acknowledged, who holds a role, who is asked.
func (r *run) involved() []oncall.PersonID {
	var out []oncall.PersonID
	add := func(p oncall.PersonID) {
		if p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	for _, p := range r.inc.Pages {
		add(p.AckedBy.Person)
	}
	for _, role := range sortedKeys(r.inc.Holders) {
		add(r.inc.Holders[role].Person)
	}
	return out
}

// escalationLevel is the highest level that an open page has reached; 0 = no page is open.
func (r *run) escalationLevel() int {
	level := 0
	for _, p := range r.inc.OpenPages() {
		level = max(level, p.Level+1)
	}
	return level
}

// topic is the room's topic.
func (r *run) topic() string {
	parts := []string{string(r.inc.Key), orElse(string(r.inc.Severity), "severity not set")}
	if !r.inc.Open() {
		parts = append(parts, string(r.inc.Ending))
	} else if r.inc.Phase != "" {
		parts = append(parts, string(r.inc.Phase))
	}
	if h, ok := r.inc.Holders[incident.Commander]; ok {
		parts = append(parts, "commander "+h.Name)
	}
	return r.marked(strings.Join(parts, " · "))
}

// questionMessage shows a question with a button for each answer, or how it ended.
func (r *run) questionMessage(ctx workflow.Context, q *incident.Question) contract.Message {
	m := contract.Message{Text: q.Text, Mention: q.Addressed}
	for _, item := range q.Checklist {
		m.Text += "\n• " + item
	}
	if q.State != incident.QuestionOpen {
		m.Mention = nil
		m.Text += "\n→ " + ended(q)
		return m
	}
	m.Buttons = r.here(ctx).Answers(q)
	return m
}

// ended is how a question ended, in words.
func ended(q *incident.Question) string {
	switch q.State {
	case incident.QuestionAnswered:
		return q.Label(q.Choice) + " (" + q.By.String() + ")"
	case incident.QuestionTimedOut:
		if q.Choice != "" {
			return q.Label(q.Choice) + " (nobody answered in time)"
		}
		return "nobody answered in time"
	case incident.QuestionWithdrawn, incident.QuestionOpen:
	}
	return "withdrawn"
}

// settledPosts lists the posted questions that are no longer open, whose buttons must give way.
func (r *run) settledPosts(ctx workflow.Context) []contract.SettledPost {
	var out []contract.SettledPost
	for _, message := range sortedKeys(r.st.Shown.Questions) {
		q := r.inc.Question(r.st.Shown.Questions[message])
		if q != nil && q.State != incident.QuestionOpen {
			out = append(out, contract.SettledPost{Message: message, Now: r.markedMessage(r.questionMessage(ctx, q))})
		}
	}
	return out
}

// roomDiffers says whether the room shows something else than what is so.
func (r *run) roomDiffers() bool {
	if r.inc.Room.ID == "" {
		return false
	}
	if r.topic() != r.st.Shown.Topic || r.cardText() != r.st.Shown.Card || r.bookmarksDiffer() {
		return true
	}
	for _, message := range sortedKeys(r.st.Shown.Questions) {
		if q := r.inc.Question(r.st.Shown.Questions[message]); q != nil && q.State != incident.QuestionOpen {
			return true
		}
	}
	return len(r.uninvited()) > 0
}

// uninvited lists who belongs into the room and has not been invited by the mirror.
func (r *run) uninvited() []oncall.PersonID {
	return slices.DeleteFunc(r.involved(), func(p oncall.PersonID) bool { return slices.Contains(r.st.Shown.Invited, string(p)) })
}

// showRoom makes the room show what is so, all of it in one call. What is refused counts as shown, so that it is not
// tried for ever; it is written down.
func (r *run) showRoom(ctx workflow.Context) error {
	req := contract.ShowRoomRequest{
		Effect: contract.Effect{Key: r.inc.ID + "/card", Intended: r.inc.DeclaredAt, Again: r.st.Shown.CardTried},
		Room:   r.inc.Room.ID, CardID: r.st.Shown.CardID, Invite: r.uninvited(), Settled: r.settledPosts(ctx),
	}
	topic, text := r.topic(), r.cardText()
	if topic != r.st.Shown.Topic {
		req.Topic = topic
	}
	if text != r.st.Shown.Card {
		card := r.markedMessage(r.card(ctx))
		req.Card = &card
	}
	if r.bookmarksDiffer() {
		req.Bookmarks = r.bookmarks()
	}
	r.st.Shown.CardTried = r.st.Shown.CardID == ""
	out, err := call(ctx, contract.ShowRoom, req)
	if err != nil && !isType(err, contract.RefusedType) {
		return err
	}
	problems := out.Problems
	if err != nil {
		problems = append(problems, plain(err))
	}
	r.logUnshown(ctx, problems)
	r.st.Shown.Topic, r.st.Shown.Card = topic, text
	r.st.Shown.CardID = orElse(out.CardID, r.st.Shown.CardID)
	for _, p := range req.Invite {
		r.st.Shown.Invited = append(r.st.Shown.Invited, string(p))
	}
	for _, s := range req.Settled {
		delete(r.st.Shown.Questions, s.Message)
	}
	if req.Bookmarks != nil {
		r.bookmarked(ctx, req.Bookmarks, out.Bookmarked || err != nil)
	}
	return nil
}

// logUnshown writes down what the room does not show. What is refused again and again in the same words is written once.
func (r *run) logUnshown(ctx workflow.Context, problems []string) {
	for _, p := range problems {
		text := "the room does not show everything: " + p
		if r.since(versionRoom) && slices.ContainsFunc(r.inc.Timeline, func(e incident.Entry) bool { return e.Text == text }) {
			continue
		}
		r.log(ctx, incident.Entry{Kind: incident.EntryProblem, Text: text})
	}
}

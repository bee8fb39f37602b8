package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// The card is the pinned message of the room, one message that is changed: where the incident stands, at a glance, and
// the buttons of the hour. The same links are the room's bookmarks.

// card is the pinned message.
func (r *run) card(ctx workflow.Context) contract.Message {
	m := contract.Message{Buttons: r.cardButtons(ctx), Pin: true}
	if !r.since(versionRoom) {
		m.Text = strings.ReplaceAll(r.details(), "**", "")
		return m
	}
	card := contract.Standing(r.glanced())
	m.Text, m.Card = card.Text(), &card
	return m
}

// cardText is the card as one comparable text.
func (r *run) cardText() string {
	if r.since(versionRoom) {
		return contract.Standing(r.glanced()).Text() + fmt.Sprint(r.inc.Open() && len(r.inc.OpenPages()) > 0)
	}
	buttons := ""
	if r.inc.Open() {
		buttons = fmt.Sprint(len(r.inc.OpenPages()) > 0, r.inc.Severity == "")
	}
	return r.details() + buttons
}

// glanced is what of the incident the card and the bookmarks show.
func (r *run) glanced() contract.Snapshot {
	return contract.Snapshot{Incident: *r.inc, Paused: r.st.Paused, Record: r.st.Record, Links: r.links(), NextUpdate: r.nextUpdate()}
}

// links are those of the runbook.
func (r *run) links() []contract.Link {
	var out []contract.Link
	for _, l := range r.in.Runbook.Links {
		out = append(out, contract.Link{Name: l.Name, URL: l.URL})
	}
	return out
}

// updateColumn is the column of the severity table that says how often customers are told.
const updateColumn = "update"

// nextUpdate is when customers are to hear again, by the severity table: zero where nobody has told them anything yet,
// where the table does not say how often, and after the last word.
func (r *run) nextUpdate() time.Time {
	if len(r.inc.Updates) == 0 || !r.inc.Open() {
		return time.Time{}
	}
	last := r.inc.Updates[len(r.inc.Updates)-1]
	every, err := span(r.rowOf(&r.in.Runbook).Columns[updateColumn])
	if err != nil || every <= 0 || last.Status == string(incident.Resolved) {
		return time.Time{}
	}
	return last.At.Add(every)
}

// cardButtons are the acts that make sense now.
func (r *run) cardButtons(ctx workflow.Context) []contract.Button {
	if !r.inc.Open() {
		return nil
	}
	var buttons []contract.Button
	if len(r.inc.OpenPages()) > 0 {
		buttons = append(buttons, r.button(ctx, "Acknowledge", contract.VerbAck, ""))
	}
	if r.inc.Severity == "" {
		for _, s := range r.inc.Severities {
			buttons = append(buttons, r.button(ctx, string(s), contract.VerbSeverity, string(s)))
		}
	}
	if r.since(versionRoom) && !r.inc.Holders[incident.Commander].Accepted {
		buttons = append(buttons, r.button(ctx, "Take command", contract.VerbAssign, string(incident.Commander)))
	}
	resolve := r.button(ctx, "Resolve", contract.VerbResolve, "")
	resolve.Danger = true
	return append(append(buttons, r.formButtons(ctx)...), resolve)
}

// button makes a button that reaches this incident.
func (r *run) button(ctx workflow.Context, label string, verb contract.Verb, value string) contract.Button {
	return r.here(ctx).Button(label, verb, value)
}

// here is how buttons find this incident.
func (r *run) here(ctx workflow.Context) contract.Reach {
	return contract.Reach{Incident: workflow.GetInfo(ctx).WorkflowExecution.ID, Key: r.inc.Key}
}

// bookmarks are the links on top of the room. Drills share a room, so theirs would replace one another.
func (r *run) bookmarks() []contract.Link {
	if r.inc.Drill {
		return nil
	}
	shown := r.glanced()
	return shown.Addresses()
}

// bookmarksText is the bookmarks as one comparable text.
func bookmarksText(links []contract.Link) string {
	var b strings.Builder
	for _, l := range links {
		b.WriteString(l.Name + " " + l.URL + "\n")
	}
	return b.String()
}

// bookmarksDiffer says whether bookmarks are to be set. They rest for a while when they could not be.
func (r *run) bookmarksDiffer() bool {
	return r.since(versionRoom) && r.unmarked.IsZero() && bookmarksText(r.bookmarks()) != r.st.Shown.Bookmarks
}

// bookmarked notes that bookmarks were set, or lets them rest: they are the least of what a room shows, and nothing else
// may wait for them.
func (r *run) bookmarked(ctx workflow.Context, links []contract.Link, done bool) {
	if done {
		r.st.Shown.Bookmarks = bookmarksText(links)
		return
	}
	r.unmarked = now(ctx).Add(chatPause)
	workflow.Go(ctx, func(ctx workflow.Context) {
		// An error means that the run is over; the next one tries at once.
		_, _ = wait(ctx, waiting{
			summary: "the bookmarks could not be set; try again",
			done:    func() bool { return r.draining }, until: timeAt(r.unmarked),
		})
		r.unmarked = time.Time{}
	})
}

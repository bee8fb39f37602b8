package workflows

import (
	"fmt"
	"strings"

	"github.com/musterbook/musterbook/incident"
)

// wakingPages is the stem of the pages that wake people for a question.
func (r *run) wakingPages(q *incident.Question) string { return r.inc.ID + "/" + q.Key + "/turn/" }

// wokenFor is the open question that a page wakes somebody for; nil = none.
func (r *run) wokenFor(p *incident.Page) *incident.Question {
	for _, q := range r.inc.OpenQuestions() {
		if strings.HasPrefix(p.Key, r.wakingPages(q)) {
			return q
		}
	}
	return nil
}

// inVain says what came of a page that ends without an acknowledgement. One that woke somebody for a question says what
// nobody has answered: whether anybody has the incident is told by its own pages.
func (r *run) inVain(p *incident.Page) string {
	if q := r.wokenFor(p); q != nil && r.since(versionPrecise) {
		text := fmt.Sprintf("Nobody has answered “%s”: %s was called and has not acknowledged", q.Text, p.Levels[p.Level].Target)
		if !q.Deadline.IsZero() {
			text += fmt.Sprintf("; it is asked again at %s", q.Deadline.Format("15:04 MST"))
		}
		return text
	}
	return fmt.Sprintf("Nobody has acknowledged %s after %s.", r.inc.Key, rounds(p.Rounds))
}

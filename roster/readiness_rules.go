package roster

import (
	"fmt"
	"strings"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// ringsWithin is how long after its attempts the time of a level begins at the latest.
const ringsWithin = 30 * time.Second

// unreachedRules tells which contact rules a level leaves no time for: whoever has them believes to be called again.
func (r *readiness) unreachedRules() {
	for _, p := range r.book.Policies {
		for n, level := range p.Levels {
			for _, id := range r.everybodyOf(level.Targets) {
				r.unreached(fmt.Sprintf("policies.%s: level %d", p.Name, n+1), level, calledBy{id, p.Urgency})
			}
		}
	}
}

// calledBy is somebody who is told of something that urgent.
type calledBy struct {
	id      oncall.PersonID
	urgency oncall.Urgency
}

// unreached tells of the rules of one person that begin after a level is over.
func (r *readiness) unreached(what string, level oncall.Level, of calledBy) {
	person, known := r.book.Person(of.id)
	if !known || level.Ack == 0 {
		return
	}
	var late []string
	for _, rule := range person.Rules(of.urgency, r.config.Ways()...) {
		if rule.After >= level.Ack+ringsWithin {
			late = append(late, minutesText(rule.After))
		}
	}
	if len(late) > 0 {
		r.warn("give the level more time with ack, or the rules earlier times",
			"%s lasts %s, so people.%s is not told after %s by it", what, minutesText(level.Ack), of.id, strings.Join(late, " and "))
	}
}

// minutesText is a length of time as the file has it.
func minutesText(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// everybodyOf is everybody whom names can mean now or later, each once.
func (r *readiness) everybodyOf(names []string) []oncall.PersonID {
	var ids []oncall.PersonID
	for _, name := range names {
		if s, ok := r.book.Schedule(name); ok {
			ids = append(ids, r.everybodyOn(s)...)
			continue
		}
		ids = append(ids, r.peopleNow(name)...)
	}
	return distinct(ids)
}

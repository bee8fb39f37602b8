package incident

import (
	"fmt"
	"strings"
	"time"
)

// ForgottenAt is when an acknowledged page is called again, unless somebody does something on the incident before; zero =
// never.
func (i *Incident) ForgottenAt(p *Page) time.Time {
	if p.State != PageAcknowledged || p.Forgets <= 0 || !i.Open() {
		return time.Time{}
	}
	last := p.AckedAt
	if i.WorkedAt.After(last) {
		last = i.WorkedAt
	}
	return last.Add(p.Forgets)
}

// minutes is a span in whole minutes, as people write it.
func minutes(d time.Duration) string { return strings.TrimSuffix(d.Round(time.Minute).String(), "0s") }

// CallAgain opens a page that was acknowledged and forgotten: it begins with its first level, as a page that nobody has
// acknowledged.
func (i *Incident) CallAgain(at time.Time, p *Page) {
	i.Log(at, Entry{
		Kind: EntryEscalate, By: RunbookActor(), Step: p.Step,
		Text: fmt.Sprintf("%s acknowledged %s ago, and nothing has happened for %s; calling again", p.AckedBy, minutes(at.Sub(p.AckedAt)), minutes(p.Forgets)),
	})
	p.State, p.AckedBy, p.AckedAt, p.AckLevel, p.AckCall = PageOpen, Actor{}, time.Time{}, 0, false
	p.Level, p.Exhausted, p.Next, p.Later = 0, false, false, nil
	p.LevelAt, p.ClockAt, p.StartedAt = time.Time{}, time.Time{}, at
	p.Round, p.Rounds = p.Round+1, p.Rounds+p.Round+1 // attempts of rounds before are not this round's
}

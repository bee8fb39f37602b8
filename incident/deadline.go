package incident

import "time"

// Bounds of a level's time.
const (
	clockCap      = 30 * time.Second // the level's clock starts without a ring after this
	longestRepeat = 15 * time.Minute // between two calls of the fallback
)

// Deadline is when the next level is called. The clock starts when a telephone rings, is answered or has failed; a lost
// callback does not stop it. A page that repeats for ever does so at growing intervals. It counts once the present level
// is being called (LevelAt).
func (p *Page) Deadline() time.Time {
	patience := p.Patience()
	if p.Exhausted {
		for n := p.Rounds; n < p.Round && patience < longestRepeat; n++ {
			patience = min(2*patience, longestRepeat)
		}
	}
	if held := p.HeldBack(); !held.IsZero() {
		return held.Add(clockCap + patience)
	}
	if !p.ClockAt.IsZero() {
		return p.ClockAt.Add(patience)
	}
	return p.LevelAt.Add(clockCap + patience)
}

package gateway

import (
	"context"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// lastLines is how many lines of the timeline belong to a summary.
const lastLines = 5

// Standing is where an incident stands, as plain text of several lines: what everybody asks who comes to it. Of the
// timeline it shows the last lines that the snapshot holds.
func Standing(s contract.Snapshot) string {
	return contract.Standing(s).LastLines(s.Incident.Timeline, lastLines).Text()
}

// Standing is where an incident stands, with the last lines of its timeline, as a card. A timeline that does not come is
// left out: the rest is worth more than nothing.
func (d *Incidents) Standing(ctx context.Context, key incident.Key) (contract.Card, error) {
	s, err := d.Show(ctx, key)
	if err != nil {
		return contract.Card{}, err
	}
	card := contract.Standing(s)
	part, err := d.Timeline(ctx, s.Incident.Key, max(0, s.Incident.Seq-lastLines))
	if err != nil {
		d.log.Warn("a summary goes without the timeline", "incident", s.Incident.Key, "error", err)
		return card, nil
	}
	return card.LastLines(part.Entries, lastLines), nil
}

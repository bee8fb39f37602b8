package slack

import (
	"context"
	"encoding/json"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/incident"
)

// retire takes the buttons off a message whose question is over, and says how it
// ended: somebody has just pressed one of them in vain. It sets, so it is
// idempotent by nature; the incident's own look at the message says the same.
func (d *Desk) retire(ctx context.Context, in interaction, c click) {
	if c.act.Question == "" || in.Channel.ID == "" || in.Message.TS == "" {
		return
	}
	shown, err := d.door.Show(ctx, c.target)
	if err != nil {
		d.log.Info("it is not known whether a question is over; its buttons stay", "error", err)
		return
	}
	q := shown.Incident.Question(c.act.Question)
	if q == nil || q.Over() == nil {
		return
	}
	var payload struct {
		Message struct {
			Blocks slack.Blocks `json:"blocks"`
		} `json:"message"`
	}
	if err := json.Unmarshal(in.raw, &payload); err != nil {
		d.log.Warn("a message with stale buttons cannot be read; they stay", "error", err)
		return
	}
	var kept []slack.Block
	for _, b := range payload.Message.Blocks.BlockSet {
		if b.BlockType() != slack.MBTAction {
			kept = append(kept, b)
		}
	}
	ended := escape("→ " + overText(q))
	kept = append(kept, slack.NewContextBlock("", markdown(shorten(ended, maxSection))))
	_, _, _, err = d.client.api.UpdateMessageContext(ctx, in.Channel.ID, in.Message.TS,
		slack.MsgOptionText(shorten(in.Message.Text+"\n"+ended, maxFallback), false), slack.MsgOptionBlocks(kept...))
	if err != nil {
		d.log.Warn("stale buttons stay on a message", "error", classify("update a message", err))
	}
}

// overText is how a question ended.
func overText(q *incident.Question) string {
	if err := q.Over(); err != nil {
		return err.Error()
	}
	return ""
}

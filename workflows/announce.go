package workflows

import (
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// The announcement is one message in a channel for everybody, which follows the incident: declared, its severity, how it
// ended. It has a line of its own, so that a channel that refuses or hangs holds up nothing. Only an incident whose
// declaration names a channel has one; private incidents and drills have none.

// announcement is the message as it should stand, with its comparable text; empty = none.
func (r *run) announcement() (contract.Message, string) {
	if r.st.Announce == "" || r.inc.Private || r.inc.Drill || r.inc.Key == "" {
		return contract.Message{}, ""
	}
	state, tone := "declared", contract.ToneRed
	if !r.inc.Open() {
		state, tone = strings.ReplaceAll(string(r.inc.Ending), "_", " "), contract.ToneGreen
	}
	parts := nonEmpty(string(r.inc.Key), orElse(string(r.inc.Severity), "severity not set"), r.inc.Service, r.inc.Title, state)
	text := strings.Join(parts, " · ")
	if r.inc.Room.URL != "" && r.inc.Open() {
		text += "\n" + r.inc.Room.URL
	}
	return contract.Message{Text: text, Tone: tone}, text
}

// announcementDiffers says whether the channel shows something else than what is so.
func (r *run) announcementDiffers() bool {
	_, text := r.announcement()
	return text != "" && text != r.st.Shown.Announced.Text
}

// announcing is the announcement's place among what a cut takes back.
const announcing = "announcement"

// announce keeps the announcement in step with the incident, until the run ends.
func (r *run) announce(ctx workflow.Context) {
	if r.st.Announce == "" {
		return
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			err := workflow.Await(ctx, func() bool { return !r.draining && !r.raised && r.announcementDiffers() })
			if err != nil {
				return
			}
			own, stop := workflow.WithCancel(ctx)
			r.polls[announcing] = stop
			r.effects++
			again := r.sendAnnouncement(own)
			r.effects--
			delete(r.polls, announcing)
			stop()
			if again {
				_, err = wait(ctx, waiting{
					summary: "the channel could not be told; try again", done: func() bool { return r.draining },
					until: timeAt(now(ctx).Add(chatPause)),
				})
			}
			if err != nil {
				return
			}
		}
	})
}

// sendAnnouncement posts or changes the message; it answers whether that is to be tried again after a while. What is
// refused counts as shown, so that it is not tried for ever; it is written down.
func (r *run) sendAnnouncement(ctx workflow.Context) (again bool) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: contract.QueueChat, StartToCloseTimeout: 15 * time.Second, ScheduleToCloseTimeout: longDelivery,
		WaitForCancellation: true, Summary: "announce the incident",
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute},
	})
	shown := &r.st.Shown.Announced
	message, text := r.announcement()
	req := contract.AnnounceRequest{
		Effect:  contract.Effect{Key: r.inc.ID + "/announcement", Intended: r.inc.DeclaredAt, Again: shown.Tried},
		Channel: r.st.Announce, Message: message, Posted: shown.Posted,
	}
	shown.Tried = true
	out, err := call(ctx, contract.Announce, req)
	switch {
	case err == nil:
		shown.Text, shown.Posted = text, out.Posted
	case temporal.IsCanceledError(err): // a cut has taken it back; the next run looks first
	case isType(err, contract.RefusedType):
		shown.Text = text
		r.log(ctx, incident.Entry{Kind: incident.EntryProblem, Text: "not announced in " + r.st.Announce + ": " + plain(err)})
	default:
		workflow.GetLogger(ctx).Warn("the announcement does not follow; it is tried again", "key", r.inc.Key, "error", err)
		return true
	}
	return false
}

package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// errandCallback is the callback id of the modals of acts.
const errandCallback = "act"

// errand is an act that lacks something which its modal asks for; the modal
// carries it along. A button and a word of a command make the same errand.
type errand struct {
	Verb     contract.Verb `json:"v"`
	Incident string        `json:"i,omitempty"` // workflow id, when a button knows it
	Key      incident.Key  `json:"k,omitempty"`
	Question string        `json:"q,omitempty"`
	Step     string        `json:"s,omitempty"`
	Value    string        `json:"c,omitempty"`
	Page     string        `json:"p,omitempty"`
	Role     incident.Role `json:"o,omitempty"`
	Reason   string        `json:"w,omitempty"` // of an end, as it was said
	Undo     string        `json:"d,omitempty"` // of an end, as it was said
	Room     string        `json:"r,omitempty"`
	RoomName string        `json:"m,omitempty"`
	Respond  string        `json:"u,omitempty"` // where the answer is whispered
	Home     bool          `json:"h,omitempty"` // it was opened there, and the answer is shown there
	Nonce    string        `json:"n"`           // the trigger that opened the modal: makes the act recognisable
}

// target is the incident that is meant.
func (e errand) target() Target {
	return Target{WorkflowID: e.Incident, Key: e.Key, Room: e.Room, RoomName: e.RoomName}
}

// asks says whether a button needs more than a click. Buttons that stand in rooms
// from before they said so are known by what they do: a rejection wants a reason,
// an end is asked about once more, and a form wants its fields.
func (p press) asks() bool {
	switch p.Verb {
	case contract.VerbReject, contract.VerbResolve, contract.VerbCancel:
		return true
	case contract.VerbAnswer:
		return p.Form || p.Value == incident.ChoiceFilled
	}
	return p.Form
}

// errandOf is what a button that needs more than a click is about.
func errandOf(in interaction, c click) errand {
	return errand{
		Verb: c.verb, Incident: c.target.WorkflowID, Key: c.act.Key, Question: c.act.Question, Value: c.act.Value, Page: c.act.Page,
		Room: in.Channel.ID, RoomName: in.Channel.Name, Respond: in.ResponseURL, Nonce: in.TriggerID, Home: in.atHome(),
	}
}

// maxSaid bounds a reason that a modal carries along, in characters: all that it
// carries has 3000 bytes, and a character may need six of them.
const maxSaid = 300

// errandByWord is what a command is about that lacks something.
func errandByWord(c command, o order) errand {
	return errand{
		Verb: o.verb, Key: o.act.Key, Step: o.act.Step, Value: o.act.Value, Role: o.act.Role,
		Reason: clip(o.act.Reason, maxSaid), Undo: o.act.Undo, Room: c.Room, RoomName: c.RoomName, Respond: c.ResponseURL, Nonce: c.TriggerID,
	}
}

// run opens the modal of an errand, and fills it when Slack has its answer; where
// the incident refuses already then, refused goes on. It is idempotent by the
// trigger.
func (d *Desk) run(ctx context.Context, e errand, refused func(context.Context)) (answer, error) {
	title := errandTitle(e.Verb)
	m, again, err := d.open(ctx, e.Nonce, title)
	if err != nil || again {
		return answer{}, err
	}
	return answer{once: true, then: func(ctx context.Context) {
		if err := d.drawErrand(ctx, m, e); err != nil {
			d.excuse(ctx, m, title, err)
			if isRefusal(err) {
				refused(ctx)
			}
		}
	}}, nil
}

// drawErrand fills the modal with what the act lacks, as the incident stands now.
func (d *Desk) drawErrand(ctx context.Context, m modal, e errand) error {
	shown, err := d.door.Show(ctx, e.target())
	if err != nil {
		return err
	}
	inc := &shown.Incident
	if e.Key == "" {
		e.Key = inc.Key
	}
	q, err := e.question(inc)
	if err != nil {
		return err
	}
	var o Offer
	if e.Verb == contract.VerbPage || e.Verb == contract.VerbAssign {
		if o, err = d.door.Offer(ctx, Draft{Runbook: inc.Runbook}); err != nil {
			d.log.Info("the incident's runbook is not known here; the default's roles are shown", "runbook", inc.Runbook, "error", err)
			if o, err = d.door.Offer(ctx, Draft{}); err != nil {
				return err
			}
		}
	}
	if q != nil && e.Question == "" {
		e.Question = q.Key
	}
	blocks := append(errandHead(inc, q), errandBlocks(e, &shown, q, o)...)
	view, err := asking(frame(errandTitle(e.Verb), blocks...), errandCallback, errandSubmit(e.Verb), e)
	if err != nil {
		return err
	}
	return d.fill(ctx, m, view)
}

// question is the one that the errand answers; nil where it answers none. One that
// is over is a refusal that says how it ended.
func (e errand) question(inc *incident.Incident) (*incident.Question, error) {
	var q *incident.Question
	switch {
	case e.Question != "":
		q = inc.Question(e.Question)
	case e.Step != "":
		for _, known := range slices.Backward(inc.Questions) {
			if known.Step == e.Step {
				q = known
				break
			}
		}
	default:
		return nil, nil
	}
	if q == nil {
		return nil, &incident.Refusal{What: "nothing waits for an answer there"}
	}
	return q, q.Over()
}

// finish carries the act out that a modal was filled in for. It is idempotent by
// the modal's nonce, however often Slack sends it. A refusal is shown in the
// modal, and nothing that was typed is lost.
func (d *Desk) finish(ctx context.Context, in interaction) (answer, error) {
	var e errand
	if err := json.Unmarshal([]byte(in.View.PrivateMetadata), &e); err != nil {
		return answer{}, fmt.Errorf("read what the modal is about: %w", err)
	}
	if in.User.ID == "" || e.Nonce == "" || !slices.Contains(contract.Verbs(), e.Verb) {
		return answer{}, errors.New("the payload lacks user.id, or the modal's act")
	}
	given, err := readEntered(in.View.State)
	if err != nil {
		return answer{}, err
	}
	if len(given) == 0 { // each of our modals asks for something
		return answer{}, errors.New("the payload lacks what was entered")
	}
	act, problems := d.actOf(ctx, e, given)
	if len(problems) > 0 {
		return object(problems)
	}
	act.By = d.who(ctx, in.User.ID, in.name())
	if e.Verb == contract.VerbAssign && act.Person == "" {
		act.Person, act.PersonName = string(act.By.Person), act.By.Name
	}
	receipt, err := d.door.Act(ctx, e.target(), e.Verb, act)
	text := d.say(receipt, err)
	if err != nil {
		return object(map[string]string{errandBlame(given, text): text})
	}
	return answer{then: func(ctx context.Context) { d.answerTo(ctx, in, e, text) }}, nil
}

// answerTo tells somebody what came of a modal: where it was opened, else as a
// message of their own.
func (d *Desk) answerTo(ctx context.Context, in interaction, e errand, text string) {
	switch {
	case e.Home:
		d.showHome(ctx, in.User.ID, wish{name: in.name(), since: time.Now(), said: text})
		return
	case e.Respond != "":
		d.whisper(ctx, e.Respond, text)
		return
	}
	if err := d.inform(ctx, in.User.ID, "act/"+e.Nonce, text); err != nil {
		d.log.Warn("the result of a modal could not be shown to the person", "error", err)
	}
}

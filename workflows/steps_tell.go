package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// reviewTime is how long the review of a text for people outside may take before people are reminded.
const reviewTime = "15m"

// reviewField is the text that is reviewed, as the approval may change it.
const reviewField = "message"

// tellAudience tells people outside, after whoever must confirm the text has done so. A message whose fate is not known
// holds: customers are never told twice by a machine.
func (r *run) tellAudience(ctx workflow.Context, n *node) error {
	req, err := r.updateRequest(ctx, n)
	if err != nil {
		return err
	}
	out, err := callSystem(ctx, r, "tell "+req.Audience, contract.PublishUpdate, req)
	n.sr.Polled++
	if err != nil {
		return err
	}
	r.inc.Told(incident.Update{Audience: req.Audience, Status: req.Status, Message: req.Message, At: now(ctx), URL: out.URL})
	r.log(ctx, incident.Entry{Kind: incident.EntrySay, Step: n.address(), Text: fmt.Sprintf("to %s: %s", req.Audience, nonEmptyJoin(req.Message, req.Status))})
	for _, p := range out.Problems {
		r.problem(ctx, n.address(), p)
	}
	n.sr.Output = map[string]any{"url": out.URL}
	return nil
}

// updateRequest fills in what an audience is told, and has it confirmed.
func (r *run) updateRequest(ctx workflow.Context, n *node) (contract.UpdateRequest, error) {
	u := n.s.Update
	message, err := r.text(ctx, n, "message", u.Message)
	if err != nil {
		return contract.UpdateRequest{}, err
	}
	status, err := r.text(ctx, n, "status", u.Status)
	if err != nil {
		return contract.UpdateRequest{}, err
	}
	components, err := r.texts(ctx, n, "components", u.Components)
	if err != nil {
		return contract.UpdateRequest{}, err
	}
	if message, err = r.reviewed(ctx, n, message); err != nil {
		return contract.UpdateRequest{}, err
	}
	return contract.UpdateRequest{
		Effect: r.effect(ctx, n, "update"), Audience: u.Audience, Owner: r.inc.ID, Incident: r.inc.Key, Title: r.publicTitle(),
		Severity: r.inc.Severity, Status: status, Message: message, Components: components, Room: r.inc.Room.ID,
	}, nil
}

// callSystem is a short effect on a system; a cut waits for it.
func callSystem[In, Out any](ctx workflow.Context, r *run, summary string, a contract.Activity[In, Out], req In) (Out, error) {
	r.effects++
	defer func() { r.effects-- }()
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: contract.QueueMain, StartToCloseTimeout: 15 * time.Second, ScheduleToCloseTimeout: 2 * time.Minute, Summary: summary,
		WaitForCancellation: true,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 10 * time.Second, MaximumAttempts: 5,
		},
	})
	out, err := call(ctx, a, req)
	return out, systemError(err)
}

// reviewed waits until the text is confirmed by the role that must confirm it. Silence only reminds: nothing leaves
// unread, and a no holds the step. Whoever confirms it may put it into other words, which are returned.
func (r *run) reviewed(ctx workflow.Context, n *node, message string) (string, error) {
	role := r.reviewer(n)
	if role == "" {
		return message, nil
	}
	a := r.asking(ctx, n, asking{
		kind: incident.QuestionApprove, who: []string{string(role)}, quorum: 1,
		text:    fmt.Sprintf("To %s: “%s” May it leave?", n.s.Update.Audience, message),
		choices: []incident.Choice{{Key: incident.ChoiceYes, Label: "Send it"}, {Key: incident.ChoiceNo, Label: "Do not"}},
		form:    []incident.FormField{{Name: reviewField, Type: "string", Required: true, Default: message, Description: "What is sent"}},
	})
	if n.s.OnTimeout == nil {
		a.silence, a.remind, a.timeout = silenceRepeats, orElse(n.s.Timeout, reviewTime), ""
	}
	q, err := r.askPeople(ctx, a)
	if err != nil {
		return "", err
	}
	n.sr.By = q.By.String()
	if q.Choice != incident.ChoiceYes {
		return "", &missing{what: fmt.Sprintf("%s did not let the text leave: %s", q.By, orElse(q.Reason, "no reason given"))}
	}
	if other, ok := q.Fields[reviewField].(string); ok {
		return other, nil
	}
	return message, nil
}

// reviewer is who must confirm the text of an update; empty = nobody. Of a private incident nothing reaches customers
// unread, although its runbook, which is not private, asks for no review.
func (r *run) reviewer(n *node) incident.Role {
	if n.s.Update.Review == "" && n.s.Update.Audience == "customers" && r.inc.Private && !r.in.Runbook.Private {
		return incident.Commander
	}
	return n.s.Update.Review
}

// evidence keeps a piece of evidence with its hash.
func (r *run) evidence(ctx workflow.Context, n *node) error {
	e := n.s.Evidence
	req := contract.EvidenceRequest{Incident: r.inc.Key, Effect: r.effect(ctx, n, "evidence"), By: r.inc.Holders[incident.Commander].Name}
	for _, f := range []struct {
		name, source string
		into         *string
	}{{"evidence", e.Text, &req.Text}, {"file", e.File, &req.File}, {"sha256", e.SHA256, &req.SHA256}, {"link", e.Link, &req.Link}} {
		text, err := r.text(ctx, n, f.name, f.source)
		if err != nil {
			return err
		}
		*f.into = text
	}
	req.Text = r.marked(req.Text)
	out, err := callSystem(ctx, r, "keep evidence", contract.KeepEvidence, req)
	if err != nil {
		return err
	}
	r.inc.Keep(incident.Evidence{ID: out.ID, Text: req.Text, File: req.File, SHA256: req.SHA256, Link: req.Link, At: now(ctx)})
	r.log(ctx, incident.Entry{Kind: incident.EntryNote, Step: n.address(), Text: "evidence: " + nonEmptyJoin(req.Text, req.SHA256)})
	n.sr.Output = map[string]any{"id": out.ID}
	return nil
}

// postmortem drafts the postmortem from the record.
func (r *run) postmortem(ctx workflow.Context, n *node) error {
	template, err := r.text(ctx, n, "template", n.s.Postmortem.Template)
	if err != nil {
		return err
	}
	publish, err := r.texts(ctx, n, "publish", n.s.Postmortem.Publish)
	if err != nil {
		return err
	}
	if r.inc.Drill {
		publish = r.wouldPublish(ctx, n, publish)
	}
	out, err := callSystem(ctx, r, "draft the postmortem", contract.DraftPostmortem, contract.PostmortemRequest{
		Effect: r.effect(ctx, n, "postmortem"), Incident: *r.inc, Template: template, Publish: publish,
	})
	if err != nil {
		return err
	}
	for _, p := range out.Problems {
		r.problem(ctx, n.address(), p)
	}
	r.inc.Postmortem = out.URL
	text := "The postmortem's draft: " + out.URL
	if within := n.s.Postmortem.ReviewWithin; within != "" {
		text += ", to be reviewed within " + within
	}
	r.log(ctx, incident.Entry{Kind: incident.EntryRecord, Step: n.address(), Text: text})
	r.post(ctx, posting{key: r.effectKey(n, "postmortem"), message: contract.Message{Text: text}})
	n.sr.Output = map[string]any{"url": out.URL}
	return nil
}

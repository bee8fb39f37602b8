package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// ActTime is how long an incident may take to answer an act where the caller has no tighter limit.
const ActTime = 5 * time.Second

// signalTime bounds what is done after an act's own time is up, so that the act is not lost.
const signalTime = 2 * time.Second

// pendingText answers an act that no worker has seen yet.
const pendingText = "recorded; it applies when a worker is back"

// Deed is one thing that a person does.
type Deed struct {
	Verb contract.Verb
	// Act's ID makes the deed recognisable when it is sent twice: by it the deed is idempotent. Empty = a new deed.
	Act contract.Act
	// Within is how long the caller waits for the incident's answer; zero = ActTime. When it is up, the deed is left as
	// a signal, which takes two more seconds at the most.
	Within time.Duration
}

// Act carries out a deed on an incident that is named by its key. The receipt is pending when Temporal has the deed
// durably and no worker has answered. Errors: *Refusal (final, for the person's ears), *Away (not recorded).
func (d *Incidents) Act(ctx context.Context, key incident.Key, deed Deed) (contract.Receipt, error) {
	deed, err := d.complete(deed)
	if err != nil {
		return contract.Receipt{}, d.count(err)
	}
	began := d.now()
	key = NormalKey(string(key))
	_, known := d.places.find(key)
	place, err := d.place(ctx, key, deed.Within/2)
	if err != nil {
		return contract.Receipt{}, d.count(err)
	}
	deed.Act.Key = place.Key
	deed.Within = max(deed.Within-d.now().Sub(began), deed.Within/2)
	if place.Ending != "" {
		return d.counted(d.actAt(ctx, []string{contract.ReviewID(string(key)), place.WorkflowID}, deed))
	}
	receipt, err := d.actAt(ctx, targets(place.WorkflowID, place.Key), deed)
	var refused *Refusal
	if errors.As(err, &refused) && known {
		// What is remembered may be of an incident that has ended since, and the workflow id be another's by now: then
		// the deed is for the review, and the review's word counts.
		fresh, freshErr := d.placeNow(ctx, key, deed.Within/2)
		if freshErr == nil && fresh.Ending != "" {
			later, laterErr := d.actAt(ctx, []string{contract.ReviewID(string(key))}, deed)
			if !errors.As(laterErr, &refused) || refused.Kind != RefusedClosed {
				return d.counted(later, laterErr)
			}
		}
	}
	return d.counted(receipt, err)
}

// ActOn carries out a deed on the incident of a workflow id, as buttons and telephones carry it. Where the act has a
// key too, it never reaches another incident under the same id, and finds the review of one that has ended.
func (d *Incidents) ActOn(ctx context.Context, workflowID string, deed Deed) (contract.Receipt, error) {
	deed, err := d.complete(deed)
	if err != nil {
		return contract.Receipt{}, d.count(err)
	}
	return d.counted(d.actAt(ctx, targets(workflowID, deed.Act.Key), deed))
}

// targets are the workflows that may take a deed, in order: the incident, then its review.
func targets(workflowID string, key incident.Key) []string {
	if key == "" {
		return []string{workflowID}
	}
	return []string{workflowID, contract.ReviewID(string(key))}
}

// complete checks the verb and fills in what a deed lacks.
func (d *Incidents) complete(deed Deed) (Deed, error) {
	if !slices.Contains(contract.Verbs(), deed.Verb) {
		names := make([]string, 0, len(contract.Verbs()))
		for _, v := range contract.Verbs() {
			names = append(names, string(v))
		}
		return deed, &Refusal{
			Kind: RefusedInput, What: fmt.Sprintf("unknown verb %q", deed.Verb), Hint: "one of: " + strings.Join(names, ", "),
		}
	}
	if deed.Act.ID == "" {
		deed.Act.ID = rand.Text()
	}
	if deed.Within == 0 {
		deed.Within = ActTime
	}
	if deed.Verb == contract.VerbPage && d.owners != nil {
		if owner, ok := d.owners.Owner(deed.Act.Value); ok {
			deed.Act.Value = owner
		}
	}
	if deed.Act.Person == "" || d.people == nil {
		return deed, nil
	}
	person, ok := personOf(d.people, deed.Act.Person)
	if !ok {
		return deed, &Refusal{
			Kind: RefusedInput, What: fmt.Sprintf("unknown person %q", deed.Act.Person), Hint: "give the name or the e-mail that the roster has",
		}
	}
	deed.Act.Person, deed.Act.PersonName = string(person.ID), person.Name
	return deed, nil
}

// personOf finds a person by id or by e-mail.
func personOf(people People, who string) (oncall.Person, bool) {
	if strings.Contains(who, "@") {
		return people.PersonByEmail(who)
	}
	return people.Person(oncall.PersonID(who))
}

// actAt sends the deed to the first of the workflows that is open: as an update, and when the answer does not come in
// time, as a signal with the same id, of which the workflow drops the second.
func (d *Incidents) actAt(ctx context.Context, workflows []string, deed Deed) (contract.Receipt, error) {
	patient, cancel := context.WithTimeout(ctx, deed.Within)
	defer cancel()
	for _, id := range workflows {
		receipt, err := d.update(patient, id, deed)
		switch {
		case err == nil:
			return receipt, nil
		case gone(err):
			continue
		case !worthRepeating(err):
			return contract.Receipt{}, failed(string(deed.Verb), err)
		}
		d.log.Warn("no answer in time; leaving the act as a signal", "verb", deed.Verb, "workflow", id, "act", deed.Act.ID, "error", err)
		// The person has acted: that is recorded even when the caller has hung up by now.
		left, done := context.WithTimeout(context.WithoutCancel(ctx), signalTime)
		err = d.leave(left, id, deed)
		done()
		if gone(err) {
			continue
		}
		if err != nil {
			return contract.Receipt{}, failed(string(deed.Verb), err)
		}
		return contract.Receipt{Text: pendingText, Pending: true}, nil
	}
	return contract.Receipt{}, d.closed(ctx, workflows[0], deed.Act.Key)
}

// update sends the deed as an update, which is answered. It is idempotent by the act's id.
func (d *Incidents) update(ctx context.Context, workflowID string, deed Deed) (contract.Receipt, error) {
	var receipt contract.Receipt
	handle, err := d.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: workflowID, UpdateID: deed.Act.ID, UpdateName: string(contract.UpdateOf(deed.Verb)),
		Args: []any{deed.Act}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return receipt, err
	}
	return receipt, handle.Get(ctx, &receipt)
}

// leave sends the deed as a signal, which is durable at once. It is idempotent by the act's id.
func (d *Incidents) leave(ctx context.Context, workflowID string, deed Deed) error {
	return d.send(ctx, parcel{
		workflowID: workflowID, request: digestOf(workflowID, string(deed.Verb), deed.Act.ID),
		name: string(contract.SignalOf(deed.Verb)), payload: deed.Act,
	})
}

// closed is the refusal of an act that no open workflow took. It asks whether there ever was one.
func (d *Incidents) closed(ctx context.Context, workflowID string, key incident.Key) error {
	name := string(key)
	if name == "" {
		name = "this incident"
	}
	ctx, cancel := context.WithTimeout(ctx, signalTime)
	defer cancel()
	if _, err := d.client.DescribeWorkflow(ctx, workflowID, ""); gone(err) && key == "" {
		return &Refusal{Kind: RefusedAbsent, What: "unknown incident", Hint: "list shows the incidents that are open"}
	}
	return &Refusal{Kind: RefusedClosed, What: name + " is closed", Hint: "declare a new one if the trouble is back"}
}

// CallStatus passes on a telephone provider's word about one attempt. It is idempotent by what it says: the same word
// twice is dropped. Nothing is left to tell an incident that has closed, so that is no error.
func (d *Incidents) CallStatus(ctx context.Context, status contract.CallStatus) error {
	if err := d.passOn(ctx, status); err != nil {
		return err
	}
	if status.Person == "" || status.Status != incident.CallAnswered && !status.Status.Final() {
		return nil
	}
	others, err := d.Companions(ctx, status.Person, status.Provider)
	if err != nil {
		return err
	}
	for _, other := range others {
		if other == status.Callback {
			continue
		}
		told := status
		told.Callback = other
		if err := d.passOn(ctx, told); err != nil {
			return err
		}
	}
	return nil
}

// passOn tells one incident how far an attempt of its got.
func (d *Incidents) passOn(ctx context.Context, status contract.CallStatus) error {
	err := d.send(ctx, parcel{
		workflowID: status.WorkflowID, name: string(contract.CallSignal), payload: status,
		request: digestOf(status.WorkflowID, status.Page, fmt.Sprint(status.Attempt), status.Provider, string(status.Status)),
	})
	if gone(err) {
		d.log.Info("status of a call whose incident has closed", "incident", status.Key, "status", status.Status)
		return nil
	}
	if err != nil {
		return failed("pass on the status of a call", err)
	}
	return nil
}

// counted counts how a deed ended.
func (d *Incidents) counted(receipt contract.Receipt, err error) (contract.Receipt, error) {
	switch {
	case err != nil:
		return contract.Receipt{}, d.count(err)
	case receipt.Pending:
		d.counts.pending.Add(1)
	default:
		d.counts.acts.Add(1)
	}
	return receipt, nil
}

// count counts a deed that was not carried out.
func (d *Incidents) count(err error) error {
	var refusal *Refusal
	var away *Away
	switch {
	case errors.As(err, &refusal):
		d.counts.refused.Add(1)
	case errors.As(err, &away):
		d.counts.away.Add(1)
	}
	return err
}

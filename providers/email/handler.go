package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// Incidents is what the page of a mail asks of an incident.
type Incidents interface {
	// Brief answers what a page is about. A slow answer is cut off by the context.
	Brief(ctx context.Context, at contract.Callback) (contract.Briefing, error)
	// Act does what a person pressed. It is idempotent by the act's ID. A request that is not carried out is an
	// *incident.Refusal or a *contract.Refused, whose sentence the person reads; any other error means that nothing is
	// known to have happened, and the person may press again.
	Act(ctx context.Context, workflowID string, verb contract.Verb, act contract.Act) (contract.Receipt, error)
}

// Bounds of one request.
const (
	largestBody = 4 << 10 // bytes; the form has no fields
	briefWithin = 4 * time.Second
	actWithin   = 10 * time.Second
)

// handler serves the pages of links.
type handler struct {
	*Client
	incidents Incidents
}

// Handler serves the page of a mail's link under /mail/. To look at it does nothing, because mail filters follow links; its
// one button acknowledges. Everything that a request needs stands in its sealed address.
func (c *Client) Handler(incidents Incidents) http.Handler {
	h := &handler{Client: c, incidents: incidents}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+pagePath, h.opened(h.show))
	mux.HandleFunc("POST "+pagePath, h.opened(h.press))
	return mux
}

// opened reads the ticket first. Refusals are plain text: who sends them may be anybody.
func (h *handler) opened(serve func(http.ResponseWriter, *http.Request, ticket)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		guard(w.Header())
		t, err := h.unseal(r.URL.Query().Get(queryTicket))
		switch {
		case errors.Is(err, errExpired):
			http.Error(w, fmt.Sprintf("%v. To acknowledge: muster ack %s, or the chat room.", err, oneLine(t.Key)), http.StatusGone)
			return
		case err != nil:
			h.config.Log.Warn("a mail's link was refused", "why", err)
			http.Error(w, fmt.Sprintf("%v. To acknowledge: muster ack and the incident's number, or the chat room.", err), http.StatusForbidden)
			return
		}
		if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, largestBody)); err != nil {
			http.Error(w, "The request is too large, or was broken off.", http.StatusRequestEntityTooLarge)
			return
		}
		serve(w, r, t)
	}
}

// show says what it is about, and offers the button while the page is open. It changes nothing.
func (h *handler) show(w http.ResponseWriter, r *http.Request, t ticket) {
	ctx, cancel := context.WithTimeout(r.Context(), briefWithin)
	defer cancel()
	brief, err := h.incidents.Brief(ctx, t.Callback)
	if err != nil {
		// The key alone must do: somebody is awake, and can still take it.
		h.config.Log.Warn("the incident does not answer a mail's page", "incident", t.Key, "error", err)
		h.write(w, http.StatusOK, view{Key: t.Key, About: "Incident " + t.Key + " needs you. Its details cannot be read at the moment.", Button: true})
		return
	}
	v := view{Key: t.Key, About: brief.Say}
	switch {
	case brief.Closed:
		v.About, v.Outcome = "", t.Key+" is closed. You are not needed any more."
	case brief.AckedBy != "":
		v.Outcome = "Already acknowledged by " + brief.AckedBy + "."
	default:
		v.Button = true
	}
	h.write(w, http.StatusOK, v)
}

// press acknowledges, and says who has it. It is idempotent by the attempt: whoever presses twice reads the same twice.
func (h *handler) press(w http.ResponseWriter, r *http.Request, t ticket) {
	person, known := h.config.People.Person(t.Person)
	if !known {
		http.Error(w, "This link was made for somebody who is not in the configuration any more.", http.StatusForbidden)
		return
	}
	// Not the request's context: who pressed may have gone when the result comes, and the button counts all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), actWithin)
	defer cancel()
	receipt, err := h.incidents.Act(ctx, t.WorkflowID, contract.VerbAck, contract.Act{
		ID:   fmt.Sprintf("mail/%s/%d", t.Page, t.Attempt),
		By:   incident.Actor{Person: t.Person, Name: nameOf(person), Door: incident.DoorMail, Verified: true},
		Key:  incident.Key(t.Key),
		Page: t.Page,
	})
	if err == nil {
		h.write(w, http.StatusOK, view{Key: t.Key, Outcome: sentence(receipt.Text)})
		return
	}
	if what, hint, ruled := contract.Ruling(err); ruled {
		h.write(w, http.StatusConflict, view{Key: t.Key, Outcome: sentence(what), Hint: sentence(hint)})
		return
	}
	h.config.Log.Error("a mail's button was not passed on", "incident", t.Key, "error", err)
	h.write(w, http.StatusServiceUnavailable, view{
		Key: t.Key, Outcome: "It could not be recorded.", Hint: "Press again, or use the chat room, or: muster ack " + t.Key, Button: true,
	})
}

// nameOf is how a person is shown.
func nameOf(p oncall.Person) string {
	if p.Name != "" {
		return p.Name
	}
	return string(p.ID)
}

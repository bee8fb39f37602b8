package twilio

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// status passes on what Twilio says about an attempt, in whatever order it comes: the incident knows the order of a
// call's life. It is idempotent because the incident drops what it has heard.
func (h *handler) status(ctx context.Context, w webhook) ([]byte, error) {
	s, err := readStatus(w)
	if err != nil {
		return nil, err
	}
	if s.Status == "" {
		h.config.Log.Warn("status of Twilio is not known; left out", "status", w.form.Get("CallStatus")+w.form.Get("MessageStatus"))
		return nil, nil
	}
	if err := h.incidents.CallStatus(ctx, s); err != nil {
		return nil, fmt.Errorf("pass on that %s is %s: %w", s.Provider, s.Status, err)
	}
	return nil, nil
}

// readStatus decodes a status callback of a call or a message.
func readStatus(w webhook) (contract.CallStatus, error) {
	s := contract.CallStatus{Callback: w.ticket.Callback, Provider: w.form.Get("CallSid"), Person: w.ticket.Person}
	raw := w.form.Get("CallStatus")
	if s.Provider == "" {
		s.Provider, raw, s.Person = w.form.Get("MessageSid"), w.form.Get("MessageStatus"), ""
	}
	if s.Provider == "" || raw == "" {
		return s, &problem{http.StatusBadRequest, "a call or a message and its status are expected"}
	}
	s.Status = callStatus(raw)
	if s.Status == incident.CallFailed {
		s.Detail = detail(w)
	}
	return s, nil
}

// callStatus translates the statuses of calls and of messages; what is not known is CallPlanned.
func callStatus(raw string) incident.CallStatus {
	switch raw {
	case "queued", "accepted", "scheduled", "sending":
		return incident.CallQueued
	case "initiated":
		return incident.CallInitiated
	case "ringing":
		return incident.CallRinging
	case "in-progress", "answered":
		return incident.CallAnswered
	case "completed":
		return incident.CallCompleted
	case "busy":
		return incident.CallBusy
	case "no-answer":
		return incident.CallNoAnswer
	case "canceled":
		return incident.CallCanceled
	case "failed", "undelivered":
		return incident.CallFailed
	case "sent":
		return incident.CallSent
	case "delivered", "read", "partially_delivered":
		return incident.CallDelivered
	default:
		return incident.CallPlanned
	}
}

// detail says why an attempt failed, with what can be done about it.
func detail(w webhook) string {
	if code, err := strconv.Atoi(w.form.Get("ErrorCode")); err == nil && code > 0 {
		return errorDetail(code)
	}
	if sip := w.form.Get("SipResponseCode"); strings.TrimSpace(sip) != "" {
		if n, err := strconv.Atoi(sip); err == nil {
			return fmt.Sprintf("the network answered SIP %d", n)
		}
	}
	return ""
}

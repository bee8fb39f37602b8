package twilio

import (
	"context"
	"net/url"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// voice begins a call that was answered, and begins it again when no key was pressed. That somebody, or something,
// answers is no acknowledgement.
func (h *handler) voice(ctx context.Context, w webhook) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, briefWithin)
	defer cancel()
	key, round := w.ticket.Key, count(w.query, queryRounds)
	h.answered(ctx, w)
	brief, err := h.incidents.Brief(ctx, w.ticket.Callback)
	if err != nil {
		waits := count(w.query, queryWaits)
		h.config.Log.Warn("the incident does not answer a call", "incident", key, "waits", waits, "error", err)
		if waits < mostWaits {
			return h.oneMoment(pathVoice, w.sealed, url.Values{queryRounds: {w.query.Get(queryRounds)}}, waits), nil
		}
		// The key alone must do: somebody is awake, and can still take it.
		return h.menu(w.sealed, "incident "+key+" needs you. Its details cannot be read at the moment", round), nil
	}
	switch {
	case brief.Closed:
		return speak(key+" is closed. You are not needed any more", "Goodbye"), nil
	case brief.AckedBy != "":
		return speak(key+" is already acknowledged by "+brief.AckedBy, "Goodbye"), nil
	case brief.Say == "":
		return h.menu(w.sealed, "incident "+key+" needs you", round), nil
	default:
		return h.menu(w.sealed, brief.Say, round), nil
	}
}

// answered tells the incident that somebody has picked up, before a key can be pressed: the status callback that says so
// may come late or never, and an acknowledgement would then cut off the very call on which it was given. Of the two
// words the incident drops the second.
func (h *handler) answered(ctx context.Context, w webhook) {
	if w.query.Has(queryRounds) || w.query.Has(queryWaits) {
		return
	}
	err := h.incidents.CallStatus(ctx, contract.CallStatus{
		Callback: w.ticket.Callback, Provider: w.form.Get("CallSid"), Status: incident.CallAnswered,
	})
	if err != nil {
		h.config.Log.Warn("the incident was not told that a call is answered; the status callback tells it", "incident", w.ticket.Key, "error", err)
	}
}

// keys takes a key. Twilio asks for it by POST when a Gather got one; keys that could not be passed on come back in the
// address.
func (h *handler) keys(ctx context.Context, w webhook) ([]byte, error) {
	pressed := w.form.Get("Digits")
	if pressed == "" {
		pressed = w.query.Get(queryKeys)
	}
	k := h.config.Keys
	switch {
	case pressed == k.Ack:
		return h.once(w, func() []byte { return h.press(ctx, w, contract.VerbAck, pressed) }), nil
	case pressed == k.Escalate:
		return h.once(w, func() []byte { return h.press(ctx, w, contract.VerbEscalate, pressed) }), nil
	case pressed == k.Quiet && w.query.Get(querySure) == "":
		question := "To stop being called for " + w.ticket.Key + ", press " + k.Quiet + " again. To acknowledge, press " +
			k.Ack + ". To hear the incident again, wait."
		return render(h.listen(w.sealed, url.Values{querySure: {"1"}}, say{Text: question}), h.fromTheTop(w)), nil
	case pressed == k.Quiet:
		return h.once(w, func() []byte { return h.press(ctx, w, contract.VerbQuiet, pressed) }), nil
	case pressed == k.Repeat:
		return render(h.fromTheTop(w)), nil
	default:
		return render(say{Text: "That key has no meaning here."}, h.fromTheTop(w)), nil
	}
}

// fromTheTop leads back to the first words. A person who presses keys is there, so the rounds begin again.
func (h *handler) fromTheTop(w webhook) redirect {
	return redirect{Method: "POST", URL: h.address(pathVoice, w.sealed, nil)}
}

// press passes a key on and speaks the result. The act is idempotent by call and key.
func (h *handler) press(ctx context.Context, w webhook, verb contract.Verb, key string) []byte {
	// Not the request's context: Twilio may have gone when the result comes, and the key counts all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), actWithin)
	defer cancel()
	t := w.ticket
	receipt, err := h.incidents.Act(ctx, t.WorkflowID, verb, contract.Act{
		ID:   w.form.Get("CallSid") + "/" + key,
		By:   incident.Actor{Person: t.Person, Name: h.who(t.Person), Door: incident.DoorPhone, Verified: true},
		Key:  incident.Key(t.Key),
		Page: t.Page,
	})
	if err == nil {
		return speak(receipt.Text, "Goodbye")
	}
	if what, hint, ok := refusal(err); ok {
		return speak(what, hint, "Goodbye")
	}
	waits := count(w.query, queryWaits)
	h.config.Log.Error("a key was not passed on", "incident", t.Key, "verb", verb, "waits", waits, "error", err)
	if waits < mostWaits {
		again := url.Values{queryKeys: {key}}
		if verb == contract.VerbQuiet {
			again.Set(querySure, "1")
		}
		return h.oneMoment(pathGather, w.sealed, again, waits)
	}
	return speak("Your key could not be recorded. Please use the chat room, or the command: muster ack "+t.Key, "Goodbye")
}

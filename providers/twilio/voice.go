package twilio

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

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
		return h.menu(w.sealed, needsYou(key)+". Its details cannot be read at the moment", round, url.Values{}), nil
	}
	own, others := story{at: w.ticket.Callback, brief: brief}, h.others(ctx, w)
	if !own.waits() && len(others) == 0 {
		others = h.atTheEnd(ctx, w)
	}
	switch {
	case len(others) > 0:
		if own.waits() {
			others = slices.Insert(others, 0, own)
		}
		words, more := speech(others)
		return h.menu(w.sealed, words, round, more), nil
	case brief.Closed:
		return speak(key+" is closed. You are not needed any more", "Goodbye"), nil
	case brief.AckedBy != "":
		return speak(key+" is already acknowledged by "+brief.AckedBy, "Goodbye"), nil
	default:
		return h.menu(w.sealed, cmp.Or(brief.Say, needsYou(key)), round, url.Values{}), nil
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
		Callback: w.ticket.Callback, Provider: w.form.Get("CallSid"), Status: incident.CallAnswered, Person: w.ticket.Person,
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
		what, more := w.ticket.Key, url.Values{querySure: {"1"}}
		if told := w.query.Get(queryTold); told != "" {
			what = strings.ReplaceAll(told, ",", ", ")
			more.Set(queryTold, told)
		}
		question := "To stop being called for " + what + ", press " + k.Quiet + " again. To acknowledge, press " +
			k.Ack + ". To hear the incident again, wait."
		return render(h.listen(w.sealed, more, say{Text: question}), h.fromTheTop(w)), nil
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

// press passes a key on to each incident that was told, and speaks the results. The act is idempotent by call, key and
// incident.
func (h *handler) press(ctx context.Context, w webhook, verb contract.Verb, key string) []byte {
	// Not the request's context: Twilio may have gone when the result comes, and the key counts all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), actWithin)
	defer cancel()
	var results []string
	for _, at := range h.told(ctx, w) {
		said, err := h.pressFor(ctx, w, at, contract.Act{ID: w.form.Get("CallSid") + "/" + key}, verb)
		if err != nil {
			return h.pressLater(w, verb, key, err)
		}
		results = append(results, said...)
	}
	if !h.news(ctx, w) {
		return speak(append(results, "Goodbye")...)
	}
	verbs := make([]any, 0, len(results)+1)
	for _, said := range results {
		verbs = append(verbs, say{Text: spoken(said)})
	}
	return render(append(verbs, h.fromTheTop(w))...)
}

// pressFor does what a key means for one incident, and gives what is said of it. An error means that nothing is known to
// have happened.
func (h *handler) pressFor(ctx context.Context, w webhook, at contract.Callback, act contract.Act, verb contract.Verb) ([]string, error) {
	if at != w.ticket.Callback {
		act.ID += "/" + at.Key
	}
	act.By = incident.Actor{Person: w.ticket.Person, Name: h.who(w.ticket.Person), Door: incident.DoorPhone, Verified: true}
	act.Key, act.Page = incident.Key(at.Key), at.Page
	receipt, err := h.incidents.Act(ctx, at.WorkflowID, verb, act)
	if err == nil {
		return []string{receipt.Text}, nil
	}
	if what, hint, ok := contract.Ruling(err); ok {
		return []string{what, hint}, nil
	}
	return nil, err
}

// pressLater asks the caller to wait, and comes back with the key.
func (h *handler) pressLater(w webhook, verb contract.Verb, key string, err error) []byte {
	waits := count(w.query, queryWaits)
	h.config.Log.Error("a key was not passed on", "incident", w.ticket.Key, "verb", verb, "waits", waits, "error", err)
	if waits < mostWaits {
		again := url.Values{queryKeys: {key}}
		if verb == contract.VerbQuiet {
			again.Set(querySure, "1")
		}
		if told := w.query.Get(queryTold); told != "" {
			again.Set(queryTold, told)
		}
		return h.oneMoment(pathGather, w.sealed, again, waits)
	}
	return speak("Your key could not be recorded. Please use the chat room, or the command: muster ack "+w.ticket.Key, "Goodbye")
}

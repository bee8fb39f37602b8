package twilio

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/musterbook/musterbook/contract"
)

// One call may be made for several incidents: those that came while it was under way. It speaks of all that still wait, a
// key counts for those it has spoken of, and what has come meanwhile is told next.

// queryTold names the incidents that the caller has heard of, where there are several, so that a key never acknowledges
// what nobody has been told.
const queryTold = "told"

// mostTold is how many incidents one speech tells; the others come with the next one.
const mostTold = 4

// story is one incident that a call is made for.
type story struct {
	at    contract.Callback
	brief contract.Briefing
}

// waits says whether somebody still has to acknowledge.
func (s story) waits() bool { return !s.brief.Closed && s.brief.AckedBy == "" }

// others are the incidents that have joined a call and still wait. Those that do not answer are left out: the call that
// they would have got of their own comes at their next level.
func (h *handler) others(ctx context.Context, w webhook) []story {
	all, err := h.incidents.Companions(ctx, w.ticket.Person, w.form.Get("CallSid"))
	return h.waiting(ctx, w, all, err)
}

// waiting are those of a call's incidents, its own apart, that still wait. An incident that has joined its own call, because
// it came to its next level while that rang, is told once.
func (h *handler) waiting(ctx context.Context, w webhook, all []contract.Callback, err error) []story {
	if err != nil {
		h.config.Log.Warn("it is not known whether a call is made for other incidents too", "incident", w.ticket.Key, "error", err)
		return nil
	}
	var waiting []story
	told := []string{w.ticket.WorkflowID}
	for _, at := range all {
		if slices.Contains(told, at.WorkflowID) || len(waiting) == mostTold {
			continue
		}
		told = append(told, at.WorkflowID)
		brief, err := h.incidents.Brief(ctx, at)
		if err != nil {
			h.config.Log.Warn("an incident that has joined a call does not say what it is about", "incident", at.Key, "error", err)
			continue
		}
		if s := (story{at: at, brief: brief}); s.waits() {
			waiting = append(waiting, s)
		}
	}
	return waiting
}

// told are the incidents that a key counts for: those of the speech that it answers.
func (h *handler) told(ctx context.Context, w webhook) []contract.Callback {
	keys := w.query.Get(queryTold)
	if keys == "" {
		return []contract.Callback{w.ticket.Callback}
	}
	var all []contract.Callback
	known := strings.Split(keys, ",")
	if slices.Contains(known, w.ticket.Key) {
		all = append(all, w.ticket.Callback)
	}
	for _, s := range h.others(ctx, w) {
		if slices.Contains(known, s.at.Key) {
			all = append(all, s.at)
		}
	}
	return all
}

// atTheEnd are the incidents besides the call's own that still wait when it is about to end; no further one joins it. Where
// there are any that the caller has not heard of, it goes on after all.
func (h *handler) atTheEnd(ctx context.Context, w webhook) []story {
	all, err := h.incidents.Ending(ctx, w.ticket.Person, w.form.Get("CallSid"))
	return h.waiting(ctx, w, all, err)
}

// news says whether one of them is not among those that the caller has heard of.
func (h *handler) news(ctx context.Context, w webhook) bool {
	known := strings.Split(w.query.Get(queryTold), ",")
	return slices.ContainsFunc(h.atTheEnd(ctx, w), func(s story) bool { return !slices.Contains(known, s.at.Key) })
}

// speech is what is said of several incidents, and what a key then carries.
func speech(stories []story) (words string, more url.Values) {
	keys := make([]string, 0, len(stories))
	said := []string{strconv.Itoa(len(stories)) + " incidents need you."}
	if len(stories) == 1 {
		said = nil
	}
	for _, s := range stories {
		keys = append(keys, s.at.Key)
		said = append(said, spoken(cmp.Or(s.brief.Say, needsYou(s.at.Key))))
	}
	return strings.Join(said, " "), url.Values{queryTold: {strings.Join(keys, ",")}}
}

// needsYou are the words of an incident that has none.
func needsYou(key string) string { return "incident " + key + " needs you" }

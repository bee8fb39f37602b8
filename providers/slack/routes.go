package slack

import (
	"context"
	"strings"
)

// taker handles one interaction. It answers before the context's deadline; a
// modal is opened (views.open, whose trigger lives three seconds) before
// anything that talks to Temporal. An error says that the payload is malformed;
// what merely did not work is said to the person in the answer.
type taker func(ctx context.Context, in interaction) (answer, error)

// eventTaker handles one event. It is idempotent by the event's ID: Slack sends
// an event again when it thinks that we did not get it, perhaps to another
// process. After an error Slack sends it again, up to three times; for what goes
// on after the answer it does not. An event's answer has no body.
type eventTaker func(ctx context.Context, e event) (answer, error)

// routes say who handles what. What stands in no table is acknowledged and
// ignored.
type routes struct {
	buttons   map[string]taker      // by what stands before the first dot of the action id
	submitted map[string]taker      // view_submission, by the modal's callback id
	closed    map[string]taker      // view_closed, by the modal's callback id
	shortcuts map[string]taker      // message_action and shortcut, by callback id
	events    map[string]eventTaker // by the type of the inner event
}

// table is the whole of it: one line for each thing that people can do.
func (d *Desk) table() routes {
	return routes{
		buttons: map[string]taker{
			strings.TrimSuffix(actionPrefix, "."): d.press,
			declareCallback:                       d.redraw,
			homeCallback:                          d.pressHome,
			mentionPrefix:                         d.openSpoken,
		},
		submitted: map[string]taker{declareCallback: d.declared, errandCallback: d.finish},
		closed:    map[string]taker{},
		shortcuts: map[string]taker{
			ShortcutDeclare:     d.declareByShortcut,
			ShortcutFromMessage: d.declareFromMessage,
			ShortcutTimeline:    d.addToTimeline,
		},
		events: map[string]eventTaker{
			"member_joined_channel": d.greet,
			homeEvent:               d.openHome,
			"reaction_added":        d.pin,
			"reaction_removed":      d.unpin,
			mentionEvent:            d.addressed,
		},
	}
}

// of is who handles an interaction; nil is nobody. Of several actions in one
// click the first that somebody handles decides, and takers see that one alone.
func (r routes) of(in *interaction) taker {
	switch in.Type {
	case "block_actions":
		for _, a := range in.Actions {
			word, _, _ := strings.Cut(a.ActionID, ".")
			if take := r.buttons[word]; take != nil {
				in.Actions = []action{a}
				return take
			}
		}
	case "view_submission":
		return r.submitted[in.View.CallbackID]
	case "view_closed":
		return r.closed[in.View.CallbackID]
	case "message_action", "shortcut":
		return r.shortcuts[in.CallbackID]
	}
	return nil
}

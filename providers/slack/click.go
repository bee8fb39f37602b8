package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// interaction is what we need of Slack's payload
// (https://docs.slack.dev/reference/interaction-payloads). The message itself
// and a modal's inputs are not read here: a strange block in them must not cost
// a click. Who needs them takes them from raw or State.
type interaction struct {
	Type        string `json:"type"`
	TriggerID   string `json:"trigger_id"`  // opens one modal, within three seconds
	CallbackID  string `json:"callback_id"` // of a shortcut
	ResponseURL string `json:"response_url"`
	User        struct {
		ID       string `json:"id"`
		Username string `json:"username"`
		Name     string `json:"name"`
	} `json:"user"`
	Channel struct { // empty in modals
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"channel"`
	Message struct { // what was clicked on, or what a shortcut is for
		TS       string `json:"ts"`
		ThreadTS string `json:"thread_ts"`
		Text     string `json:"text"` // in Slack's markup
	} `json:"message"`
	View    view     `json:"view"` // the modal or home that was acted in; empty in messages
	Actions []action `json:"actions"`

	raw json.RawMessage // the whole payload
}

// action is one press of a button, or choice of an element.
type action struct {
	ActionID string `json:"action_id"`
	BlockID  string `json:"block_id"`
	Value    string `json:"value"`
}

// view is a modal, or somebody's home, as an interaction carries it.
type view struct {
	Type            string `json:"type"` // "modal" or "home"
	ID              string `json:"id"`
	RootViewID      string `json:"root_view_id"`
	Hash            string `json:"hash"`
	CallbackID      string `json:"callback_id"`
	PrivateMetadata string `json:"private_metadata"`
	// State is what was entered: {"values": {block id: {action id: element}}}.
	State json.RawMessage `json:"state"`
}

// readInteraction reads a payload of any kind.
func readInteraction(payload []byte) (interaction, error) {
	var in interaction
	if err := json.Unmarshal(payload, &in); err != nil {
		return interaction{}, fmt.Errorf("read the field payload: %w", err)
	}
	in.raw = payload
	return in, nil
}

// name is what Slack calls the person, for want of a better name.
func (in interaction) name() string {
	if in.User.Name != "" {
		return in.User.Name
	}
	return in.User.Username
}

// press carries out what one of our buttons says. Slack shows nothing of the
// answer to a click, so the result goes to the response URL; a home has none and
// shows it itself.
func (d *Desk) press(ctx context.Context, in interaction) (answer, error) {
	c, err := readClick(in)
	if err != nil {
		return answer{}, err
	}
	if c.asks {
		over := func(ctx context.Context) { d.retire(ctx, in, c) }
		if in.atHome() {
			over = func(ctx context.Context) { d.hear(ctx, in, "") }
		}
		a, err := d.run(ctx, errandOf(in, c), over)
		if err == nil {
			return a, nil
		}
		return d.tell(in, d.say(contract.Receipt{}, err)), nil
	}
	act := c.act
	act.By = d.who(ctx, in.User.ID, in.name())
	if c.verb == contract.VerbAssign { // the button gives the role to whoever presses it
		act.Role, act.Value = incident.Role(act.Value), ""
		act.Person, act.PersonName = string(act.By.Person), act.By.Name
		if act.Person == "" {
			return d.tell(in, "You are not in the roster: a role needs somebody who can be called."), nil
		}
	}
	receipt, err := d.door.Act(ctx, c.target, c.verb, act)
	text, refused := d.say(receipt, err), isRefusal(err)
	return answer{then: func(ctx context.Context) {
		d.hear(ctx, in, text)
		if refused {
			d.retire(ctx, in, c)
		}
	}}, nil
}

// isRefusal tells whether an act was refused for good.
func isRefusal(err error) bool {
	var refusal *incident.Refusal
	return errors.As(err, &refusal) || contract.IsRefused(err)
}

// tell is the answer that says something to the person who clicked.
func (d *Desk) tell(in interaction, text string) answer {
	return answer{then: func(ctx context.Context) { d.hear(ctx, in, text) }}
}

// hear lets the person who clicked know what came of it, where they clicked.
func (d *Desk) hear(ctx context.Context, in interaction, text string) {
	if in.atHome() {
		d.showHome(ctx, in.User.ID, wish{name: in.name(), since: time.Now(), said: text})
		return
	}
	d.whisper(ctx, in.ResponseURL, text)
}

// click is a press of one of our buttons, in the contract's words.
type click struct {
	target Target
	verb   contract.Verb
	act    contract.Act // without By
	asks   bool         // it needs more than a click
}

// readClick reads the press of one of our buttons.
func readClick(in interaction) (click, error) {
	if len(in.Actions) == 0 {
		return click{}, errors.New("the payload lacks actions")
	}
	a := in.Actions[0]
	var p press
	if err := json.Unmarshal([]byte(a.Value), &p); err != nil {
		return click{}, fmt.Errorf("read the value of button %s: %w", a.ActionID, err)
	}
	if !slices.Contains(contract.Verbs(), p.Verb) {
		return click{}, fmt.Errorf("button %s: unknown verb %q", a.ActionID, p.Verb)
	}
	if in.User.ID == "" || in.TriggerID == "" {
		return click{}, errors.New("the payload lacks user.id or trigger_id")
	}
	key := incident.Key(p.Key)
	return click{
		verb:   p.Verb,
		asks:   p.asks(),
		target: Target{WorkflowID: p.Incident, Key: key, Room: in.Channel.ID, RoomName: in.Channel.Name},
		act:    contract.Act{ID: actID(in.TriggerID), Key: key, Value: p.Value, Question: p.Question, Page: p.Page},
	}, nil
}

// actID makes an act recognisable: Slack gives each click and each command a
// trigger of its own, and the same one when it sends it again.
func actID(trigger string) string { return "slack/" + trigger }

// trusts tells whether a response URL leads to Slack, or to where the API was
// configured to be.
func (c *Client) trusts(responseURL string) bool {
	u, err := url.Parse(responseURL)
	if err != nil {
		return false
	}
	if u.Scheme == "https" && (u.Host == "hooks.slack.com" || u.Host == "hooks.slack-gov.com") {
		return true
	}
	api, err := url.Parse(c.apiURL)
	return err == nil && api.Host != "" && u.Scheme == api.Scheme && u.Host == api.Host
}

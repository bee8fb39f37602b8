package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// interaction is what we need of Slack's payload
// (https://docs.slack.dev/reference/interaction-payloads/block_actions-payload).
// The message itself is not read: a strange block in it must not cost a click.
type interaction struct {
	Type        string `json:"type"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
	User        struct {
		ID       string `json:"id"`
		Username string `json:"username"`
		Name     string `json:"name"`
	} `json:"user"`
	Channel struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"channel"`
	Actions []struct {
		ActionID string `json:"action_id"`
		Value    string `json:"value"`
	} `json:"actions"`
}

// click is a press of one of our buttons, in the contract's words.
type click struct {
	user, userName string
	responseURL    string
	target         Target
	verb           contract.Verb
	act            contract.Act // without By
}

// readClick reads an interaction. ours is false for what is none of our clicks:
// other kinds of interactions, and other apps' or older versions' buttons.
func readClick(payload []byte) (c click, ours bool, err error) {
	var in interaction
	if err := json.Unmarshal(payload, &in); err != nil {
		return click{}, false, fmt.Errorf("read the field payload: %w", err)
	}
	if in.Type != "block_actions" {
		return click{}, false, nil
	}
	for _, a := range in.Actions {
		if !strings.HasPrefix(a.ActionID, actionPrefix) {
			continue
		}
		var p press
		if err := json.Unmarshal([]byte(a.Value), &p); err != nil {
			return click{}, false, fmt.Errorf("read the value of button %s: %w", a.ActionID, err)
		}
		if !slices.Contains(contract.Verbs(), p.Verb) {
			return click{}, false, fmt.Errorf("button %s: unknown verb %q", a.ActionID, p.Verb)
		}
		if in.User.ID == "" || in.TriggerID == "" {
			return click{}, false, errors.New("the payload lacks user.id or trigger_id")
		}
		return in.click(p), true, nil
	}
	return click{}, false, nil
}

func (in interaction) click(p press) click {
	name := in.User.Name
	if name == "" {
		name = in.User.Username
	}
	key := incident.Key(p.Key)
	return click{
		user: in.User.ID, userName: name, responseURL: in.ResponseURL, verb: p.Verb,
		target: Target{WorkflowID: p.Incident, Key: key, Room: in.Channel.ID, RoomName: in.Channel.Name},
		act:    contract.Act{ID: actID(in.TriggerID), Key: key, Value: p.Value, Question: p.Question, Page: p.Page},
	}
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

package slack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// command is a slash command as Slack sends it
// (https://docs.slack.dev/interactivity/implementing-slash-commands).
type command struct {
	Name        string `json:"command"` // "/muster"
	Text        string `json:"text"`    // with Slack's escapes
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
	User        string `json:"user_id"`
	UserName    string `json:"user_name"`
	Room        string `json:"channel_id"`
	RoomName    string `json:"channel_name"`
}

// commandIn is the command of a form.
func commandIn(form url.Values) command {
	return command{
		Name: form.Get("command"), Text: form.Get("text"),
		TriggerID: form.Get("trigger_id"), ResponseURL: form.Get("response_url"),
		User: form.Get("user_id"), UserName: form.Get("user_name"),
		Room: form.Get("channel_id"), RoomName: form.Get("channel_name"),
	}
}

// check finds what no command lacks.
func (c command) check() error {
	if c.User == "" || c.TriggerID == "" || c.Name == "" {
		return errors.New("the command lacks command, user_id or trigger_id")
	}
	return nil
}

// carryOut does what a command says and tells what came of it.
func (d *Desk) carryOut(ctx context.Context, c command, order order) string {
	receipt, err := d.perform(ctx, c, order)
	return d.say(receipt, err)
}

// perform does what a command says. It is idempotent by the command's trigger.
func (d *Desk) perform(ctx context.Context, c command, order order) (contract.Receipt, error) {
	switch order.kind {
	case orderHelp:
		return contract.Receipt{Text: help(c.Name)}, nil
	case orderTell:
		return contract.Receipt{Text: d.tellAbout(ctx, Target{Key: order.act.Key, Room: c.Room, RoomName: c.RoomName}, order.topic)}, nil
	case orderAct, orderErrand, orderDeclare: // a declaration has its own way, see declareFor
	}
	act := order.act
	act.ID, act.By = actID(c.TriggerID), d.who(ctx, c.User, c.UserName)
	if !d.resolve(ctx, order.verb, &act) {
		return contract.Receipt{Text: "That person is not in the roster."}, nil
	}
	d.nameAll(ctx, &act)
	to := Target{Key: act.Key, Room: c.Room, RoomName: c.RoomName}
	return d.door.Act(ctx, to, order.verb, act)
}

// declareFor begins the incident that a command declares.
func (d *Desk) declareFor(ctx context.Context, c command, n Declaration) (Declared, error) {
	n.ID, n.Room, n.By = actID(c.TriggerID), c.Room, d.who(ctx, c.User, c.UserName)
	n.Title = d.naming(ctx, n.Title)
	return d.door.Declare(ctx, n)
}

// resolve puts people of the roster in the place of Slack's mentions. It
// reports false when somebody is not in the roster.
func (d *Desk) resolve(ctx context.Context, verb contract.Verb, act *contract.Act) bool {
	if user := mentioned(act.Person); user != "" {
		who := d.who(ctx, user, "")
		act.Person, act.PersonName = string(who.Person), who.Name
		return who.Person != ""
	}
	if user := mentioned(act.Value); user != "" && verb == contract.VerbPage {
		act.Value = string(d.who(ctx, user, "").Person)
		return act.Value != ""
	}
	return true
}

// orderKind is what a command asks for.
type orderKind int

const (
	orderHelp orderKind = iota
	orderDeclare
	orderAct
	orderErrand // an act that lacks something; a modal asks for it
	orderTell
)

// order is a command that was understood.
type order struct {
	kind        orderKind
	verb        contract.Verb
	act         contract.Act // without ID and By
	declaration Declaration  // without ID, Room and By
	usage       string       // how it is written in full, of orderErrand
	topic       Topic        // of orderTell
}

// keyPattern is an incident's key as people type it.
var keyPattern = regexp.MustCompile(`(?i)^inc-[0-9]{1,9}$`)

// sevPattern is a severity of the usual kind.
var sevPattern = regexp.MustCompile(`(?i)^sev[0-9]$`)

// mentionPattern is a person as Slack writes them into a command.
var mentionPattern = regexp.MustCompile(`^<@([UW][A-Z0-9]+)(\|[^>]*)?>$`)

// mentioned is the user id of a mention; empty when the text is none.
func mentioned(text string) string {
	if m := mentionPattern.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// parseCommand reads what was typed after the slash command. The error is a
// sentence for the person who typed it.
func parseCommand(text string) (order, error) {
	verb, rest := split(text)
	switch strings.ToLower(verb) {
	case "":
		return order{kind: orderDeclare}, nil
	case "help":
		return order{kind: orderHelp}, nil
	case "declare":
		return order{kind: orderDeclare, declaration: parseDeclare(rest)}, nil
	case "status", "who":
		return parseTell(strings.ToLower(verb), rest)
	}
	if sevPattern.MatchString(verb) { // in a hurry the severity alone is enough
		verb, rest = "severity", hurried(verb, rest)
	}
	for _, w := range words() {
		if strings.EqualFold(verb, w.said) {
			return w.parse(rest)
		}
	}
	if why, ok := NotOffered()[contract.Verb(strings.ToLower(verb))]; ok {
		return order{}, fmt.Errorf("%s is not offered here: %s", strings.ToLower(verb), why)
	}
	return order{}, unknownWord(verb)
}

// unknownWord is the beginning of a text that is no command.
type unknownWord string

func (u unknownWord) Error() string {
	return fmt.Sprintf("%q is not a command; help lists them all", string(u))
}

func (w word) parse(rest string) (order, error) {
	o := order{kind: orderAct, verb: w.verb}
	if first, after := split(rest); keyPattern.MatchString(first) {
		o.act.Key, rest = incident.Key(strings.ToUpper(first)), after
	}
	full := o.act
	if w.read(rest, &full) {
		o.act = full
		return o, nil
	}
	if enough := askable()[w.verb]; enough != nil && enough(rest, &o.act) {
		o.kind, o.usage = orderErrand, w.said+" "+w.usage
		return o, nil
	}
	return order{}, fmt.Errorf("write it so: %s %s", w.said, w.usage)
}

// parseDeclare reads "[service=NAME] [severity=SEV2] [runbook=NAME] title". A
// declaration without a title is asked for in a modal.
func parseDeclare(rest string) (d Declaration) {
	for rest != "" {
		first, after := split(rest)
		name, value, found := strings.Cut(first, "=")
		switch {
		case found && strings.EqualFold(name, "service"):
			d.Service = value
		case found && strings.EqualFold(name, "severity"):
			d.Severity = incident.Severity(severityName(value))
		case found && strings.EqualFold(name, "runbook"):
			d.Runbook = value
		default:
			d.Title = rest
			return d
		}
		rest = after
	}
	return d
}

// split takes the first word off a text.
func split(text string) (first, rest string) {
	text = strings.TrimSpace(text)
	end := strings.IndexFunc(text, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\u00a0' })
	if end < 0 {
		return text, ""
	}
	return text[:end], strings.TrimSpace(text[end:])
}

// help says what can be said.
func help(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s declare [service=checkout] [severity=SEV2] what is wrong: declare an incident\n", name)
	fmt.Fprintf(&b, "%s: declare an incident in a form\n", name)
	for _, w := range words() {
		fmt.Fprintf(&b, "%s %s %s: %s\n", name, w.said, w.usage, w.does)
	}
	fmt.Fprintf(&b, "%s status [INC-1]: where things stand, for you alone\n", name)
	fmt.Fprintf(&b, "%s who [INC-1|service]: who is on call, and who has which role\n", name)
	fmt.Fprintf(&b, "%s sev1 [reason]: set the severity, in a hurry\n", name)
	b.WriteString("Without INC-1 it means the incident of the room where you are.")
	return b.String()
}

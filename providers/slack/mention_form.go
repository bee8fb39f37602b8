package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
)

// mentionPrefix begins the action ids of the buttons under answers to mentions.
const mentionPrefix = "mention"

// spoken is what a button carries of what was said, so that the form that it
// opens has it filled in. The zero value opens a blank one.
type spoken struct {
	Words  string `json:"w,omitempty"` // a command that lacks something
	Text   string `json:"t,omitempty"` // what is no command
	TS     string `json:"m,omitempty"` // the message
	Thread string `json:"h,omitempty"` // where everybody hears of a declaration
}

// prompt is an answer with one button.
type prompt struct {
	text    string
	label   string
	instead string // how to do it where no button can be shown
	about   spoken
}

// chatter is the answer to what is no command. Nobody is called because of a
// word of thanks: a click is wanted.
func chatter(m mention, text string) prompt {
	return prompt{
		text:    "Nothing was done. Declare it as an incident? " + addressName + " help lists what else can be said.",
		label:   declareTitle,
		instead: "Write: " + addressName + " declare what is wrong",
		about:   spoken{Text: clip(text, maxSummary), TS: m.TS, Thread: m.thread()},
	}
}

// onceMore is an order as it is taken from a mention: what ends an incident is
// asked about once more, because words that are meant for people ("cancel that,
// sorry") may begin like it.
func (o order) onceMore() order {
	if o.kind == orderAct && (o.verb == contract.VerbResolve || o.verb == contract.VerbCancel) {
		o.kind, o.usage = orderErrand, "/muster "+string(o.verb)+" reason"
	}
	return o
}

// lacking is the answer to a command that lacks something.
func lacking(m mention, o order, words string) prompt {
	if o.kind == orderDeclare {
		return prompt{
			text: "What is wrong? The form asks for it.", label: declareTitle,
			instead: "Write: " + addressName + " declare what is wrong",
			about:   spoken{Words: words, TS: m.TS, Thread: m.thread()},
		}
	}
	text := "That lacks something, which the form asks for."
	if o.verb == contract.VerbResolve || o.verb == contract.VerbCancel {
		text = "That ends the incident; the form asks once more."
	}
	return prompt{
		text: text, label: errandTitle(o.verb),
		instead: "Write it so: " + o.usage,
		about:   spoken{Words: words, TS: m.TS, Thread: m.thread()},
	}
}

// blocks are the text and its button. What does not fit on a button is said in
// words.
func (p prompt) blocks() []slack.Block {
	value, err := p.about.value()
	if err != nil {
		return []slack.Block{note(p.text + " " + p.instead)}
	}
	button := slack.NewButtonBlockElement(mentionPrefix+".open", value, plain(p.label, maxLabel)).WithStyle(slack.StylePrimary)
	return []slack.Block{note(p.text), slack.NewActionBlock("", button)}
}

// value is what stands on the button: texts are cut so that it fits, commands are
// not.
func (s spoken) value() (string, error) {
	for {
		raw, err := json.Marshal(s)
		if err != nil {
			return "", err
		}
		size := utf8.RuneCountInString(s.Text)
		switch {
		case utf8.RuneCount(raw) <= maxValue:
			return string(raw), nil
		case size < 2:
			return "", errors.New("what was said does not fit on a button")
		}
		s.Text = clip(s.Text, size*3/4)
	}
}

// openSpoken opens the form of a button, with what was said filled in. It is
// idempotent by the click's trigger.
func (d *Desk) openSpoken(ctx context.Context, in interaction) (answer, error) {
	var s spoken
	if len(in.Actions) == 0 || in.User.ID == "" || in.TriggerID == "" {
		return answer{}, errors.New("the payload lacks actions, user.id or trigger_id")
	}
	if err := json.Unmarshal([]byte(in.Actions[0].Value), &s); err != nil {
		return answer{}, fmt.Errorf("read the value of button %s: %w", in.Actions[0].ActionID, err)
	}
	o, err := parseCommand(s.Words)
	o = o.onceMore()
	if err != nil || o.kind != orderDeclare && o.kind != orderErrand {
		return answer{}, fmt.Errorf("the button %s opens no form: %q", in.Actions[0].ActionID, clip(s.Words, maxLabel))
	}
	if o.kind == orderErrand {
		c := command{TriggerID: in.TriggerID, ResponseURL: in.ResponseURL, User: in.User.ID, Room: in.Channel.ID, RoomName: in.Channel.Name}
		a, err := d.run(ctx, errandByWord(c, o), func(context.Context) {})
		if err != nil {
			return d.tell(in, d.say(contract.Receipt{}, err)+"\nWrite it so: "+o.usage), nil
		}
		return a, nil
	}
	about := declareAbout{Room: in.Channel.ID, Respond: in.ResponseURL, Thread: s.Thread}
	return d.declareInModal(ctx, in, about, func(ctx context.Context, offer Offer) sheet {
		if s.Text != "" {
			return d.sheetOf(ctx, occasion{room: in.Channel.ID, roomName: in.Channel.Name, ts: s.TS, text: s.Text}, offer)
		}
		said := o.declaration
		out := sheet{title: said.Title, service: said.Service, runbook: said.Runbook, severity: string(said.Severity)}
		if out.service == "" {
			out.service = serviceOf(in.Channel.Name, offer.Services)
		}
		return out
	})
}

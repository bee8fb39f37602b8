package slack

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Subject is what a person asks about an incident.
type Subject string

// The subjects.
const (
	SubjectStatus Subject = "status" // where things stand
	SubjectWho    Subject = "who"    // who is on call for it, and who has which role
)

// Topic is a question that changes nothing.
type Topic struct {
	Subject Subject
	Service string // of SubjectWho: a service that is meant in place of an incident; mostly empty
}

// maxTold bounds what is told, in characters as Slack counts them: one message,
// and no "show more" in the middle of an incident.
const maxTold = 3000

// tellAbout asks behind the door, and gives the answer to the person alone.
func (d *Desk) tellAbout(ctx context.Context, to Target, about Topic) string {
	text, err := d.door.Tell(ctx, to, about)
	text = d.say(contract.Receipt{Text: text}, err)
	for size := maxTold; utf8.RuneCountInString(escape(text)) > maxTold; size -= 100 {
		text = shorten(text, size)
	}
	return text
}

// parseTell reads "status [INC-1]" and "who [INC-1|service]".
func parseTell(subject, rest string) (order, error) {
	o := order{kind: orderTell, topic: Topic{Subject: Subject(subject)}}
	first, after := split(rest)
	switch {
	case keyPattern.MatchString(first):
		o.act.Key = incident.Key(strings.ToUpper(first))
	case o.topic.Subject == SubjectWho:
		o.topic.Service = first
	case first != "":
		after = first
	}
	if after == "" {
		return o, nil
	}
	if o.topic.Subject == SubjectWho {
		return order{}, fmt.Errorf("write it so: who [INC-1|service]")
	}
	return order{}, fmt.Errorf("write it so: status [INC-1]")
}

package twilio

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// incoming is a message that somebody sent to our number.
type incoming struct {
	sid, from, body string
	optOut          string // how Twilio understood a word like STOP; empty = it says nothing
}

// text answers a message that Twilio brings.
func (h *handler) text(ctx context.Context, w webhook) ([]byte, error) {
	in := incoming{sid: w.form.Get("MessageSid"), from: w.form.Get("From"), body: w.form.Get("Body"), optOut: w.form.Get("OptOutType")}
	if in.from == "" || in.sid == "" {
		return nil, &problem{http.StatusBadRequest, "a message and its sender are expected"}
	}
	person, ok := h.sender(in)
	if !ok {
		return nil, nil
	}
	return h.once(w, func() []byte {
		answer, err := h.reply(ctx, in, person)
		if err != nil {
			h.config.Log.Error("a reply was not passed on", "error", err)
		}
		if answer == "" {
			return nil
		}
		return render(message{Text: answer})
	}), nil
}

// sender is who wrote a message, when it is to be read at all. Only people of the roster get an answer.
func (h *handler) sender(in incoming) (oncall.Person, bool) {
	person, known := h.config.People.PersonByPhone(in.from)
	if !known {
		h.config.Log.Warn("message from an unknown number; not answered", "message", in.sid)
		return person, false
	}
	if unsubscribes(in.body) || in.optOut != "" {
		// Twilio itself honours the word. The next message to this person is refused, and the incident tells the team.
		h.config.Log.Warn("a person has changed whether messages may be sent", "person", person.ID, "word", in.optOut)
		return person, false
	}
	return person, true
}

// reply does what a message commands, or explains how to command; somebody who writes anything but commands gets a few
// answers. With an error nothing is known to have happened, and the answer says so, for those who do not try again.
func (h *handler) reply(ctx context.Context, in incoming, person oncall.Person) (answer string, err error) {
	cmd, ok := parseReply(in.body)
	if !ok {
		if !h.mayAnswer(person.Phone) {
			return "", nil
		}
		return "This is not understood. Reply with the incident's number and a or e: " +
			"12a acknowledges INC-12, 12e escalates it, 12d declines it.", nil
	}
	h.mu.Lock()
	delete(h.passive, person.Phone)
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), actWithin)
	defer cancel()
	receipt, err := h.incidents.Act(ctx, "", cmd.verb, contract.Act{
		ID:  in.sid, // Twilio repeats a message with the same identifier.
		By:  incident.Actor{Person: person.ID, Name: person.Name, Door: incident.DoorSMS, Verified: true},
		Key: cmd.key,
	})
	if err == nil {
		return spoken(receipt.Text), nil
	}
	if what, hint, ok := contract.Ruling(err); ok {
		return strings.TrimSpace(spoken(what) + " " + spoken(hint)), nil
	}
	return fmt.Sprintf("%s: your reply could not be recorded. Please try again, or use the chat room or: muster ack %s", cmd.key, cmd.key),
		fmt.Errorf("%s %s by %s: %w", cmd.verb, cmd.key, person.ID, err)
}

// mayAnswer counts the answers to what was no command, so that two robots do not write to each other for ever. Only
// numbers of the roster are counted, so the count is small.
func (h *handler) mayAnswer(number string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.passive[number]++
	return h.passive[number] <= mostPassive
}

// unsubscribes knows the words that carriers demand to be honoured
// (https://help.twilio.com/articles/223134027).
func unsubscribes(body string) bool {
	switch strings.ToUpper(strings.TrimSpace(body)) {
	case "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "START", "YES", "UNSTOP", "HELP", "INFO":
		return true
	default:
		return false
	}
}

// command is what a reply commands.
type command struct {
	verb contract.Verb
	key  incident.Key
}

// replyForm takes "12a", "12 e", "INC-12 ack", "ack 12" and what telephones add to it.
var replyForm = regexp.MustCompile(`^(?:(ack|escalate|decline|a|e|d)\s+)?(?:inc[\s-]*)?([1-9][0-9]{0,8})(?:\s*(ack|escalate|decline|a|e|d))?[\s.!]*$`)

// parseReply reads a reply. Exactly one command is needed, before or after the number.
func parseReply(body string) (command, bool) {
	m := replyForm.FindStringSubmatch(strings.ToLower(strings.TrimSpace(body)))
	if m == nil || (m[1] == "") == (m[3] == "") {
		return command{}, false
	}
	verb := contract.VerbAck
	switch (m[1] + m[3])[0] {
	case 'e':
		verb = contract.VerbEscalate
	case 'd':
		verb = contract.VerbQuiet
	}
	return command{verb: verb, key: incident.Key("INC-" + m[2])}, true
}

// replyTo is the reply that acknowledges an incident. A key without a number has none.
func replyTo(key string) (reply string, ok bool) {
	number, found := strings.CutPrefix(key, "INC-")
	reply = number + "a"
	_, ok = parseReply(reply)
	return reply, found && ok
}

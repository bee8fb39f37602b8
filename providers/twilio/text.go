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

// text answers a message that somebody sent to our number. Only people of the roster get an answer, and somebody who
// writes anything but commands gets a few.
func (h *handler) text(ctx context.Context, w webhook) ([]byte, error) {
	from, sid := w.form.Get("From"), w.form.Get("MessageSid")
	if from == "" || sid == "" {
		return nil, &problem{http.StatusBadRequest, "a message and its sender are expected"}
	}
	person, known := h.config.People.PersonByPhone(from)
	if !known {
		h.config.Log.Warn("message from an unknown number; not answered", "message", sid)
		return nil, nil
	}
	body := w.form.Get("Body")
	if unsubscribes(body) || w.form.Get("OptOutType") != "" {
		// Twilio itself honours the word. The next message to this person is refused, and the incident tells the team.
		h.config.Log.Warn("a person has changed whether messages may be sent", "person", person.ID, "word", w.form.Get("OptOutType"))
		return nil, nil
	}
	return h.once(w, func() []byte { return h.reply(ctx, sid, person, body) }), nil
}

// reply does what a message commands, or explains how to command.
func (h *handler) reply(ctx context.Context, sid string, person oncall.Person, body string) []byte {
	cmd, ok := parseReply(body)
	if !ok {
		if !h.mayAnswer(person.Phone) {
			return nil
		}
		return render(message{Text: "This is not understood. Reply with the incident's number and a or e: " +
			"12a acknowledges INC-12, 12e escalates it, 12d declines it."})
	}
	h.mu.Lock()
	delete(h.passive, person.Phone)
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), actWithin)
	defer cancel()
	receipt, err := h.incidents.Act(ctx, "", cmd.verb, contract.Act{
		ID:  sid, // Twilio repeats a message with the same identifier.
		By:  incident.Actor{Person: person.ID, Name: person.Name, Door: incident.DoorSMS, Verified: true},
		Key: cmd.key,
	})
	if err == nil {
		return render(message{Text: spoken(receipt.Text)})
	}
	if what, hint, ok := refusal(err); ok {
		return render(message{Text: strings.TrimSpace(spoken(what) + " " + spoken(hint))})
	}
	h.config.Log.Error("a reply was not passed on", "incident", cmd.key, "verb", cmd.verb, "error", err)
	return render(message{Text: fmt.Sprintf("%s: your reply could not be recorded. Please try again, or use the chat room "+
		"or: muster ack %s", cmd.key, cmd.key)})
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

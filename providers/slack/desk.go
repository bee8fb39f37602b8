package slack

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Slack drops an answer that takes longer than three seconds
// (https://docs.slack.dev/interactivity/handling-user-interaction). These spans
// leave it a margin: for finding out who acts, and for both together.
const (
	askWithin    = 500 * time.Millisecond
	answerWithin = 2500 * time.Millisecond
)

// afterWithin bounds what goes on after an answer.
const afterWithin = 30 * time.Second

// Desk is where everything that Slack sends is handled, whichever door it came
// through: Handler takes it over HTTP, signed. The desk keeps no memory of
// clicks and commands: a repetition carries the same id and is recognised
// behind the door, whichever process it reaches. What it does with each kind
// stands in routes.go. It is safe for concurrent use.
type Desk struct {
	client *Client
	door   Door
	log    *slog.Logger
	seen   recent        // events that were taken; a first sieve only, see event
	pace   time.Duration // the first pause between two tries after an answer
	routes routes

	greeted   lately // who was caught up in which room
	strangers lately // rooms of no incident
	homes     homes  // whose is being published
	places    places // rooms that are asked about
	delayed   lately // what people were told is tried again
}

// NewDesk makes a desk. The client tells who the people are and sends the
// answers to clicks. Both doors of a process share one desk.
func NewDesk(client *Client, door Door) *Desk {
	d := &Desk{client: client, door: door, log: client.log, pace: 250 * time.Millisecond}
	d.routes = d.table()
	return d
}

// answer is what Slack is told of a delivery, and what goes on afterwards. The
// zero value acknowledges and does no more.
type answer struct {
	// body is the acknowledgement's JSON: the answer to a command
	// ({"response_type", "text"}) or to a submission ({"response_action", …}).
	// Empty acknowledges without a word. It must be made within the context's
	// deadline, and stay below maxAnswer bytes.
	body []byte
	// then is what goes on when Slack has its answer, such as a whisper to the
	// response URL. Nobody hears of its failure, so it logs them. Its context
	// ends after afterWithin. nil means nothing.
	then func(context.Context)
	// once says that a repetition of the delivery does not go on: this one goes on
	// although Slack may not have its answer.
	once bool
}

// unhandled is an error of a delivery that was understood and not handled:
// Slack shall send it again. Every other error of a delivery means that it is
// malformed, and that a repetition would be, too.
type unhandled struct{ error }

func (u unhandled) Unwrap() error { return u.error }

// maxAnswer bounds an answer's body in bytes. Over the socket Slack drops what
// has 20 KB or more, without a word
// (https://docs.slack.dev/apis/events-api/using-socket-mode); the margin is for
// the envelope.
const maxAnswer = 20_000 - 500

// interact handles what people do with the mouse: clicks, submitted and closed
// modals, shortcuts. Kinds that nobody handles are acknowledged and ignored.
func (d *Desk) interact(ctx context.Context, payload []byte) (answer, error) {
	in, err := readInteraction(payload)
	if err != nil {
		return answer{}, err
	}
	take := d.routes.of(&in)
	if take == nil {
		return answer{}, nil
	}
	ctx, cancel := deadline(ctx)
	defer cancel()
	return take(ctx, in)
}

// obey handles a slash command. Its answer is seen by the person alone.
func (d *Desk) obey(ctx context.Context, c command) (answer, error) {
	if err := c.check(); err != nil {
		return answer{}, err
	}
	ctx, cancel := deadline(ctx)
	defer cancel()
	o, err := parseCommand(withoutMarkup(c.Text))
	if err != nil {
		return reply(err.Error())
	}
	if o.kind == orderDeclare && o.declaration.Title == "" {
		return d.declareByWord(ctx, c, o.declaration)
	}
	if o.kind == orderDeclare {
		return d.inOneLine(ctx, c, o.declaration)
	}
	if o.kind == orderErrand {
		a, err := d.run(ctx, errandByWord(c, o), func(context.Context) {})
		if err != nil {
			return reply(d.say(contract.Receipt{}, err) + "\nWrite it so: " + o.usage)
		}
		return a, nil
	}
	return reply(d.carryOut(ctx, c, o))
}

// deadline is the time that Slack leaves us. That Slack hangs up does not stop
// an act half-way.
func deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
}

// finish does what goes on after an answer was sent. Neither a connection that
// ends nor a door that closes cuts it off.
func (a answer) finish(ctx context.Context) {
	if a.then == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterWithin)
	defer cancel()
	a.then(ctx)
}

// reply is the answer to a command: a text for the person who typed it. One
// that is too long for Slack ends with a word that says so.
func reply(text string) (answer, error) {
	const more = "\n(The rest is too long for Slack; muster show has all of it.)"
	shown := escape(text)
	for size := len([]rune(shown)); ; size = size * 3 / 4 {
		raw, err := json.Marshal(map[string]string{"response_type": slack.ResponseTypeEphemeral, "text": shown})
		if err != nil || len(raw) < maxAnswer {
			return answer{body: raw}, err
		}
		shown = shorten(escape(text), size) + more
	}
}

// who is the person behind a user's id, as far as that can be found out in time.
func (d *Desk) who(ctx context.Context, user, name string) incident.Actor {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	return d.client.actor(ctx, user, name)
}

// say is a result in a sentence for the person who acted.
func (d *Desk) say(receipt contract.Receipt, err error) string {
	var refusal *incident.Refusal
	var refused *contract.Refused
	switch {
	case err == nil:
		return receipt.Text
	case errors.As(err, &refusal):
		return refusal.Error()
	case errors.As(err, &refused):
		return refused.Error()
	}
	d.log.Error("an act from Slack was not carried out; the person is asked to repeat it", "error", err)
	return "That did not get through: Musterbook does not answer just now. Try again, or use the telephone or the command line."
}

// whisper shows a text to the person who clicked. A text that does not arrive
// is only logged: the act itself is done, and the room shows its effect.
func (d *Desk) whisper(ctx context.Context, responseURL, text string) {
	if text == "" || responseURL == "" {
		return
	}
	if !d.client.trusts(responseURL) {
		d.log.Error("a click's response URL is not Slack's; nothing is sent there", "url", responseURL)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := slack.PostWebhookCustomHTTPContext(ctx, responseURL, d.client.http,
		&slack.WebhookMessage{Text: escape(text), ResponseType: slack.ResponseTypeEphemeral})
	if err != nil {
		d.log.Warn("the result of a click could not be shown to the person", "error", err)
	}
}

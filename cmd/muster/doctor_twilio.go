package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/twilio"
	"github.com/musterbook/musterbook/roster"
)

// checkFirstPhone says whether people can be called.
func (d *doctor) checkFirstPhone(ctx context.Context) []diagnosis {
	if d.config == nil {
		return nil
	}
	if d.config.Twilio == nil && d.config.Pager != nil {
		return nil
	}
	if d.config.Twilio == nil {
		return []diagnosis{warned("add twilio to "+d.path+"; musterbook.example.yaml shows how", "no telephone is configured: no call wakes anybody")}
	}
	const prefix = "twilio."
	config, problems := d.read(func(what string) bool {
		return strings.HasPrefix(what, prefix) && !strings.HasPrefix(what, secondPrefix)
	})
	if len(problems) > 0 {
		return []diagnosis{withheld("Twilio", problems)}
	}
	return d.checkPhone(ctx, phoneSeen{account: config.Twilio, setting: prefix, public: d.publicURL()})
}

// secondPrefix begins the settings of the second account.
const secondPrefix = "twilio.second."

// checkSecondPhone says whether somebody takes over when the first account fails.
func (d *doctor) checkSecondPhone(ctx context.Context) []diagnosis {
	if d.config == nil || d.config.Twilio == nil {
		return nil
	}
	if d.config.Twilio.Second == nil && d.config.Pager != nil {
		return nil // the pager takes over
	}
	if d.config.Twilio.Second == nil {
		return []diagnosis{warned("add twilio.second: another account with another number and card",
			"there is no second account: when Twilio suspends this one, or a card expires, nobody is called")}
	}
	config, problems := d.read(func(what string) bool { return strings.HasPrefix(what, secondPrefix) })
	if len(problems) > 0 {
		return []diagnosis{withheld("the second account", problems)}
	}
	public := d.publicURL()
	if public != "" {
		public += secondPath
	}
	return d.checkPhone(ctx, phoneSeen{account: config.Twilio.Second, setting: secondPrefix, public: public, second: true})
}

// phoneSeen is an account that is looked at.
type phoneSeen struct {
	account *roster.Twilio
	setting string // the prefix of its settings
	public  string // what its callbacks begin with; empty = nothing comes back
	second  bool
}

// name is the account in a sentence.
func (p phoneSeen) name() string {
	if p.second {
		return "second account"
	}
	return "account"
}

// checkPhone asks an account what it may do. It places no call and sends no message.
func (d *doctor) checkPhone(ctx context.Context, p phoneSeen) []diagnosis {
	phone, err := openTwilio(p.account, p.public, d.config, slog.New(slog.DiscardHandler))
	if err != nil {
		return []diagnosis{failed("correct it in "+d.path, "%v", err)}
	}
	account, err := phone.Account(ctx)
	if err != nil {
		return []diagnosis{unasked("the "+p.name(), err, "see whether this machine reaches https://api.twilio.com")}
	}
	d.clocks = append(d.clocks, clockSeen{whose: "Twilio", theirs: account.Clock.Theirs, ours: account.Clock.Ours})
	var out []diagnosis
	switch {
	case !account.Active():
		return []diagnosis{failed("the first page of console.twilio.com says why", "the %s is %s: nobody can be called by it", p.name(), account.Status)}
	case account.Trial:
		out = append(out, warned("upgrade it in the Twilio console, or verify each telephone there: Phone Numbers, Verified Caller IDs",
			"the %s is a trial: it calls verified numbers only, and speaks a notice first", p.name()))
	default:
		out = append(out, well("the %s is active and accepts the credentials", p.name()))
	}
	return append(out, d.checkNumber(ctx, p, phone)...)
}

// checkNumber says whether the number that calls can call and text, and whether replies come back.
func (d *doctor) checkNumber(ctx context.Context, p phoneSeen, phone *twilio.Client) []diagnosis {
	from := p.account.From
	number, owned, err := phone.Number(ctx)
	switch {
	case err != nil:
		return []diagnosis{unasked("the number "+from, err, "see whether this machine reaches https://api.twilio.com")}
	case !owned:
		return []diagnosis{failed("set "+p.setting+"from to one of Phone Numbers, Active numbers, in that account's console",
			"%s is none of the %s's numbers: calls and messages are refused", from, p.name())}
	case !number.Voice:
		return []diagnosis{failed("set "+p.setting+"from to a number with Voice", "%s cannot call", from)}
	case !number.SMS:
		return []diagnosis{warned("set "+p.setting+"from to a number with SMS too, if you want messages", "%s can call and cannot text: every SMS is refused", from)}
	}
	out := []diagnosis{well("%s can call and text", from)}
	switch address := phone.SMSAddress(); {
	case address == "": // checkPublicURL says what is lost
	case number.ReplyingAt(address):
		out[0].What += "; replies come back"
	default:
		out = append(out, lostReplies(number, address))
	}
	if strings.HasPrefix(from, northAmerica) {
		out = append(out, registration(from))
	}
	return out
}

// lostReplies says where what people answer by SMS goes in place of us.
func lostReplies(number twilio.Number, address string) diagnosis {
	remedy := "Twilio console, Phone Numbers, the number, A message comes in: Webhook, " + address + ", HTTP POST"
	switch {
	case number.SMSApp != "":
		return failed(remedy, "replies by SMS get lost: a TwiML app takes them")
	case number.SMSURL == "":
		return failed(remedy, "replies by SMS get lost: they are sent nowhere")
	case number.SMSURL == address:
		return failed(remedy, "replies by SMS get lost: they come by %s", number.SMSMethod)
	}
	return failed(remedy, "replies by SMS get lost: they go to %s", number.SMSURL)
}

// northAmerica is the country code of the numbers whose messages carriers filter by registration.
const northAmerica = "+1"

// registration reminds of what Twilio does not tell by this API: without it carriers drop messages within the United
// States (https://www.twilio.com/docs/messaging/compliance/a2p-10dlc).
func registration(from string) diagnosis {
	what := "A2P 10DLC registration"
	for _, tollFree := range []string{"800", "833", "844", "855", "866", "877", "888"} {
		if strings.HasPrefix(from, northAmerica+tollFree) {
			what = "toll-free verification"
		}
	}
	return noted("", "SMS to the United States arrive only after %s in the Twilio console, which cannot be asked here; calls need none", what)
}

// unasked says that a vendor refused to answer, or could not be asked. Neither is well.
func unasked(what string, err error, remedy string) diagnosis {
	var refused *contract.Refused
	if errors.As(err, &refused) {
		return failed(cmp.Or(refused.Hint, remedy), "%s cannot be used: %s", what, refused.What)
	}
	return failed(remedy, "%s could not be asked: %v", what, withoutAddress(err))
}

// clockSeen is the clock of a vendor beside ours, at one moment.
type clockSeen struct {
	whose        string
	theirs, ours time.Time
}

package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/providers/alertmanager"
	"github.com/musterbook/musterbook/providers/email"
	"github.com/musterbook/musterbook/providers/file"
	"github.com/musterbook/musterbook/providers/pager"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/twilio"
	"github.com/musterbook/musterbook/roster"
)

// vendors is who serves each part of this installation: the switch from configuration to vendor. A new vendor is a
// folder under providers and one case here. A nil part is not configured.
type vendors struct {
	live    *roster.Live
	log     *slog.Logger
	chat    *slack.Client
	phone   *twilio.Client
	second  *twilio.Client // takes over when the first is refused or away
	pager   *pager.Client  // comes after both, or is all there is
	mail    *email.Client
	records *file.Archive
	systems activities.Ports // bridges, trackers, audiences, web, commands; the other ports are empty
}

// openVendors reads the configuration; nothing is called yet.
func openVendors(live *roster.Live, data string, log *slog.Logger) (*vendors, error) {
	config := live.Config()
	v := &vendors{live: live, log: log}
	var err error
	if v.records, err = file.New(config.RecordsUnder(data)); err != nil {
		return nil, err
	}
	if s := config.Slack; s != nil {
		v.chat = slack.New(slack.Options{Token: s.Token.Reveal(), APIURL: s.APIURL, People: live, Tokens: live.SlackToken, Log: log})
	}
	if t := config.Twilio; t != nil {
		if v.phone, err = openTwilio(t, config.Gateway.PublicURL, live, log); err != nil {
			return nil, err
		}
		if t.Second != nil {
			public := config.Gateway.PublicURL
			if public != "" {
				public += secondPath
			}
			if v.second, err = openTwilio(t.Second, public, live, log); err != nil {
				return nil, fmt.Errorf("the second account: %w", err)
			}
		}
	}
	if config.Pager != nil {
		if v.pager, err = openPager(config.Pager, live); err != nil {
			return nil, err
		}
	}
	if config.Email != nil {
		if v.mail, err = openMail(config, live, log); err != nil {
			return nil, err
		}
	}
	var room activities.Chat = absentChat{}
	if v.chat != nil {
		room = v.chat
	}
	if v.systems, err = openSystems(config, data, room); err != nil {
		return nil, err
	}
	return v, nil
}

// secondPath stands in front of the addresses at which the second account reaches us, since each signs with its own token.
const secondPath = "/second"

// openTwilio makes a telephone of an account. Without a public address nothing comes back from it by itself.
func openTwilio(t *roster.Twilio, public string, people twilio.People, log *slog.Logger) (*twilio.Client, error) {
	return twilio.New(twilio.Config{
		AccountSID: t.AccountSID, AuthToken: t.AuthToken.Reveal(), OtherAuthToken: t.SecondAuthToken.Reveal(), From: t.From,
		PublicURL: public, BaseURL: t.APIURL, People: people, Log: log,
	})
}

// ports are the capabilities for the worker. What is not configured refuses, so that the incident says so and goes on.
func (v *vendors) ports(incidents *gateway.Incidents) activities.Ports {
	p := v.systems
	p.Chat, p.Phone, p.People, p.Archive, p.Numbers = absentChat{}, absentPhone{}, v.live, v.records, incidents
	p.Overrides, p.Lines = incidents, incidents
	if v.chat != nil {
		p.Chat, p.Direct, p.Presence = v.chat, v.chat, v.chat
	}
	if v.mail != nil {
		p.Mail = v.mail
	}
	if chain := phoneChain(v.phone, v.second, v.pager); len(chain) > 0 {
		p.Phone = chain
	}
	return p
}

// phoneChain lists the telephones in the order in which they are tried; nil ones are not configured.
func phoneChain(first, second *twilio.Client, last *pager.Client) (chain activities.Phones) {
	if first != nil {
		chain = append(chain, activities.NamedPhone{Name: "the first telephone account", Phone: first})
	}
	if second != nil {
		chain = append(chain, activities.NamedPhone{Name: "the second one", Phone: second})
	}
	if last != nil {
		chain = append(chain, activities.NamedPhone{Name: "the pager", Phone: last})
	}
	return chain
}

// openPager makes the client of the web service that calls people. Nothing is requested yet.
func openPager(p *roster.Pager, people pager.People) (*pager.Client, error) {
	return pager.New(pager.Config{URL: p.URL.Reveal(), Secret: p.Secret.Reveal(), People: people})
}

// desk is where what Slack sends is handled, whichever way it comes; nil without Slack.
func (v *vendors) desk(incidents *gateway.Incidents, books *library) *slack.Desk {
	if v.chat == nil {
		return nil
	}
	return slack.NewDesk(v.chat, slackDoor{incidents: incidents, live: v.live, books: books, log: v.log})
}

// socket is the way from Slack that needs no public address; nil where there is no app token.
func (v *vendors) socket(desk *slack.Desk) *slack.Socket {
	if desk == nil || v.live.Config().Slack.AppToken.IsZero() {
		return nil
	}
	return slack.NewSocket(v.live.Config().Slack.AppToken.Reveal(), desk)
}

// mounts are the vendors' ways back to us, for the gateway. They check their own signatures.
func (v *vendors) mounts(incidents *gateway.Incidents, desk *slack.Desk) map[string]http.Handler {
	mounts := map[string]http.Handler{}
	if desk != nil && !v.live.Config().Slack.SigningSecret.IsZero() {
		h := slack.NewHandler(v.live.Config().Slack.SigningSecret.Reveal(), desk)
		mounts["/slack/actions"] = http.HandlerFunc(h.Actions)
		mounts["/slack/commands"] = http.HandlerFunc(h.Commands)
		mounts["/slack/events"] = http.HandlerFunc(h.Events)
	}
	if v.mail != nil {
		mounts["/mail/"] = v.mail.Handler(phoneDoor{incidents: incidents})
	}
	if v.phone != nil {
		mounts["/twilio/"] = v.phone.Handler(phoneDoor{incidents: incidents})
	}
	if v.second != nil {
		mounts[secondPath+"/twilio/"] = http.StripPrefix(secondPath, v.second.Handler(phoneDoor{incidents: incidents}))
	}
	return mounts
}

// inboxes are the numbers to which nobody but us can bring messages, because Twilio does not reach us. There are none where
// there is a public address.
func (v *vendors) inboxes(incidents *gateway.Incidents) (all []*twilio.Inbox) {
	if v.live.Config().Gateway.PublicURL != "" {
		return nil
	}
	for _, phone := range []*twilio.Client{v.phone, v.second} {
		if phone != nil {
			all = append(all, phone.Inbox(phoneDoor{incidents: incidents}))
		}
	}
	return all
}

// alertSources are the alert sources that have a token; the others are closed.
func (v *vendors) alertSources() map[string]gateway.Source {
	decoders := map[string]func([]byte) (gateway.Group, error){alertmanager.Source: decodeAlertmanager}
	sources := map[string]gateway.Source{}
	for name, decode := range decoders {
		tokens := func() []gateway.Token { return tokenOf(name, v.live.Config().Gateway.Sources[name]) }
		if len(tokens()) > 0 {
			sources[name] = gateway.Source{Decode: decode, Tokens: tokens}
		}
	}
	return sources
}

// decodeAlertmanager reads a notification of Alertmanager.
func decodeAlertmanager(body []byte) (gateway.Group, error) {
	group, err := alertmanager.Decode(body)
	return gateway.Group{Key: group.Key, Alerts: group.Alerts}, err
}

// apiTokens are the tokens of the JSON API in force.
func (v *vendors) apiTokens() []gateway.Token { return tokenOf("api", v.live.Config().Gateway.API) }

// tokenOf is a secret as the gateway's token; none where there is no secret.
func tokenOf(name string, secret roster.Secret) []gateway.Token {
	if secret.IsZero() {
		return nil
	}
	return []gateway.Token{{Name: name, Value: secret.Reveal()}}
}

// check tells, loudly and once, what will not work when people are needed. It never keeps anything from starting.
func (v *vendors) check(ctx context.Context) {
	config := v.live.Config()
	if !config.Rings() {
		v.log.Error("no telephone is configured: nobody can be called (add twilio or pager to the configuration)")
	}
	if config.Heartbeat.IsZero() {
		v.log.Warn("no heartbeat is configured: nobody outside notices when this machine dies (add heartbeat to the configuration)")
	}
	if v.phone != nil && config.Gateway.PublicURL == "" {
		v.log.Warn("gateway.public_url is not set: calls take no keys; replies by message are fetched every 5 s, and how far calls get is asked for every 2 s")
	}
	if v.mail != nil {
		v.checkMail(ctx, config)
	}
	if v.chat == nil {
		v.log.Warn("no chat is configured: incidents have no room (add slack to the configuration)")
		return
	}
	if err := v.chat.Check(ctx); err != nil && ctx.Err() == nil {
		v.log.Error("Slack does not let us in; incidents go on without a room until it does", "error", err)
	}
}

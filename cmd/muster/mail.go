package main

import (
	"context"
	"crypto/sha256"
	"log/slog"

	"github.com/musterbook/musterbook/providers/email"
	"github.com/musterbook/musterbook/roster"
)

// openMail makes the mail of the installation. Nothing is connected yet.
func openMail(config *roster.Config, people email.People, log *slog.Logger) (*email.Client, error) {
	e := config.Email
	protection := map[roster.MailTLS]email.TLS{
		roster.MailStartTLS: email.StartTLS, roster.MailTLSFirst: email.Implicit, roster.MailNoTLS: email.Clear,
	}
	c := email.Config{
		Server: e.SMTP, From: e.From, Username: e.Username, Password: e.Password.Reveal(), TLS: protection[e.TLS],
		PublicURL: config.Gateway.PublicURL, Secret: linkSecret(config), People: people, Log: log,
	}
	if config.Twilio != nil && config.Gateway.PublicURL != "" { // replies by SMS come back
		c.ReplyNumber = config.Twilio.From
	}
	return email.New(c)
}

// linkSecret seals the links in mails. It is made of secrets that all processes of an installation have and that outlive
// restarts; without any there are no links. When one of them is changed, the links of mails that were sent before are
// refused.
func linkSecret(config *roster.Config) []byte {
	api, password := config.Gateway.API.Reveal(), config.Email.Password.Reveal()
	if api == "" && password == "" {
		return nil
	}
	seal := sha256.Sum256([]byte("mail links\n" + api + "\n" + password))
	return seal[:]
}

// checkMail tells what will not work when somebody is to be written to.
func (v *vendors) checkMail(ctx context.Context, config *roster.Config) {
	if config.Gateway.PublicURL == "" {
		v.log.Warn("gateway.public_url is not set: mails have no link, people acknowledge by the other ways that they name")
	}
	if err := v.mail.Check(ctx); err != nil && ctx.Err() == nil {
		v.log.Error("the mail server does not work; pages go on without mails until it does", "error", err)
	}
}

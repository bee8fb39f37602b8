package main

import (
	"context"
	"log/slog"
	"strings"
)

// checkPager says that a web service calls people. Whether it does only a page can show: whatever is posted there may call
// somebody.
func (d *doctor) checkPager(context.Context) []diagnosis {
	if d.config == nil || d.config.Pager == nil {
		return nil
	}
	if _, problems := d.read(func(what string) bool { return strings.HasPrefix(what, "pager.") }); len(problems) > 0 {
		return []diagnosis{withheld("the pager", problems)}
	}
	return []diagnosis{noted("try it: muster page --test", "a pager is set; only a page shows if it works, so nothing was posted to it")}
}

// checkMail says whether the mail server lets us in. Nothing is sent.
func (d *doctor) checkMail(ctx context.Context) []diagnosis {
	if d.config == nil || d.config.Email == nil {
		return nil
	}
	config, problems := d.read(func(what string) bool { return strings.HasPrefix(what, "email.") })
	if len(problems) > 0 {
		return []diagnosis{withheld("the mail server", problems)}
	}
	const remedy = "compare email in the configuration with what the mail server's owner says, and see whether this machine reaches it"
	mail, err := openMail(config, config, slog.New(slog.DiscardHandler))
	if err == nil {
		err = mail.Check(ctx)
	}
	if err != nil {
		return []diagnosis{unasked("the mail server", err, remedy)}
	}
	out := []diagnosis{well("the mail server %s lets us in; nothing was sent", config.Email.SMTP)}
	if d.publicURL() == "" {
		out = append(out, warned("set gateway.public_url", "mails have no link to acknowledge by"))
	}
	return out
}

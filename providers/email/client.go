package email

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"github.com/musterbook/musterbook/contract"
)

// Mail writes to one person. It is idempotent by Key: the Message-ID is made of it, and the mail is the same each time, so
// that a repetition after an unknown outcome is shown once. Somebody without an address, and an address that takes no mail,
// is refused.
func (c *Client) Mail(ctx context.Context, req contract.MailRequest) (contract.MailResult, error) {
	person, known := c.config.People.Person(req.Person)
	if !known || person.Email == "" {
		return contract.MailResult{}, &contract.Refused{
			What: fmt.Sprintf("%s has no e-mail address", req.Person), Hint: "add email to the person",
		}
	}
	id := c.messageID(req.Key)
	m, err := c.compose(letter{id: id, to: person.Email, name: person.Name, phone: person.Phone, MailRequest: req})
	if err != nil {
		return contract.MailResult{}, &contract.Refused{What: fmt.Sprintf("write to %s: %v", person.Email, err), Hint: "correct the person's email"}
	}
	if err := c.deliver(ctx, m, person.Email); err != nil {
		return contract.MailResult{}, err
	}
	return contract.MailResult{Provider: id}, nil
}

// letter is one mail that is to be written.
type letter struct {
	id, to, name, phone string
	contract.MailRequest
}

// compose makes a mail. Its date is when it was meant, so that a repetition is the very same mail.
func (c *Client) compose(l letter) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := m.FromFormat(c.from.Name, c.from.Address); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	if err := m.AddToFormat(oneLine(l.name), l.to); err != nil {
		return nil, fmt.Errorf("recipient: %w", err)
	}
	m.Subject(oneLine(l.Subject))
	m.SetMessageIDWithValue(l.id)
	m.SetDateWithValue(l.Intended)
	// RFC 3834: nothing that answers by itself is to answer this.
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	// The mails of an incident are one conversation; its first word is a mail that nobody has sent.
	root := "<" + c.threadID(l.Thread) + ">"
	m.SetGenHeaderPreformatted(gomail.HeaderInReplyTo, root)
	m.SetGenHeaderPreformatted(gomail.HeaderReferences, root)
	m.SetBodyString(gomail.TypeTextPlain, c.body(l))
	return m, nil
}

// messageID is the Message-ID of an effect, without its brackets.
func (c *Client) messageID(key string) string { return "page." + digest(key) + "@" + c.domain }

// threadID is the Message-ID to which the mails of an incident answer, without its brackets.
func (c *Client) threadID(thread string) string { return "incident." + digest(thread) + "@" + c.domain }

// digest makes a word of any text, the same each time.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// oneLine takes line breaks and control characters out of what stands in a mail's head.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// body is what a mail says: what it is about, and every way to acknowledge.
func (c *Client) body(l letter) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s", strings.TrimSpace(l.Text))
	key := oneLine(l.Callback.Key)
	if key == "" {
		return b.String()
	}
	line("\nTo acknowledge, do one of these:\n")
	if c.links() {
		until := l.Intended.Add(linkLife)
		line("* Open this page and press the button there. To open it does nothing yet.\n  It works until %s.\n  %s\n",
			until.UTC().Format("2 January 15:04 MST"), c.link(ticket{Callback: l.Callback, Person: l.Person, Until: until.Unix()}))
	}
	if l.Room != "" {
		line("* In the chat room: %s\n", oneLine(l.Room))
	}
	if number := c.config.ReplyNumber; number != "" && l.phone != "" {
		line("* Text %sa to %s from your own telephone.\n", strings.ToLower(strings.TrimPrefix(key, "INC-")), number)
	}
	line("* With the command: muster ack %s", key)
	line("\nAn answer to this mail is read by nobody.")
	return b.String()
}

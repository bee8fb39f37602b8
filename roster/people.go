package roster

import (
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// e164 is a telephone number as carriers write it (ITU-T E.164: at most 15 digits, none of them a leading zero).
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// slackID is a member's id as Slack shows it in the profile.
var slackID = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)

// people checks everybody and puts them into the book.
func (b *builder) people() {
	taken := map[string]string{}
	for _, e := range b.file.People {
		who, p := "people."+clipped(e.key.value), e.what
		b.address(p.Email, who)
		b.telephone(p.Phone.text, who+".phone")
		b.zone(p.Zone, who+".zone")
		if p.Slack.given() && !slackID.MatchString(p.Slack.value) {
			b.fault(p.Slack.at, "in Slack: profile, three dots, Copy member ID; or leave it out when the e-mail is known to Slack",
				"%s.slack: %s is no member id", who, quoted(p.Slack.value))
		}
		for _, contact := range []text{p.Email, p.Phone.text, p.Slack} {
			b.alone(taken, contact, who)
		}
		if !p.Email.given() && !p.Phone.given() && !p.Slack.given() {
			b.fault(e.key.at, "give a phone, an email or a slack id", "%s cannot be told: there is no contact", who)
		}
		person := oncall.Person{
			ID: oncall.PersonID(e.key.value), Name: p.Name.value, Email: p.Email.value, Zone: p.Zone.value,
			Phone: p.Phone.value, Slack: p.Slack.value,
		}
		person.Contact, person.Quiet = b.contact(p.Contact, person, who), b.quiet(p, who)
		b.slackToken(person.ID, p.SlackToken, who)
		b.config.Book.People = append(b.config.Book.People, person)
	}
}

// alone reports a contact that two people have: who presses a key could not be told apart.
func (b *builder) alone(taken map[string]string, contact text, who string) {
	if !contact.given() {
		return
	}
	key := strings.ToLower(contact.value)
	if other, ok := taken[key]; ok {
		b.fault(contact.at, "give everybody a contact of their own", "%s and %s share %s", other, who, quoted(contact.value))
		return
	}
	taken[key] = who
}

// address checks an e-mail address.
func (b *builder) address(t text, who string) {
	if !t.given() {
		return
	}
	parsed, err := mail.ParseAddress(t.value)
	if err != nil || parsed.Address != t.value || !strings.Contains(t.value[strings.LastIndex(t.value, "@"):], ".") {
		b.fault(t.at, "write ana@example.com", "%s.email: %s is no e-mail address", who, quoted(t.value))
	}
}

// telephone checks a number.
func (b *builder) telephone(t text, what string) {
	if !t.given() || e164.MatchString(t.value) {
		return
	}
	remedy := "write a plus sign, the country code and the number, digits only: \"+4915112345678\""
	bare := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "/", "").Replace(t.value)
	if rest, ok := strings.CutPrefix(bare, "00"); ok {
		bare = "+" + rest
	}
	if e164.MatchString(bare) {
		remedy = fmt.Sprintf("write %q", bare)
	}
	b.fault(t.at, remedy, "%s: %s is no telephone number in E.164", what, quoted(t.value))
}

// zone checks a time zone. Go's own names "" and "Local" are not allowed, because they mean another thing on each
// machine.
func (b *builder) zone(t text, what string) {
	if !t.given() {
		return
	}
	if _, err := time.LoadLocation(t.value); err != nil || t.value == "Local" {
		b.fault(t.at, "an IANA name, for example Europe/Berlin, America/New_York, UTC", "%s: %s is no time zone", what, quoted(t.value))
	}
}

// members checks a list of people.
func (b *builder) members(names []name, what string) []oncall.PersonID {
	var ids []oncall.PersonID
	for i, n := range names {
		if id, ok := b.person(n, fmt.Sprintf("%s[%d]", what, i)); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// teams puts the teams into the book.
func (b *builder) teams() {
	for _, e := range b.file.Teams {
		b.config.Book.Teams = append(b.config.Book.Teams, oncall.Team{
			Name: e.key.value, Members: b.members(e.what.Members, "teams."+clipped(e.key.value)+".members"),
		})
	}
}

// fallback checks the people who are told last.
func (b *builder) fallback() {
	b.config.Book.Fallback = b.members(b.file.Fallback, "fallback")
}

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
		b.config.Book.People = append(b.config.Book.People, oncall.Person{
			ID: oncall.PersonID(e.key.value), Name: p.Name.value, Email: p.Email.value, Zone: p.Zone.value,
			Phone: p.Phone.value, Slack: p.Slack.value,
		})
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

// schedules puts the schedules into the book.
func (b *builder) schedules() {
	for _, e := range b.file.Schedules {
		what, s := "schedules."+clipped(e.key.value), e.what
		b.zone(s.Zone, what+".zone")
		schedule := oncall.Schedule{Name: e.key.value, Zone: s.Zone.value}
		switch {
		case s.Person.given() && s.Rotation != nil:
			b.fault(s.Person.at, "keep one of the two", "%s has both a person and a rotation", what)
		case s.Rotation != nil:
			schedule.Rotation = b.rotation(s, what)
		case s.Person.given():
			schedule.Person, _ = b.person(s.Person, what+".person")
		default:
			b.fault(e.key.at, "give a person, or a rotation with members, start and at", "%s has nobody on it", what)
		}
		b.config.Book.Schedules = append(b.config.Book.Schedules, schedule)
	}
}

// rotation checks a rotation. Its zone must be written down: UTC by mistake hands over at the wrong hour.
func (b *builder) rotation(s fileSchedule, what string) *oncall.Rotation {
	r := s.Rotation
	if !s.Zone.given() {
		b.fault(s.At, "add the zone in which the hand-over is meant, for example zone: Europe/Berlin", "%s.zone is missing", what)
	}
	weeks := 1
	if r.Weeks.at.line > 0 {
		weeks = r.Weeks.value
		if weeks < 1 || weeks > 52 {
			b.fault(r.Weeks.at, "between 1 and 52", "%s.rotation.weeks: a turn cannot have %d weeks", what, weeks)
		}
	}
	return &oncall.Rotation{
		Members: oncall.Members(b.members(r.Members, what+".rotation.members")...), Start: r.Start.day, At: r.Clock.time, Weeks: weeks,
	}
}

// fallback checks the people who are told last.
func (b *builder) fallback() {
	b.config.Book.Fallback = b.members(b.file.Fallback, "fallback")
}

// contacts reports people who are to be told and cannot be, by what is configured. It is the last check, because it
// needs the whole book.
func (b *builder) contacts() {
	if b.file.Slack == nil && b.file.Twilio == nil {
		b.fault(place{1, 1}, "configure one of them; musterbook.example.yaml shows how", "neither slack nor twilio is configured: nobody could be told")
		return
	}
	for _, e := range b.file.People {
		p := e.what
		inSlack := b.file.Slack != nil && (p.Slack.given() || p.Email.given())
		byPhone := b.file.Twilio != nil && p.Phone.given()
		some := p.Slack.given() || p.Email.given() || p.Phone.given()
		if some && !inSlack && !byPhone {
			b.fault(e.key.at, "configure slack for e-mail and Slack ids, twilio for telephones",
				"people.%s cannot be told: nothing that is configured reaches these contacts", clipped(e.key.value))
		}
	}
	if b.file.Twilio != nil {
		b.callable()
	}
}

// callable reports people who are paged by telephone and have none. Those without any contact are reported already.
func (b *builder) callable() {
	duty := map[string]string{}
	for _, n := range b.file.Fallback {
		duty[n.value] = "fallback"
	}
	for _, e := range b.file.Schedules {
		duty[e.what.Person.value] = e.key.value
		if e.what.Rotation == nil {
			continue
		}
		for _, n := range e.what.Rotation.Members {
			duty[n.value] = e.key.value
		}
	}
	for _, e := range b.file.People {
		p := e.what
		if duty[e.key.value] != "" && !p.Phone.given() && (p.Email.given() || p.Slack.given()) {
			b.fault(e.key.at, "add phone: \"+…\"", "people.%s is on %s and has no telephone number to be called on",
				clipped(e.key.value), duty[e.key.value])
		}
	}
}

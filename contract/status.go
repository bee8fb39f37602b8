package contract

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/musterbook/musterbook/oncall"
)

// ChatStatus is what stands beside somebody's name in the chat. The zero value is none.
type ChatStatus struct {
	Text   string    `json:"text,omitempty"`
	Symbol string    `json:"symbol,omitempty"` // a name, as the chat knows it
	Until  time.Time `json:"until,omitzero"`   // zero = until somebody changes it
}

// ReadStatusRequest asks what somebody's chat status says. It changes nothing.
type ReadStatusRequest struct {
	Person oncall.PersonID `json:"person"`
}

// ReadStatusResult is what stands there.
type ReadStatusResult struct {
	// Connected says that the person lets their status be set.
	Connected bool `json:"connected,omitempty"`
	// Status is the person's own; none where incidents stand there already.
	Status ChatStatus `json:"status,omitzero"`
}

// ShowStatusRequest makes somebody's chat status name an incident, or name it no more. Where several are named, each
// comes and goes by itself, the newest in front. It is idempotent by nature: what is named already is not named twice, and
// what is not named any more has nothing to be taken away from.
type ShowStatusRequest struct {
	Effect
	Person oncall.PersonID `json:"person"`
	Text   string          `json:"text"`           // the incident's key
	Until  time.Time       `json:"until,omitzero"` // when the chat takes it away by itself
	// Renew moves the end of what still stands, and sets nothing anew: whoever has changed their status meanwhile wanted that.
	Renew bool `json:"renew,omitempty"`
	// Clear takes the incident away. When none is left, Before stands again, unless its time is over.
	Clear  bool       `json:"clear,omitempty"`
	Before ChatStatus `json:"before,omitzero"`
}

// ShowStatusResult says whether the status names the incident now; of a clearing, whether it did until now.
type ShowStatusResult struct {
	Shown bool `json:"shown,omitempty"`
}

// StatusSymbol stands in front of what names incidents, and is how they are told from what people write themselves.
const StatusSymbol = "rotating_light"

// statusLength bounds a status in characters; Slack takes no more (users.profile.set, too_long).
const statusLength = 100

// Incidents are what a status names; nil where somebody has written it themselves.
func (s ChatStatus) Incidents() []string {
	if s.Symbol != StatusSymbol || s.Text == "" {
		return nil
	}
	return strings.Split(s.Text, ", ")
}

// Own is what somebody has written themselves; none where incidents are named.
func (s ChatStatus) Own() ChatStatus {
	if s.Incidents() != nil {
		return ChatStatus{}
	}
	return s
}

// On is what becomes of the status that stands at an instant, and whether it names the incident then; of a clearing,
// whether it has until now. Every provider sets this.
func (req ShowStatusRequest) On(stands ChatStatus, at time.Time) (next ChatStatus, shown bool) {
	if !stands.Until.IsZero() && !at.Before(stands.Until) {
		stands = ChatStatus{}
	}
	named := stands.Incidents()
	others := slices.DeleteFunc(slices.Clone(named), func(text string) bool { return text == req.Text })
	stood := len(others) < len(named)
	switch {
	case (req.Renew || req.Clear) && !stood:
		return stands, false
	case req.Clear && len(others) > 0:
		stands.Text = strings.Join(others, ", ")
		return stands, true
	case req.Clear && (req.Before.Until.IsZero() || at.Before(req.Before.Until)):
		return req.Before, true
	case req.Clear:
		return ChatStatus{}, true
	case stood:
		others = named // each keeps its place
	default:
		others = append([]string{req.Text}, others...)
	}
	next = ChatStatus{Text: strings.Join(others, ", "), Symbol: StatusSymbol, Until: req.Until}
	for utf8.RuneCountInString(next.Text) > statusLength && strings.Contains(next.Text, ", ") {
		next.Text = next.Text[:strings.LastIndex(next.Text, ", ")]
	}
	if named != nil && stands.Until.After(next.Until) {
		next.Until = stands.Until
	}
	return next, true
}

// StatusShown is what an incident has made of somebody's chat status.
type StatusShown struct {
	Person oncall.PersonID `json:"person"`
	Name   string          `json:"name,omitempty"`
	// Asked says that Before is known: what stood there.
	Asked  bool       `json:"asked,omitempty"`
	Before ChatStatus `json:"before,omitzero"`
	// Until is when the chat takes it away by itself, at the latest; zero = it was never set.
	Until time.Time `json:"until,omitzero"`
	Shown bool      `json:"shown,omitempty"` // it is known to be set
	// Left says that the status is the person's own affair: it was refused, is not connected, or they have changed it.
	Left bool      `json:"left,omitempty"`
	Rest time.Time `json:"rest,omitzero"` // nothing is tried before, since it has failed
}

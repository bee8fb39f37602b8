package roster

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// channel is a channel of the chat, by its name or by the chat's own id.
type channel struct{ text }

// channelForm is how a channel is written: as in the chat, with its # or without it, or the id that Slack shows at the end
// of a channel's details.
var (
	channelForm = regexp.MustCompile(`^(#?[\p{Ll}\p{Lo}\p{N}_-]{1,80}|[CG][A-Z0-9]{7,20})$`)
	channelID   = regexp.MustCompile(`^[CG][A-Z0-9]{7,20}$`)
)

// noChannel silences what another place would announce.
const noChannel = "none"

func (v *channel) fromNode(d *decoder, n *yaml.Node, what string) {
	v.text.fromNode(d, n, what)
	if v.given() && !channelForm.MatchString(v.value) {
		d.fault(v.at, `for example "#incidents", or the channel's id, C0123456789`, "%s: %s is no channel", what, quoted(v.value))
		v.text = text{}
	}
}

// named is the channel as the chat is told; empty = none.
func (v channel) named() string {
	switch {
	case !v.given(), v.value == noChannel:
		return ""
	case strings.HasPrefix(v.value, "#"), channelID.MatchString(v.value):
		return v.value
	}
	return "#" + v.value
}

// days is a length of time in whole days.
type days struct {
	text
	length time.Duration
}

// daysForm is how it is written.
var daysForm = regexp.MustCompile(`^[1-9][0-9]{0,3}d$`)

func (v *days) fromNode(d *decoder, n *yaml.Node, what string) {
	v.text.fromNode(d, n, what)
	if !v.given() {
		return
	}
	count, err := strconv.Atoi(strings.TrimSuffix(v.value, "d"))
	if err != nil || !daysForm.MatchString(v.value) {
		d.fault(v.at, "write whole days, for example 14d, or leave the line out: then it never happens", "%s: %s is no number of days", what, quoted(v.value))
		v.text = text{}
		return
	}
	v.length = time.Duration(count) * 24 * time.Hour
}

package roster

import (
	"fmt"
	"maps"
	"slices"
)

// Announcement is a channel that hears of incidents.
type Announcement struct {
	Channel string   // "#incidents", or the chat's own id
	Places  []string // where the file names it: "slack.announce", "services.checkout.announce"
}

// Announcements are the channels that hear of incidents, each once, in the order in which the file names them: Slack's
// own, those of the routes, of the services and of the default.
func (c *Config) Announcements() []Announcement {
	var out []Announcement
	note := func(channel, place string) {
		if channel == "" {
			return
		}
		n := slices.IndexFunc(out, func(a Announcement) bool { return a.Channel == channel })
		if n < 0 {
			n, out = len(out), append(out, Announcement{Channel: channel})
		}
		out[n].Places = append(out[n].Places, place)
	}
	if c.Slack == nil {
		return nil
	}
	note(c.Slack.Announce, "slack.announce")
	for _, r := range c.routes {
		note(r.Announce.named(), r.rule+".announce")
	}
	for _, id := range slices.Sorted(maps.Keys(c.services)) {
		note(c.services[id].Announce.named(), fmt.Sprintf("services.%s.announce", id))
	}
	note(c.rest.Announce.named(), "default.announce")
	return out
}

package roster_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/roster"
)

// TestAnnouncements: each channel once, with the places that name it; a place that wants none names none.
func TestAnnouncements(t *testing.T) {
	t.Parallel()
	c := parse(t, edited(t, "slack: {token:", `slack: {announce: "#incidents", token:`,
		"  - match: {service: checkout, severity: critical}\n", "  - announce: \"#loud\"\n    match: {service: checkout, severity: critical}\n",
		"checkout: {", `checkout: {announce: incidents,`, "default: {", "default: {announce: none,"))
	want := []roster.Announcement{
		{Channel: "#incidents", Places: []string{"slack.announce", "services.checkout.announce"}},
		{Channel: "#loud", Places: []string{"routes[0].announce"}},
	}
	if diff := cmp.Diff(want, c.Announcements()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := parse(t, edited(t)).Announcements(); got != nil {
		t.Errorf("a file that names none has %+v", got)
	}
}

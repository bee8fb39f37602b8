package roster_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/oncall"
)

// TestPagerAlone: a web service can be all the telephone that there is.
func TestPagerAlone(t *testing.T) {
	t.Parallel()
	c := parse(t, edited(t, `twilio: {account_sid: "${TWILIO_SID}", auth_token: "${TWILIO_TOKEN}", from: +12025550100}`,
		`pager: {url: "https://pager.example.com/hook?k=1", secret: "${SLACK_SECRET}"}`))
	if c.Twilio != nil || c.Pager.URL.Reveal() != "https://pager.example.com/hook?k=1" || c.Pager.Secret.Reveal() != "8f742231b10e8888abcd99yyyzzz85a5" {
		t.Errorf("the telephones are %+v, %+v", c.Twilio, c.Pager)
	}
	if want := []oncall.Way{oncall.WayCall, oncall.WaySMS, oncall.WaySlack}; !cmp.Equal(want, c.Book.Ways) || !c.Rings() {
		t.Errorf("ways: %v", c.Book.Ways)
	}
	if restart := parse(t, []byte(small)).NeedsRestart(c); !cmp.Equal([]string{"twilio", "pager"}, restart) {
		t.Errorf("a restart is needed for %v", restart)
	}
}

package roster_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

// TestEmail reads the mail server, with what a file may leave out.
func TestEmail(t *testing.T) {
	t.Parallel()
	type plain struct {
		SMTP, From, Username, Password string
		TLS                            roster.MailTLS
	}
	for name, test := range map[string]struct {
		text string
		want plain
	}{
		"all": {
			text: `{smtp: "mail.example.com:465", from: "Musterbook <pager@example.com>", username: pager, password: "${SLACK_SECRET}", tls: tls}`,
			want: plain{"mail.example.com:465", "Musterbook <pager@example.com>", "pager", "8f742231b10e8888abcd99yyyzzz85a5", roster.MailTLSFirst},
		},
		"least": {
			text: `{smtp: "mail.example.com:587", from: pager@example.com}`,
			want: plain{"mail.example.com:587", "pager@example.com", "", "", roster.MailStartTLS},
		},
		"on this machine": {
			text: `{smtp: "localhost:25", from: pager@example.com, tls: none}`,
			want: plain{"localhost:25", "pager@example.com", "", "", roster.MailNoTLS},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := parse(t, edited(t, "fallback: [ben]", "fallback: [ben]\nemail: "+test.text))
			e := c.Email
			if diff := cmp.Diff(test.want, plain{e.SMTP, e.From, e.Username, e.Password.Reveal(), e.TLS}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if want := []oncall.Way{oncall.WayCall, oncall.WaySMS, oncall.WaySlack, oncall.WayEmail}; !cmp.Equal(want, c.Book.Ways) {
				t.Errorf("ways: %v", c.Book.Ways)
			}
			if restart := parse(t, []byte(small)).NeedsRestart(c); !cmp.Equal([]string{"email"}, restart) {
				t.Errorf("a restart is needed for %v", restart)
			}
		})
	}
}

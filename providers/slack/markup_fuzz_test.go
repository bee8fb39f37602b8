package slack

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzPlainText: what people write becomes plain text. Words without markup stay as they are, and no mention outlasts the
// naming, so no record has an id for a name.
func FuzzPlainText(f *testing.F) {
	for _, seed := range []string{
		"", "plain", "a &lt; b &amp; c", "<@U1|ben> and <@U2>", "<#C1|ops> <#C2>", "<https://x.example/a|label> <https://x.example>", "<mailto:a@b.example|a@b.example>",
		"<!here> <!subteam^S1|@oncall> <!subteam^S2> <!date^1700000000^{time}|22:13>", "<<@U1>>", "<@U1|a|b>", "&lt;@U1&gt;", "<", "<@>", "\xff<@U1>",
		strings.Repeat("<@U1>", 40), "&amp;lt;",
	} {
		f.Add(seed)
	}
	desk := NewDesk(New(Options{Token: "xoxb-none", APIURL: "http://127.0.0.1:1", People: nobody{}}), refusingDoor{})
	desk.client.names["U1"], desk.client.names["U2"] = "Ben <Okoye>", "Zoe"
	f.Fuzz(func(t *testing.T, text string) {
		typed := withoutMarkup(text)
		if !strings.ContainsAny(text, "<&") && typed != strings.TrimSpace(text) {
			t.Errorf("%q becomes %q", text, typed)
		}
		if utf8.ValidString(text) != utf8.ValidString(typed) && utf8.ValidString(text) {
			t.Errorf("%q becomes %q, which is no text", text, typed)
		}
		for _, part := range mentions.FindAllStringSubmatch(typed, -1) {
			if part[1] == "#" && part[3] == "" || part[1] == "@" && desk.client.names[part[2]] == "" {
				return // Slack would be asked
			}
		}
		named, err := desk.client.named(t.Context(), typed)
		if err != nil {
			t.Fatal(err)
		}
		if left := mentions.FindString(named); left != "" && !strings.Contains(typed, "<<") {
			t.Errorf("%q still mentions %q: %q", typed, left, named)
		}
	})
}

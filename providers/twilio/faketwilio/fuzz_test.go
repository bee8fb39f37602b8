package faketwilio

import (
	"net/url"
	"strings"
	"testing"
)

func FuzzParseTwiML(f *testing.F) {
	for _, seed := range []string{
		"", "<Response/>", "<Response><Say>a &amp; b</Say><Gather numDigits='x' timeout='-1'><Say/></Gather></Response>",
		"<Response><Pause length='99999999999999999999'/></Response>", "<Say/>", "<Response/><Response/>", "<Response>",
		"<?xml version='1.0' encoding='latin1'?><Response/>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		verbs, err := parseTwiML(body)
		if err != nil && len(verbs) > 0 {
			t.Errorf("%q: an error and %d verbs", body, len(verbs))
		}
		for _, v := range verbs {
			if d := v.seconds("timeout", 5); d < 0 {
				t.Errorf("%q: a timeout of %s", body, d)
			}
			if strings.ContainsAny(v.words(), "\n\t") {
				t.Errorf("%q: words on several lines", body)
			}
		}
	})
}

func FuzzConnectionOverrides(f *testing.F) {
	for _, seed := range []string{"https://x/y", "https://x/y#rc=5&rp=all", "https://x/y#rc=-1&rp=", "#", "https://x/#rc=9%zz"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		target, r := connectionOverrides(raw)
		if strings.Contains(target, "#") || r.count < 0 || r.count > 5 || len(r.policy) == 0 {
			t.Errorf("%q: %q %+v", raw, target, r)
		}
	})
}

func TestSignatureOfPublishedExample(t *testing.T) {
	t.Parallel()
	// The example of https://www.twilio.com/docs/usage/security.
	got := Signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", url.Values{
		"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"}, "From": {"+14158675309"}, "To": {"+18005551212"},
	})
	if want := "RSOYDt4T1cUTdK1PDd93/VVr8B8="; got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}

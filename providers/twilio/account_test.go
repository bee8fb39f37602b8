package twilio_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/twilio"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

func TestAccount(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		state   faketwilio.AccountState
		fault   faketwilio.Fault
		want    twilio.Account
		refused bool
		fails   bool
	}{
		{name: "active", want: twilio.Account{Status: "active"}},
		{name: "trial", state: faketwilio.AccountState{Trial: true}, want: twilio.Account{Status: "active", Trial: true}},
		{name: "suspended", state: faketwilio.AccountState{Status: faketwilio.AccountSuspended}, want: twilio.Account{Status: "suspended"}},
		{name: "closed", state: faketwilio.AccountState{Status: faketwilio.AccountClosed}, want: twilio.Account{Status: "closed"}},
		{name: "another token", fault: faketwilio.Fault{Kind: faketwilio.Revoked}, refused: true, fails: true},
		{name: "not active", fault: faketwilio.Fault{Kind: faketwilio.Refuse, Code: 20005, Status: 403}, refused: true, fails: true},
		{name: "broken", fault: faketwilio.Fault{Kind: faketwilio.Broken}, fails: true},
		{name: "a page for people", fault: faketwilio.Fault{Kind: faketwilio.HTML}, fails: true},
		{name: "cut off", fault: faketwilio.Fault{Kind: faketwilio.Drop}, fails: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.fake.SetAccount(test.state)
			if test.fault.Kind != "" {
				b.fake.Break(test.fault)
			}
			got, err := b.newClient(func(*twilio.Config) {}).Account(t.Context())
			if (err != nil) != test.fails || contract.IsRefused(err) != test.refused {
				t.Fatalf("%+v, %v", got, err)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(twilio.Account{}, "Clock")); diff != "" {
				t.Error(diff)
			}
			if err == nil && got.Clock.Theirs.IsZero() {
				t.Error("Twilio's clock is not told")
			}
			if got.Active() != (got.Status == "active") {
				t.Errorf("%+v", got)
			}
		})
	}
}

// An account that is not active is shown and does nothing.
func TestASuspendedAccountCallsNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fake.SetAccount(faketwilio.AccountState{Status: faketwilio.AccountSuspended})
	client := b.newClient(func(*twilio.Config) {})
	_, err := client.Call(t.Context(), b.attempt("ana", 1))
	var refused *contract.Refused
	if !errors.As(err, &refused) || !refused.Installation || len(b.fake.Calls()) != 0 {
		t.Errorf("%v, %d calls", err, len(b.fake.Calls()))
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	const address = "https://pager.example.com/twilio/sms"
	for _, test := range []struct {
		name    string
		own     map[string]faketwilio.OwnNumber
		want    twilio.Number
		owned   bool
		replies bool
	}{
		{name: "another's", own: map[string]faketwilio.OwnNumber{"+15005550099": {}}},
		{name: "only a longer one", own: map[string]faketwilio.OwnNumber{ours + "7": {}}},
		{
			name: "as it should be", own: map[string]faketwilio.OwnNumber{ours: {MessageURL: address}, ours + "7": {NoVoice: true}},
			want: twilio.Number{Voice: true, SMS: true, SMSURL: address, SMSMethod: "POST"}, owned: true, replies: true,
		},
		{
			name: "with Twilio's own retries", own: map[string]faketwilio.OwnNumber{ours: {MessageURL: address + "#rc=3&rp=all"}},
			want: twilio.Number{Voice: true, SMS: true, SMSURL: address + "#rc=3&rp=all", SMSMethod: "POST"}, owned: true, replies: true,
		},
		{
			name: "elsewhere", own: map[string]faketwilio.OwnNumber{ours: {MessageURL: address + "/"}},
			want: twilio.Number{Voice: true, SMS: true, SMSURL: address + "/", SMSMethod: "POST"}, owned: true,
		},
		{
			name: "by GET", own: map[string]faketwilio.OwnNumber{ours: {MessageURL: address, MessageMethod: "GET"}},
			want: twilio.Number{Voice: true, SMS: true, SMSURL: address, SMSMethod: "GET"}, owned: true,
		},
		{name: "mute", own: map[string]faketwilio.OwnNumber{ours: {NoVoice: true, NoSMS: true}}, want: twilio.Number{SMSMethod: "POST"}, owned: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			for number, own := range test.own {
				b.fake.Own(number, own)
			}
			// The bench has declared the number already, where it does.
			if _, kept := test.own[ours]; !kept {
				b.fake.Disown(ours)
			}
			got, owned, err := b.newClient(func(*twilio.Config) {}).Number(t.Context())
			if err != nil || owned != test.owned {
				t.Fatalf("owned %v, %v", owned, err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if got.ReplyingAt(address) != test.replies {
				t.Errorf("replies come back: %v", !test.replies)
			}
		})
	}
}

// The library's models are made from Twilio's published description. The simulation answers with their fields alone, and is
// asked only what the description knows.
func TestAccountQuestionsAgreeWithTheLibrary(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fake.Own(ours, faketwilio.OwnNumber{MessageURL: "https://pager.example.com/twilio/sms"})
	asked := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		b.fake.ServeHTTP(rec, r)
		asked[r.Method+" "+r.URL.Path] = r.URL.RawQuery
		strict := json.NewDecoder(strings.NewReader(rec.Body.String()))
		strict.DisallowUnknownFields()
		var err error
		if strings.HasSuffix(r.URL.Path, "/IncomingPhoneNumbers.json") {
			err = strict.Decode(&api.ListIncomingPhoneNumberResponse{})
		} else {
			err = strict.Decode(&api.ApiV2010Account{})
		}
		if err != nil {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		w.Header().Set("Content-Type", "application/json")
		if _, err := io.WriteString(w, rec.Body.String()); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	client := b.newClient(func(c *twilio.Config) { c.BaseURL = server.URL })
	if _, err := client.Account(t.Context()); err != nil {
		t.Error(err)
	}
	if _, owned, err := client.Number(t.Context()); err != nil || !owned {
		t.Error(owned, err)
	}
	account := "/2010-04-01/Accounts/" + b.fake.AccountSID()
	want := map[string]string{"GET " + account + ".json": "", "GET " + account + "/IncomingPhoneNumbers.json": "PhoneNumber=%2B15005550006"}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

// Our clock and Twilio's are told as they are at the answer.
func TestAccountTellsTheTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	got, err := b.newClient(func(c *twilio.Config) {
		now := c.Now
		c.Now = func() time.Time { return now().Add(7 * time.Minute) }
	}).Account(t.Context())
	if off := got.Clock.Ours.Sub(got.Clock.Theirs).Round(time.Minute); err != nil || off != 7*time.Minute {
		t.Errorf("the clocks differ by %v, %v", off, err)
	}
}

func FuzzReplyingAt(f *testing.F) {
	const address = "https://pager.example.com/twilio/sms"
	for _, seed := range []string{"", address, address + "#rc=2", address + "?x=1", "https://u@pager.example.com/twilio/sms", "::", "%zz"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, set string) {
		if (twilio.Number{SMSURL: set}).ReplyingAt(address) && !strings.EqualFold(strings.SplitN(set, "#", 2)[0], address) {
			t.Errorf("%q is taken for %s", set, address)
		}
	})
}

package faketwilio

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// AccountStatus is whether an account may work.
type AccountStatus string

// The statuses of an account
// (https://www.twilio.com/docs/iam/api/account#account-properties).
const (
	AccountActive    AccountStatus = "active"
	AccountSuspended AccountStatus = "suspended"
	AccountClosed    AccountStatus = "closed"
)

// AccountState is the state of the account. The zero value is one that is
// active and paid for.
type AccountState struct {
	Status AccountStatus // "" means active
	Trial  bool          // shown as the type; calls are not restricted
}

// SetAccount changes the account's state. One that is not active is shown, and
// everything else is refused with code 20005.
func (s *Server) SetAccount(state AccountState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account = state
}

// OwnNumber is a telephone number of the account. The zero value can call and
// text, and its incoming messages go nowhere.
type OwnNumber struct {
	MessageURL    string // where incoming messages are posted; "" for nowhere
	MessageMethod string // "" means POST; it is shown, and POST is used
	MessageApp    string // a TwiML app, shown only
	NoVoice       bool
	NoSMS         bool
}

// Own declares a telephone number of the account. As soon as one number is
// declared, requests from any other are refused, as Twilio does.
func (s *Server) Own(number string, own OwnNumber) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.numbers[number] = own
}

// Disown takes a number away from the account. When it was the last one, all
// numbers count as the account's again.
func (s *Server) Disown(number string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.numbers, number)
}

// owns says whether the account has a number that can do what is wanted. A
// server without any declared number has all of them.
func (s *Server) owns(number string, can func(OwnNumber) bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	own, ok := s.numbers[number]
	return ok && can(own) || len(s.numbers) == 0
}

func canCall(n OwnNumber) bool { return !n.NoVoice }
func canText(n OwnNumber) bool { return !n.NoSMS }

// inactive refuses the work of an account that is suspended or closed.
func (s *Server) inactive(op Operation) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op == FetchAccount || s.account.Status == "" || s.account.Status == AccountActive {
		return nil
	}
	r := refusal(http.StatusForbidden, 20005, "Account "+s.opts.AccountSID+" is not active")
	return &r
}

func (s *Server) fetchAccount(r *http.Request) reply {
	if pathSID(r) != s.opts.AccountSID {
		return notFound(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	status, kind := s.account.Status, "Full"
	if status == "" {
		status = AccountActive
	}
	if s.account.Trial {
		kind = "Trial"
	}
	uri := "/2010-04-01/Accounts/" + s.opts.AccountSID
	return jsonReply(http.StatusOK, map[string]any{
		"auth_token":        s.token,
		"date_created":      wireTime(s.now()),
		"date_updated":      wireTime(s.now()),
		"friendly_name":     "simulated",
		"owner_account_sid": s.opts.AccountSID,
		"sid":               s.opts.AccountSID,
		"status":            status,
		"subresource_uris":  map[string]string{"calls": uri + "/Calls.json", "messages": uri + "/Messages.json"},
		"type":              kind,
		"uri":               uri + ".json",
	})
}

// listNumbers answers with the account's numbers. The filter finds numbers that
// contain it, as Twilio's does.
func (s *Server) listNumbers(r *http.Request) reply {
	wanted := strings.Trim(r.URL.Query().Get("PhoneNumber"), "+*")
	s.mu.Lock()
	var found []any
	for _, number := range slices.Sorted(maps.Keys(s.numbers)) {
		if strings.Contains(number, wanted) {
			found = append(found, s.numberResource(number, s.numbers[number]))
		}
	}
	s.mu.Unlock()
	return s.page(r, "incoming_phone_numbers", found)
}

// numberResource is a number as the REST API shows it. The caller holds s.mu.
func (s *Server) numberResource(number string, own OwnNumber) map[string]any {
	sid := "PN" + strings.Repeat("0", 32-len(number)+1) + number[1:]
	method := own.MessageMethod
	if method == "" {
		method = http.MethodPost
	}
	return map[string]any{
		"account_sid":          s.opts.AccountSID,
		"address_requirements": "none",
		"api_version":          apiVersion,
		"beta":                 false,
		"capabilities":         map[string]bool{"voice": !own.NoVoice, "sms": !own.NoSMS, "mms": false, "fax": false},
		"date_created":         wireTime(s.now()),
		"date_updated":         wireTime(s.now()),
		"friendly_name":        formatted(number),
		"origin":               "twilio",
		"phone_number":         number,
		"sid":                  sid,
		"sms_application_sid":  own.MessageApp,
		"sms_method":           method,
		"sms_url":              own.MessageURL,
		"status":               "in-use",
		"uri":                  "/2010-04-01/Accounts/" + s.opts.AccountSID + "/IncomingPhoneNumbers/" + sid + ".json",
		"voice_method":         http.MethodPost,
		"voice_url":            "",
	}
}

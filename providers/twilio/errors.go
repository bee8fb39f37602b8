package twilio

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/musterbook/musterbook/contract"
	sdk "github.com/twilio/twilio-go/client"
)

// class is what an error of Twilio's means for a page. The zero value is an error that is not known.
type class int

const (
	classUnknown     class = iota
	classLater             // not processed; come back after a while
	classDoubt             // processed or not, nobody knows
	classNumber            // final for this number; the next contact
	classUnreachable       // this number, for the moment
	classAccount           // final for the account: alarm
	classOurs              // a request that this program should not have made
	classOver              // the call is over already
)

// classOf sorts Twilio's error codes (https://www.twilio.com/docs/api/errors), those of requests and those that status
// callbacks report.
func classOf(code int) class {
	switch code {
	case 20429, 10004, 21611, 20503:
		return classLater
	case 20500:
		return classDoubt
	case 21220:
		return classOver
	case 21211, 21214, 21217, 21401, 21421, 21604, 21610, 21612, 21614, 13225, 30004, 30005, 30006:
		return classNumber
	case 30003:
		return classUnreachable
	case 20003, 20005, 10001, 21210, 21212, 21219, 21222, 21224, 21608, 21215, 21408, 13227, 21606, 21703, 21704, 21705,
		30002, 30007, 30018, 30032, 30034:
		return classAccount
	case 21205, 21609, 21602, 21617, 12100, 12300:
		return classOurs
	default:
		return classUnknown
	}
}

// remedy says what a person can do about a code, or about its class.
func remedy(code int) string {
	switch code {
	case 20003, 20005, 21222, 21224:
		return "check twilio's account sid and auth token; was the token rotated, or the account suspended?"
	case 21210, 21212, 21606:
		return "the number that calls must belong to the Twilio account and be able to call and text"
	case 21219, 21608:
		return "a trial account reaches verified numbers only: upgrade it, or verify the number"
	case 21215, 21408, 13227:
		return "allow this country under geographic permissions in the Twilio console"
	case 21610:
		return "the person replied STOP and gets no messages until START is sent from that telephone"
	case 21205, 21609:
		return "Twilio cannot reach the public url: it must be a public address, not localhost"
	case 30034, 30032, 30007:
		return "the carrier blocks this sender: messages to the United States need a registered number; calls do not"
	}
	switch classOf(code) {
	case classNumber, classUnreachable:
		return "check the telephone number in the roster"
	case classOurs:
		return "this is a fault of Musterbook; please report it"
	default:
		return fmt.Sprintf("see https://www.twilio.com/docs/errors/%d", code)
	}
}

// How long to wait when Twilio does not say.
const (
	pauseRate     = 2 * time.Second  // one call a second is the default rate of an account
	pauseQueue    = 20 * time.Second // 21611: the sender's queue of messages is full
	pauseConcerns = 5 * time.Second  // 10004 and 20503
)

// sort gives an error of the library its class of the contract. doubt says that the work may have been done.
func (c *Client) sort(what string, x *exchange, err error) (doubt bool, sorted error) {
	var rest *sdk.TwilioRestError
	if !errors.As(err, &rest) || rest.Code == 0 {
		return sortStatus(what, x, err)
	}
	told := fmt.Errorf("%s: Twilio error %d: %s", what, rest.Code, rest.Message)
	switch kind := classOf(rest.Code); kind {
	case classLater:
		return false, &contract.Later{After: pause(rest.Code, x), Err: told}
	case classDoubt:
		return true, told
	case classNumber, classUnreachable, classAccount, classOurs:
		return false, &contract.Refused{
			What: told.Error(), Hint: remedy(rest.Code), Installation: kind == classAccount,
		}
	case classOver:
		return false, errOver
	default:
		return sortStatus(what, x, fmt.Errorf("error %d of Twilio: %s", rest.Code, rest.Message))
	}
}

// errOver is the answer to ending a call that has ended.
var errOver = errors.New("the call is over")

// sortStatus sorts an error by the HTTP status alone: an unknown code, a page for people, or no answer at all.
func sortStatus(what string, x *exchange, err error) (bool, error) {
	told := err
	if !errors.As(err, new(*sdk.TwilioRestError)) {
		told = fmt.Errorf("%s: %w", what, err)
	}
	switch {
	case x.status == http.StatusTooManyRequests:
		return false, &contract.Later{After: pause(0, x), Err: told}
	case x.status == http.StatusUnauthorized || x.status == http.StatusForbidden:
		return false, &contract.Refused{What: told.Error(), Hint: remedy(20003), Installation: true}
	case x.status >= 400 && x.status < 500:
		return false, &contract.Refused{What: told.Error(), Hint: "the request was not understood; see the Twilio console's log"}
	default:
		// No answer, a 5xx, or an answer that breaks off. What never found a connection was certainly not done.
		return x.connected, told
	}
}

// pause is when to come back: what Twilio says, else a guess for the code.
func pause(code int, x *exchange) time.Duration {
	switch {
	case x.retryAfter > 0:
		return x.retryAfter
	case code == 21611:
		return pauseQueue
	case code == 10004 || code == 20503:
		return pauseConcerns
	default:
		return pauseRate
	}
}

package faketwilio

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// reply is one HTTP answer; status 0 drops the connection without one.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// jsonReply answers with a resource. Every resource is built here, so that a
// marshalling error is a bug and panics.
func jsonReply(status int, v any) reply {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("faketwilio: marshal %T: %v", v, err))
	}
	return reply{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: body}
}

// refusal answers with an error in Twilio's shape
// (https://www.twilio.com/docs/usage/twilios-response#exceptions).
func refusal(status, code int, message string) reply {
	return jsonReply(status, map[string]any{
		"code":      code,
		"message":   message,
		"more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code),
		"status":    status,
	})
}

func badRequest(code int, format string, args ...any) *reply {
	r := refusal(http.StatusBadRequest, code, fmt.Sprintf(format, args...))
	return &r
}

// wireTime is RFC 2822 in UTC, the only format of this API's dates; a time
// that has not come is null.
func wireTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format(time.RFC1123Z)
	return &text
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// callResource is a call as the REST API shows it.
func (s *Server) callResource(c Call) map[string]any {
	uri := "/2010-04-01/Accounts/" + s.opts.AccountSID + "/Calls/" + c.SID
	links := map[string]string{}
	for _, name := range []string{"notifications", "recordings", "payments", "events", "siprec", "streams", "transcriptions"} {
		links[name] = uri + "/" + strings.ToUpper(name[:1]) + name[1:] + ".json"
	}
	var duration *string
	if c.Status == Completed && !c.Answered.IsZero() {
		seconds := strconv.Itoa(int(c.Ended.Sub(c.Answered).Round(time.Second) / time.Second))
		duration = &seconds
	}
	return map[string]any{
		"account_sid":      s.opts.AccountSID,
		"answered_by":      orNull(c.AnsweredBy),
		"api_version":      apiVersion,
		"caller_name":      nil,
		"date_created":     wireTime(c.Created),
		"date_updated":     wireTime(c.Updated),
		"direction":        "outbound-api",
		"duration":         duration,
		"end_time":         wireTime(c.Ended),
		"forwarded_from":   nil,
		"from":             c.From,
		"from_formatted":   formatted(c.From),
		"group_sid":        nil,
		"parent_call_sid":  nil,
		"phone_number_sid": nil,
		"price":            nil,
		"price_unit":       "USD",
		"queue_time":       strconv.Itoa(int(c.queueTime() / time.Millisecond)),
		"sid":              c.SID,
		"start_time":       wireTime(c.Started),
		"status":           c.Status,
		"subresource_uris": links,
		"to":               c.To,
		"to_formatted":     formatted(c.To),
		"trunk_sid":        nil,
		"uri":              uri + ".json",
	}
}

// messageResource is a message as the REST API shows it.
func (s *Server) messageResource(m Message) map[string]any {
	uri := "/2010-04-01/Accounts/" + s.opts.AccountSID + "/Messages/" + m.SID
	var code *int
	if m.ErrorCode != 0 {
		code = &m.ErrorCode
	}
	return map[string]any{
		"account_sid":           s.opts.AccountSID,
		"api_version":           apiVersion,
		"body":                  m.Body,
		"date_created":          wireTime(m.Created),
		"date_sent":             wireTime(m.Sent),
		"date_updated":          wireTime(m.Updated),
		"direction":             m.Direction,
		"error_code":            code,
		"error_message":         nil,
		"from":                  m.From,
		"messaging_service_sid": nil,
		"num_media":             "0",
		"num_segments":          strconv.Itoa(Segments(m.Body)),
		"price":                 nil,
		"price_unit":            "USD",
		"sid":                   m.SID,
		"status":                m.Status,
		"subresource_uris":      map[string]string{"media": uri + "/Media.json"},
		"to":                    m.To,
		"uri":                   uri + ".json",
	}
}

// formatted shows North American numbers the local way and others as they are.
func formatted(number string) string {
	if !strings.HasPrefix(number, "+1") || len(number) != 12 {
		return number
	}
	return "(" + number[2:5] + ") " + number[5:8] + "-" + number[8:]
}

const apiVersion = "2010-04-01"

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// checkURL says whether Twilio would accept an address for its webhooks.
func (s *Server) checkURL(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || len(raw) > 4000 || (u.Scheme != "http" && u.Scheme != "https") {
		return false
	}
	host := u.Hostname()
	if host == "" || strings.Contains(host, "_") {
		return false
	}
	return !s.opts.PublicOnly || publicHost(host)
}

func publicHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsGlobalUnicast() && !addr.IsPrivate()
	}
	return strings.Contains(strings.Trim(host, "."), ".") && !strings.HasSuffix(host, ".local") &&
		!strings.HasSuffix(host, ".localhost") && !strings.HasSuffix(host, ".internal")
}

// Segments counts the SMS segments of a body: GSM 03.38 text has 160 septets
// in one segment or 153 in each of several, other text 70 or 67 UTF-16 units.
func Segments(body string) int {
	septets, plain := 0, true
	units := 0
	for _, r := range body {
		units++
		if r > 0xFFFF {
			units++
		}
		switch {
		case strings.ContainsRune(gsmBasic, r):
			septets++
		case strings.ContainsRune(gsmExtended, r):
			septets += 2
		default:
			plain = false
		}
	}
	if plain {
		return split(septets, 160, 153)
	}
	return split(units, 70, 67)
}

func split(length, single, several int) int {
	if length <= single {
		return 1
	}
	return (length + several - 1) / several
}

// The default alphabet of GSM 03.38 and its extension table, whose characters
// take two septets.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtended = "\f^{}\\[~]|€"
)

package faketwilio

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // The signature scheme is Twilio's.
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// webhook is one request that Twilio makes to its customer.
type webhook struct {
	url    string
	method string // "" means POST.
	params url.Values
	token  string // The idempotency token; repeats of one webhook share it.
	call   *call  // For the record of problems; nil for messages.
}

// answer is what the customer said.
type answer struct {
	status int
	body   []byte
}

// Signature is Twilio's signature of a webhook: HMAC-SHA1 over the URL and the
// sorted POST parameters
// (https://www.twilio.com/docs/usage/security#validating-requests).
func Signature(authToken, target string, params url.Values) string {
	keys := make([]string, 0, len(params))
	for key := range params {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	var signed strings.Builder
	signed.WriteString(target)
	for _, key := range keys {
		for _, value := range params[key] {
			signed.WriteString(key + value)
		}
	}
	mac := hmac.New(sha1.New, []byte(authToken))
	mac.Write([]byte(signed.String()))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// post sends a webhook, with the retries that the fragment of its address asks
// for, and returns the last answer. An error, or a status that is not 2xx, is
// recorded and announced here.
func (s *Server) post(w webhook) (answer, error) {
	target, retry := connectionOverrides(w.url)
	w.url = target
	if w.token == "" {
		w.token = newSID("")
	}
	var got answer
	var err error
	for attempt := 0; ; attempt++ {
		got, err = s.send(w)
		if s.ctx.Err() != nil {
			return got, s.ctx.Err()
		}
		if err == nil && got.status >= 200 && got.status < 300 {
			return got, nil
		}
		if attempt >= retry.count || !retry.covers(got, err) {
			break
		}
	}
	if err == nil {
		err = fmt.Errorf("%s answered %d", w.url, got.status)
	}
	s.problem(w.call, "11200: HTTP retrieval failure: "+err.Error())
	return got, err
}

func (s *Server) send(w webhook) (answer, error) {
	ctx, cancel := context.WithTimeout(s.ctx, webhookTimeout)
	defer cancel()
	method, address, signed := http.MethodPost, w.url, w.params
	var body io.Reader = strings.NewReader(w.params.Encode())
	if w.method == http.MethodGet {
		method, body, signed = http.MethodGet, nil, nil
		glue := "?"
		if strings.Contains(address, "?") {
			glue = "&"
		}
		address += glue + w.params.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return answer{}, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	}
	r.Header.Set("User-Agent", "TwilioProxy/1.1")
	r.Header.Set("Accept", "*/*")
	r.Header.Set("X-Twilio-Signature", Signature(s.AuthToken(), address, signed))
	r.Header.Set("I-Twilio-Idempotency-Token", w.token)
	response, err := s.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }() // Nothing was written; there is nothing to lose.
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	return answer{status: response.StatusCode, body: text}, err
}

// retries is the part of Twilio's connection overrides that is simulated: rc
// and rp in the fragment of a webhook's address
// (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
type retries struct {
	count  int
	policy []string
}

func connectionOverrides(raw string) (string, retries) {
	target, fragment, _ := strings.Cut(raw, "#")
	r := retries{count: 1, policy: []string{"ct"}}
	options, err := url.ParseQuery(fragment)
	if err != nil {
		return target, r
	}
	if n, err := strconv.Atoi(options.Get("rc")); err == nil && n >= 0 && n <= 5 {
		r.count = n
	}
	if policy := options.Get("rp"); policy != "" {
		r.policy = strings.Split(policy, ",")
	}
	return target, r
}

// covers says whether a failure is to be retried. Connecting and reading are
// not told apart: both are failures without a status.
func (r retries) covers(got answer, err error) bool {
	for _, policy := range r.policy {
		switch {
		case policy == "all",
			err != nil && (policy == "ct" || policy == "rt"),
			err == nil && policy == "4xx" && got.status/100 == 4,
			err == nil && policy == "5xx" && got.status/100 == 5:
			return true
		}
	}
	return false
}

// problem records what Twilio's debugger would show.
func (s *Server) problem(c *call, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := Event{Kind: WebhookFailed, Text: text}
	if c != nil {
		c.Problems = append(c.Problems, text)
		e.Call = c.snapshot()
	}
	s.announce(e)
}

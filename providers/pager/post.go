package pager

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// The headers of every request.
const (
	HeaderKey       = "Idempotency-Key"
	HeaderSignature = contract.SignatureHeader
)

// Bounds of answers.
const (
	largestAnswer = 64 << 10         // bytes
	longestID     = 128              // of what a receiver calls an attempt, in bytes
	longestSaid   = 200              // of what people are told of an answer, in bytes
	busyPause     = 10 * time.Second // where a receiver with too much to do does not say how long
	longestPause  = time.Minute      // a page waits no longer, whatever the receiver says
)

// post sends one request, and gives what the receiver calls it.
func (c *Client) post(ctx context.Context, page Page, key string) (theirs string, err error) {
	body, err := json.Marshal(page)
	if err != nil {
		return "", fmt.Errorf("encode the page for the pager: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.config.URL, bytes.NewReader(body))
	if err != nil {
		return "", &contract.Refused{What: "the address of the pager is none", Hint: "correct pager.url", Installation: true}
	}
	signature := contract.Sign(c.config.Secret, c.config.Now(), body)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(HeaderKey, key)
	req.Header.Set(HeaderSignature, signature)
	got, err := c.http.Do(req)
	if err != nil {
		return "", fmt.Errorf("the pager does not answer: %w", withoutAddress(err))
	}
	text, err := io.ReadAll(io.LimitReader(got.Body, largestAnswer))
	if err := errors.Join(err, got.Body.Close()); err != nil {
		return "", fmt.Errorf("the pager's answer breaks off: %w", withoutAddress(err))
	}
	said := strings.NewReplacer(c.config.URL, "…", signature, "…").Replace(oneLine(string(text)))
	return taken(text), c.verdict(got, incident.Shorten(said, longestSaid))
}

// verdict turns a status into a class of error.
func (c *Client) verdict(got *http.Response, said string) error {
	what := strings.TrimSuffix(fmt.Sprintf("the pager answers %d: %s", got.StatusCode, said), ": ")
	wait, told := retryAfter(got.Header.Get("Retry-After"))
	switch code := got.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return &contract.Refused{What: what, Hint: "check pager.secret, and whether the receiver lets this machine in", Installation: true}
	case code < 400:
		return &contract.Refused{What: what, Hint: "pager.url must be the receiver itself: no redirect is followed", Installation: true}
	case told || code == http.StatusTooManyRequests:
		return &contract.Later{After: wait, Err: errors.New(what)}
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code >= 500:
		return errors.New(what)
	default:
		return &contract.Refused{What: what}
	}
}

// retryAfter reads the header in seconds; told says that it is there.
func retryAfter(header string) (wait time.Duration, told bool) {
	seconds, err := strconv.Atoi(header)
	if err != nil || seconds < 1 {
		return busyPause, false
	}
	return min(time.Duration(min(seconds, 3600))*time.Second, longestPause), true
}

// taken reads what a receiver calls an attempt: {"id": "…"}. An answer that is none is as good: the status has said it.
func taken(text []byte) string {
	var answer struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(text, &answer) != nil || len(answer.ID) > longestID || strings.ContainsFunc(answer.ID, unprintable) {
		return ""
	}
	return answer.ID
}

// unprintable says whether a letter has no place in an id.
func unprintable(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }

// oneLine takes line breaks and control characters out of a text.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// withoutAddress says what went wrong with a request in words that hold no address: whoever knows that can call people.
func withoutAddress(err error) error {
	var dns *net.DNSError
	var op *net.OpError
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("its time is up")
	case errors.As(err, &dns):
		return errors.New("its name cannot be resolved")
	case errors.As(err, &op):
		return fmt.Errorf("%s: %w", op.Op, op.Err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the connection has broken off")
	case errors.Is(err, context.Canceled):
		return context.Canceled
	}
	return errors.New("no connection can be made (a certificate that is not valid?)")
}

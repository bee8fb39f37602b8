// Package web asks web services for runbooks. It fills in secrets on the way out and masks them on the way back; it
// knows HTTP and nothing of what is asked.
package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
)

// largestAnswer bounds what is read of an answer, in bytes.
const largestAnswer = 8 << 20

// Client asks web services. It may be used concurrently.
type Client struct {
	secret func(name string) (string, bool)
	http   *http.Client
}

// New makes a client; secret gives the value of a secret by its name.
func New(secret func(name string) (string, bool)) *Client {
	return &Client{secret: secret, http: &http.Client{}}
}

// Do makes one request. It is idempotent where the service is: a request that may change something carries the effect's
// key as Idempotency-Key. A secret that is not configured, and an address that is none, are refused; a plain error means
// that there was no answer.
func (c *Client) Do(ctx context.Context, req contract.HTTPRequest) (contract.HTTPResult, error) {
	secrets, err := req.Reveal(c.secret)
	if err != nil {
		return contract.HTTPResult{}, err
	}
	timeout := req.Timeout
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out, err := c.request(ctx, req, secrets)
	if err != nil {
		return contract.HTTPResult{}, err
	}
	answer, err := c.http.Do(out)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err // its words repeat the address, which may hold what is secret
		}
		return contract.HTTPResult{}, errors.New(secrets.Mask(fmt.Sprintf("%s %s: %v", req.Method, req.URL, err)))
	}
	defer func() { _ = answer.Body.Close() }() // what was read is there; nothing can be done about the rest
	return read(answer, secrets)
}

// request fills in one request.
func (c *Client) request(ctx context.Context, req contract.HTTPRequest, secrets contract.Revealed) (*http.Request, error) {
	address, err := url.Parse(req.URL)
	if err != nil || (address.Scheme != "http" && address.Scheme != "https") || address.Host == "" {
		return nil, &contract.Refused{What: fmt.Sprintf("%q is no web address", req.URL), Hint: "write GET https://host/path"}
	}
	body, kind, err := encode(req.Body, secrets)
	if err != nil {
		return nil, err
	}
	out, err := http.NewRequestWithContext(ctx, req.Method, req.URL, body)
	if err != nil {
		return nil, &contract.Refused{What: fmt.Sprintf("the request cannot be made: %v", err)}
	}
	if kind != "" {
		out.Header.Set("Content-Type", kind)
	}
	for name, value := range req.Headers {
		out.Header.Set(name, secrets.Fill(value))
	}
	if changes(req.Method) && out.Header.Get("Idempotency-Key") == "" {
		out.Header.Set("Idempotency-Key", req.Key)
	}
	switch {
	case req.Bearer != "":
		out.Header.Set("Authorization", "Bearer "+secrets.Fill(req.Bearer))
	case req.User != "":
		out.SetBasicAuth(secrets.Fill(req.User), secrets.Fill(req.Pass))
	}
	return out, nil
}

// changes says whether a method may change something.
func changes(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// encode is the body and its type: text as it stands, everything else as JSON.
func encode(body any, secrets contract.Revealed) (io.Reader, string, error) {
	switch b := body.(type) {
	case nil:
		return http.NoBody, "", nil
	case string:
		return strings.NewReader(secrets.Fill(b)), "text/plain; charset=utf-8", nil
	}
	text, err := json.Marshal(filled(body, secrets))
	if err != nil {
		return nil, "", fmt.Errorf("encode the body: %w", err)
	}
	return bytes.NewReader(text), "application/json", nil
}

// filled fills in the secrets of a tree.
func filled(value any, secrets contract.Revealed) any {
	switch v := value.(type) {
	case string:
		return secrets.Fill(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = filled(item, secrets)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, item := range v {
			out[name] = filled(item, secrets)
		}
		return out
	}
	return value
}

// read reads an answer; what was secret is masked wherever the service repeats it.
func read(answer *http.Response, secrets contract.Revealed) (contract.HTTPResult, error) {
	text, err := io.ReadAll(io.LimitReader(answer.Body, largestAnswer+1))
	if err != nil {
		return contract.HTTPResult{}, fmt.Errorf("read the answer: %w", err)
	}
	if len(text) > largestAnswer {
		return contract.HTTPResult{}, &contract.Refused{What: fmt.Sprintf("the answer is larger than %d MiB", largestAnswer>>20)}
	}
	out := contract.HTTPResult{Status: answer.StatusCode, Headers: map[string]any{}}
	for name := range answer.Header {
		out.Headers[strings.ToLower(name)] = secrets.Mask(answer.Header.Get(name))
	}
	masked := secrets.Mask(string(text))
	var decoded any
	if json.Unmarshal([]byte(masked), &decoded) == nil {
		out.Body = decoded
		return out, nil
	}
	out.Body = strings.ToValidUTF8(masked, "�")
	return out, nil
}

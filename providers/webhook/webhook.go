// Package webhook tells any system of tickets and updates by one documented POST, signed where there is a secret. It is
// the tracker and the outlet of whoever has none that is spoken natively.
package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/musterbook/musterbook/contract"
)

// Options are one receiver.
type Options struct {
	Name   string // as the configuration calls it
	URL    string
	Secret string // signs each request; empty = unsigned
	// Idempotent says that the receiver tells a repetition by its Idempotency-Key, so that an update whose fate is not
	// known may be sent again.
	Idempotent bool
	Now        func() time.Time // nil = the system's clock
}

// Receiver is a web service that takes our requests. It may be used concurrently.
type Receiver struct {
	o    Options
	http *http.Client
}

// New makes a receiver.
func New(o Options) *Receiver {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Receiver{o: o, http: &http.Client{Timeout: 10 * time.Second}}
}

// envelope is the body of every request.
type envelope struct {
	Version int    `json:"version"` // 1
	Kind    string `json:"kind"`    // "ticket.open", "ticket.sync", "update"
	Data    any    `json:"data"`
}

// OpenTicket is idempotent by Owner and the Idempotency-Key: the receiver answers {"key", "url"}, the same for the same
// owner.
func (r *Receiver) OpenTicket(ctx context.Context, req contract.OpenTicketRequest) (contract.OpenTicketResult, error) {
	var out contract.OpenTicketResult
	if err := r.send(ctx, "ticket.open", req.Key, req, &out); err != nil {
		return out, err
	}
	if out.Key == "" {
		return out, &contract.Refused{What: fmt.Sprintf("%s has opened a ticket and does not say which", r.o.Name), Hint: `it must answer {"key": "…", "url": "…"}`}
	}
	return out, nil
}

// SyncTicket sets what the ticket shows; each comment carries its entry's number, by which the receiver knows it again.
func (r *Receiver) SyncTicket(ctx context.Context, req contract.SyncTicketRequest) error {
	return r.send(ctx, "ticket.sync", req.Key, req, nil)
}

// Publish is idempotent by Key where the receiver is. One that is not is never asked twice by itself: when it is not
// known whether an update has been told, a person decides.
func (r *Receiver) Publish(ctx context.Context, req contract.UpdateRequest) (contract.UpdateResult, error) {
	if req.Again && !r.o.Idempotent {
		return contract.UpdateResult{}, &contract.Refused{
			What: fmt.Sprintf("it is not known whether %s has told %s already", r.o.Name, req.Audience), Hint: "look there, then skip this step or tell them by hand",
		}
	}
	var out contract.UpdateResult
	err := r.send(ctx, "update", req.Key, req, &out)
	out.Told = []string{r.o.Name}
	return out, err
}

// send posts one request and reads the answer, where there is one.
func (r *Receiver) send(ctx context.Context, kind, key string, data, answer any) error {
	body, err := json.Marshal(envelope{Version: 1, Kind: kind, Data: data})
	if err != nil {
		return fmt.Errorf("encode %s for %s: %w", kind, r.o.Name, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.o.URL, bytes.NewReader(body))
	if err != nil {
		return &contract.Refused{What: fmt.Sprintf("the address of %s is wrong: %v", r.o.Name, err)}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	if r.o.Secret != "" {
		req.Header.Set(contract.SignatureHeader, contract.Sign(r.o.Secret, r.o.Now(), body))
	}
	got, err := r.http.Do(req)
	if err != nil {
		return fmt.Errorf("%s does not answer: %w", r.o.Name, err)
	}
	text, readErr := io.ReadAll(io.LimitReader(got.Body, 1<<20))
	if err := errors.Join(readErr, got.Body.Close()); err != nil {
		return fmt.Errorf("read the answer of %s: %w", r.o.Name, err)
	}
	if err := verdict(r.o.Name, got, text); err != nil {
		return err
	}
	if answer != nil && len(bytes.TrimSpace(text)) > 0 {
		if err := json.Unmarshal(text, answer); err != nil {
			return &contract.Refused{What: fmt.Sprintf("%s answers something else than JSON", r.o.Name)}
		}
	}
	return nil
}

// verdict turns a status into a class of error.
func verdict(name string, got *http.Response, text []byte) error {
	said := fmt.Sprintf("%s answers %d: %.200s", name, got.StatusCode, bytes.TrimSpace(text))
	switch {
	case got.StatusCode < http.StatusMultipleChoices:
		return nil
	case got.StatusCode == http.StatusTooManyRequests, got.StatusCode == http.StatusRequestTimeout:
		seconds, err := strconv.Atoi(got.Header.Get("Retry-After"))
		if err != nil || seconds < 1 {
			seconds = 30
		}
		return &contract.Later{After: time.Duration(min(seconds, 3600)) * time.Second, Err: errors.New(said)}
	case got.StatusCode < http.StatusInternalServerError:
		return &contract.Refused{What: said}
	}
	return errors.New(said)
}

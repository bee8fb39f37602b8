//go:build !noengine

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
)

// vendorRequest is a request to a vendor of the town.
type vendorRequest struct {
	method, path string
	form         url.Values
}

// hold keeps the answer to one request back until whoever asked is gone: the vendor has done it, and nobody learns so.
type hold struct {
	matches func(vendorRequest) bool
	before  bool          // nothing is done either
	held    chan struct{} // closed when it is done and the answer is kept back
	gone    chan struct{} // closed when whoever asked has gone
}

func newHold(matches func(vendorRequest) bool) *hold {
	return &hold{matches: matches, held: make(chan struct{}), gone: make(chan struct{})}
}

// until waits for the hold's request.
func (h *hold) until(ctx context.Context) error {
	select {
	case <-h.held:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the request was never made: %w", ctx.Err())
	}
}

// leftEarly says whether whoever asked has given up already.
func (h *hold) leftEarly() bool {
	select {
	case <-h.gone:
		return true
	default:
		return false
	}
}

// holds stand between the product and its vendors.
type holds struct {
	mu      sync.Mutex
	waiting []*hold
	vendors http.Handler
}

// add makes a hold wait for its request.
func (h *holds) add(one *hold) *hold {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting = append(h.waiting, one)
	return one
}

// take finds the hold of a request and uses it up.
func (h *holds) take(r vendorRequest) *hold {
	h.mu.Lock()
	defer h.mu.Unlock()
	for n, one := range h.waiting {
		if one.matches(r) {
			h.waiting = append(h.waiting[:n:n], h.waiting[n+1:]...)
			return one
		}
	}
	return nil
}

// ServeHTTP lets the vendors answer, but for the requests that are held.
func (h *holds) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	// What is no form matches nothing.
	form, _ := url.ParseQuery(string(body))
	one := h.take(vendorRequest{method: r.Method, path: r.URL.Path, form: form})
	r.Body = io.NopCloser(bytes.NewReader(body))
	if one == nil {
		h.vendors.ServeHTTP(w, r)
		return
	}
	if !one.before {
		h.vendors.ServeHTTP(httptest.NewRecorder(), r)
	}
	close(one.held)
	<-r.Context().Done()
	close(one.gone)
	panic(http.ErrAbortHandler)
}

// errEarly says that the machine was too slow to hold everything at the same time.
var errEarly = errors.New("a request was given up before the process was killed")

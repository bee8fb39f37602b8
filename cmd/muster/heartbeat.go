package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

// heartbeat tells somebody outside that we live, so that somebody notices when we do not. The address is requested only
// after a beat has passed through the engine and a worker: a process that runs and does nothing is not alive.
type heartbeat struct {
	address func() string // as the configuration in force has it; empty = nobody is told
	beat    func(context.Context) error
	client  *http.Client
	log     *slog.Logger
}

// Times of the heartbeat.
const (
	beatEvery   = time.Minute
	beatTime    = 20 * time.Second // for the beat itself
	beatTelling = 10 * time.Second
)

// run beats until the process ends. What fails is said when it begins to fail and when it is well again, not each minute.
func (h *heartbeat) run(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	failing := false
	for {
		err := h.once(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			h.log.Error("no heartbeat was sent; whoever watches us will notice", "error", err)
		case err == nil && failing:
			h.log.Info("the heartbeat is sent again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// once beats, and tells it outside. Without an address nothing is done.
func (h *heartbeat) once(ctx context.Context) error {
	address := h.address()
	if address == "" {
		return nil
	}
	beating, done := context.WithTimeout(ctx, beatTime)
	defer done()
	if err := h.beat(beating); err != nil {
		return fmt.Errorf("our own pulse: %w", err)
	}
	telling, cancel := context.WithTimeout(ctx, beatTelling)
	defer cancel()
	req, err := http.NewRequestWithContext(telling, http.MethodGet, address, nil)
	if err != nil {
		return errors.New("the address of the heartbeat is none")
	}
	answer, err := h.client.Do(req)
	if err != nil {
		return fmt.Errorf("request the address of the heartbeat: %w", withoutAddress(err))
	}
	if err := answer.Body.Close(); err != nil {
		return fmt.Errorf("read the answer to the heartbeat: %w", err)
	}
	if answer.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("the address of the heartbeat answers %s", answer.Status)
	}
	return nil
}

// withoutAddress is what went wrong with a request, without its address: whoever knows that can keep us alive.
func withoutAddress(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		return request.Err
	}
	return err
}

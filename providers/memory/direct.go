package memory

import (
	"context"
	"fmt"

	"github.com/musterbook/musterbook/contract"
)

// Tell is idempotent by Key.
func (w *World) Tell(_ context.Context, req contract.TellPersonRequest) (contract.TellPersonResult, error) {
	act := Act{Kind: "dm", Who: req.Person, Text: req.Message.Text, Key: req.Key}
	unlock, err := w.begin(act)
	if err != nil {
		unlock()
		return contract.TellPersonResult{}, err
	}
	id, known := w.calls[req.Key]
	if !known {
		id = fmt.Sprintf("DM-%s-%d", req.Person, req.Callback.Attempt)
		w.calls[req.Key] = id
		w.write(act, "dm %s: %s", req.Person, message(req.Message))
	}
	told := w.Told
	unlock()
	if told != nil && !known {
		told(req, id)
	}
	if err := w.lost(act); err != nil {
		return contract.TellPersonResult{}, err
	}
	return contract.TellPersonResult{Provider: id}, nil
}

// Retell sets what a message says.
func (w *World) Retell(_ context.Context, req contract.RetellPersonRequest) error {
	act := Act{Kind: "settle", Name: req.Provider, Text: req.Message.Text}
	unlock, err := w.begin(act)
	defer unlock()
	if err == nil {
		w.write(act, "settle %s: %s", req.Provider, message(req.Message))
		err = w.lost(act)
	}
	return err
}

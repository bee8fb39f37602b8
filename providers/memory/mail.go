package memory

import (
	"context"
	"fmt"
	"strings"

	"github.com/musterbook/musterbook/contract"
)

// Mail is idempotent by Key.
func (w *World) Mail(_ context.Context, req contract.MailRequest) (contract.MailResult, error) {
	act := Act{Kind: "mail", Who: req.Person, Name: req.Subject, Text: req.Text, Key: req.Key}
	unlock, err := w.begin(act)
	if err != nil {
		unlock()
		return contract.MailResult{}, err
	}
	id, known := w.calls[req.Key]
	if !known {
		id = fmt.Sprintf("MAIL-%s-%d", req.Person, req.Callback.Attempt)
		w.calls[req.Key] = id
		w.write(act, "mail %s: %s: %s", req.Person, req.Subject, strings.ReplaceAll(req.Text, "\n", " / "))
	}
	mailed := w.Mailed
	unlock()
	if mailed != nil && !known {
		mailed(req, id)
	}
	return contract.MailResult{Provider: id}, nil
}

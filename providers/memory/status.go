package memory

import (
	"context"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// status is what stands beside somebody's name now. The caller holds the lock.
func (w *World) status(who oncall.PersonID) contract.ChatStatus {
	s := w.Statuses[who]
	if s != nil && !s.Until.IsZero() && !w.Now().Before(s.Until) {
		*s = contract.ChatStatus{}
	}
	if s == nil {
		return contract.ChatStatus{}
	}
	return *s
}

// ReadStatus has no effect.
func (w *World) ReadStatus(_ context.Context, req contract.ReadStatusRequest) (contract.ReadStatusResult, error) {
	unlock, err := w.begin(Act{Kind: "status", Name: "read", Who: req.Person})
	defer unlock()
	if err != nil || w.Statuses[req.Person] == nil {
		return contract.ReadStatusResult{}, err
	}
	return contract.ReadStatusResult{Connected: true, Status: w.status(req.Person).Own()}, nil
}

// ShowStatus is idempotent by nature. A line is written where the status changes.
func (w *World) ShowStatus(_ context.Context, req contract.ShowStatusRequest) (contract.ShowStatusResult, error) {
	act := Act{Kind: "status", Name: "show", Who: req.Person, Text: req.Text, Key: req.Key}
	unlock, err := w.begin(act)
	defer unlock()
	if err != nil || w.Statuses[req.Person] == nil {
		return contract.ShowStatusResult{}, err
	}
	stands := w.status(req.Person)
	next, shown := req.On(stands, w.Now())
	if next != stands {
		*w.Statuses[req.Person] = next
		w.write(act, "status of %s: %s", req.Person, statusWords(next))
	}
	return contract.ShowStatusResult{Shown: shown}, w.lost(act)
}

// statusWords is a status in a line.
func statusWords(s contract.ChatStatus) string {
	words := strings.TrimSpace(s.Symbol + " " + s.Text)
	if words == "" {
		return "none"
	}
	if !s.Until.IsZero() {
		words += " until " + s.Until.UTC().Format("Mon 15:04")
	}
	return words
}

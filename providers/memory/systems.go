package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/contract"
)

// act asks whether an effect on a system fails, and writes its line unless it was done before under its key.
func (w *World) act(a Act, key, line string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	a.At = w.Now()
	if a.Key == "" {
		a.Key = key
	}
	if w.Fail != nil {
		if err := w.Fail(a); err != nil {
			return err
		}
	}
	if !w.done[key] {
		w.done[key] = true
		w.write(a, "%s", line)
	}
	return nil
}

// OpenBridge is idempotent by Owner.
func (w *World) OpenBridge(_ context.Context, req contract.OpenBridgeRequest) (contract.OpenBridgeResult, error) {
	err := w.act(Act{Kind: "bridge", Name: req.Provider, Key: req.Key}, "bridge/"+req.Owner, fmt.Sprintf("bridge %s for %s", req.Provider, req.Incident))
	return contract.OpenBridgeResult{ID: "B-" + string(req.Incident), URL: "https://bridge.example/" + string(req.Incident)}, err
}

// OpenTicket is idempotent by Owner.
func (w *World) OpenTicket(_ context.Context, req contract.OpenTicketRequest) (contract.OpenTicketResult, error) {
	err := w.act(Act{Kind: "ticket", Name: req.Tracker, Key: req.Key}, "ticket/"+req.Owner, fmt.Sprintf("ticket in %s: %s", req.Tracker, req.Summary))
	return contract.OpenTicketResult{Key: "OPS-1", URL: "https://tickets.example/OPS-1"}, err
}

// SyncTicket writes what the ticket shows now, each comment once.
func (w *World) SyncTicket(_ context.Context, req contract.SyncTicketRequest) error {
	line := fmt.Sprintf("ticket %s shows %s, %s", req.ID, req.Ticket.Status, orNone(string(req.Ticket.Severity)))
	if err := w.act(Act{Kind: "sync", Name: req.Tracker}, fmt.Sprintf("sync/%s/%v", req.Owner, req.Ticket), line); err != nil {
		return err
	}
	for _, c := range req.Comments {
		if err := w.act(Act{Kind: "sync", Name: req.Tracker}, fmt.Sprintf("comment/%s/%d", req.Owner, c.Seq), "ticket comment: "+c.Text); err != nil {
			return err
		}
	}
	return nil
}

// orNone is a text, or that there is none.
func orNone(text string) string {
	if text == "" {
		return "no severity"
	}
	return text
}

// Publish is idempotent by Key.
func (w *World) Publish(_ context.Context, req contract.UpdateRequest) (contract.UpdateResult, error) {
	err := w.act(Act{Kind: "update", Name: req.Audience, Text: req.Message}, req.Key, fmt.Sprintf("update %s [%s]: %s", req.Audience, req.Status, req.Message))
	return contract.UpdateResult{URL: "https://status.example/" + string(req.Incident), Told: []string{req.Audience}}, err
}

// Do answers as HTTP says.
func (w *World) Do(_ context.Context, req contract.HTTPRequest) (contract.HTTPResult, error) {
	line := fmt.Sprintf("http %s %s", req.Method, req.URL)
	if err := w.act(Act{Kind: "http", Name: req.URL}, req.Key, line); err != nil {
		return contract.HTTPResult{}, err
	}
	if w.HTTP == nil {
		return contract.HTTPResult{Status: 200, Body: map[string]any{}}, nil
	}
	return w.HTTP(req), nil
}

// Run answers as Command says.
func (w *World) Run(_ context.Context, req contract.CommandRequest) (contract.CommandResult, error) {
	if err := w.act(Act{Kind: "run", Name: req.Command}, req.Key, "run "+req.Command); err != nil {
		return contract.CommandResult{}, err
	}
	if w.Command == nil {
		return contract.CommandResult{}, nil
	}
	return w.Command(req), nil
}

// DoAction is what a custom action does: a test registers it under the action's name. It is idempotent by Key.
func (w *World) DoAction(name string, with map[string]any, e contract.Effect) (map[string]any, error) {
	var fields []string
	for field, value := range with {
		fields = append(fields, fmt.Sprintf("%s: %v", field, value))
	}
	slices.Sort(fields)
	if err := w.act(Act{Kind: "action", Name: name}, e.Key, fmt.Sprintf("action %s {%s}", name, strings.Join(fields, ", "))); err != nil {
		return nil, err
	}
	if w.Action == nil {
		return map[string]any{}, nil
	}
	return w.Action(name, with)
}

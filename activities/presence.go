package activities

import (
	"context"

	"github.com/musterbook/musterbook/contract"
)

// RegisterPresence binds people's chat statuses, for the worker of the chat's task queue. Where there are none, nobody
// has connected theirs.
func RegisterPresence(r Registry, presence Presence) {
	if presence == nil {
		presence = absentPresence{}
	}
	register(r, contract.ReadStatus, presence.ReadStatus)
	register(r, contract.ShowStatus, func(ctx context.Context, req contract.ShowStatusRequest) (contract.ShowStatusResult, error) {
		req.Again = req.Again || repeated(ctx)
		return presence.ShowStatus(ctx, req)
	})
}

// absentPresence stands in where no chat has statuses.
type absentPresence struct{}

// ReadStatus knows nobody.
func (absentPresence) ReadStatus(context.Context, contract.ReadStatusRequest) (contract.ReadStatusResult, error) {
	return contract.ReadStatusResult{}, nil
}

// ShowStatus shows nothing.
func (absentPresence) ShowStatus(context.Context, contract.ShowStatusRequest) (contract.ShowStatusResult, error) {
	return contract.ShowStatusResult{}, nil
}

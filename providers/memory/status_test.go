package memory_test

import (
	"context"
	"errors"
	"testing"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/activities/activitiestest"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
)

var _ activities.Presence = (*memory.World)(nil)

// presenceWorld is a world in which Ana has connected her status.
func presenceWorld(*testing.T) *activitiestest.PresenceWorld {
	b := breakable()
	stands := &contract.ChatStatus{}
	b.Statuses = map[oncall.PersonID]*contract.ChatStatus{"ana": stands}
	return &activitiestest.PresenceWorld{
		Trouble: b, Presence: b, Restarted: func() activities.Presence { return b }, Person: "ana", Outsider: "ben",
		Status: func() contract.ChatStatus { return *stands },
		Write:  func(s contract.ChatStatus) { *stands = s },
	}
}

func (b *brittle) ReadStatus(ctx context.Context, req contract.ReadStatusRequest) (contract.ReadStatusResult, error) {
	out, err := b.World.ReadStatus(ctx, req)
	return answer(b, out, ofOne(err))
}

func (b *brittle) ShowStatus(ctx context.Context, req contract.ShowStatusRequest) (contract.ShowStatusResult, error) {
	out, err := b.World.ShowStatus(ctx, req)
	return answer(b, out, ofOne(err))
}

// ofOne is a refusal of what one person has connected: it concerns nobody else.
func ofOne(err error) error {
	var refused *contract.Refused
	if errors.As(err, &refused) {
		return &contract.Refused{What: refused.What, Hint: refused.Hint}
	}
	return err
}

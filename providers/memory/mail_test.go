package memory_test

import (
	"context"
	"slices"
	"testing"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/activities/activitiestest"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
)

var _ activities.Mail = (*memory.World)(nil)

// mailWorld shows mails as the world tells of them.
func mailWorld(*testing.T) *activitiestest.MailWorld {
	b := breakable()
	var letters []activitiestest.Letter
	b.Mailed = func(req contract.MailRequest, provider string) {
		letters = append(letters, activitiestest.Letter{ID: provider, Thread: req.Thread, Subject: req.Subject, Text: req.Text})
	}
	return &activitiestest.MailWorld{
		Trouble: b, Mail: b, Restarted: func() activities.Mail { return b }, Person: "ana",
		Letters: func(oncall.PersonID) []activitiestest.Letter { return slices.Clone(letters) },
	}
}

func (b *brittle) Mail(ctx context.Context, req contract.MailRequest) (contract.MailResult, error) {
	out, err := b.World.Mail(ctx, req)
	return answer(b, out, err)
}

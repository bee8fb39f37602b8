package activities_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// seen is one answer to a look.
type seen struct {
	status incident.CallStatus
	err    error
}

// watched is a telephone whose looks answer one after the other, the last one for ever.
type watched struct {
	activities.Phone
	answers []seen
	looks   int
	block   bool // a look hangs until it is given up
}

// Follow gives the next answer.
func (w *watched) Follow(ctx context.Context, _ string) (contract.FollowResult, error) {
	now := w.answers[min(w.looks, len(w.answers)-1)]
	w.looks++
	if w.block {
		<-ctx.Done()
		return contract.FollowResult{}, ctx.Err()
	}
	return contract.FollowResult{Status: now.status, Detail: "why"}, now.err
}

// functions keeps activities as functions.
type functions map[string]any

// RegisterActivityWithOptions keeps one.
func (f functions) RegisterActivityWithOptions(a any, o activity.RegisterOptions) { f[o.Name] = a }

// following is the activity over a telephone, in the time of the bubble.
func following(phone activities.Phone) func(context.Context, contract.FollowRequest) (contract.FollowResult, error) {
	all := functions{}
	activities.RegisterFollow(all, phone, nil)
	return all[string(contract.FollowAttempt)].(func(context.Context, contract.FollowRequest) (contract.FollowResult, error))
}

// TestFollow: one activity answers with the first news, not with each look; what goes wrong meanwhile makes it slower and
// nothing else.
func TestFollow(t *testing.T) {
	t.Parallel()
	away, busy := errors.New("503"), &contract.Later{After: 9 * time.Second, Err: errors.New("429")}
	long := &contract.Later{After: time.Hour, Err: errors.New("429")}
	revoked := &contract.Refused{What: "authenticate", Installation: true}
	for name, test := range map[string]struct {
		known   incident.CallStatus
		answers []seen
		block   bool
		want    incident.CallStatus
		refused bool
		looks   int
		takes   time.Duration
	}{
		"it rings at once":         {known: "queued", answers: []seen{{status: "ringing"}}, want: "ringing", looks: 1, takes: 2 * time.Second},
		"dialling is no news":      {known: "queued", answers: []seen{{status: "queued"}, {status: "initiated"}, {status: "ringing"}}, want: "ringing", looks: 3, takes: 6 * time.Second},
		"a step was missed":        {known: "ringing", answers: []seen{{status: "ringing"}, {status: "no-answer"}}, want: "no-answer", looks: 2, takes: 4 * time.Second},
		"nothing goes backwards":   {known: "answered", answers: []seen{{status: "ringing"}, {status: "completed"}}, want: "completed", looks: 2, takes: 4 * time.Second},
		"nothing ever happens":     {known: "sent", answers: []seen{{status: "sent"}}, want: "sent", looks: 30, takes: time.Minute},
		"a word that nobody knows": {known: "queued", answers: []seen{{status: "waving"}, {status: "busy"}}, want: "busy", looks: 2, takes: 4 * time.Second},
		"the vendor is away":       {known: "queued", answers: []seen{{err: away}, {err: away}, {status: "ringing"}}, want: "ringing", looks: 3, takes: (2 + 4 + 8) * time.Second},
		"it has too much to do":    {known: "queued", answers: []seen{{err: busy}, {status: "ringing"}}, want: "ringing", looks: 2, takes: (2 + 9) * time.Second},
		"for very long":            {known: "queued", answers: []seen{{err: long}, {status: "ringing"}}, want: "ringing", looks: 2, takes: (2 + 15) * time.Second},
		"access was revoked":       {known: "queued", answers: []seen{{err: revoked}, {status: "ringing"}}, want: "ringing", looks: 2, takes: (2 + 4) * time.Second},
		"nobody knows the call":    {known: "queued", answers: []seen{{err: &contract.Refused{What: "no such call"}}}, refused: true, want: "queued", looks: 1, takes: 2 * time.Second},
		"a look hangs":             {known: "queued", answers: []seen{{}}, block: true, want: "queued", looks: 7, takes: (2 + 4 + 8 + 4*15 + 7*5) * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				phone := &watched{answers: test.answers, block: test.block}
				began := time.Now()
				got, err := following(phone)(t.Context(), contract.FollowRequest{Provider: "CA1", Known: test.known, Every: 2 * time.Second, For: time.Minute})
				switch {
				case test.refused:
					if app := application(t, err); app.Type() != contract.RefusedType {
						t.Errorf("it fails with %v", err)
					}
				case err != nil:
					t.Error(err)
				}
				if got.Status != test.want || phone.looks != test.looks || time.Since(began) != test.takes {
					t.Errorf("%q after %d looks and %s, want %q, %d, %s", got.Status, phone.looks, time.Since(began), test.want, test.looks, test.takes)
				}
			})
		})
	}
}

// TestFollowEnds: whoever is taken back stops looking, and a telephone that cannot be asked refuses.
func TestFollowEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		phone := &watched{answers: []seen{{status: "ringing"}}}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := following(phone)(ctx, contract.FollowRequest{Known: "ringing", Every: 2 * time.Second, For: time.Minute})
		if !errors.Is(err, context.DeadlineExceeded) || phone.looks != 2 {
			t.Errorf("%v after %d looks", err, phone.looks)
		}
	})
	_, err := following(struct{ activities.Phone }{})(t.Context(), contract.FollowRequest{Every: time.Second, For: time.Minute})
	if app := application(t, err); app.Type() != contract.RefusedType {
		t.Errorf("it fails with %v", err)
	}
}

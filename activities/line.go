package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Lines know how often each person is told, across all incidents, and which call to them is under way.
type Lines interface {
	// Use asks whether somebody may be told now, and counts it. It is idempotent by the request's key.
	Use(ctx context.Context, req contract.LineRequest) (contract.LineResult, error)
	// Placed tells what became of a call that was allowed. It is idempotent by the key.
	Placed(ctx context.Context, placed contract.LinePlaced) error
	// Leave takes an attempt off a call that may be made for others too. It is idempotent by the key.
	Leave(ctx context.Context, leave contract.LineLeave) (contract.LineLeft, error)
}

// Times of a line and of what is asked besides. Whoever hears nothing from it calls directly: a page is never dropped
// because somebody counts.
const (
	lineTime = 2 * time.Second
	lookTime = 3 * time.Second
)

// linedPhone is a telephone whose calls and messages are asked of people's lines first.
type linedPhone struct {
	Phone
	lines Lines // nil bears everything
}

// Call calls somebody as far as their line bears it. When a call to them is under way already, that one speaks of this
// incident too, and no other is placed.
func (p linedPhone) Call(ctx context.Context, req contract.CallRequest) (contract.CallResult, error) {
	use := contract.LineRequest{Person: req.Person, Key: req.Key, Via: "call", First: req.First, Callback: req.Callback}
	said, err := p.bear(ctx, use)
	if err != nil {
		return contract.CallResult{}, err
	}
	if said.Joined != "" {
		if status, rings := p.underWay(ctx, said.Joined); rings {
			return contract.CallResult{Provider: said.Joined, Joined: true, Status: status}, nil
		}
		use.Alone = true
		if _, err := p.bear(ctx, use); err != nil {
			return contract.CallResult{}, err
		}
	}
	out, err := p.Phone.Call(ctx, req)
	placed := contract.LinePlaced{Person: req.Person, Key: req.Key, Provider: out.Provider}
	if err != nil || out.Silent {
		placed.Provider = "" // nobody will ask what it is to say
	}
	p.tell(ctx, placed)
	return out, err
}

// Text writes to somebody as far as their line bears it.
func (p linedPhone) Text(ctx context.Context, req contract.TextRequest) (contract.TextResult, error) {
	if _, err := p.bear(ctx, contract.LineRequest{Person: req.Person, Key: req.Key, Via: "sms", First: req.First}); err != nil {
		return contract.TextResult{}, err
	}
	return p.Phone.Text(ctx, req)
}

// HangUp ends a call, unless it goes on for other incidents. A line that does not answer keeps no telephone ringing:
// whoever else is told by the call hears that it has ended, and goes on.
func (p linedPhone) HangUp(ctx context.Context, req contract.HangUpRequest) error {
	if p.lines != nil && req.Key != "" {
		asking, cancel := context.WithTimeout(ctx, lineTime)
		left, err := p.lines.Leave(asking, contract.LineLeave{Person: req.Person, Key: req.Key})
		cancel()
		if err == nil && left.Others {
			return nil
		}
	}
	return p.Phone.HangUp(ctx, req)
}

// bear asks a person's line before they are told. Past what it bears the attempt is refused, so that the page goes to the
// next person.
func (p linedPhone) bear(ctx context.Context, req contract.LineRequest) (contract.LineResult, error) {
	if p.lines == nil {
		return contract.LineResult{Allowed: true}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lineTime)
	defer cancel()
	out, err := p.lines.Use(ctx, req)
	if err != nil {
		return contract.LineResult{Allowed: true}, nil //nolint:nilerr // a line that cannot be asked must not keep anybody from being called
	}
	if out.Allowed {
		return out, nil
	}
	what := "called"
	if req.Via == "sms" {
		what = "texted"
	}
	return out, &contract.Refused{What: fmt.Sprintf("%s %d times within %s already; the page goes on to the next person", what, out.Uses, out.Within)}
}

// underWay looks whether a call still rings or speaks. One that cannot be looked at counts as over: a second call is
// better than none.
func (p linedPhone) underWay(ctx context.Context, provider string) (incident.CallStatus, bool) {
	follower, can := p.Phone.(Follower)
	if !can {
		return "", false
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	out, err := follower.Follow(ctx, provider)
	return out.Status, err == nil && !out.Status.Final()
}

// tell tells a line what became of a call. When it does not hear it, the next incident only gets a call of its own.
func (p linedPhone) tell(ctx context.Context, placed contract.LinePlaced) {
	if p.lines == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lineTime)
	defer cancel()
	_ = p.lines.Placed(ctx, placed) // best effort, see above
}

package stage

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
)

// Effect is one attempt of an activity, before it is made.
type Effect struct {
	Name string // of the activity: "PlaceCall", "deploy.rollback"
	Key  string // its idempotency key, where it has one
}

// effects does what workflows ask activities for.
type effects struct {
	stage  *Stage
	byName map[string]any
	data   converter.DataConverter
	begun  time.Time     // when the latest attempt began
	turn   time.Duration // by how much it is later than the first of that instant
}

// newEffects binds the real activities to the stage's ports. Polls let the play's time pass.
func newEffects(s *Stage) *effects {
	e := &effects{stage: s, byName: map[string]any{}, data: converter.GetDefaultDataConverter()}
	ports := s.options.Ports
	if ports.Sleep == nil {
		ports.Sleep = pause
	}
	activities.Register(e, ports)
	return e
}

// RegisterActivityWithOptions keeps an activity by its name.
func (e *effects) RegisterActivityWithOptions(a any, o activity.RegisterOptions) {
	e.byName[o.Name] = a
}

// byDuration lists the activities by how long they take, unless told otherwise: another number of milliseconds each, as
// in life no two things happen in one instant. Custom actions are one kind.
func byDuration() []string {
	return []string{
		string(contract.SendText), string(contract.PlaceCall), string(contract.HangUp), string(contract.ShowRoom),
		string(contract.Post), string(contract.OpenRoom), string(contract.OpenBridge), string(contract.OpenTicket),
		string(contract.SyncTicket), string(contract.PublishUpdate), string(contract.KeepEvidence),
		string(contract.DraftPostmortem), string(contract.CallHTTP), string(contract.RunCommand), string(contract.WriteRecord),
		anAction, string(contract.TellPerson), string(contract.RetellPerson), string(contract.FollowAttempt),
		string(contract.Announce), string(contract.CloseRoom), string(contract.ReadStatus), string(contract.ShowStatus),
	}
}

// anAction stands for every custom action.
const anAction = ""

// attempt is one try of an activity. Its time is the play's.
type attempt struct {
	workflow workflow.Context // of the stage's own thread
	asked    workflow.Context // of whoever asked; it ends when the request is taken back
	deadline time.Time
	late     bool // its time is over
}

// attemptKey finds the attempt in the context of an activity.
type attemptKey struct{}

// pause lets the play's time pass within an activity, to its deadline at most.
func pause(ctx context.Context, d time.Duration) error {
	a, ok := ctx.Value(attemptKey{}).(*attempt)
	if !ok || a.asked == nil {
		return errors.New("this activity cannot wait")
	}
	return a.pause(d, true)
}

// pause lets time pass. Whoever can be taken back ends early when that happens.
func (a *attempt) pause(d time.Duration, canBeTakenBack bool) error {
	left := a.deadline.Sub(workflow.Now(a.workflow))
	a.late = d >= left
	takenBack, err := workflow.AwaitWithTimeout(a.workflow, min(d, left), func() bool { return canBeTakenBack && a.asked.Err() != nil })
	switch {
	case err != nil:
		return err
	case takenBack:
		a.late = false
		return context.Canceled
	case a.late:
		return context.DeadlineExceeded
	}
	return nil
}

// start begins an activity.
func (e *effects) start(ctx workflow.Context, name string, args []any) workflow.Future {
	future, settable := workflow.NewFuture(ctx)
	options := workflow.GetActivityOptions(ctx)
	own, _ := workflow.NewDisconnectedContext(ctx)
	answered := false
	workflow.Go(own, func(own workflow.Context) {
		payloads, err := e.tries(own, ctx, options, name, args)
		if !answered {
			answered = true
			settable.Set(payloads, err)
		}
	})
	if !options.WaitForCancellation {
		workflow.Go(own, func(own workflow.Context) {
			// An error is impossible: this context is never cancelled.
			_ = workflow.Await(own, func() bool { return answered || ctx.Err() != nil })
			if !answered {
				answered = true
				settable.Set(nil, temporal.NewCanceledError())
			}
		})
	}
	return decoded{future}
}

// tries makes attempt after attempt, as the engine does: until one succeeds or is final, the attempts are used up, or
// the time is over.
func (e *effects) tries(own, asked workflow.Context, o workflow.ActivityOptions, name string, args []any) (*commonpb.Payloads, error) {
	end := endOf(workflow.Now(own), o.ScheduleToCloseTimeout)
	retry := withDefaults(o.RetryPolicy)
	wait := retry.InitialInterval
	for n := int32(1); ; n++ {
		if asked.Err() != nil {
			return nil, temporal.NewCanceledError()
		}
		deadline := endOf(workflow.Now(own), o.StartToCloseTimeout)
		if end.Before(deadline) {
			deadline = end
		}
		a := &attempt{workflow: own, asked: asked, deadline: deadline}
		payloads, err := e.try(a, Effect{Name: name, Key: keyOf(args)}, o.HeartbeatTimeout > 0, args)
		if err == nil || temporal.IsCanceledError(err) || isFinal(err) || retry.MaximumAttempts > 0 && n >= retry.MaximumAttempts {
			return payloads, err
		}
		delay := wait
		if after := nextDelay(err); after > 0 {
			delay = after
		}
		if !workflow.Now(own).Add(delay).Before(end) {
			return nil, err
		}
		if takenBack, _ := workflow.AwaitWithTimeout(own, delay, func() bool { return asked.Err() != nil }); takenBack {
			return nil, temporal.NewCanceledError()
		}
		wait = min(time.Duration(float64(wait)*retry.BackoffCoefficient), retry.MaximumInterval)
	}
}

// endOf is when a time is over; no time is no end.
func endOf(from time.Time, limit time.Duration) time.Time {
	if limit <= 0 {
		return from.AddDate(100, 0, 0)
	}
	return from.Add(limit)
}

// withDefaults fills in what the engine does when a policy leaves it open.
func withDefaults(p *temporal.RetryPolicy) temporal.RetryPolicy {
	out := temporal.RetryPolicy{}
	if p != nil {
		out = *p
	}
	if out.InitialInterval <= 0 {
		out.InitialInterval = time.Second
	}
	if out.BackoffCoefficient < 1 {
		out.BackoffCoefficient = 2
	}
	if out.MaximumInterval <= 0 {
		out.MaximumInterval = 100 * out.InitialInterval
	}
	return out
}

// isFinal says whether an error ends all attempts.
func isFinal(err error) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.NonRetryable()
}

// nextDelay is when an error wants the next attempt; 0 = as the policy says.
func nextDelay(err error) time.Duration {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app.NextRetryDelay()
	}
	return 0
}

// try makes one attempt.
func (e *effects) try(a *attempt, effect Effect, beats bool, args []any) (*commonpb.Payloads, error) {
	takes := e.takes(effect) + e.inTurn(workflow.Now(a.workflow))
	if err := a.pause(takes, beats); err != nil {
		return nil, a.ended(err)
	}
	payloads, err := e.invoke(a, effect.Name, args)
	if a.late || errors.Is(err, context.Canceled) {
		return nil, a.ended(err)
	}
	return payloads, err
}

// takes is how long an attempt takes before it answers.
func (e *effects) takes(effect Effect) time.Duration {
	if e.stage.options.Takes != nil {
		if d := e.stage.options.Takes(effect); d > 0 {
			return d
		}
	}
	n := slices.Index(byDuration(), effect.Name)
	if n < 0 {
		n = slices.Index(byDuration(), anAction)
	}
	return time.Duration(n+1) * 7 * time.Millisecond
}

// inTurn is by how much an attempt is later than the first one that began at the same instant. The engine's stand-in keeps
// no order among what ends at one instant, and people want to read who was called first as it was asked.
func (e *effects) inTurn(now time.Time) time.Duration {
	if !now.Equal(e.begun) {
		e.begun, e.turn = now, 0
		return 0
	}
	e.turn += time.Microsecond
	return e.turn
}

// ended is an attempt that did not come to its answer.
func (a *attempt) ended(err error) error {
	if a.late {
		return temporal.NewTimeoutError(enums.TIMEOUT_TYPE_START_TO_CLOSE, nil)
	}
	if errors.Is(err, context.Canceled) {
		return temporal.NewCanceledError()
	}
	return err
}

// invoke calls the activity. What goes in and what comes out passes through JSON, as it does on the wire.
func (e *effects) invoke(a *attempt, name string, args []any) (*commonpb.Payloads, error) {
	f, ok := e.byName[name]
	if !ok {
		return e.action(name, args)
	}
	wire, err := e.data.ToPayloads(args...)
	if err != nil {
		return nil, fmt.Errorf("send to %s: %w", name, err)
	}
	call := reflect.ValueOf(f)
	in := reflect.New(call.Type().In(1))
	if err := e.data.FromPayloads(wire, in.Interface()); err != nil {
		return nil, fmt.Errorf("read what %s was asked: %w", name, err)
	}
	ctx := context.WithValue(context.Background(), attemptKey{}, a)
	out := call.Call([]reflect.Value{reflect.ValueOf(ctx), in.Elem()})
	if err, failed := out[1].Interface().(error); failed {
		return nil, err
	}
	return e.data.ToPayloads(out[0].Interface())
}

// action does a custom action.
func (e *effects) action(name string, args []any) (*commonpb.Payloads, error) {
	out := map[string]any{}
	if e.stage.options.Action != nil {
		with, _ := args[0].(map[string]any)
		effect, _ := args[1].(contract.Effect)
		var err error
		if out, err = e.stage.options.Action(name, with, effect); err != nil {
			if contract.IsRefused(err) {
				err = temporal.NewNonRetryableApplicationError(err.Error(), contract.RefusedType, nil)
			}
			return nil, err
		}
	}
	return e.data.ToPayloads(out)
}

// keyOf is the idempotency key among an activity's arguments.
func keyOf(args []any) string {
	for _, arg := range args {
		if effect, ok := arg.(contract.Effect); ok {
			return effect.Key
		}
		if v := reflect.ValueOf(arg); v.Kind() == reflect.Struct {
			if f := v.FieldByName("Effect"); f.IsValid() && f.Type() == reflect.TypeFor[contract.Effect]() {
				return f.Interface().(contract.Effect).Key
			}
		}
	}
	return ""
}

// decoded is a future whose value lies in payloads.
type decoded struct{ workflow.Future }

// Get waits and decodes.
func (d decoded) Get(ctx workflow.Context, into any) error {
	var payloads *commonpb.Payloads
	if err := d.Future.Get(ctx, &payloads); err != nil || into == nil {
		return err
	}
	return converter.GetDefaultDataConverter().FromPayloads(payloads, into)
}

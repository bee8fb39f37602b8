package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/record"
)

// Registry is where activities are made known: a worker, or the test environment.
type Registry interface {
	RegisterActivityWithOptions(a any, options activity.RegisterOptions)
}

// Register binds the ports to the contract's names.
func Register(r Registry, p Ports) {
	register(r, contract.TakeNumber, p.Numbers.Take)
	register(r, contract.WhoIsOnCall, whoIsOnCall(p.People, p.Overrides))
	RegisterChat(r, p.Chat)
	RegisterDirect(r, p.Direct)
	RegisterMail(r, p.Mail)
	RegisterPresence(r, p.Presence)
	RegisterPhone(r, p.Phone, p.Lines)
	RegisterFollow(r, p.Phone, p.Sleep)
	register(r, contract.WriteRecord, writeRecord(p.Archive))
	RegisterSystems(r, p)
	RegisterCommands(r, p)
}

// RegisterChat binds the chat alone, for the worker of the chat's task queue.
func RegisterChat(r Registry, chat Chat) {
	register(r, contract.OpenRoom, func(ctx context.Context, req contract.OpenRoomRequest) (contract.OpenRoomResult, error) {
		req.Again = req.Again || repeated(ctx)
		return chat.OpenRoom(ctx, req)
	})
	register(r, contract.Post, func(ctx context.Context, req contract.PostRequest) (contract.PostResult, error) {
		req.Again = req.Again || repeated(ctx)
		return chat.Post(ctx, req)
	})
	register(r, contract.ShowRoom, func(ctx context.Context, req contract.ShowRoomRequest) (contract.ShowRoomResult, error) {
		req.Again = req.Again || repeated(ctx)
		return chat.ShowRoom(ctx, req)
	})
	register(r, contract.Announce, func(ctx context.Context, req contract.AnnounceRequest) (contract.AnnounceResult, error) {
		req.Again = req.Again || repeated(ctx)
		return chat.Announce(ctx, req)
	})
	register(r, contract.CloseRoom, func(ctx context.Context, req contract.CloseRoomRequest) (contract.None, error) {
		req.Again = req.Again || repeated(ctx)
		return contract.None{}, chat.CloseRoom(ctx, req)
	})
}

// RegisterDirect binds messages to single people, for the worker of the chat's task queue. Where there are none they are
// refused, so that a page goes on at once.
func RegisterDirect(r Registry, direct Direct) {
	if direct == nil {
		direct = absentDirect{}
	}
	register(r, contract.TellPerson, func(ctx context.Context, req contract.TellPersonRequest) (contract.TellPersonResult, error) {
		req.Again = req.Again || repeated(ctx)
		return direct.Tell(ctx, req)
	})
	register(r, contract.RetellPerson, func(ctx context.Context, req contract.RetellPersonRequest) (contract.None, error) {
		return contract.None{}, direct.Retell(ctx, req)
	})
}

// absentDirect stands in where no chat writes to single people.
type absentDirect struct{}

// Tell refuses.
func (absentDirect) Tell(context.Context, contract.TellPersonRequest) (contract.TellPersonResult, error) {
	return contract.TellPersonResult{}, &contract.Refused{What: "no chat is configured", Hint: "add slack to the configuration"}
}

// Retell has nothing to change.
func (absentDirect) Retell(context.Context, contract.RetellPersonRequest) error { return nil }

// RegisterMail binds mails to single people, for the worker of the chat's task queue. Where there are none they are
// refused, so that a page goes on at once.
func RegisterMail(r Registry, mail Mail) {
	if mail == nil {
		mail = absentMail{}
	}
	register(r, contract.SendMail, func(ctx context.Context, req contract.MailRequest) (contract.MailResult, error) {
		req.Again = req.Again || repeated(ctx)
		return mail.Mail(ctx, req)
	})
}

// absentMail stands in where no mail is configured.
type absentMail struct{}

// Mail refuses.
func (absentMail) Mail(context.Context, contract.MailRequest) (contract.MailResult, error) {
	return contract.MailResult{}, &contract.Refused{What: "no e-mail is configured", Hint: "add email to the configuration"}
}

// RegisterPhone binds the telephone alone, for the worker of the telephone's task queue. Nil lines bear everything.
func RegisterPhone(r Registry, phone Phone, lines Lines) {
	phone = linedPhone{Phone: phone, lines: lines}
	register(r, contract.PlaceCall, func(ctx context.Context, req contract.CallRequest) (contract.CallResult, error) {
		req.Again = req.Again || repeated(ctx)
		return phone.Call(ctx, req)
	})
	register(r, contract.HangUp, func(ctx context.Context, req contract.HangUpRequest) (contract.None, error) {
		return contract.None{}, phone.HangUp(ctx, req)
	})
	register(r, contract.SendText, func(ctx context.Context, req contract.TextRequest) (contract.TextResult, error) {
		req.Again = req.Again || repeated(ctx)
		return phone.Text(ctx, req)
	})
}

// register binds one activity and translates the errors of the ports for the engine.
func register[In, Out any](r Registry, name contract.Activity[In, Out], f func(context.Context, In) (Out, error)) {
	r.RegisterActivityWithOptions(func(ctx context.Context, in In) (Out, error) {
		out, err := f(ctx, in)
		return out, translate(err)
	}, activity.RegisterOptions{Name: string(name)})
}

// translate gives each class of error its meaning for the engine: plain errors are tried again, refusals are not, and
// "later" says when.
func translate(err error) error {
	var refused *contract.Refused
	if errors.As(err, &refused) {
		kind := contract.RefusedType
		if refused.Installation {
			kind = contract.InstallationType
		}
		return temporal.NewNonRetryableApplicationError(err.Error(), kind, nil)
	}
	var later *contract.Later
	if errors.As(err, &later) {
		return temporal.NewApplicationErrorWithOptions(err.Error(), "Later", temporal.ApplicationErrorOptions{
			NextRetryDelay: later.After, Category: temporal.ApplicationErrorCategoryBenign,
		})
	}
	return err
}

// repeated says whether an earlier attempt of this activity may have done the effect already. A rehearsal runs activities
// outside of the engine; its world knows what was done.
func repeated(ctx context.Context) bool {
	return activity.IsActivity(ctx) && activity.GetInfo(ctx).Attempt > 1
}

// overridesTime is how long the overrides are waited for: whoever is to be called must not wait for them.
const overridesTime = time.Second

// whoIsOnCall resolves names one by one, so that an unknown one does not lose the others, with the overrides of this very
// moment. When these cannot be read the last known ones count, and it is said.
func whoIsOnCall(people People, overrides Overrides) func(context.Context, contract.WhoIsOnCallRequest) (contract.WhoIsOnCallResult, error) {
	policies, _ := people.(Policies)
	calendars, _ := people.(Calendars)
	return func(ctx context.Context, req contract.WhoIsOnCallRequest) (contract.WhoIsOnCallResult, error) {
		var out contract.WhoIsOnCallResult
		q := duties{people: people, at: req.At}
		if overrides != nil {
			limited, cancel := context.WithTimeout(ctx, overridesTime)
			defer cancel()
			var err error
			if q.changed, err = overrides.Overrides(limited); err != nil {
				out.Problems = append(out.Problems, "the overrides of the schedules cannot be read, the last known ones count: "+err.Error())
			}
		}
		for _, name := range req.Names {
			found, names := contract.Found{Name: name}, []string{name}
			if policies != nil {
				if policy, ok := policies.Policy(name); ok && len(policy.Levels) > 0 {
					found.Policy, names = &policy, policy.Levels[0].Pick(req.Turn)
				}
			}
			if calendars != nil {
				out.Old = addOld(out.Old, calendars, names, req.At)
			}
			var problems []string
			found.Duties, problems = q.of(names)
			out.Problems = append(out.Problems, problems...)
			out.Found = append(out.Found, found)
		}
		return out, nil
	}
}

// addOld adds the old calendars among names, each once.
func addOld(known []oncall.OldCalendar, calendars Calendars, names []string, at time.Time) []oncall.OldCalendar {
	for _, name := range names {
		if old, is := calendars.OldCalendar(name, at); is && !slices.Contains(known, old) {
			known = append(known, old)
		}
	}
	return known
}

// duties is the roster at an instant.
type duties struct {
	people  People
	at      time.Time
	changed []oncall.Override
}

// of lists who is meant by names, and what is wrong with them. A schedule that has nobody at the instant is a gap, and is
// told: whoever comes next must be called at once.
func (q duties) of(names []string) (found []oncall.Duty, problems []string) {
	for _, name := range names {
		some, err := q.people.Duties(name, q.at, q.changed...)
		if err != nil {
			problems = append(problems, err.Error())
		} else if len(some) == 0 && name != oncall.Fallback { // a roster without a fallback is a mistake that muster check tells
			problems = append(problems, "nobody is on call on "+name)
		}
		found = append(found, some...)
	}
	return found, problems
}

// writeRecord renders the record and puts its files into the archive. The names depend on the key alone, so a
// repetition replaces the same files.
func writeRecord(archive Archive) func(context.Context, contract.WriteRecordRequest) (contract.WriteRecordResult, error) {
	return func(ctx context.Context, req contract.WriteRecordRequest) (contract.WriteRecordResult, error) {
		files, err := recordFiles(req.Incident)
		if err != nil {
			return contract.WriteRecordResult{}, err
		}
		var out contract.WriteRecordResult
		for _, f := range files {
			place, err := archive.Put(ctx, f.name, f.content)
			if err != nil {
				return contract.WriteRecordResult{}, fmt.Errorf("write record of %s: %w", req.Incident.Key, err)
			}
			out.Places = append(out.Places, place)
		}
		return out, nil
	}
}

// recordFile is one file of a record.
type recordFile struct {
	name    string
	content []byte
}

// recordFiles renders the record in its formats.
func recordFiles(inc incident.Incident) ([]recordFile, error) {
	text, err := record.JSON(inc)
	if err != nil {
		return nil, fmt.Errorf("render record of %s: %w", inc.Key, err)
	}
	return []recordFile{
		{name: string(inc.Key) + ".md", content: record.Markdown(inc)},
		{name: string(inc.Key) + ".json", content: text},
	}, nil
}

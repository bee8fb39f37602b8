package activities

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/expression"
)

// holds evaluates a condition over the answer of its own step and what was known of the rest. Its error says why it does
// not hold, in words.
func holds(c contract.Condition, answer map[string]any) (bool, error) {
	vars := map[string]expression.Type{}
	for name, kind := range c.Types { // the order does not matter: each is declared by itself
		vars[name] = expression.Type(kind)
	}
	env, err := expression.NewEnvironment(vars)
	if err != nil {
		return false, fmt.Errorf("read the condition: %w", err)
	}
	program, err := env.Compile(c.Source, expression.Bool)
	if err != nil {
		return false, fmt.Errorf("read the condition: %w", err)
	}
	values := expression.Map(maps.Clone(c.Known))
	if values == nil {
		values = expression.Map{}
	}
	for field, value := range answer {
		values[c.Own+"."+field] = value
	}
	out, err := program.Eval(values)
	if err != nil {
		return false, err
	}
	if !out.Known() {
		return false, fmt.Errorf("%v is not known", out.Unknown)
	}
	return out.Value == true, nil
}

// poll asks again and again, in one activity, until the condition holds; it beats once a round. Whatever goes wrong with
// one try counts as "not yet": the step's own time is the bound.
func poll[Out any](ctx context.Context, p Ports, wanted contract.Poll, try func() (Out, map[string]any, error)) (Out, error) {
	for {
		out, answer, err := try()
		if err == nil {
			met, why := holds(wanted.Until, answer)
			if met {
				return out, nil
			}
			err = why
		} else if contract.IsRefused(err) {
			return out, err
		}
		said := "not yet"
		if err != nil {
			said = err.Error()
		}
		if activity.IsActivity(ctx) {
			activity.RecordHeartbeat(ctx, said)
		}
		if err := p.sleep(ctx, wanted.Every); err != nil {
			return out, fmt.Errorf("poll: %w", err)
		}
	}
}

// sleep lets time pass between two tries.
func (p Ports) sleep(ctx context.Context, d time.Duration) error {
	if p.Sleep != nil {
		return p.Sleep(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// callHTTP asks a web service, once or until its condition holds. It is idempotent where the service is: what changes
// something carries the effect's key.
func (p Ports) callHTTP(ctx context.Context, req contract.HTTPRequest) (contract.HTTPResult, error) {
	if p.Web == nil {
		return contract.HTTPResult{}, absent("web client", "web")
	}
	req.Again = req.Again || repeated(ctx)
	if req.Until.Source != "" {
		out, err := poll(ctx, p, req.Poll, func() (contract.HTTPResult, map[string]any, error) {
			out, err := p.Web.Do(ctx, req)
			return out, httpAnswer(out), err
		})
		if err != nil {
			return out, err
		}
		return p.storeBody(ctx, req.Key, out)
	}
	out, err := p.Web.Do(ctx, req)
	if err != nil {
		return out, err
	}
	if err := expected(req, out); err != nil {
		return contract.HTTPResult{}, err
	}
	return p.storeBody(ctx, req.Key, out)
}

// httpAnswer is an answer as conditions see it.
func httpAnswer(out contract.HTTPResult) map[string]any {
	headers := out.Headers
	if headers == nil {
		headers = map[string]any{}
	}
	return map[string]any{"status": out.Status, "body": out.Body, "headers": headers}
}

// expected says whether an answer is what the step wants. A server that is in trouble is asked again, everything else is
// final.
func expected(req contract.HTTPRequest, out contract.HTTPResult) error {
	met, why := out.Status < http.StatusBadRequest, error(nil)
	said := fmt.Sprintf("%s %s answers %d", req.Method, req.URL, out.Status)
	if req.Expect.Source != "" {
		met, why = holds(req.Expect, httpAnswer(out))
		said += ", and not " + req.Expect.Source
	}
	switch {
	case met:
		return nil
	case why != nil:
		said += ": " + why.Error()
	}
	if slices.Contains([]int{http.StatusTooManyRequests, http.StatusRequestTimeout}, out.Status) || out.Status >= http.StatusInternalServerError {
		return fmt.Errorf("%s", said)
	}
	return &contract.Refused{What: said}
}

// largestBody is how much of an answer a history keeps, in bytes; the whole of a larger one lies in the archive.
const largestBody = 64 << 10

// storeBody puts a large body into the archive. The file's name depends on the effect's key alone.
func (p Ports) storeBody(ctx context.Context, key string, out contract.HTTPResult) (contract.HTTPResult, error) {
	text := expression.Format(out.Body)
	if len(text) <= largestBody {
		return out, nil
	}
	place, err := p.Archive.Put(ctx, "body-"+shortHash(key)+".txt", []byte(text))
	if err != nil {
		return out, fmt.Errorf("keep a large answer: %w", err)
	}
	out.Stored, out.Body = place, text[:1024]
	return out, nil
}

// runCommand runs a command of the allow-list, once or until its condition holds.
func (p Ports) runCommand(ctx context.Context, req contract.CommandRequest) (contract.CommandResult, error) {
	if p.Commands == nil {
		return contract.CommandResult{}, &contract.Refused{What: "commands are not allowed here", Hint: "add run: { allow: […] } to the configuration"}
	}
	req.Again = req.Again || repeated(ctx)
	if req.Until.Source == "" {
		return p.Commands.Run(ctx, req)
	}
	return poll(ctx, p, req.Poll, func() (contract.CommandResult, map[string]any, error) {
		out, err := p.Commands.Run(ctx, req)
		return out, map[string]any{"stdout": out.Stdout, "exit_code": out.ExitCode}, err
	})
}

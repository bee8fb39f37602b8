package workflows

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/runbooks"
)

// request is how an activity of a step is run.
type request struct {
	queue   string
	timeout time.Duration // of the step, from the moment it began to wait
	once    time.Duration // of one attempt
	retry   *runbooks.Retry
	polls   bool // it lasts, beats, and a cut may take it back
	summary string
}

// Defaults of requests to systems.
const (
	httpTimeout   = 30 * time.Second
	runTimeout    = 5 * time.Minute
	actionTimeout = 5 * time.Minute
	httpRetries   = 3
	beatTime      = time.Minute // without a sign of life for so long, besides its own pauses, a poll is begun again
)

// timeoutOf is how long a step has.
func (r *run) timeoutOf(n *node, otherwise time.Duration) time.Duration {
	return r.paced(n.timeout(), systemPace(otherwise), r.seenAt(n.frame, n.sr.Waiting))
}

// askSystem asks a system and waits for its answer. A poll that a cut takes back is asked again by the next run, with what
// is left of its time.
func (r *run) askSystem(ctx workflow.Context, n *node, q request, ask func(workflow.Context) workflow.Future, out any) error {
	for {
		if err := workflow.Await(ctx, func() bool { return !r.draining }); err != nil {
			return err
		}
		left := n.sr.Waiting.Add(q.timeout).Sub(now(ctx))
		if left <= 0 {
			return errTimedOut
		}
		err := r.askOnce(ctx, n, q, left, ask, out)
		if temporal.IsCanceledError(err) && ctx.Err() == nil && r.draining {
			continue // a cut has taken it back, and did not come about
		}
		return systemError(err)
	}
}

// askOnce makes one request; a cut waits for it, or takes it back where it is a poll.
func (r *run) askOnce(ctx workflow.Context, n *node, q request, left time.Duration, ask func(workflow.Context) workflow.Future, out any) error {
	own, takeBack := workflow.WithCancel(ctx)
	defer takeBack()
	if q.polls {
		r.polls[n.key] = takeBack
		defer delete(r.polls, n.key)
	}
	r.effects++
	defer func() { r.effects-- }()
	err := ask(r.requestOptions(own, q, left)).Get(own, out)
	n.sr.Polled++
	return err
}

// requestOptions are the options of a request to a system.
func (r *run) requestOptions(ctx workflow.Context, q request, left time.Duration) workflow.Context {
	options := workflow.ActivityOptions{
		TaskQueue: q.queue, StartToCloseTimeout: min(q.once, left), ScheduleToCloseTimeout: left, Summary: q.summary,
		WaitForCancellation: true,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second, MaximumAttempts: 1},
	}
	if q.polls {
		options.StartToCloseTimeout = left
		options.HeartbeatTimeout = min(beatTime+q.once, left)
		options.RetryPolicy.MaximumAttempts = 0
	}
	if q.retry != nil && !q.polls {
		options.RetryPolicy.MaximumAttempts = int32(q.retry.Max) + 1
		every, _ := expression.ParseDuration(q.retry.Every)
		longest, _ := expression.ParseDuration(q.retry.Cap)
		if every > 0 {
			options.RetryPolicy.InitialInterval = every
		}
		if q.retry.Backoff >= 1 {
			options.RetryPolicy.BackoffCoefficient = q.retry.Backoff
		}
		if longest > 0 {
			options.RetryPolicy.MaximumInterval = longest
		}
	}
	return workflow.WithActivityOptions(ctx, options)
}

// systemError is a request's error as the step sees it: out of time, withdrawn, or failed in the system's own words.
func systemError(err error) error {
	var timeout *temporal.TimeoutError
	switch {
	case err == nil:
		return nil
	case temporal.IsCanceledError(err):
		return err
	case errors.As(err, &timeout):
		if cause := timeout.Unwrap(); cause != nil {
			return fmt.Errorf("%w: %s", errTimedOut, plain(err))
		}
		return errTimedOut
	}
	return errors.New(plain(err))
}

// retryOf is the step's retry, or a default.
func retryOf(s *runbooks.Step, otherwise int) *runbooks.Retry {
	if s.Retry != nil {
		return s.Retry
	}
	return &runbooks.Retry{Max: otherwise}
}

// begins notes when the step began to wait for a system.
func (r *run) begins(ctx workflow.Context, n *node) {
	if n.sr.Waiting.IsZero() {
		n.sr.Waiting = now(ctx)
	}
}

// http asks a web service, once or until its condition holds.
func (r *run) http(ctx workflow.Context, n *node) error {
	req, err := r.httpRequest(ctx, n)
	if err != nil {
		return err
	}
	r.begins(ctx, n)
	req.Effect = r.effect(ctx, n, "http")
	timeout := r.timeoutOf(n, httpTimeout)
	req.Timeout = min(timeout, httpTimeout)
	q := request{
		queue: contract.QueueMain, timeout: timeout, once: timeout, retry: retryOf(n.s, httpRetries),
		polls: n.s.HTTP.Until != "", summary: req.Method + " " + strings.SplitN(req.URL, "?", 2)[0],
	}
	if q.polls {
		q.once = req.Every + req.Timeout
	}
	var out contract.HTTPResult
	err = r.askSystem(ctx, n, q, func(ctx workflow.Context) workflow.Future {
		return workflow.ExecuteActivity(ctx, string(contract.CallHTTP), req)
	}, &out)
	if err != nil {
		return err
	}
	n.sr.Output = map[string]any{"status": out.Status, "headers": out.Headers, "body": out.Body}
	if out.Headers == nil {
		n.sr.Output["headers"] = map[string]any{}
	}
	return nil
}

// httpRequest fills in a request.
func (r *run) httpRequest(ctx workflow.Context, n *node) (contract.HTTPRequest, error) {
	line, err := r.text(ctx, n, "http", n.s.HTTP.Request)
	if err != nil {
		return contract.HTTPRequest{}, err
	}
	req := contract.HTTPRequest{Method: "GET", URL: strings.TrimSpace(line)}
	if method, url, ok := strings.Cut(req.URL, " "); ok {
		req.Method, req.URL = strings.ToUpper(method), strings.TrimSpace(url)
	}
	if req.Headers, err = r.wordsOf(ctx, n, "headers", n.s.HTTP.Headers); err != nil {
		return req, err
	}
	if n.s.HTTP.Body != nil {
		if req.Body, err = r.tree(ctx, n, "body", n.s.HTTP.Body); err != nil {
			return req, err
		}
	}
	auth, err := r.wordsOf(ctx, n, "auth", n.s.HTTP.Auth)
	if err != nil {
		return req, err
	}
	req.Bearer, req.User, req.Pass = auth["bearer"], auth["user"], auth["password"]
	req.Secrets = r.secretsOf(n)
	req.Poll = r.poll(ctx, n, n.s.HTTP.Every, n.s.HTTP.Until)
	req.Expect = r.sent(ctx, n, n.s.HTTP.Expect)
	return req, nil
}

// secretsOf lists the secrets that a step reads.
func (r *run) secretsOf(n *node) contract.Secrets {
	out := contract.Secrets{Nonce: r.inc.ID}
	for _, name := range n.scope.plan.References(n.s) {
		if secret, ok := strings.CutPrefix(name, "secrets."); ok {
			out.Names = append(out.Names, secret)
		}
	}
	return out
}

// poll is how a request repeats itself.
func (r *run) poll(ctx workflow.Context, n *node, every, until string) contract.Poll {
	if until == "" {
		return contract.Poll{}
	}
	return contract.Poll{
		Every: r.paced(every, pollPace, r.values(ctx, n.frame)),
		Until: r.sent(ctx, n, until),
	}
}

// sent is a condition that an activity evaluates: over the step's own answer, and the rest as it is now.
func (r *run) sent(ctx workflow.Context, n *node, source string) contract.Condition {
	if source == "" {
		return contract.Condition{}
	}
	out := contract.Condition{Source: source, Own: "steps." + n.s.ID, Types: map[string]string{}, Known: map[string]any{}}
	program := n.scope.plan.Expression(source)
	seen := r.values(ctx, n.frame)
	for _, name := range program.References() {
		out.Types[name] = string(program.TypeOf(name))
		if strings.HasPrefix(name, out.Own+".") && n.s.ID != "" {
			continue
		}
		if value, known := seen.Lookup(name); known {
			out.Known[name] = sendable(value)
		}
	}
	return out
}

// command runs a command of the installation's allow-list.
func (r *run) command(ctx workflow.Context, n *node) error {
	env, err := r.wordsOf(ctx, n, "env", n.s.Run.Env)
	if err != nil {
		return err
	}
	r.begins(ctx, n)
	timeout := r.timeoutOf(n, runTimeout)
	command := commandOf(n)
	req := contract.CommandRequest{
		Effect: r.effect(ctx, n, "run"), Command: command, Env: env, Image: n.s.Run.Image,
		Secrets: r.secretsOf(n), Poll: r.poll(ctx, n, n.s.Run.Every, n.s.Run.Until), Timeout: min(timeout, runTimeout),
	}
	q := request{
		queue: orElse(n.s.Run.Queue, contract.QueueRun), timeout: timeout, once: timeout, retry: retryOf(n.s, 0),
		polls: n.s.Run.Until != "", summary: "run " + strings.SplitN(command, " ", 2)[0],
	}
	if q.polls {
		q.once = req.Every + req.Timeout
	}
	var out contract.CommandResult
	err = r.askSystem(ctx, n, q, func(ctx workflow.Context) workflow.Future {
		return workflow.ExecuteActivity(ctx, string(contract.RunCommand), req)
	}, &out)
	if err != nil {
		return err
	}
	n.sr.Output = map[string]any{"stdout": out.Stdout, "exit_code": out.ExitCode}
	if out.ExitCode != 0 && n.s.Run.Until == "" {
		return fmt.Errorf("exit code %d: %s", out.ExitCode, lastLine(out.Stdout))
	}
	return nil
}

// commandOf is the command as it is written, or as a person has edited it.
func commandOf(n *node) string {
	if edited, ok := n.sr.Edits["run"]; ok {
		return expression.Format(edited)
	}
	return n.s.Run.Command
}

// lastLine is the end of a command's output, where it says what went wrong.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	last := lines[len(lines)-1]
	const most = 200
	if len(last) > most {
		last = "…" + last[len(last)-most:]
	}
	return last
}

// action runs a Temporal activity of another worker, in whatever language that is written.
func (r *run) action(ctx workflow.Context, n *node) error {
	with, err := r.fields(ctx, n, "with", n.s.Action.With)
	if err != nil {
		return err
	}
	r.begins(ctx, n)
	m := n.s.Action.Manifest
	if m == nil {
		m = &runbooks.Manifest{}
	}
	timeout := r.timeoutOf(n, actionTime(n.s.Action))
	q := request{
		queue: orElse(orElse(n.s.Action.Queue, m.Queue), contract.QueueActions), timeout: timeout, once: timeout,
		retry: n.s.Retry, summary: n.s.Action.Name,
	}
	if q.retry == nil {
		q.retry = m.Retry
	}
	if q.retry == nil && m.Idempotent {
		q.retry = &runbooks.Retry{Max: 3}
	}
	for {
		var out map[string]any
		effect, secrets := r.effect(ctx, n, "action"), r.secretsOf(n)
		err := r.askSystem(ctx, n, q, func(ctx workflow.Context) workflow.Future {
			return workflow.ExecuteActivity(ctx, n.s.Action.Name, with, effect, secrets)
		}, &out)
		if err != nil {
			return err
		}
		if out == nil {
			out = map[string]any{}
		}
		n.sr.Output = out
		if again, err := r.pollAction(ctx, n, q.timeout); err != nil || !again {
			return err
		}
	}
}

// actionTime is how long an action has when its step does not say.
func actionTime(a *runbooks.Action) time.Duration {
	if a.Manifest == nil {
		return actionTimeout
	}
	otherwise, err := expression.ParseDuration(a.Manifest.Timeout)
	if err != nil || otherwise <= 0 {
		return actionTimeout
	}
	return otherwise
}

// pollAction waits for the next round of an action that is polled; it answers whether there is one. Unlike the
// product's own requests an activity of somebody else cannot repeat itself, so each round is one of its own. When the next
// round would come after the step's time it waits for the end of that.
func (r *run) pollAction(ctx workflow.Context, n *node, timeout time.Duration) (bool, error) {
	if n.s.Action.Until == "" || r.holds(ctx, n.frame, n.s.Action.Until) {
		return false, nil
	}
	every := r.paced(n.s.Action.Every, actionPace, r.values(ctx, n.frame))
	next := now(ctx).Add(every)
	if end := n.sr.Waiting.Add(timeout); r.since(versionPrecise) {
		next = earliest(next, end)
	}
	return true, sleep(ctx, "ask "+n.s.Action.Name+" again", next)
}

// leastPoll is the shortest pause between two rounds of an action: each costs events of the incident's history.
const leastPoll = 5 * time.Second

package workflows

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// engineVersion is the newest version of the interpreter; it is recorded once at the start of each run, and
// continue-as-new is where an open incident moves to it.
const engineVersion = versionRoom

// What the versions have changed in what a run does, so that an open one goes on as it began.
const (
	// versionMends: an acknowledgement accepts an open offer; a computed duration of nothing or less keeps a pace; a signal
	// that no step awaits is refused; an impossible quorum is told.
	versionMends = 2
	// versionDeclines: whoever asks not to be called any more lets the page go on at once, and their telephone stops.
	versionDeclines = 3
	// versionPrecise: a page that wakes somebody for a question and ends in vain says what nobody has answered; a
	// poll of an action does not outlast its timeout; a message starts no level's clock while a call waits in a queue.
	versionPrecise = 4
	// versionRuled: the rules in the input are obeyed. A worker before it has let acts pass that a replay would refuse.
	versionRuled = 5
	// versionRoom: the card shows everything at a glance, and the links of the incident are the room's bookmarks.
	versionRoom = 6
)

// since says whether this run has begun with a version of the interpreter, or a newer one.
func (r *run) since(version workflow.Version) bool { return r.engine >= version }

// Incident is one incident from its declaration to its end: it listens, then runs its runbook as a story. It starts
// its review and returns; the next outage on the same alert key is a new incident.
func (w *Workflows) Incident(ctx workflow.Context, in contract.IncidentInput) (contract.IncidentResult, error) {
	engine := workflow.GetVersion(ctx, "engine", workflow.DefaultVersion, engineVersion)
	r, err := w.newRun(ctx, in)
	if err != nil {
		return contract.IncidentResult{}, err
	}
	r.engine = engine
	ctx = r.obeyCancel(ctx)
	if err := r.listen(ctx); err != nil {
		return contract.IncidentResult{}, err
	}
	return r.live(ctx)
}

// obeyCancel makes Temporal's own cancel button mean the verb, so that an incident that is cancelled there ends as
// every other: told, recorded, nothing left ringing. No rule holds it up: whoever may cancel there may also terminate, and
// that would tell nobody.
func (r *run) obeyCancel(ctx workflow.Context) workflow.Context {
	own, _ := workflow.NewDisconnectedContext(ctx)
	workflow.Go(own, func(own workflow.Context) {
		ctx.Done().Receive(own, nil)
		if r.inc.Reviewing {
			r.stopReview(own)
			return
		}
		// An error is impossible: this context is never cancelled.
		_ = workflow.Await(own, func() bool { return r.inc.Key != "" })
		r.takeAct(own, forwarded{contract.VerbCancel, contract.Act{Reason: "cancelled in Temporal"}}, r.carryOut)
	})
	return own
}

// live is the life of an incident, one line a beat.
func (r *run) live(ctx workflow.Context) (contract.IncidentResult, error) {
	r.declare(ctx)
	r.takeSignals(ctx)
	story := r.begin(ctx, r.story)
	r.mirror(ctx)
	r.deliver(ctx)
	r.deliverSystems(ctx)
	r.announce(ctx)
	r.showStatuses(ctx)
	r.callPeople(ctx)
	r.followAttempts(ctx)
	r.callForgotten(ctx)
	r.settleMessages(ctx)

	cut, err := r.untilEnded(ctx, story)
	if err != nil || cut {
		return contract.IncidentResult{}, errors.Join(err, r.next(ctx, cut))
	}
	story.stop()
	r.tellEnd(ctx)
	if err := r.settle(ctx, story); err != nil {
		return contract.IncidentResult{}, err
	}
	r.record(ctx)
	if err := r.handOver(ctx); err != nil {
		return contract.IncidentResult{}, err
	}
	if again := r.returned(ctx); again != nil {
		return contract.IncidentResult{}, again
	}
	return contract.IncidentResult{Key: r.inc.Key, Ending: r.inc.Ending, Record: r.st.Record}, nil
}

// declare gives a new incident its key and its first lines; an incident that continues has them already.
func (r *run) declare(ctx workflow.Context) {
	if r.inc.Key != "" {
		return
	}
	info := workflow.GetInfo(ctx)
	got, err := callLocal(lookup(ctx, 5*time.Second), contract.TakeNumber, contract.TakeNumberRequest{
		WorkflowID: info.WorkflowExecution.ID, RunID: r.inc.ID, Title: r.inc.Title, Service: r.inc.Service, Drill: r.inc.Drill,
		At: now(ctx),
	})
	r.inc.Key, r.inc.URL = got.Key, got.URL
	if err != nil {
		// Nobody may wait for a number in the night: the incident goes on under a name that cannot be mistaken.
		r.inc.Key = incident.Key("INC-X" + r.inc.ID[:min(8, len(r.inc.ID))])
		workflow.GetLogger(ctx).Error("no incident number; going on under a provisional key", "key", r.inc.Key, "error", err)
	}
	r.inc.Declare(now(ctx))
	r.inc.TakeAlerts(now(ctx), r.in.Declaration.Alerts)
	if err != nil {
		r.problem(ctx, "", "no incident number could be had; the provisional key is "+string(r.inc.Key))
	}
	if problem := r.fillInputs(); problem != "" {
		r.problem(ctx, "", problem)
	}
	if r.inc.Drill {
		r.openDrillRoom(ctx)
	}
}

// task is a coroutine that can be stopped and waited for.
type task struct {
	finished bool
	stop     workflow.CancelFunc
}

// begin starts a coroutine.
func (r *run) begin(ctx workflow.Context, f func(workflow.Context)) *task {
	taskCtx, stop := workflow.WithCancel(ctx)
	t := &task{stop: stop}
	workflow.Go(taskCtx, func(ctx workflow.Context) {
		f(ctx)
		t.finished = true
	})
	return t
}

// untilEnded waits for the incident's end; it answers true when the history has grown so long that a new run must go
// on. A cut waits for a quiet moment; when there is none within ten seconds it is tried again later. An incident that
// ends meanwhile is not cut any more: this run ends it.
func (r *run) untilEnded(ctx workflow.Context, story *task) (cut bool, err error) {
	for tried := 0; ; {
		err := workflow.Await(ctx, func() bool { return r.ended(story) || r.tooLong(ctx, tried) })
		if err != nil || r.ended(story) {
			return false, err
		}
		tried = workflow.GetInfo(ctx).GetCurrentHistoryLength()
		quiet, err := r.quieten(ctx, 10*time.Second)
		if err != nil {
			return false, err
		}
		if quiet && !r.ended(story) {
			if err := r.pump.drain(ctx); err != nil {
				return false, err
			}
			if !r.ended(story) {
				return true, nil
			}
			r.takeSignals(ctx)
		}
		r.draining = false
	}
}

// ended says whether nothing is left to do in this run. The story of an open incident may be over (a runbook without a
// recovery that was stopped): then people drive, and the incident lives on until somebody ends it.
func (r *run) ended(story *task) bool {
	if r.inc.Reviewing {
		return story.finished
	}
	return !r.inc.Open()
}

// tellEnd says in the room how the incident ended.
func (r *run) tellEnd(ctx workflow.Context) {
	text := fmt.Sprintf("%s is %s", r.inc.Key, strings.ReplaceAll(string(r.inc.Ending), "_", " "))
	if r.inc.EndedBy.Door != incident.DoorRunbook {
		text += " by " + r.inc.EndedBy.String()
	}
	if r.inc.EndReason != "" {
		text += ": " + r.inc.EndReason
	}
	r.post(ctx, posting{key: r.inc.ID + "/end", message: contract.Message{Text: text, Tone: contract.ToneGreen}})
}

// settle lets what is on its way arrive: the story's withdrawal, calls that must be hung up, the last posts. What does
// not arrive in time is handed to the review.
func (r *run) settle(ctx workflow.Context, story *task) error {
	settled := func() bool {
		return story.finished && r.effects == 0 && !r.calling() && !r.owesSettling() && r.outgoing() < 0 && !r.roomDiffers() && !r.systemsDiffer() &&
			!r.announcementDiffers()
	}
	deadline := now(ctx).Add(settleTime)
	if _, err := wait(ctx, waiting{
		summary: "let the last posts and calls arrive", done: settled, until: timeAt(deadline),
	}); err != nil {
		return err
	}
	_, err := r.quieten(ctx, settleTime)
	return err
}

// settleTime is how long an ending incident waits for what is on its way.
const settleTime = 15 * time.Second

// record writes the record. An archive that cannot be written to does not hold the end; the review writes it again.
func (r *run) record(ctx workflow.Context) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: contract.QueueMain, StartToCloseTimeout: 10 * time.Second, ScheduleToCloseTimeout: time.Minute,
		Summary: "write the record", RetryPolicy: &temporal.RetryPolicy{MaximumInterval: 10 * time.Second},
	})
	out, err := call(ctx, contract.WriteRecord, contract.WriteRecordRequest{Incident: *r.inc})
	if err != nil {
		workflow.GetLogger(ctx).Error("record not written; the review tries again", "key", r.inc.Key, "error", err)
		r.log(ctx, incident.Entry{Kind: incident.EntryProblem, Text: "the record could not be written: " + plain(err)})
		return
	}
	r.st.Record, r.recorded = out.Places, r.inc.Seq
}

// plain is an activity's error in its own words, without the engine's wrapping.
func plain(err error) string {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app.Message()
	}
	var timeout *temporal.TimeoutError
	if errors.As(err, &timeout) {
		if cause := timeout.Unwrap(); cause != nil {
			return plain(cause)
		}
		return "no answer in time"
	}
	return err.Error()
}

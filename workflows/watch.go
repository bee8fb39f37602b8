package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// watchers begins the watches, each in a coroutine of its own.
func (r *run) watchers(ctx workflow.Context) {
	for i := range r.in.Runbook.Watch {
		w := &r.in.Runbook.Watch[i]
		if !r.watchesNow(w) {
			continue
		}
		workflow.Go(ctx, func(ctx workflow.Context) { r.watch(ctx, w) })
	}
}

// watchesNow says whether a watch belongs to this part of the story: the review runs those that name the lessons learned,
// the incident all but those that are for the review alone.
func (r *run) watchesNow(w *runbooks.Watch) bool {
	if r.inc.Reviewing {
		return slices.Contains(w.During, incident.LessonsLearned)
	}
	return len(w.During) != 1 || w.During[0] != incident.LessonsLearned
}

// watchRun is where a watch stands.
func (r *run) watchRun(w *runbooks.Watch) *contract.WatchRun {
	wr, ok := r.st.Watches[w.Path]
	if !ok {
		wr = &contract.WatchRun{From: r.inc.DeclaredAt}
		r.st.Watches[w.Path] = wr
	}
	return wr
}

// watchFrame is the frame of a watch's present run.
func (r *run) watchFrame(w *runbooks.Watch) *frame {
	fired, at := 0, r.inc.DeclaredAt
	if wr, ok := r.st.Watches[w.Path]; ok {
		fired, at = wr.Fired, wr.From
	}
	return r.ownFrame().in(w.Path, fired, map[string]any{"event.at": at, "event.count": fired})
}

// watch reacts to a condition or to the clock until the incident ends.
func (r *run) watch(ctx workflow.Context, w *runbooks.Watch) {
	wr := r.watchRun(w)
	var present *task
	if wr.Running {
		present = r.beginWatchRun(ctx, w, wr)
	}
	for w.Limit != runbooks.LimitOnce || wr.Fired == 0 {
		if err := r.nextFiring(ctx, w, wr, present); err != nil {
			return
		}
		if !r.inSeason(w) || (w.If != "" && !r.holds(ctx, r.watchFrame(w), w.If)) {
			wr.From = now(ctx)
			continue
		}
		if err := r.endLate(ctx, w, wr, present); err != nil {
			return
		}
		wr.Fired++
		wr.From, wr.Running = now(ctx), true
		present = r.beginWatchRun(ctx, w, wr)
	}
}

// inSeason says whether the incident is in one of the phases of the watch.
func (r *run) inSeason(w *runbooks.Watch) bool {
	return len(w.During) == 0 || slices.Contains(w.During, r.inc.Phase)
}

// nextFiring waits until the watch fires: its condition has become true, or its time has come. An edge that comes while
// the run before goes on is kept for when that has ended.
func (r *run) nextFiring(ctx workflow.Context, w *runbooks.Watch, wr *contract.WatchRun, present *task) error {
	if w.When == "" {
		every := timed{field: "every", source: w.Every, pace: watchPace}
		r.tellTime(ctx, orElse(w.Name, w.Path), every, r.seenAt(r.watchFrame(w), wr.From))
		if _, err := wait(ctx, waiting{
			summary: "watch " + orElse(w.Name, w.Path), done: func() bool { return false },
			until: func() time.Time {
				return wr.From.Add(r.paced(w.Every, watchPace, r.seenAt(r.watchFrame(w), wr.From)))
			},
			change: func() int { return r.retimes },
		}); err != nil {
			return err
		}
		return workflow.Await(ctx, func() bool { return !r.draining && r.st.Paused == nil })
	}
	f := r.ownFrame()
	return workflow.Await(ctx, func() bool {
		if value, known := r.verdict(ctx, f, w.When); known {
			wr.Queued = wr.Queued || (value && !wr.Value)
			wr.Value = value
		}
		busy := present != nil && !present.finished
		if !wr.Queued || busy || r.draining || r.st.Paused != nil {
			return false
		}
		wr.Queued = false
		return true
	})
}

// leastWatch is the shortest time between two runs of a watch.
const leastWatch = 10 * time.Second

// endLate ends the run before, when the clock has come round while it still waits for a person: what was missed is told
// to the commander. A run that is at work is let finish.
func (r *run) endLate(ctx workflow.Context, w *runbooks.Watch, wr *contract.WatchRun, present *task) error {
	if present == nil || present.finished {
		return nil
	}
	if r.waitsForPeople(w) {
		wr.Running = false
		r.watchLanes[w.Path].withdraw(contract.StepTimedOut, true)
		text := "Nobody has done this in time, and it is due again: " + orElse(w.Name, w.Steps[0].Summary())
		r.log(ctx, incident.Entry{Kind: incident.EntryTimeout, Text: text})
		r.post(ctx, posting{message: contract.Message{Text: text, Mention: r.commander()}})
	}
	return workflow.Await(ctx, func() bool { return present.finished })
}

// waitsForPeople says whether a question of the watch's present run is open.
func (r *run) waitsForPeople(w *runbooks.Watch) bool {
	waits := false
	r.each(r.watchFrame(w), w.Steps, func(n *node) {
		waits = waits || n.sr.State == contract.StepWaiting || n.sr.State == contract.StepHolding
	})
	return waits
}

// beginWatchRun runs the watch's steps in the background of everything else.
func (r *run) beginWatchRun(ctx workflow.Context, w *runbooks.Watch, wr *contract.WatchRun) *task {
	l := &lane{}
	l.background, l.stopBackground = workflow.WithCancel(ctx)
	r.watchLanes[w.Path] = l
	f := r.watchFrame(w)
	f.lane = l
	fired := wr.Fired
	l.task = r.begin(ctx, func(ctx workflow.Context) {
		err := r.walk(ctx, f, w.Steps)
		if err != nil && !temporal.IsCanceledError(err) {
			r.problem(ctx, w.Path, fmt.Sprintf("a watch has ended badly: %s (%v)", orElse(w.Name, w.Path), err))
		}
		if wr.Fired == fired && (!temporal.IsCanceledError(err) || !r.over()) {
			wr.Running = false
		}
	})
	return l.task
}

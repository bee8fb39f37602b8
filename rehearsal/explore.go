package rehearsal

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"runtime"
	"sync"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// Exploration is what a walk through the ways of a runbook has found.
type Exploration struct {
	Runbook  string    `json:"runbook"`
	Paths    int       `json:"paths"`
	Left     int       `json:"left"`    // ways that were seen and not walked, because there were too many
	Untried  int       `json:"untried"` // those of them with an answer, a silence or a failure that no path has tried
	Findings []Finding `json:"findings"`
	// FirstPage is the latest first page of all paths, and Silence the longest time in which nobody was told anything while
	// the incident was open.
	FirstPage Extreme `json:"first_page"`
	Silence   Extreme `json:"silence"`
}

// Extreme is the worst that was seen of something, where, and how to see it again.
type Extreme struct {
	For    time.Duration `json:"for"`
	Until  string        `json:"until,omitempty"` // what ended it, in words
	Script string        `json:"script,omitempty"`
}

// Limits bound a walk.
type Limits struct {
	Paths     int           // 0 = DefaultPaths
	FirstPage time.Duration // 0 = ten minutes
}

// DefaultPaths is how many paths are walked.
const DefaultPaths = 300

// exploreHorizon is how much of each path is played. Everybody answers in the end, so what is open then stays open.
const exploreHorizon = 7 * 24 * time.Hour

// explorer walks.
type explorer struct {
	options Options
	limits  Limits
	part    bool            // the runbook is meant for others, which call people and learn lessons
	seen    map[uint64]bool // options, each in a state of the incident
	tried   map[uint64]bool // options, in whatever state
	fresh   []branch        // with an option that has not been tried; they come first
	queue   []branch        // the others
	found   map[string]int  // findings, by code and text
	out     *Exploration
}

// branch is a path up to a decision that has not been tried.
type branch struct {
	severity incident.Severity
	prefix   []string
}

// atATime is how many branches are walked together. What they find is taken down in their order, so it does not depend
// on how many processors there are.
const atATime = 16

// Explore walks every choice, silence and failure of a runbook: from each point that was reached it tries every option
// once for each state of the incident in which the point can be reached. Options that no path has taken come first, so
// what a limit leaves are other states for options that were tried; apart from that the order is that of discovery, and
// the same runbook always gives the same answer.
func Explore(o Options, l Limits) *Exploration {
	if o.Plans == nil {
		o.Plans = runbooks.NewPlans()
	}
	l.Paths, l.FirstPage = cmp.Or(l.Paths, DefaultPaths), cmp.Or(l.FirstPage, 10*time.Minute)
	o.Script.For = exploreHorizon
	if ready, err := o.makeReady(); err == nil { // each play says what is wrong otherwise
		o.ready = ready
	}
	e := &explorer{
		options: o, limits: l, part: o.Runbook.IsPart(), seen: map[uint64]bool{}, tried: map[uint64]bool{}, found: map[string]int{},
		out: &Exploration{Runbook: o.Runbook.ID, Findings: []Finding{}},
	}
	e.fresh = []branch{{severity: o.Script.Severity}}
	if o.Script.Severity == "" {
		for _, row := range o.Runbook.Severities {
			e.fresh = append(e.fresh, branch{severity: row.Severity})
		}
	}
	for e.out.Paths < l.Paths {
		next := e.next(l.Paths - e.out.Paths)
		if len(next) == 0 {
			break
		}
		for _, w := range e.walkAll(next) {
			e.settle(w)
		}
	}
	e.out.Untried = len(e.fresh)
	e.out.Left = e.out.Untried + len(e.queue)
	return e.out
}

// next takes branches to walk, so many at most.
func (e *explorer) next(most int) []branch {
	from := &e.fresh
	if len(*from) == 0 {
		from = &e.queue
	}
	n := min(len(*from), most, atATime)
	next := (*from)[:n]
	*from = (*from)[n:]
	return next
}

// walk is a branch that was walked to its end.
type walk struct {
	branch
	result *Result
	err    error
	marks  []uint64 // of the points at which decisions were taken
}

// walkAll walks branches, as many at once as the machine has processors.
func (e *explorer) walkAll(branches []branch) []walk {
	walks := make([]walk, len(branches))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var group sync.WaitGroup
	for n, b := range branches {
		group.Go(func() {
			slots <- struct{}{}
			walks[n] = e.walk(b)
			<-slots
		})
	}
	group.Wait()
	return walks
}

// walk plays one path: the decisions of the branch, and after them the usual ones.
func (e *explorer) walk(b branch) walk {
	w := walk{branch: b}
	o := e.options
	o.Script.Severity = b.severity
	o.Decide = func(p Point) string {
		n := len(w.marks)
		w.marks = append(w.marks, signature(p))
		if n < len(b.prefix) {
			return b.prefix[n]
		}
		return p.Usual
	}
	if w.result, w.err = Run(o); w.err != nil {
		w.result = &Result{Script: o.Script, Runbook: o.Runbook}
	}
	return w
}

// settle judges a path, and takes down where it could have gone another way.
func (e *explorer) settle(w walk) {
	e.out.Paths++
	if w.err != nil {
		e.report(Finding{Code: Breaks, Text: w.err.Error()}, w.result)
		return
	}
	e.judge(w.result)
	taken := w.result.taken
	for _, t := range taken {
		e.tried[plainMark(t.Point, t.Option)] = true
	}
	for n := len(w.prefix); n < len(taken); n++ {
		for _, option := range taken[n].Point.Options {
			way := mark(w.marks[n], option)
			if e.seen[way] {
				continue
			}
			e.seen[way] = true
			if option != taken[n].Option {
				e.plan(branch{w.severity, append(optionsTaken(taken[:n]), option)}, plainMark(taken[n].Point, option))
			}
		}
	}
}

// plan keeps a branch for later.
func (e *explorer) plan(b branch, option uint64) {
	if e.tried[option] {
		e.queue = append(e.queue, b)
		return
	}
	e.tried[option] = true
	e.fresh = append(e.fresh, b)
}

// optionsTaken are the options of decisions.
func optionsTaken(taken []Taken) []string {
	out := make([]string, 0, len(taken)+1)
	for _, t := range taken {
		out = append(out, t.Option)
	}
	return out
}

// signature tells points apart by what is so when they are reached: the severity, the phase, and what people have chosen
// so far. When it is, and who was called how often, does not count.
func signature(p Point) uint64 {
	inc := &p.State.Incident
	h := fnv.New64a()
	_, _ = fmt.Fprintln(h, p.Kind, p.Step, p.Turn, p.What, inc.Severity, inc.Phase)
	for _, q := range inc.Questions {
		if q.Kind == incident.QuestionAsk || q.Kind == incident.QuestionApprove || q.Kind == incident.QuestionHold {
			_, _ = fmt.Fprintln(h, q.Step, q.Choice)
		}
	}
	return h.Sum64()
}

// mark is an option of a point in a state.
func mark(point uint64, option string) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintln(h, point, option)
	return h.Sum64()
}

// plainMark is an option of a point in whatever state.
func plainMark(p Point, option string) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintln(h, p.Kind, p.Step, p.Turn, p.What, option)
	return h.Sum64()
}

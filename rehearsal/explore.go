package rehearsal

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// Exploration is what a walk through the ways of a runbook has found.
type Exploration struct {
	Runbook  string    `json:"runbook"`
	Paths    int       `json:"paths"`
	Left     int       `json:"left"` // ways that were seen and not walked, because there were too many
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

// FindingCode names what is wrong with a path.
type FindingCode string

// What a path can do that nobody wants.
const (
	NeverEnds     FindingCode = "never-ends"      // everybody answers, and it is still open
	WaitsForNone  FindingCode = "waits-for-none"  // it is open, and nobody is asked or called
	NobodyPaged   FindingCode = "nobody-paged"    // it ends, and no telephone was asked for
	SkipsLessons  FindingCode = "skips-lessons"   // it is resolved, and no step of the lessons learned was run
	LateFirstPage FindingCode = "late-first-page" // somebody is called later than allowed
	Breaks        FindingCode = "breaks"          // the workflow fails
)

// Finding is what is wrong with a path, and the script that shows it again.
type Finding struct {
	Code   FindingCode `json:"code"`
	Text   string      `json:"text"`
	Path   []string    `json:"path"` // the decisions that differ from the usual ones, in words
	Script string      `json:"script"`
}

// Limits bound a walk.
type Limits struct {
	Paths     int           // 0 = DefaultPaths
	FirstPage time.Duration // 0 = ten minutes
}

// DefaultPaths is how many paths are walked.
const DefaultPaths = 300

// exploreHorizon is how much of each path is played. Everybody answers in the end, so what is open then stays open.
const exploreHorizon = 30 * 24 * time.Hour

// explorer walks.
type explorer struct {
	options Options
	limits  Limits
	seen    map[uint64]bool
	queue   []branch
	found   map[string]bool // findings, by code and text
	out     *Exploration
}

// branch is a path up to a decision that has not been tried.
type branch struct {
	severity incident.Severity
	prefix   []string
}

// Explore walks every choice, silence and failure of a runbook: from each point that was reached it tries every option
// once for each state of the incident in which the point can be reached. The order is that of discovery, so the same
// runbook always gives the same answer.
func Explore(o Options, l Limits) (*Exploration, error) {
	if o.Plans == nil {
		o.Plans = runbooks.NewPlans()
	}
	l.Paths, l.FirstPage = cmp.Or(l.Paths, DefaultPaths), cmp.Or(l.FirstPage, 10*time.Minute)
	o.Script.For = exploreHorizon
	e := &explorer{
		options: o, limits: l, seen: map[uint64]bool{}, found: map[string]bool{},
		out: &Exploration{Runbook: o.Runbook.ID, Findings: []Finding{}},
	}
	e.queue = []branch{{severity: o.Script.Severity}}
	if o.Script.Severity == "" {
		for _, row := range o.Runbook.Severities {
			e.queue = append(e.queue, branch{severity: row.Severity})
		}
	}
	for len(e.queue) > 0 && e.out.Paths < l.Paths {
		next := e.queue[0]
		e.queue = e.queue[1:]
		e.walk(next)
	}
	e.out.Left = len(e.queue)
	return e.out, nil
}

// walk plays one path, judges it, and takes down where it could have gone another way.
func (e *explorer) walk(b branch) {
	e.out.Paths++
	o := e.options
	o.Script.Severity = b.severity
	var marks []uint64
	o.Decide = func(p Point) string {
		n := len(marks)
		marks = append(marks, signature(p))
		if n < len(b.prefix) {
			return b.prefix[n]
		}
		return p.Options[0]
	}
	r, err := Run(o)
	if err != nil {
		e.report(Finding{Code: Breaks, Text: err.Error()}, &Result{Script: o.Script, Runbook: o.Runbook})
		return
	}
	e.judge(r)
	for n := len(b.prefix); n < len(r.taken); n++ {
		for _, option := range r.taken[n].Point.Options {
			way := mark(marks[n], option)
			if e.seen[way] {
				continue
			}
			e.seen[way] = true
			if option != r.taken[n].Option {
				e.queue = append(e.queue, branch{b.severity, append(optionsTaken(r.taken[:n]), option)})
			}
		}
	}
}

// optionsTaken are the options of decisions.
func optionsTaken(taken []Taken) []string {
	out := make([]string, 0, len(taken)+1)
	for _, t := range taken {
		out = append(out, t.Option)
	}
	return out
}

// signature tells points apart by what is so when they are reached: the severity, and where every step stands. When it
// is does not count.
func signature(p Point) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintln(h, p.Kind, p.Step, p.Turn, p.What, p.State.Incident.Severity, p.State.Incident.Phase)
	for _, line := range p.State.Steps {
		if line.State.Terminal() {
			_, _ = fmt.Fprintln(h, line.Path, line.State)
		}
	}
	return h.Sum64()
}

// mark is an option of a point.
func mark(point uint64, option string) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintln(h, point, option)
	return h.Sum64()
}

// judge finds what is wrong with a path.
func (e *explorer) judge(r *Result) {
	s := r.Summary()
	inc := &r.Final.Incident
	switch {
	case !r.Over && inc.Open() && !awaited(&r.Final):
		e.report(Finding{Code: WaitsForNone, Text: "it is open, and nobody is asked or called; " + under(&r.Final)}, r)
	case !r.Over && inc.Open():
		e.report(Finding{Code: NeverEnds, Text: "everybody answers, and after 30 days it still waits: " + strings.Join(s.Open, "; ")}, r)
	}
	switch {
	case s.FirstPage == nil:
		e.report(Finding{Code: NobodyPaged, Text: "nobody is called" + prefixed(" at ", string(inc.Severity))}, r)
	case *s.FirstPage > e.limits.FirstPage:
		e.report(Finding{Code: LateFirstPage, Text: "the first page comes after " + spoken(*s.FirstPage)}, r)
	}
	if s.FirstPage != nil && *s.FirstPage > e.out.FirstPage.For {
		e.out.FirstPage = Extreme{For: *s.FirstPage, Script: ScriptOf(r)}
	}
	if inc.Ending == incident.Resolved && r.Over && skipsLessons(r) {
		e.report(Finding{Code: SkipsLessons, Text: "it is resolved, and no step of the lessons learned is run"}, r)
	}
	if d, until := r.silence(); d > e.out.Silence.For {
		e.out.Silence = Extreme{For: d, Until: until, Script: ScriptOf(r)}
	}
}

// report takes down a finding once; the path that was found first is the shortest.
func (e *explorer) report(f Finding, r *Result) {
	key := string(f.Code) + f.Text
	if e.found[key] {
		return
	}
	e.found[key] = true
	f.Script = ScriptOf(r)
	for _, t := range r.taken {
		if t.Option != t.Point.Options[0] {
			f.Path = append(f.Path, fmt.Sprintf("%s: %s: %s", t.Point.Step, t.Point.What, t.Option))
		}
	}
	e.out.Findings = append(e.out.Findings, f)
}

// awaited says whether somebody with a name is asked or called.
func awaited(s *contract.Snapshot) bool {
	for _, q := range s.Incident.OpenQuestions() {
		if len(q.Addressed) > 0 || len(q.Who) > 0 {
			return true
		}
	}
	return len(s.Incident.OpenPages()) > 0
}

// under lists the steps that have not ended.
func under(s *contract.Snapshot) string {
	var open []string
	for _, line := range s.Steps {
		if line.State != contract.StepPending && !line.State.Terminal() {
			open = append(open, line.Address+" is "+string(line.State))
		}
	}
	if len(open) == 0 {
		return "no step is under way"
	}
	return strings.Join(open, ", ")
}

// skipsLessons says whether a runbook has lessons to learn and a path has learned none.
func skipsLessons(r *Result) bool {
	has := false
	for _, line := range r.Final.Steps {
		if line.Phase != incident.LessonsLearned {
			continue
		}
		has = true
		if line.State != contract.StepPending && line.State != contract.StepSkipped && line.State != contract.StepCancelled {
			return false
		}
	}
	return has
}

// silence is the longest time in which nobody was told anything while the incident was open, and what ended it.
func (r *Result) silence() (longest time.Duration, until string) {
	end := r.Until
	for _, e := range r.Entries {
		if e.Kind == incident.EntryEnded {
			end = e.At
		}
	}
	last := r.Final.Incident.DeclaredAt
	for _, a := range r.Acts {
		if !slices.Contains([]string{"call", "text", "post", "update"}, a.Kind) || a.At.After(end) {
			continue
		}
		if d := a.At.Sub(last); d > longest {
			longest, until = d, a.What
		}
		last = a.At
	}
	if d := end.Sub(last); d > longest {
		longest, until = d, "the end"
	}
	return longest.Round(time.Second), firstLine(until)
}

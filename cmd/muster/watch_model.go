package main

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
)

// How often an incident is asked, and when what is shown counts as old.
const (
	askEvery       = time.Second
	askEveryClosed = 3 * time.Second
	askEveryAway   = 2 * time.Second // after a question without an answer
	oldAfter       = 5 * time.Second
)

// watchedDoor is what the view needs of the door. *gateway.Incidents has it.
type watchedDoor interface {
	Show(ctx context.Context, key incident.Key) (contract.Snapshot, error)
	Timeline(ctx context.Context, key incident.Key, after int) (contract.TimelinePart, error)
	// Act is idempotent by the act's ID, so a deed whose outcome is not known is sent again as it is.
	Act(ctx context.Context, key incident.Key, deed gateway.Deed) (contract.Receipt, error)
}

// watchOptions make a view.
type watchOptions struct {
	key incident.Key
	by  incident.Actor
	now func() time.Time // nil = time.Now
}

// watch is the live view of one incident: what it knows, what is drawn of it, and what the person is about to do. It
// changes in Update alone, so it needs no lock.
type watch struct {
	key    incident.Key
	by     incident.Actor
	names  []string // whom a page may name, for completion
	clock  func() time.Time
	look   func(after int) looked
	act    func(gateway.Deed) outcome
	colour bool

	shown   contract.Snapshot
	entries []incident.Entry
	seen    int       // sequence number of the newest entry
	fresh   time.Time // when the incident last answered
	asking  bool      // it is being asked
	askAt   time.Time // when it is asked next
	trouble string    // why it did not answer; empty while it does

	width, height int
	lines         []string // the timeline as it is drawn at this width
	drawn         int      // how many entries the lines hold
	day           string   // the day of the last line
	back          int      // how many lines of the timeline the person has gone back
	first         int      // the first question that is shown
	help          bool

	prompt  *prompt
	input   textinput.Model
	message string        // what came of the last deed
	notice  string        // what the person must have seen before another key counts: it was pressed for something else
	sending *gateway.Deed // it is on its way
	unsent  *gateway.Deed // it did not get through; it can be sent again
}

// looked is what asking brought.
type looked struct {
	at    time.Time
	after int // the line behind which the timeline was asked for; 0 = all of it
	shown contract.Snapshot
	part  contract.TimelinePart
	err   error
}

// outcome is what became of a deed.
type outcome struct {
	receipt contract.Receipt
	err     error
}

// ticked says that a moment has passed.
type ticked struct{}

// newWatch makes the view. The context ends its requests.
func newWatch(ctx context.Context, door watchedDoor, o watchOptions) *watch {
	if o.now == nil {
		o.now = time.Now
	}
	m := &watch{key: o.key, by: o.by, clock: o.now, width: 80, height: 24}
	m.look = func(after int) looked {
		shown, err := door.Show(ctx, o.key)
		if err != nil {
			return looked{at: o.now(), err: err}
		}
		part, err := door.Timeline(ctx, o.key, after)
		return looked{at: o.now(), after: after, shown: shown, part: part, err: err}
	}
	m.act = func(deed gateway.Deed) outcome {
		receipt, err := door.Act(ctx, o.key, deed)
		return outcome{receipt: receipt, err: err}
	}
	m.input = textinput.New()
	m.input.SetVirtualCursor(false)
	m.input.SetStyles(textinput.Styles{})
	m.input.Prompt = ""
	m.input.KeyMap.Paste.SetEnabled(false) // the terminal pastes; no program of the machine is asked
	m.input.ShowSuggestions = true
	return m
}

// Init begins to ask.
func (m *watch) Init() tea.Cmd { return tick() }

// tick waits a moment.
func tick() tea.Cmd {
	return tea.Tick(askEvery/2, func(time.Time) tea.Msg { return ticked{} })
}

// Update takes what happens.
func (m *watch) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.resize(msg.Width, msg.Height)
	case tea.KeyPressMsg:
		return m, m.press(msg)
	case tea.PasteMsg:
		return m, m.typed(msg)
	case ticked:
		return m, tea.Batch(tick(), m.askAgain())
	case looked:
		m.asking = false
		m.take(msg)
	case outcome:
		m.taken(msg)
		m.askAt = m.clock()
		return m, m.askAgain()
	}
	return m, nil
}

// askAgain asks the incident when it is time, one question after the other.
func (m *watch) askAgain() tea.Cmd {
	if m.asking || m.clock().Before(m.askAt) {
		return nil
	}
	m.asking = true
	after := m.seen
	return func() tea.Msg { return m.look(after) }
}

// take shows what asking brought. Without an answer everything stays, and the screen says how old it is.
func (m *watch) take(l looked) {
	if l.err != nil {
		what, hint := explain(l.err)
		m.trouble = oneLine(joined(" – ", what, hint))
		m.askAt = l.at.Add(askEveryAway)
		return
	}
	if m.trouble != "" && m.unsent == nil {
		m.message = "the incident answers again"
	}
	m.trouble, m.fresh, m.shown = "", l.at, l.shown
	m.askAt = l.at.Add(askEvery)
	if l.shown.Closed {
		m.askAt = l.at.Add(askEveryClosed)
	}
	m.addEntries(l)
	m.drawTimeline()
	m.first = min(m.first, max(0, len(m.open())-1))
	m.overtaken()
}

// addEntries takes what is new on the timeline. When a line has lost its words that was read before, all of it is read
// again at the next look.
func (m *watch) addEntries(l looked) {
	if l.after == 0 {
		m.seen, m.entries, m.lines, m.drawn, m.day = 0, nil, nil, 0, ""
	}
	again, known := false, m.seen
	for _, e := range l.part.Entries {
		if e.Seq > m.seen {
			again = again || e.Withdraws > 0 && e.Withdraws <= known
			m.seen, m.entries = e.Seq, append(m.entries, e)
		}
	}
	if again {
		m.seen = 0
	}
}

// overtaken closes a question that somebody else has answered meanwhile, and says who.
func (m *watch) overtaken() {
	if m.prompt == nil || m.prompt.question == "" || m.sending != nil {
		return
	}
	q := m.shown.Incident.Question(m.prompt.question)
	if q != nil && q.State == incident.QuestionOpen {
		return
	}
	m.notice = "nobody waits for that answer any more"
	if err := m.shown.Incident.CheckAnswer(m.by, incident.Answer{Key: m.prompt.question}); err != nil {
		m.notice = err.Error()
	}
	m.prompt, m.unsent = nil, nil
}

// old says whether what is shown may no longer be so.
func (m *watch) old() bool { return m.trouble != "" || m.clock().Sub(m.fresh) > oldAfter }

// send sends a deed; one at a time. It is idempotent by the deed's own id.
func (m *watch) send(deed *gateway.Deed) tea.Cmd {
	if m.sending != nil {
		m.message = "wait: the deed before is still on its way"
		return nil
	}
	m.sending, m.unsent, m.message = deed, nil, ""
	sent := *deed
	return func() tea.Msg { return m.act(sent) }
}

// taken says what became of a deed. One that was refused can be put right where it was typed; one that did not get
// through can be sent again.
func (m *watch) taken(a outcome) {
	deed := m.sending
	m.sending = nil
	var away *gateway.Away
	switch {
	case a.err == nil:
		m.prompt, m.message = nil, a.receipt.Text
		if len(a.receipt.Rings) > 0 {
			m.message += "; A acknowledges those too"
		}
	case errors.As(a.err, &away):
		m.unsent, m.message = deed, "NOT RECORDED: Enter sends it again, Esc drops it · "+away.Error()
	default:
		what, hint := explain(a.err)
		text := joined(" – ", what, hint)
		if m.prompt == nil {
			m.message = text
			return
		}
		m.prompt.problem = text
	}
}

// deed is something that the person does now.
func (m *watch) deed(verb contract.Verb, act contract.Act) *gateway.Deed {
	act.ID, act.By = rand.Text(), m.by
	return &gateway.Deed{Verb: verb, Act: act}
}

// open are the open questions as the view numbers them: the tasks behind what is to be decided.
func (m *watch) open() []*incident.Question {
	var questions, tasks []*incident.Question
	for _, q := range m.shown.Incident.OpenQuestions() {
		if q.Kind == incident.QuestionTask {
			tasks = append(tasks, q)
		} else {
			questions = append(questions, q)
		}
	}
	return append(questions, tasks...)
}

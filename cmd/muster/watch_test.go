package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// fakeDoor answers as an incident does, from a snapshot that the test changes.
type fakeDoor struct {
	mu      sync.Mutex
	shown   contract.Snapshot
	entries []incident.Entry
	err     error // of everything
	actErr  error // of deeds
	receipt contract.Receipt
	deeds   []gateway.Deed
}

func (d *fakeDoor) Show(context.Context, incident.Key) (contract.Snapshot, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shown, d.err
}

func (d *fakeDoor) Timeline(_ context.Context, key incident.Key, after int) (contract.TimelinePart, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	part := contract.TimelinePart{Key: key, Closed: d.shown.Closed}
	for _, e := range d.entries {
		if e.Seq > after {
			part.Entries = append(part.Entries, e)
		}
	}
	return part, d.err
}

func (d *fakeDoor) Act(_ context.Context, _ incident.Key, deed gateway.Deed) (contract.Receipt, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deeds = append(d.deeds, deed)
	return d.receipt, d.actErr
}

// desk is a view that a test sits at: keys go in, screens come out.
type desk struct {
	t    *testing.T
	m    *watch
	door *fakeDoor
	now  time.Time
}

// sitDown opens the view of what the door shows, as Ana, ten minutes after 10:30.
func sitDown(t *testing.T, door *fakeDoor) *desk {
	t.Helper()
	d := &desk{t: t, door: door, now: time.Date(2026, 3, 2, 10, 30, 0, 0, time.UTC)}
	by := incident.Actor{Person: "ana", Name: "Ana Ruiz", Door: incident.DoorCLI, Login: "ana"}
	d.m = newWatch(context.Background(), door, watchOptions{key: "INC-7", by: by, now: func() time.Time { return d.now }})
	d.m.names = []string{"ana", "ben", "payments-oncall"}
	d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	d.m.take(d.m.look(0))
	return d
}

// send gives the view a message, and whatever comes of it, but does not wait for time.
func (d *desk) send(msg tea.Msg) {
	d.t.Helper()
	_, cmd := d.m.Update(msg)
	d.run(cmd)
}

// run runs what asks the door or ends; cursors that blink and ticks are left.
func (d *desk) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	result := make(chan tea.Msg, 1)
	go func() { result <- cmd() }()
	select {
	case msg := <-result:
		switch msg := msg.(type) {
		case looked, outcome:
			d.send(msg)
		}
	case <-time.After(100 * time.Millisecond): // a tick
	}
}

// look lets time pass and the view ask.
func (d *desk) look(passes time.Duration) {
	d.now = d.now.Add(passes)
	d.run(d.m.askAgain())
}

// press presses keys: single letters, and names in angle brackets.
func (d *desk) press(keys string) {
	d.t.Helper()
	named := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "pgup": tea.KeyPgUp, "up": tea.KeyUp, "end": tea.KeyEnd, "backspace": tea.KeyBackspace}
	for keys != "" {
		if name, rest, ok := strings.Cut(strings.TrimPrefix(keys, "<"), ">"); ok && keys[0] == '<' {
			d.send(tea.KeyPressMsg{Code: named[name]})
			keys = rest
			continue
		}
		r := []rune(keys)[0]
		d.send(tea.KeyPressMsg{Code: r, Text: string(r)})
		keys = keys[len(string(r)):]
	}
}

// screen is what is seen, and checks that it fits.
func (d *desk) screen() string {
	d.t.Helper()
	lines, _ := d.m.screen()
	if len(lines) != d.m.height {
		d.t.Errorf("%d lines on a screen of %d:\n%s", len(lines), d.m.height, strings.Join(lines, "\n"))
	}
	for _, line := range lines {
		if lipgloss.Width(line) > d.m.width {
			d.t.Errorf("wider than %d: %q", d.m.width, line)
		}
		if !d.m.colour && plainText(line) != line {
			d.t.Errorf("what cannot be seen is in %q", line)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// golden compares the screen with the one that was kept.
func (d *desk) golden(name string) {
	d.t.Helper()
	path, got := filepath.Join("testdata", "watch", name+".txt"), d.screen()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			d.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		d.t.Errorf("screen %s (-want +got):\n%s", name, diff)
	}
}

// lastDeed is the deed that came last, without its id.
func (d *desk) lastDeed() gateway.Deed {
	d.t.Helper()
	if len(d.door.deeds) == 0 {
		d.t.Fatal("no deed came")
	}
	deed := d.door.deeds[len(d.door.deeds)-1]
	if deed.Act.ID == "" || deed.Act.By.Person != "ana" {
		d.t.Errorf("the deed has no id or another actor: %+v", deed)
	}
	deed.Act.ID, deed.Act.By = "", incident.Actor{}
	return deed
}

// busyDoor is the incident of the tests of show, with a timeline.
func busyDoor() *fakeDoor {
	door := &fakeDoor{shown: busy()}
	at := door.shown.Incident.DeclaredAt
	for n, e := range nightOf() {
		e.At = at.Add(time.Duration(n) * 100 * time.Second)
		door.entries = append(door.entries, e)
	}
	door.shown.Incident.PhaseAt = at.Add(15 * time.Minute)
	door.shown.Incident.Questions[0].Addressed = []oncall.PersonID{"ana"}
	return door
}

// callingDoor is an incident whose page nobody has acknowledged.
func callingDoor() *fakeDoor {
	door := busyDoor()
	inc := &door.shown.Incident
	inc.AcknowledgedAt, inc.AcknowledgedBy, inc.Holders, inc.Severity = time.Time{}, incident.Actor{}, nil, ""
	inc.Phase, inc.PhaseAt, door.shown.Paused = incident.Identification, inc.DeclaredAt, nil
	inc.Pages = []*incident.Page{{
		Key: "identification/1/1", Step: "first", Rounds: 3, Level: 1, Levels: []incident.PageLevel{{Target: "payments-oncall"}, {Target: "commander"}},
		Attempts: []incident.Attempt{
			{Level: 0, Name: "Ana Ruiz", Via: "call", Status: incident.CallNoAnswer, At: inc.DeclaredAt},
			{Level: 1, Name: "Ben Ito", Via: "call", Status: incident.CallRinging, At: inc.DeclaredAt.Add(time.Minute)},
			{Level: 1, Name: "Ben Ito", Via: "sms", At: inc.DeclaredAt.Add(time.Minute)},
		},
	}}
	inc.Questions = []*incident.Question{{
		Key: "identification/2/1", Step: "await", Kind: incident.QuestionSeverity, Who: []string{"commander"}, Text: "How severe is it?",
		Deadline: inc.DeclaredAt.Add(45 * time.Minute), OnTimeout: "SEV1",
	}}
	door.entries = door.entries[:6]
	return door
}

func TestWatchScreens(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		door func() *fakeDoor
		do   func(d *desk)
	}{
		{"calling", callingDoor, nil},
		{"busy", busyDoor, nil},
		{"hold", busyDoor, func(d *desk) { d.press("1") }},
		{"form", busyDoor, func(d *desk) { d.press("2many<enter>") }},
		{"form-enum", busyDoor, func(d *desk) { d.press("23<enter>") }},
		{"form-send", busyDoor, func(d *desk) { d.press("23<enter>s") }},
		{"severity", callingDoor, func(d *desk) { d.press("s") }},
		{"help", busyDoor, func(d *desk) { d.press("?") }},
		{"back", busyDoor, func(d *desk) { d.press("<pgup>") }},
		{"away", busyDoor, func(d *desk) {
			d.door.err = &gateway.Away{What: "ask INC-7", Err: context.DeadlineExceeded}
			d.look(90 * time.Second)
		}},
		{"wide", busyDoor, func(d *desk) { d.send(tea.WindowSizeMsg{Width: 120, Height: 40}) }},
		{"small", busyDoor, func(d *desk) { d.send(tea.WindowSizeMsg{Width: 48, Height: 16}) }},
		{"resolved", busyDoor, func(d *desk) {
			inc := &d.door.shown.Incident
			inc.Ending, inc.EndedBy, inc.Questions, inc.Pages = incident.Resolved, inc.AcknowledgedBy, nil, nil
			d.door.shown.Closed, d.door.shown.Paused = true, nil
			d.look(time.Minute)
		}},
		{"colour", busyDoor, func(d *desk) {
			d.m.colour = true
			d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := sitDown(t, test.door())
			if test.do != nil {
				test.do(d)
			}
			d.golden(test.name)
		})
	}
}

func TestWatchKeys(t *testing.T) {
	t.Parallel()
	act := func(verb contract.Verb, act contract.Act) gateway.Deed { return gateway.Deed{Verb: verb, Act: act} }
	tests := []struct {
		name, keys string
		door       func() *fakeDoor
		want       gateway.Deed
	}{
		{"ack", "a", callingDoor, act(contract.VerbAck, contract.Act{})},
		{"ack all", "A", callingDoor, act(contract.VerbAck, contract.Act{All: true})},
		{"escalate", "ey", callingDoor, act(contract.VerbEscalate, contract.Act{})},
		{"decline", "d1", callingDoor, act(contract.VerbQuiet, contract.Act{})},
		{"severity", "s2", callingDoor, act(contract.VerbSeverity, contract.Act{Value: "SEV2"})},
		{"severity by its question", "11", callingDoor, act(contract.VerbSeverity, contract.Act{Value: "SEV1"})},
		{"severity lowered", "s2one region<enter>", busyDoor, act(contract.VerbSeverity, contract.Act{Value: "SEV2", Reason: "one region"})},
		{"note", "nthe <backspace><backspace><backspace><backspace>q quits not<enter>", busyDoor, act(contract.VerbNote, contract.Act{Value: "q quits not"})},
		{"page", "pben<enter>please look<enter>", busyDoor, act(contract.VerbPage, contract.Act{Value: "ben", Reason: "please look"})},
		{"page, the name completed", "ppay<tab><enter><enter>", busyDoor, act(contract.VerbPage, contract.Act{Value: "payments-oncall"})},
		{"resolve", "r1rolled back<enter>", busyDoor, act(contract.VerbResolve, contract.Act{Undo: contract.UndoRevert, Reason: "rolled back"})},
		{"hold", "1t", busyDoor, act(contract.VerbAnswer, contract.Act{Step: "rollback", Question: "containment/1/2/hold/0", Value: "stop"})},
		{"form", "23<enter>sx<esc>23<enter>s1", busyDoor, act(contract.VerbAnswer, contract.Act{
			Step: "impact", Question: "containment/3/2", Value: incident.ChoiceFilled, Fields: map[string]any{"customers": 3.0, "scope": "some"},
		})},
		{"form begun again, defaults", "23<enter>s24<enter>51", busyDoor, act(contract.VerbAnswer, contract.Act{
			Step: "impact", Question: "containment/3/2", Value: incident.ChoiceFilled, Fields: map[string]any{"customers": 4.0},
		})},
		{"signal", "3eu<enter>s", busyDoor, act(contract.VerbSend, contract.Act{Value: "restored", Fields: map[string]any{"region": "eu"}})},
		{"task", "4told them<enter>", busyDoor, act(contract.VerbDone, contract.Act{Step: "watch/1/1", Question: "watch/0/0/3", Reason: "told them"})},
		{"approve", "1y", approvalDoor, act(contract.VerbApprove, contract.Act{Step: "failover", Question: "containment/9/1"})},
		{"reject", "1n<enter>it lags<enter>", approvalDoor, act(contract.VerbReject, contract.Act{Step: "failover", Question: "containment/9/1", Reason: "it lags"})},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := sitDown(t, test.door())
			d.door.receipt = contract.Receipt{Text: "so be it"}
			d.press(test.keys)
			if len(d.door.deeds) != 1 {
				t.Fatalf("%d deeds, want one; the screen:\n%s", len(d.door.deeds), d.screen())
			}
			if diff := cmp.Diff(test.want, d.lastDeed()); diff != "" {
				t.Errorf("deed (-want +got):\n%s", diff)
			}
			if seen := d.screen(); !strings.Contains(seen, "\nso be it\n") || d.m.prompt != nil {
				t.Errorf("the receipt is not seen:\n%s", seen)
			}
		})
	}
}

// approvalDoor is an incident that waits for an approval.
func approvalDoor() *fakeDoor {
	door := busyDoor()
	door.shown.Incident.Questions = []*incident.Question{{
		Key: "containment/9/1", Step: "failover", Kind: incident.QuestionApprove, Text: "Fail over?", Chain: []oncall.PersonID{"ana"}, Quorum: 2,
		Choices: []incident.Choice{{Key: incident.ChoiceYes, Label: "Approve"}, {Key: incident.ChoiceNo, Label: "Reject"}},
	}}
	return door
}

// TestWatchSendsNothing: what is left, refused or mistyped does nothing.
func TestWatchSendsNothing(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, keys, seen string }{
		{"left", "nsomething<esc>", "nothing was sent"},
		{"an empty note", "n<enter>", "something must be written here; Esc leaves"},
		{"not sure", "en", "nothing was sent"},
		{"no such option", "1x", `"x" is none of these`},
		{"no such question", "9", "there is no question 9"},
		{"a number that is none", "2many<enter>", "customers: a number is needed, not many"},
		{"the severity that it has", "s1", "INC-7 is SEV1 already"},
		{"help", "?a", "1  rollback"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := sitDown(t, busyDoor())
			d.press(test.keys)
			if seen := d.screen(); !strings.Contains(seen, test.seen) {
				t.Errorf("%q is not seen:\n%s", test.seen, seen)
			}
			if len(d.door.deeds) > 0 {
				t.Errorf("deeds: %+v", d.door.deeds)
			}
		})
	}
}

// TestWatchRepeatsADeed: one that did not get through is sent again as the same deed.
func TestWatchRepeatsADeed(t *testing.T) {
	t.Parallel()
	for _, keys := range []string{"a", "nthe error rate falls<enter>"} {
		d := sitDown(t, busyDoor())
		d.door.actErr = &gateway.Away{What: "ack", Err: context.DeadlineExceeded}
		d.press(keys)
		if seen := d.screen(); !strings.Contains(seen, "NOT RECORDED: Enter sends it again, Esc drops it · ack: context") {
			t.Errorf("it is not said:\n%s", seen)
		}
		d.door.err = &gateway.Away{What: "ask INC-7", Err: context.DeadlineExceeded}
		d.look(3 * time.Second)
		d.door.err = nil
		d.look(3 * time.Second)
		if seen := d.screen(); !strings.Contains(seen, "NOT RECORDED") {
			t.Errorf("it is forgotten when the incident answers again:\n%s", seen)
		}
		d.door.actErr, d.door.receipt = nil, contract.Receipt{Text: "done now"}
		d.press("<enter>")
		if len(d.door.deeds) != 2 || d.door.deeds[0].Act.ID != d.door.deeds[1].Act.ID {
			t.Errorf("the deed was not sent again as it was: %+v", d.door.deeds)
		}
		if seen := d.screen(); !strings.Contains(seen, "done now") {
			t.Errorf("the receipt is not seen:\n%s", seen)
		}
	}
}

// TestWatchDropsADeed: after Esc it is not sent by a later Enter.
func TestWatchDropsADeed(t *testing.T) {
	t.Parallel()
	d := sitDown(t, busyDoor())
	d.door.actErr = &gateway.Away{What: "ack", Err: context.DeadlineExceeded}
	d.press("a<esc><enter>")
	if len(d.door.deeds) != 1 {
		t.Errorf("%d deeds, want one", len(d.door.deeds))
	}
}

// TestWatchKeepsWhatWasRefused: the text stays, with the reason, and can be put right.
func TestWatchKeepsWhatWasRefused(t *testing.T) {
	t.Parallel()
	d := sitDown(t, busyDoor())
	d.door.actErr = &gateway.Refusal{What: "nobody is called payment", Hint: "did you mean payments?"}
	d.press("ppayment<enter>look<enter>")
	if seen := d.screen(); !strings.Contains(seen, "nobody is called payment – did you mean payments?") || !strings.Contains(seen, "look") {
		t.Errorf("the refusal is not seen:\n%s", seen)
	}
	d.press("<esc>a")
	if seen := d.screen(); !strings.Contains(seen, "nobody is called payment") {
		t.Errorf("the refusal of a key is not seen:\n%s", seen)
	}
}

// TestWatchIsOvertaken: a question that somebody else answers closes under the person's hands, and says who it was.
func TestWatchIsOvertaken(t *testing.T) {
	t.Parallel()
	d := sitDown(t, busyDoor())
	d.press("1")
	next := *d.door.shown.Incident.Clone()
	q := next.Questions[0]
	q.State, q.Choice, q.By = incident.QuestionAnswered, "retry", incident.Actor{Name: "Ben Ito"}
	d.door.shown.Incident = next
	d.look(2 * time.Second)
	if seen := d.screen(); !strings.Contains(seen, "rollback is answered already:") {
		t.Errorf("it is not said who was first:\n%s", seen)
	}
	d.press("a") // meant for the question, and no acknowledgement
	if len(d.door.deeds) > 0 {
		t.Errorf("deeds: %+v", d.door.deeds)
	}
}

// TestWatchSurvivesTheServer: what is shown stays, with its age, and goes on by itself.
func TestWatchSurvivesTheServer(t *testing.T) {
	t.Parallel()
	d := sitDown(t, busyDoor())
	d.door.err = &gateway.Away{What: "ask INC-7", Err: context.DeadlineExceeded}
	d.look(2 * time.Second)
	d.look(time.Minute)
	if seen := d.screen(); !strings.Contains(seen, "NO ANSWER since 10:30:00 UTC") || !strings.Contains(seen, "checkout answers with errors") {
		t.Errorf("it is not said how old this is:\n%s", seen)
	}
	d.door.err = nil
	d.door.entries = append(d.door.entries, incident.Entry{Seq: 99, At: d.now, Kind: incident.EntryNote, Text: "it went on meanwhile"})
	d.look(3 * time.Second)
	if seen := d.screen(); strings.Contains(seen, "NO ANSWER") || !strings.Contains(seen, "it went on meanwhile") || !strings.Contains(seen, "answers again") {
		t.Errorf("it does not go on:\n%s", seen)
	}
	d.now = d.now.Add(10 * time.Second) // a question that is not answered at all
	if seen := d.screen(); !strings.Contains(seen, "NO ANSWER since 10:31:05 UTC") {
		t.Errorf("it is not said how old this is:\n%s", seen)
	}
}

// TestWatchColourSaysNothingMore: with colour there are the same words.
func TestWatchColourSaysNothingMore(t *testing.T) {
	t.Parallel()
	for name, door := range map[string]func() *fakeDoor{"busy": busyDoor, "calling": callingDoor} {
		d := sitDown(t, door())
		plain := d.screen()
		d.m.colour = true
		d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
		coloured := d.screen()
		if diff := cmp.Diff(plain, ansi.ReplaceAllString(coloured, "")); diff != "" {
			t.Errorf("%s: other words (-plain +coloured):\n%s", name, diff)
		}
	}
}

// TestWatchManyQuestions turns from nine to the next, and numbers what is seen.
func TestWatchManyQuestions(t *testing.T) {
	t.Parallel()
	door := busyDoor()
	inc := &door.shown.Incident
	inc.Questions = nil
	for n := range 12 {
		inc.Questions = append(inc.Questions, &incident.Question{
			Key: fmt.Sprint("q/", n), Step: fmt.Sprint("step", n), Kind: incident.QuestionTask, Text: strings.Repeat("long ", 40),
		})
	}
	d := sitDown(t, door)
	if seen := d.screen(); !strings.Contains(seen, " 9  step8 ") || !strings.Contains(seen, "    1 to 9 of 12; Tab shows the next") {
		t.Errorf("it is not said that there are more:\n%s", seen)
	}
	d.press("<tab>")
	if seen := d.screen(); !strings.Contains(seen, " 1  step9 ") || !strings.Contains(seen, "10 to 12 of 12") {
		t.Errorf("the last questions are not seen:\n%s", seen)
	}
	d.press("2<enter>")
	if deed := d.lastDeed(); deed.Act.Question != "q/10" {
		t.Errorf("the deed is %+v", deed)
	}
	d.press("<tab>")
	if seen := d.screen(); !strings.Contains(seen, " 1  step0 ") {
		t.Errorf("it does not turn round:\n%s", seen)
	}
}

// TestWatchSeesAWithdrawal: a line that was seen already loses its words on the screen too.
func TestWatchSeesAWithdrawal(t *testing.T) {
	t.Parallel()
	door := busyDoor()
	newest := door.entries[len(door.entries)-1]
	said := incident.Entry{Seq: newest.Seq + 1, At: newest.At, Kind: incident.EntryNote, By: incident.Actor{Name: "Ben"}, Text: "hunter2", Written: true}
	door.entries = append(door.entries, said)
	d := sitDown(t, door)
	if seen := d.screen(); !strings.Contains(seen, "Ben: hunter2") {
		t.Fatalf("the note is not seen:\n%s", seen)
	}
	gone, tells := said, said
	gone.Text, gone.Withdrawn = "a note of Ben was withdrawn by Ana", true
	tells.Seq, tells.Text, tells.Withdraws = said.Seq+1, "Ana withdraws it", said.Seq
	door.mu.Lock()
	door.entries = append(door.entries[:len(door.entries)-1], gone, tells)
	door.mu.Unlock()
	for range 3 {
		d.look(askEvery + time.Second)
	}
	seen := d.screen()
	if strings.Contains(seen, "hunter2") || !strings.Contains(seen, "a note of Ben was withdrawn by Ana") {
		t.Errorf("the words are still seen:\n%s", seen)
	}
	if n := strings.Count(strings.Join(d.m.lines, "\n"), "Ana withdraws it"); n != 1 || len(d.m.entries) != len(door.entries) {
		t.Errorf("the withdrawal is told %d times, and %d lines are known of %d", n, len(d.m.entries), len(door.entries))
	}
}

func FuzzWatchScreen(f *testing.F) {
	f.Add("checkout is slow", "a\x1b[2Jb\u202ec", 80, 24, "2")
	f.Add(strings.Repeat("東京", 90), "\n\n", 40, 12, "n")
	f.Add("", "", 1, 1, "?")
	f.Fuzz(func(t *testing.T, title, text string, width, height int, keys string) {
		if width < 1 || height < 1 || width > 300 || height > 100 || len(keys) > 20 {
			t.Skip()
		}
		door := busyDoor()
		inc := &door.shown.Incident
		inc.Title, inc.Team, inc.Holders["comms"] = title, text, incident.Holder{Name: text}
		inc.Questions[0].Text, inc.Questions[1].Step, inc.Questions[3].Checklist = text, title, []string{text, title}
		door.entries = append(door.entries, incident.Entry{Seq: 99, Kind: incident.EntryNote, Text: text})
		d := sitDown(t, door)
		d.send(tea.WindowSizeMsg{Width: width, Height: height})
		for _, r := range keys {
			d.send(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
		lines, _ := d.m.screen()
		if len(lines) > height {
			t.Errorf("%d lines on a screen of %d", len(lines), height)
		}
		for _, line := range lines {
			if lipgloss.Width(line) > width {
				t.Errorf("wider than %d: %q", width, line)
			}
			if plainText(line) != line {
				t.Errorf("what cannot be seen is in %q", line)
			}
		}
	})
}

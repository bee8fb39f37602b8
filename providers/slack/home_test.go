package slack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

func (d *door) Home(_ context.Context, who incident.Actor, since time.Time) (slack.Home, error) {
	d.mu.Lock()
	home := d.home
	d.mu.Unlock()
	if home == nil {
		return slack.Home{At: time.Unix(0, 0)}, nil
	}
	return home(who, since)
}

func (slowDoor) Home(ctx context.Context, _ incident.Actor, _ time.Time) (slack.Home, error) {
	<-ctx.Done()
	return slack.Home{}, ctx.Err()
}

// tells lets the door tell a home from now on.
func (d *door) tells(home slack.Home, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.home = func(incident.Actor, time.Time) (slack.Home, error) { return home, err }
}

// homeNight is the instant of these tests' homes.
var homeNight = time.Date(2026, 3, 1, 1, 30, 0, 0, time.UTC)

// fullHome is a home with something of everything.
func fullHome() slack.Home {
	to := contract.Reach{Incident: "incident/1", Key: "INC-1"}
	room := contract.Link{Name: "#inc-1-checkout", URL: "https://example.slack.com/archives/C1"}
	return slack.Home{
		At: homeNight, Silent: 2,
		Notes: []string{"Who has taken over from whom cannot be read just now."},
		Tasks: []contract.HomeTask{
			{Incident: "INC-1 · SEV1 · error rate <!channel>", Rings: true, Room: room, Buttons: to.Ringing("page/1", 0), What: contract.CardLine{
				Text: "You are being called (first)", Word: "until", At: homeNight.Add(5 * time.Minute), Then: "then the next are called",
			}},
			{
				Incident: "INC-1 · SEV1 · error rate <!channel>", Room: room,
				What: contract.CardLine{Text: "Drain *eu*", Word: "until", At: homeNight.Add(time.Hour)},
				Buttons: to.Answers(&incident.Question{
					Key: "drain/1", Kind: incident.QuestionTask, Choices: []incident.Choice{{Key: "done", Label: "Done"}},
				}),
			},
			{
				Incident: "INC-9 · practice", Drill: true, What: contract.CardLine{Text: "Roll back?"},
				Buttons: contract.Reach{Incident: "incident/9", Key: "INC-9"}.Answers(&incident.Question{
					Key: "back/1", Kind: incident.QuestionApprove, Choices: []incident.Choice{{Key: "yes", Label: "Approve"}, {Key: "no", Label: "Reject"}},
				}),
			},
		},
		Incidents: []contract.HomeIncident{
			{
				Severity: "SEV1", Key: "INC-1", Title: "error rate <!channel> @here", Phase: incident.LessonsLearned, Since: homeNight.Add(-time.Hour),
				Manager: "Ana & Ben", Acknowledged: true, Room: room,
			},
			{Key: "INC-2", Title: "amber-anchor", Since: homeNight, Private: true, Room: contract.Link{Name: "#secret"}},
			{Severity: "SEV3", Key: "INC-9", Title: "practice", Phase: incident.Containment, Since: homeNight, Drill: true},
		},
		Duties: []slack.HomeDuty{
			{Schedule: "payments-oncall", Now: true, Since: homeNight.Add(-24 * time.Hour), Until: homeNight.Add(24 * time.Hour)},
			{Schedule: "always", Now: true},
			{Schedule: "sre_oncall", Since: homeNight.Add(48 * time.Hour), Until: homeNight.Add(72 * time.Hour)},
		},
	}
}

// read is a view as people read it: each text on a line of its own, buttons in brackets, word joiners as †.
func read(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var view struct {
		Blocks []struct {
			Type     string
			Text     struct{ Text string }
			Elements []struct {
				Type string
				Text any
			}
		}
	}
	if err := json.Unmarshal(raw, &view); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, b := range view.Blocks {
		switch b.Type {
		case "header":
			lines = append(lines, "# "+b.Text.Text)
		case "section":
			lines = append(lines, b.Text.Text)
		case "divider":
			lines = append(lines, "---")
		case "context":
			for _, e := range b.Elements {
				lines = append(lines, fmt.Sprint("~ ", e.Text))
			}
		case "actions":
			var labels []string
			for _, e := range b.Elements {
				label, _ := e.Text.(map[string]any)
				labels = append(labels, fmt.Sprintf("[%v]", label["text"]))
			}
			lines = append(lines, strings.Join(labels, " "))
		default:
			t.Errorf("a block of the type %q", b.Type)
		}
	}
	return strings.ReplaceAll(strings.Join(lines, "\n"), "\u2060", "†")
}

// opens opens somebody's home and waits for what it shows.
func (h house) opens(t *testing.T, id, user string) string {
	t.Helper()
	before, _ := h.Home(user)
	if reply, err := h.OpenHome(t.Context(), h.url+"/slack/events", id, user); err != nil || reply.Status != http.StatusOK {
		t.Fatalf("opening is answered %d, %v", reply.Status, err)
	}
	return h.homeAfter(t, user, before)
}

// homeAfter waits for a home that is another one than before.
func (h house) homeAfter(t *testing.T, user string, before fakeslack.View) string {
	t.Helper()
	until(t, "a home", func() bool { now, _ := h.Home(user); return now.Hash != before.Hash })
	now, _ := h.Home(user)
	return read(t, now.JSON)
}

// inHome presses a button and waits for the home that comes of it.
func (h house) inHome(t *testing.T, user, button, below string) string {
	t.Helper()
	before, _ := h.Home(user)
	h.clicks(t, user, button, below)
	return h.homeAfter(t, user, before)
}

func (h house) clicks(t *testing.T, user, button, below string) {
	t.Helper()
	reply, err := h.ClickHome(t.Context(), h.url+"/slack/actions", fakeslack.HomeClick{User: user, Text: button, After: below})
	if err != nil || reply.Status != http.StatusOK {
		t.Fatalf("the press of %q is answered %d, %v", button, reply.Status, err)
	}
}

const fullHomeText = `[Declare an incident] [Refresh]
~ As of <!date^1772328600^{date_short_pretty}, {time_secs}|2026-03-01 01:30:00 UTC>. Whenever you open this tab it is told anew.
~ Who has taken over from whom cannot be read just now.
# Waiting for you
:rotating_light: *INC-1 · SEV1 · error rate &lt;!channel&gt;*
You are being called (first) until <!date^1772328900^{date_short_pretty}, {time}|2026-03-01 01:35 UTC>, then the next are called
<https://example.slack.com/archives/C1|#inc-1-checkout>
[Acknowledge] [Escalate] [Not me]
*INC-1 · SEV1 · error rate &lt;!channel&gt;*
Drain *†eu*† until <!date^1772332200^{date_short_pretty}, {time}|2026-03-01 02:30 UTC>
<https://example.slack.com/archives/C1|#inc-1-checkout>
[Done] [Done, with a note…]
:game_die: *INC-9 · practice* (a drill)
Roll back?
[Approve] [Reject]
# Open incidents
*SEV1* · INC-1 · error rate &lt;!channel&gt; @†here
lessons learned · open since <!date^1772325000^{date_short_pretty}, {time}|2026-03-01 00:30 UTC> · incident manager: Ana &amp; Ben · <https://example.slack.com/archives/C1|#inc-1-checkout>
*severity not set* · INC-2 · amber-anchor (private)
declared · open since <!date^1772328600^{date_short_pretty}, {time}|2026-03-01 01:30 UTC> · incident manager: nobody yet · not acknowledged · #secret
:game_die: DRILL · *SEV3* · INC-9 · practice
containment · open since <!date^1772328600^{date_short_pretty}, {time}|2026-03-01 01:30 UTC> · incident manager: nobody yet · not acknowledged
2 open incidents do not answer just now, so nothing is shown of them.
# You are on call
• *payments-oncall* now, since <!date^1772242200^{date_short_pretty}, {time}|2026-02-28 01:30 UTC> until <!date^1772415000^{date_short_pretty}, {time}|2026-03-02 01:30 UTC>
• *always* now, with no end in sight
• *sre_†oncall* next from <!date^1772501400^{date_short_pretty}, {time}|2026-03-03 01:30 UTC> until <!date^1772587800^{date_short_pretty}, {time}|2026-03-04 01:30 UTC>`

// TestHome is how a home looks to people, through both doors, judged by Slack's limits and descriptions.
func TestHome(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, func(t *testing.T, h house) {
		h.door.tells(fullHome(), nil)
		if diff := cmp.Diff(strings.Split(fullHomeText, "\n"), strings.Split(h.opens(t, "Ev1", h.ana.ID), "\n")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		h.door.tells(slack.Home{At: homeNight}, nil)
		want := `[Declare an incident] [Refresh]
~ As of <!date^1772328600^{date_short_pretty}, {time_secs}|2026-03-01 01:30:00 UTC>. Whenever you open this tab it is told anew.
# Open incidents
None is open.
# You are on call
You are on no schedule: neither now nor within the next thirty days.`
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(h.opens(t, "Ev2", h.ana.ID), "\n")); diff != "" {
			t.Errorf("with nothing (-want +got):\n%s", diff)
		}
	})
}

// TestHomeIsPublishedOnce: once for each event, for the tab of the home alone, and a broken event costs nothing.
func TestHomeIsPublishedOnce(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	h.opens(t, "Ev1", h.ana.ID)
	for id, opens := range map[string]func(context.Context, string, string, string) (fakeslack.Reply, error){"Ev1": h.OpenHome, "Ev2": h.OpenMessages} {
		if reply, err := opens(t.Context(), h.url+"/slack/events", id, h.ana.ID); err != nil || reply.Status != http.StatusOK {
			t.Errorf("%s is answered %d, %v", id, reply.Status, err)
		}
	}
	for n, inner := range []map[string]any{{"type": "app_home_opened"}, {"type": "app_home_opened", "user": 7, "tab": "home"}} {
		if reply, err := h.Event(t.Context(), h.url+"/slack/events", fmt.Sprint("broken", n), inner); err != nil || reply.Status != http.StatusOK {
			t.Errorf("%v is answered %d, %v", inner, reply.Status, err)
		}
	}
	h.opens(t, "Ev3", h.ana.ID)
	if n := h.calls("views.publish"); n != 2 {
		t.Errorf("published %d times, want for Ev1 and Ev3 alone", n)
	}
}

// TestHomeOfAStranger: who is not in the roster sees what is open, and what to do.
func TestHomeOfAStranger(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	zoe := h.AddUser(fakeslack.User{Name: "zoe"}).ID
	asked := make(chan incident.Actor, 1)
	h.door.home = func(who incident.Actor, _ time.Time) (slack.Home, error) {
		asked <- who
		return slack.Home{At: homeNight, Incidents: fullHome().Incidents[:1]}, nil
	}
	text := h.opens(t, "Ev1", zoe)
	for _, want := range []string{"Musterbook does not know you", "slack: " + zoe, "INC-1"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "on call\n") || strings.Contains(text, "Waiting") {
		t.Errorf("a stranger has duties:\n%s", text)
	}
	if who := <-asked; who.Person != "" || who.Door != incident.DoorSlack {
		t.Errorf("asked for %+v", who)
	}
}

// TestHomeActs: a press does what the same button does in a room, and the home says what came of it.
func TestHomeActs(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, homeActs)
}

func homeActs(t *testing.T, h house) {
	h.door.tells(fullHome(), nil)
	h.door.answer.Text = "acknowledged <!here>"
	h.opens(t, "Ev1", h.ana.ID)
	began := time.Now()
	var since time.Time
	h.door.mu.Lock()
	h.door.home = func(_ incident.Actor, at time.Time) (slack.Home, error) {
		since = at
		return fullHome(), nil
	}
	h.door.mu.Unlock()
	text := h.inHome(t, h.ana.ID, "Acknowledge", "being called")
	if !strings.HasPrefix(text, "→ acknowledged &lt;!here&gt;\n---\n[Declare") {
		t.Errorf("afterwards the home says\n%s", text)
	}
	if since.Before(began) {
		t.Errorf("what is shown may be of %s, before the press at %s", since, began)
	}
	got := h.door.all()
	want := acted{
		To: slack.Target{WorkflowID: "incident/1", Key: "INC-1"}, Verb: contract.VerbAck,
		Act: contract.Act{Key: "INC-1", Page: "page/1", By: anaActor},
	}
	if len(got) != 1 {
		t.Fatalf("acts are %+v", got)
	}
	want.Act.ID = got[0].Act.ID
	if diff := cmp.Diff(want, got[0]); diff != "" || !strings.HasPrefix(want.Act.ID, "slack/") {
		t.Errorf("(-want +got):\n%s", diff)
	}
	h.door.mu.Lock()
	h.door.refusal = &incident.Refusal{What: "drain is answered already: Done by Ben"}
	h.door.mu.Unlock()
	if text := h.inHome(t, h.ana.ID, "Done", "Drain"); !strings.HasPrefix(text, "→ drain is answered already: Done by Ben\n") {
		t.Errorf("a refusal shows\n%s", text)
	}
	if n := len(h.Responses()); n != 0 {
		t.Errorf("%d whispers went nowhere", n)
	}
	if text := h.inHome(t, h.ana.ID, "Refresh", ""); strings.HasPrefix(text, "→") {
		t.Errorf("refreshed it still says\n%s", text)
	}
}

// TestHomeModals: what takes more than a click opens a form, and its answer comes back into the home.
func TestHomeModals(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, homeModals)
}

func homeModals(t *testing.T, h house) {
	h.door.offer = offers
	h.door.tells(fullHome(), nil)
	h.door.shown = contract.Snapshot{Incident: incident.Incident{Key: "INC-9", Title: "practice", Questions: []*incident.Question{
		{Key: "back/1", Step: "back", Kind: incident.QuestionApprove, Text: "Roll back?"},
		{Key: "drain/1", Step: "drain", Kind: incident.QuestionTask, Text: "Drain", State: incident.QuestionWithdrawn},
	}}}
	h.door.answer.Text = "rejected"
	h.opens(t, "Ev1", h.ana.ID)
	h.clicks(t, h.ana.ID, "Reject", "Roll back?")
	h.seen(t, h.ana.ID, "Why not?")
	before, _ := h.Home(h.ana.ID)
	h.submit(t, map[string]string{"reason": "too late"})
	if text := h.homeAfter(t, h.ana.ID, before); !strings.HasPrefix(text, "→ rejected\n") {
		t.Errorf("afterwards the home says\n%s", text)
	}
	acts := h.door.all()
	if len(acts) != 1 || acts[0].Verb != contract.VerbReject || acts[0].Act.Reason != "too late" || acts[0].To.WorkflowID != "incident/9" {
		t.Errorf("acts are %+v", acts)
	}
	// A task that is over by now: the form says so, and the home is told anew.
	before, _ = h.Home(h.ana.ID)
	h.clicks(t, h.ana.ID, "Done, with a note…", "Drain")
	h.seen(t, h.ana.ID, "withdrawn")
	h.homeAfter(t, h.ana.ID, before)

	h.door.mu.Lock()
	h.door.answer.Text = "INC-7 is declared"
	h.door.shown.Incident.Room = incident.Room{ID: h.room(t), URL: "https://example.slack.com/archives/C7"}
	h.door.mu.Unlock()
	h.clicks(t, h.ana.ID, "Declare an incident", "")
	h.seen(t, h.ana.ID, "input:outage:region")
	before, _ = h.Home(h.ana.ID)
	h.submit(t, map[string]string{"title": "Checkout fails", "input:outage:region": "eu"})
	if text := h.homeAfter(t, h.ana.ID, before); !strings.HasPrefix(text, "→ INC-7 is declared.\n") {
		t.Errorf("declared, the home says\n%s", text)
	}
}

// lockedBuffer is a log that several write to.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// TestHomeFails: what Slack or we ourselves cannot do is logged, the event is acknowledged, and the next opening works.
func TestHomeFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		fault  fakeslack.Fault
		logged string // empty = it succeeds in the end
		shown  string
	}{
		{name: "too many requests", fault: fakeslack.Fault{Kind: fakeslack.RateLimited, Times: 1, RetryAfter: time.Second}, shown: "INC-1"},
		{name: "in trouble for a moment", fault: fakeslack.Fault{Kind: fakeslack.ServerError, Times: 2}, shown: "INC-1"},
		{name: "the answer is lost", fault: fakeslack.Fault{Kind: fakeslack.WorkThenDrop, Times: 1}, shown: "INC-1"},
		{name: "a page of maintenance", fault: fakeslack.Fault{Kind: fakeslack.HTMLPage, Times: 1}, shown: "INC-1"},
		{name: "in trouble", fault: fakeslack.Fault{Kind: fakeslack.ServerError}, logged: "a home stays as it was"},
		{name: "invalid blocks", fault: fakeslack.Fault{Kind: fakeslack.Refuse, Error: "invalid_blocks", Times: 1}, logged: "Slack refuses a home", shown: "cannot be shown: Slack refuses it"},
		{name: "too large", fault: fakeslack.Fault{Kind: fakeslack.Refuse, Error: "view_too_large", Times: 1}, logged: "view_too_large", shown: "cannot be shown: Slack refuses it"},
		{name: "the tab is off", fault: fakeslack.Fault{Kind: fakeslack.Refuse, Error: "not_enabled"}, logged: "enable the app's Home tab"},
		{name: "revoked", fault: fakeslack.Fault{Kind: fakeslack.RevokeToken}, logged: "token is no longer good"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			log := &lockedBuffer{}
			h := house{world: startWith(t, slack.Options{Log: slog.New(slog.NewTextHandler(log, nil))}), door: &door{}}
			h.url = h.serve(t, slack.NewDesk(h.Client, h.door))
			h.door.tells(fullHome(), nil)
			tt.fault.Method = "views.publish"
			h.Break(tt.fault)
			if reply, err := h.OpenHome(t.Context(), h.url+"/slack/events", "Ev1", h.ana.ID); err != nil || reply.Status != http.StatusOK {
				t.Fatalf("opening is answered %d, %v", reply.Status, err)
			}
			if tt.shown != "" {
				until(t, "a home", func() bool {
					home, ok := h.Home(h.ana.ID)
					return ok && strings.Contains(string(home.JSON), tt.shown)
				})
			}
			until(t, "the log", func() bool { return strings.Contains(log.String(), tt.logged) })
			h.Mend()
			if text := h.opens(t, "Ev2", h.ana.ID); !strings.Contains(text, "INC-1") {
				t.Errorf("mended it shows\n%s", text)
			}
		})
	}
}

// TestHomeWithoutIncidents: while Temporal is away the home says so, and what stood there before goes.
func TestHomeWithoutIncidents(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	h.door.tells(fullHome(), nil)
	h.opens(t, "Ev1", h.ana.ID)
	h.door.tells(slack.Home{}, errors.New("Temporal is away"))
	text := h.opens(t, "Ev2", h.ana.ID)
	if !strings.Contains(text, "does not reach its incidents just now") || strings.Contains(text, "INC-1") || strings.Contains(text, "None is open") {
		t.Errorf("nobody answers, and the home shows\n%s", text)
	}
	away := fullHome()
	h.door.tells(slack.Home{At: homeNight, Away: true, Duties: away.Duties}, nil)
	if text := h.opens(t, "Ev3", h.ana.ID); !strings.Contains(text, "does not reach") || !strings.Contains(text, "payments-oncall") {
		t.Errorf("the duties are known, and the home shows\n%s", text)
	}
}

// TestHomeOfTheWorstDay: a home of far too much is cut and says so, and what Slack brings back at a click is taken.
func TestHomeOfTheWorstDay(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, func(t *testing.T, h house) {
		home, ugly := fullHome(), strings.Repeat("<&*é\u2060", 60)
		for n := range 300 {
			q := &incident.Question{Key: fmt.Sprint(ugly, n), Kind: incident.QuestionAsk}
			for choice := range 20 {
				q.Choices = append(q.Choices, incident.Choice{Key: fmt.Sprint(ugly, choice), Label: ugly})
			}
			home.Tasks = append(home.Tasks, contract.HomeTask{
				Incident: ugly, What: contract.CardLine{Text: ugly, Then: ugly}, Buttons: contract.Reach{Incident: ugly, Key: "INC-1"}.Answers(q),
			})
			home.Incidents = append(home.Incidents, contract.HomeIncident{Severity: "SEV1", Key: "INC-1", Title: ugly, Manager: ugly, Since: homeNight})
			home.Duties = append(home.Duties, slack.HomeDuty{Schedule: ugly, Now: true})
		}
		h.door.tells(home, nil)
		text := h.opens(t, "Ev1", h.ana.ID)
		if n := strings.Count(text, "… and "); n != 3 || !strings.Contains(text, "[Done]") {
			t.Errorf("%d lists are cut:\n%s", n, text)
		}
		h.inHome(t, h.ana.ID, "Done", "Drain")
		if acts := h.door.all(); len(acts) != 1 {
			t.Errorf("the press is taken as %+v", acts)
		}
	})
}

// TestHomesOfOnePerson: of many openings at once the last one counts, and none hides a newer one.
func TestHomesOfOnePerson(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	var told, at atomic.Int64
	h.door.home = func(incident.Actor, time.Time) (slack.Home, error) {
		n := told.Add(1)
		if at.Add(1) > 1 {
			t.Error("two homes of one person are made at once")
		}
		time.Sleep(time.Duration(30-n) * time.Millisecond) // the earlier the slower
		at.Add(-1)
		return slack.Home{At: time.Unix(n, 0)}, nil
	}
	var all sync.WaitGroup
	for n := range 30 {
		all.Go(func() {
			if _, err := h.OpenHome(t.Context(), h.url+"/slack/events", fmt.Sprint("Ev", n), h.ana.ID); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	last := func() string {
		home, _ := h.Home(h.ana.ID)
		return string(home.JSON)
	}
	until(t, "the last home", func() bool {
		return strings.Contains(last(), fmt.Sprintf("<!date^%d^", told.Load())) || strings.Contains(last(), fmt.Sprintf(`\u003c!date^%d^`, told.Load()))
	})
	if n := told.Load(); n > 20 {
		t.Errorf("thirty openings made %d homes; those that wait are one", n)
	}
}

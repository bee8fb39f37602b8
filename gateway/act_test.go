package gateway_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/client"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
)

// unreachable is a client of a server that takes connections and never answers.
func unreachable(t *testing.T) client.Client {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				_, _ = io.Copy(io.Discard, conn) // until the client hangs up
				_ = conn.Close()
			})
		}
	})
	c, err := client.NewLazyClient(client.Options{HostPort: l.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		all.Wait()
	})
	return c
}

// TestWorkerAway runs alone: it stops the worker that the others share.
func TestWorkerAway(t *testing.T) {
	d := newDoor(t)
	in := d.declared(t)
	shared.worker.Stop()
	awake := false
	wake := func() {
		if awake {
			return
		}
		awake = true
		var err error
		if shared.worker, err = startWorker(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(wake)

	stranger := newDoor(t) // knows no key: as the command line on a bad night
	deed := gateway.Deed{Verb: contract.VerbSeverity, Act: contract.Act{ID: "click-1", Value: "SEV1"}, Within: 300 * time.Millisecond}
	receipt, err := stranger.Act(t.Context(), in.Key, deed)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(contract.Receipt{Text: "recorded; it applies when a worker is back", Pending: true}, receipt); diff != "" {
		t.Errorf("receipt (-want +got):\n%s", diff)
	}
	if receipt, err = d.ActOn(t.Context(), in.WorkflowID, deed); err != nil || !receipt.Pending {
		t.Errorf("the same click again: %+v, %v", receipt, err)
	}
	_, err = stranger.Act(t.Context(), "INC-404", deed)
	wantRefusal(t, err, gateway.Refusal{Kind: gateway.RefusedAbsent, What: `unknown incident "INC-404"`, Hint: "list shows the incidents that are open"})
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = stranger.Show(short, in.Key)
	var away *gateway.Away
	if !errors.As(err, &away) {
		t.Errorf("showing without a worker: %v, want Away", err)
	}

	wake()
	// The task that the stopped worker had in its hands is given to the new one after ten seconds.
	if _, err := d.Act(t.Context(), in.Key, gateway.Deed{Verb: contract.VerbNote, Act: contract.Act{Value: "back"}, Within: time.Minute}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Take(t.Context(), contract.TakeNumberRequest{WorkflowID: in.WorkflowID, RunID: in.RunID}); err != nil {
		t.Fatal(err)
	}
	if n := signals(t, in.WorkflowID, "severity"); n != 1 {
		t.Errorf("%d signals for one click, want 1", n)
	}
	inc := d.shown(t, in.WorkflowID)
	changes := 0
	for _, e := range inc.Timeline {
		if e.Kind == incident.EntrySeverity {
			changes++
		}
	}
	if inc.Severity != "SEV1" || changes != 1 {
		t.Errorf("severity %q after %d changes, want SEV1 after one", inc.Severity, changes)
	}
}

func TestAct(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	in := d.declared(t)
	if receipt := d.do(t, " #inc-"+in.Key[4:], contract.VerbSeverity, contract.Act{Value: "SEV2"}); receipt.Text != "severity done on "+string(in.Key) {
		t.Errorf("receipt %+v", receipt)
	}
	cases := []struct {
		name string
		key  incident.Key
		deed gateway.Deed
		want gateway.Refusal
	}{
		{
			"unknown severity", in.Key,
			gateway.Deed{Verb: contract.VerbSeverity, Act: contract.Act{Value: "SEV9"}},
			gateway.Refusal{What: `unknown severity "SEV9"`, Hint: "one of: SEV1, SEV2, SEV3"},
		},
		{
			"lowering without a reason", in.Key,
			gateway.Deed{Verb: contract.VerbSeverity, Act: contract.Act{Value: "SEV3"}},
			gateway.Refusal{What: "lowering SEV2 to SEV3 needs a reason", Hint: "say why with a reason"},
		},
		{
			"a refusal without a hint", in.Key,
			gateway.Deed{Verb: contract.VerbNote},
			gateway.Refusal{What: "an empty note says nothing"},
		},
		{
			"unknown incident", "INC-99999",
			gateway.Deed{Verb: contract.VerbNote, Act: contract.Act{Value: "x"}},
			gateway.Refusal{Kind: gateway.RefusedAbsent, What: `unknown incident "INC-99999"`, Hint: "list shows the incidents that are open"},
		},
		{
			"unknown verb", in.Key,
			gateway.Deed{Verb: "explode"},
			gateway.Refusal{
				Kind: gateway.RefusedInput, What: `unknown verb "explode"`,
				Hint: "one of: ack, severity, assign, answer, approve, reject, done, note, page, escalate, quiet, resolve, cancel, " +
					"pause, resume, retry, skip, stop, reassign, advance, return, step, edit, revert, send, upgrade, withdraw",
			},
		},
		{
			"unknown person", in.Key,
			gateway.Deed{Verb: contract.VerbAssign, Act: contract.Act{Role: "comms", Person: "zoe"}},
			gateway.Refusal{Kind: gateway.RefusedInput, What: `unknown person "zoe"`, Hint: "give the name or the e-mail that the roster has"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := d.Act(t.Context(), c.key, c.deed)
			wantRefusal(t, err, c.want)
		})
	}
	d.do(t, in.Key, contract.VerbAssign, contract.Act{Role: "comms", Person: "ana@example.com"})
	if h := d.shown(t, in.WorkflowID).Holders["comms"]; h.Person != "ana" || h.Name != "Ana Lima" {
		t.Errorf("holder %+v", h)
	}
}

func TestTheSameClickTwiceIsOneAct(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	in := d.declared(t)
	click := contract.Act{ID: "trigger-7", Value: "looking", Key: in.Key}
	for range 2 {
		receipt, err := d.ActOn(t.Context(), in.WorkflowID, gateway.Deed{Verb: contract.VerbNote, Act: click})
		if err != nil || receipt.Text != "note done on "+string(in.Key) {
			t.Errorf("receipt %+v, %v", receipt, err)
		}
	}
	if lines := d.shown(t, in.WorkflowID).Timeline; len(lines) != 2 {
		t.Errorf("%d lines on the timeline, want the declaration and one note", len(lines))
	}
	if counts := d.Counts(); counts.Acts != 2 || counts.Declared != 1 {
		t.Errorf("counts %+v", counts)
	}
}

func TestActingOnWhatIsClosed(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	in := d.declared(t, func(n *gateway.NewIncident) { n.Drill = true }) // leaves no review
	d.do(t, in.Key, contract.VerbCancel, contract.Act{Reason: "a test"})
	d.closed(t, in)
	closed := gateway.Refusal{Kind: gateway.RefusedClosed, What: string(in.Key) + " is closed", Hint: "declare a new one if the trouble is back"}
	note := contract.Act{Value: "x"}

	_, err := d.Act(t.Context(), in.Key, gateway.Deed{Verb: contract.VerbNote, Act: note})
	wantRefusal(t, err, closed)
	_, err = newDoor(t).Act(t.Context(), in.Key, gateway.Deed{Verb: contract.VerbNote, Act: note})
	wantRefusal(t, err, closed)
	keyed := note
	keyed.Key = in.Key
	_, err = d.ActOn(t.Context(), in.WorkflowID, gateway.Deed{Verb: contract.VerbNote, Act: keyed})
	wantRefusal(t, err, closed)
	closed.What = "this incident is closed"
	_, err = d.ActOn(t.Context(), in.WorkflowID, gateway.Deed{Verb: contract.VerbNote, Act: note})
	wantRefusal(t, err, closed)
	_, err = d.ActOn(t.Context(), "incident/none", gateway.Deed{Verb: contract.VerbNote, Act: note})
	wantRefusal(t, err, gateway.Refusal{Kind: gateway.RefusedAbsent, What: "unknown incident", Hint: "list shows the incidents that are open"})

	snapshot, err := d.Show(t.Context(), in.Key)
	if err != nil || snapshot.Incident.Ending != incident.Cancelled {
		t.Errorf("showing it: %v, %v", snapshot.Incident.Ending, err)
	}
}

func TestAButtonNeverReachesAnotherIncident(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	in := d.declared(t)
	_, err := d.ActOn(t.Context(), in.WorkflowID, gateway.Deed{Verb: contract.VerbNote, Act: contract.Act{Value: "x", Key: "INC-0"}})
	wantRefusal(t, err, gateway.Refusal{What: "INC-0 is closed", Hint: "the trouble is back as " + string(in.Key)})
}

func TestTakeGivesTheSameNumberForTheSameRun(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	in := d.declared(t)
	for range 2 {
		got, err := newDoor(t).Take(t.Context(), contract.TakeNumberRequest{WorkflowID: in.WorkflowID, RunID: in.RunID})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(contract.TakeNumberResult{Key: in.Key, URL: in.URL}, got); diff != "" {
			t.Errorf("number (-want +got):\n%s", diff)
		}
	}
	if inc := d.shown(t, in.WorkflowID); inc.Key != in.Key || inc.URL != in.URL || inc.ID != in.RunID {
		t.Errorf("the incident is %s at %s, its declarer heard %s at %s", inc.Key, inc.URL, in.Key, in.URL)
	}
	address, err := d.Address(t.Context(), in.Key)
	if err != nil || address != in.URL {
		t.Errorf("address %s, %v", address, err)
	}
}

func TestDeclare(t *testing.T) {
	t.Parallel()
	request := own(t)
	d := newDoor(t)
	in := d.declared(t, func(n *gateway.NewIncident) {
		n.Severity, n.RequestID, n.Inputs = "SEV2", request, map[string]any{"count": "12", "region": "eu"}
	})
	inc := d.shown(t, in.WorkflowID)
	if inc.Severity != "SEV2" || inc.Source != "person" || inc.Team != "shop" || inc.DeclaredBy.Name != "Test" {
		t.Errorf("incident: %+v", inc)
	}
	again := d.declared(t, func(n *gateway.NewIncident) { n.RequestID = request })
	if again.Key != in.Key || again.RunID != in.RunID || !again.Again {
		t.Errorf("declared again: %+v, want %+v", again, in)
	}
	d.do(t, in.Key, contract.VerbResolve, contract.Act{})
	d.closed(t, in)
	if late := d.declared(t, func(n *gateway.NewIncident) { n.RequestID = request }); late.Key != in.Key || !late.Again {
		t.Errorf("declared again after the end: %+v, want the old one", late)
	}

	cases := []struct {
		name   string
		change func(*gateway.NewIncident)
		want   gateway.Refusal
	}{
		{"no title", func(n *gateway.NewIncident) { n.Title = " " }, gateway.Refusal{What: "an incident needs a title", Hint: "say in a few words what is broken"}},
		{
			"a drill's room alone", func(n *gateway.NewIncident) { n.DrillRoom = "#drill" },
			gateway.Refusal{What: "drill_room and drill_telephones are of drills, and this is none", Hint: "say drill: true"},
		},
		{
			"a drill's telephones alone", func(n *gateway.NewIncident) { n.Telephones = true },
			gateway.Refusal{What: "drill_room and drill_telephones are of drills, and this is none", Hint: "say drill: true"},
		},
		{"unknown service", func(n *gateway.NewIncident) { n.Service = "bascet" }, gateway.Refusal{What: `unknown service "bascet"`, Hint: "one of: basket"}},
		{"unknown severity", func(n *gateway.NewIncident) { n.Severity = "P1" }, gateway.Refusal{What: `unknown severity "P1"`, Hint: "one of: SEV1, SEV2, SEV3"}},
		{"unknown runbook", func(n *gateway.NewIncident) { n.Runbook = "lost" }, gateway.Refusal{What: `runbook "lost" cannot be used: there is no runbook "lost"`}},
		{
			"wrong inputs", func(n *gateway.NewIncident) { n.Inputs = map[string]any{"count": "many", "regoin": "eu"} },
			gateway.Refusal{What: `input count: many is not of type int; runbook outage has no input "regoin" (did you mean "region"?)`},
		},
		{
			"missing inputs", func(n *gateway.NewIncident) { n.Service, n.Labels = "", map[string]string{} },
			gateway.Refusal{What: "runbook outage needs more inputs: service (string)", Hint: "give them as name=value"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := gateway.NewIncident{Title: "x", Service: "basket"}
			c.change(&n)
			_, err := d.Declare(t.Context(), n)
			c.want.Kind = gateway.RefusedInput
			wantRefusal(t, err, c.want)
		})
	}
}

func TestTelephone(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	in := d.declared(t, func(n *gateway.NewIncident) { n.Title = "slow" })
	cb := contract.Callback{WorkflowID: in.WorkflowID, Key: string(in.Key), Page: "p", Attempt: 1}
	for _, status := range []incident.CallStatus{incident.CallRinging, incident.CallRinging, incident.CallAnswered} {
		if err := d.CallStatus(t.Context(), contract.CallStatus{Callback: cb, Provider: "CA1", Status: status}); err != nil {
			t.Fatal(err)
		}
	}
	briefing, err := d.Brief(t.Context(), cb, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(contract.Briefing{Say: string(in.Key) + " slow, 2 statuses", Attempt: true}, briefing); diff != "" {
		t.Errorf("briefing; a status sent twice counts once (-want +got):\n%s", diff)
	}

	d.do(t, in.Key, contract.VerbResolve, contract.Act{})
	d.closed(t, in)
	if briefing, err = d.Brief(t.Context(), cb, 0); err != nil || !briefing.Closed || !strings.Contains(briefing.Say, "review of slow") {
		t.Errorf("after the end: %+v, %v; want the review's words", briefing, err)
	}
	if err := d.CallStatus(t.Context(), contract.CallStatus{Callback: cb, Provider: "CA1", Status: incident.CallCompleted}); err != nil {
		t.Errorf("a status after the end: %v", err)
	}
	nobody, err := d.Brief(t.Context(), contract.Callback{WorkflowID: "incident/none"}, 0)
	if err != nil || nobody.Say != "This incident is closed." || !nobody.Closed {
		t.Errorf("an incident that nobody knows: %+v, %v", nobody, err)
	}
	away := newDoor(t, func(o *gateway.Options, _ *gateway.ServerConfig) { o.Client = unreachable(t) })
	var gone *gateway.Away
	if _, err := away.Brief(t.Context(), cb, 100*time.Millisecond); !errors.As(err, &gone) {
		t.Errorf("Temporal away: %v", err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	open := d.declared(t, func(n *gateway.NewIncident) { n.Severity = "SEV3" })
	ended := d.declared(t)
	d.do(t, open.Key, contract.VerbAssign, contract.Act{Role: incident.Commander, Person: "ana"})
	d.do(t, ended.Key, contract.VerbCancel, contract.Act{Reason: "a test"})
	d.closed(t, ended)
	find := func(lines []gateway.Line, key incident.Key) *gateway.Line {
		for n := range lines {
			if lines[n].Key == key {
				return &lines[n]
			}
		}
		return nil
	}
	lines, err := d.List(t.Context(), gateway.Listing{})
	if err != nil {
		t.Fatal(err)
	}
	got := find(lines, open.Key)
	if got == nil || got.Severity != "SEV3" || got.Commander != "Ana Lima" || got.Title != t.Name() || got.URL != open.URL || got.Problem != "" {
		t.Errorf("the open one: %+v", got)
	}
	if got := find(lines, ended.Key); got != nil {
		t.Errorf("the ended one is in the list of open ones: %+v", got)
	}
	if lines, err = d.List(t.Context(), gateway.Listing{All: true}); err != nil {
		t.Fatal(err)
	}
	if got := find(lines, ended.Key); got == nil || got.Ending != incident.Cancelled {
		t.Errorf("the ended one: %+v", got)
	}
}

// TestListOfDrills: drills are listed only for whoever asks for them, open or ended.
func TestListOfDrills(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	request := own(t)
	drill := func(n *gateway.NewIncident) { n.Drill, n.DrillRoom, n.RequestID = true, "#Game-Day", request }
	begun := d.declared(t, drill)
	if again := d.declared(t, drill); begun.DrillRoom != "game-day" || again.DrillRoom != "game-day" || again.Key != begun.Key {
		t.Errorf("begun as %+v, and again as %+v", begun, again)
	}
	listed := func(wanted gateway.Listing) *gateway.Line {
		t.Helper()
		lines, err := d.List(t.Context(), wanted)
		if err != nil {
			t.Fatal(err)
		}
		for n := range lines {
			if lines[n].Key == begun.Key {
				return &lines[n]
			}
		}
		return nil
	}
	if got := listed(gateway.Listing{}); got != nil {
		t.Errorf("a drill is in the list: %+v", got)
	}
	if got := listed(gateway.Listing{Drills: true}); got == nil || !got.Drill || got.Title != "DRILL: "+t.Name() {
		t.Errorf("the drill: %+v", got)
	}
	d.do(t, begun.Key, contract.VerbCancel, contract.Act{Reason: "a test"})
	d.closed(t, begun)
	if got := listed(gateway.Listing{All: true}); got != nil {
		t.Errorf("an ended drill is in the list: %+v", got)
	}
	if got := listed(gateway.Listing{All: true, Drills: true}); got == nil || got.Ending != incident.Cancelled {
		t.Errorf("the ended drill: %+v", got)
	}
}

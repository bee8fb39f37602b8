//go:build !noengine

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
	"github.com/musterbook/musterbook/runbooks"
	"github.com/musterbook/musterbook/worker"
)

// driftWorlds is one incident and the world that it happens in for real: the town with its servers, and the systems
// that the runbook asks. What people and systems do stands in the script, which the rehearsal is given as well.
type driftWorlds struct {
	*town
	script  runbooks.Rehearsal
	systems *driftSystems
	users   map[string]string // Slack's ids, by person
}

// driftNumbers are the telephones of the people, as the town's configuration has them.
func driftNumbers() map[string]string {
	return map[string]string{"ana": townAna, "ben": townBen, "olga": "+12025550103"}
}

// newDriftWorlds reads the scenario and builds the world around it.
func newDriftWorlds(t *testing.T) *driftWorlds {
	t.Helper()
	w := &driftWorlds{town: newTown(t), systems: newDriftSystems(t)}
	check := filepath.Join(w.dir, "check")
	for _, name := range []string{"drift.yaml", "drift.test.yaml", "actions/traffic.shift.yaml"} {
		text, err := os.ReadFile(filepath.Join("testdata", "drift", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		w.write("runbooks/"+name, strings.ReplaceAll(string(text), "/opt/drift/check", check))
	}
	file := filepath.Join(w.dir, "runbooks", "drift.test.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	scripts, problems := runbooks.ParseRehearsals(file, text)
	if len(problems) > 0 || len(scripts) != 1 {
		t.Fatalf("%d scripts: %v", len(scripts), problems)
	}
	w.script, w.systems.mocks = scripts[0], scripts[0].Mocks
	w.systems.install(t, check)
	w.write("musterbook.yaml", w.driftSettings())
	w.users = map[string]string{"ana": "UANA", "ben": w.benUserID}
	w.users["olga"] = w.slack.AddUser(fakeslack.User{Email: "olga@town.example", Name: "olga"}).ID
	for person, number := range driftNumbers() {
		w.twilio.Phone(number, driftPhone(w.script, person))
	}
	return w
}

// driftSettings is the configuration of both worlds.
func (w *driftWorlds) driftSettings() string {
	return fmt.Sprintf(`
people:
  ana: { name: Ana, email: ana@town.example, phone: %q }
  ben: { name: Ben, email: ben@town.example, phone: %q }
  olga: { name: Olga, email: olga@town.example, phone: %q }
schedules:
  payments-oncall: { person: ana }
  sre-oncall: { person: ben }
  database-oncall: { person: olga }
fallback: [ben]
services:
  payments: { title: Payments, owner: payments-oncall, runbook: drift, inputs: { systems: %q } }
default: { service: payments, runbook: drift }
outlets: { page: { webhook: { url: "%s/update" } } }
audiences: { customers: { outlets: [page] } }
run: { allow: [%q] }
gateway:
  listen: %q
  public_url: "http://%s"
  tokens: { api: "${TOWN_API}", alertmanager: "${TOWN_ALERTS}" }
slack: { token: "${TOWN_SLACK}", signing_secret: "${TOWN_SIGNING}", api_url: "%s/api" }
twilio: { account_sid: %s, auth_token: "${TOWN_TWILIO}", from: "+12025550100", api_url: %q }
`, townAna, townBen, driftNumbers()["olga"], w.systems.url, w.systems.url, filepath.Join(w.dir, "check"), w.listen, w.listen,
		w.vendors.URL, faketwilio.DefaultAccountSID, w.vendors.URL)
}

// driftPhone is the script's habit of a person as a telephone's behaviour.
func driftPhone(s runbooks.Rehearsal, person string) faketwilio.Behaviour {
	for _, h := range s.Phones {
		if h.Person != person {
			continue
		}
		switch h.Does {
		case runbooks.PhoneAnswers:
			return faketwilio.Behaviour{
				Reaction: faketwilio.Answers, After: h.After, Presses: []faketwilio.Press{{After: listens, Keys: "1"}}, SMSAfter: smsTime,
			}
		case runbooks.PhoneBusy:
			return faketwilio.Behaviour{Reaction: faketwilio.IsBusy, SMSAfter: smsTime}
		case runbooks.PhoneOff:
			return faketwilio.Behaviour{Reaction: faketwilio.Fails, SMS: faketwilio.Undelivered, SMSAfter: smsTime}
		}
	}
	return faketwilio.Behaviour{Reaction: faketwilio.RingsOut, SMSAfter: smsTime}
}

// driftLongest bounds the real incident on a loaded machine.
const driftLongest = 90 * time.Second

// live lets the incident happen on the real engine, and tells how it went.
func (w *driftWorlds) live(t *testing.T) *driftStory {
	t.Helper()
	s := w.serveWith(t, worker.Options{Actions: w.systems.register})
	ctx, cancel := context.WithTimeout(t.Context(), driftLongest)
	defer cancel()
	declared, err := s.Incidents.Declare(ctx, gateway.NewIncident{
		Title: "Payments fail in two worlds", Service: w.script.With["service"].(string), Severity: w.script.Severity,
		Inputs: w.script.With, By: incident.Actor{Name: "Alertmanager", Door: incident.DoorAlert, Verified: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	room := roomOf(t, s, declared.Key)
	began, err := s.Incidents.Show(ctx, declared.Key)
	if err != nil {
		t.Fatal(err)
	}
	for _, act := range w.script.Script {
		pause(ctx, time.Until(began.Incident.DeclaredAt.Add(act.At)))
		w.perform(ctx, t, room, act)
	}
	if err := w.over(ctx, s, declared); err != nil {
		t.Error(err)
	}
	shown, err := s.Incidents.Show(t.Context(), declared.Key)
	if err != nil {
		t.Fatal(err)
	}
	part, err := s.Incidents.Timeline(t.Context(), declared.Key, 0)
	if err != nil {
		t.Fatal(err)
	}
	return w.told(shown, part.Entries)
}

// over waits until the incident and its review have nothing left to do.
func (w *driftWorlds) over(ctx context.Context, s *stack, declared gateway.Declared) error {
	for _, id := range []string{declared.WorkflowID, contract.ReviewID(string(declared.Key))} {
		if err := s.client.GetWorkflow(ctx, id, "").Get(ctx, nil); err != nil {
			return fmt.Errorf("%s has not come to its end: %w", id, err)
		}
	}
	return nil
}

// perform does an act of the script as a person does it: with a command in the incident's room.
func (w *driftWorlds) perform(ctx context.Context, t *testing.T, room incident.Room, act runbooks.ScriptAct) {
	t.Helper()
	text, ok := driftCommand(act)
	if !ok {
		t.Fatalf("%s: the drift test has no hands for %s", act.Mark, act.Does)
	}
	reply, err := w.slack.Command(ctx, w.gateway()+"/slack/commands", fakeslack.CommandRequest{
		User: w.users[act.By], Room: room.ID, Command: "/muster", Text: text,
	})
	if err != nil || reply.Status != http.StatusOK {
		t.Errorf("%s: %s types %q: %d %s %v", act.Mark, act.By, text, reply.Status, reply.Body, err)
	}
}

// driftCommand is an act as people type it in Slack; ok is false for what cannot be typed there.
func driftCommand(a runbooks.ScriptAct) (text string, ok bool) {
	if a.Note != "" || len(a.Fields) > 0 || a.Refused != nil {
		return "", false
	}
	words := []string{a.Does}
	switch contract.Verb(a.Does) {
	case contract.VerbAck:
		words = append(words, a.What)
	case contract.VerbSeverity, contract.VerbPage, contract.VerbReject:
		words = append(words, a.What, a.Reason)
	case contract.VerbNote, contract.VerbApprove, contract.VerbDone:
		words = append(words, a.What)
	case contract.VerbAssign:
		words = append(words, a.What, a.To)
	case contract.VerbAnswer:
		words = append(words, a.What, a.Choice)
	case contract.VerbResolve, contract.VerbCancel:
		words = append(words, a.Undo, a.What, a.Reason)
	default:
		return "", false
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " "), true
}

// told is what the world has seen of the incident, and what the incident says of itself.
func (w *driftWorlds) told(shown contract.Snapshot, entries []incident.Entry) *driftStory {
	s := newDriftStory(shown, entries)
	for _, c := range w.twilio.Calls() {
		words, _, _ := strings.Cut(strings.Join(c.Heard, " "), " Press 1 to acknowledge.")
		s.add("telephone", c.Created, "calls %s: %s", driftPerson(c.To), words)
		if c.Status == faketwilio.Canceled {
			s.add("hang up", c.Ended, "hangs up on %s", driftPerson(c.To))
		}
	}
	for _, m := range w.twilio.Messages() {
		s.add("messages", m.Created, "texts %s: %s", driftPerson(m.To), m.Body)
	}
	for _, r := range w.slack.Requests() {
		switch {
		case r.Error == "already_in_channel": // whoever is there is invited again, which nobody sees
		case r.Error != "":
			s.add("room", r.At, "%s is answered %s", r.Method, r.Error)
		case r.Method == "conversations.setTopic":
			s.add("topic", r.At, "topic %s", r.Args["topic"])
		case r.Method == "conversations.invite":
			s.add("room", r.At, "room #%s, invite %s", shown.Incident.Room.Name, w.named(r.Args["users"]))
		}
	}
	for _, m := range w.slack.Messages(shown.Incident.Room.ID) {
		w.posted(s, m)
	}
	for _, asked := range w.systems.asked() {
		s.add("systems", asked.at, "%s", asked.what)
	}
	return s
}

// posted tells of a message as it was posted, and as it was changed. The card, which shows what is so, is not told.
func (w *driftWorlds) posted(s *driftStory, m fakeslack.Message) {
	first := m
	if len(m.Edits) > 0 {
		first.Text, first.Blocks = m.Edits[0].Text, m.Edits[0].Blocks
	}
	buttons := first.Buttons()
	if slices.ContainsFunc(buttons, func(b fakeslack.Button) bool { return b.Text == cardMark }) {
		return
	}
	text := driftMarks.Replace(first.Text)
	mention := ""
	if id, rest, ok := strings.Cut(strings.TrimPrefix(text, "<@"), "> "); ok && strings.HasPrefix(text, "<@") {
		text, mention = rest, " @"+w.named(id)
	}
	for _, b := range buttons {
		if !strings.HasSuffix(b.Text, "…") { // what opens a modal is Slack's own way to answer the same
			text += " [" + b.Text + "]"
		}
	}
	s.add("room", m.At, "post %s%s", text, mention)
	for n := range m.Edits {
		now := m.Text
		if n+1 < len(m.Edits) {
			now = m.Edits[n+1].Text
		}
		s.add("settled", m.Edits[n].At, "settle %s", driftMarks.Replace(now))
	}
}

// driftMarks are what Slack's messages are marked with, as the rehearsal marks them.
var driftMarks = strings.NewReplacer(":red_circle: ", "[red] ", ":large_green_circle: ", "", "&amp;", "&", "&lt;", "<", "&gt;", ">")

// named are people by their ids in Slack.
func (w *driftWorlds) named(ids string) string {
	var names []string
	for id := range strings.SplitSeq(ids, ",") {
		for person, user := range w.users {
			if user == id {
				names = append(names, person)
			}
		}
	}
	return strings.Join(names, ", ")
}

// driftPerson is whose telephone it is.
func driftPerson(number string) string {
	for person, has := range driftNumbers() {
		if has == number {
			return person
		}
	}
	return number
}

// driftUpdate is what the webhook of an audience is told.
type driftUpdate struct {
	Data contract.UpdateRequest `json:"data"`
}

// readDriftUpdate reads what an audience is told, in the words of the rehearsal.
func readDriftUpdate(body []byte) (string, error) {
	var u driftUpdate
	err := json.Unmarshal(body, &u)
	return fmt.Sprintf("update %s [%s]: %s", u.Data.Audience, u.Data.Status, u.Data.Message), err
}

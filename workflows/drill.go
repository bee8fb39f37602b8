package workflows

import (
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
)

// A drill is an incident whose effects on systems, on customers and on telephones are written down instead of done. It is
// decided here, before any activity is scheduled, so that no worker, no task queue and no action in another language can
// do the effect by mistake. Everything else of a drill is as in earnest.

// becomeDrill makes a new incident a drill. Its title carries the mark, and with it everything that shows the title.
func becomeDrill(inc *incident.Incident, d contract.Declaration) {
	inc.Drill, inc.DrillRoom, inc.Telephones = true, incident.DrillRoom(d.DrillRoom), d.Telephones
	inc.Title = incident.Shorten(incident.AsDrill(d.Title), maxTitle)
}

// marked is a text as a drill says it, and as it stands where it is in earnest.
func (r *run) marked(text string) string {
	if !r.inc.Drill || text == "" {
		return text
	}
	return incident.AsDrill(text)
}

// markedMessage likewise; every message passes here on its way to the chat.
func (r *run) markedMessage(m contract.Message) contract.Message {
	m.Text = r.marked(m.Text) // the title of a card is marked where it is made
	return m
}

// rehearsed is how a drill performs the steps of a kind: really, or by writing down what they would have done. A kind of
// which nothing is decided here does nothing and holds.
func (r *run) rehearsed(kind runbooks.Kind, really executor) executor {
	switch kind {
	case runbooks.KindAction:
		return r.wouldAct
	case runbooks.KindHTTP:
		return r.wouldAsk
	case runbooks.KindRun:
		return r.wouldRun
	case runbooks.KindUpdate:
		return r.wouldTell
	case runbooks.KindTicket:
		return r.wouldOpenTicket
	case runbooks.KindBridge:
		return r.wouldOpenBridge
	case runbooks.KindChannel, runbooks.KindSay, runbooks.KindNote, // they play in the drill's room
		runbooks.KindPage, // it asks callsNobody
		runbooks.KindAsk, runbooks.KindApprove, runbooks.KindAssess, runbooks.KindAssign, runbooks.KindTask,
		runbooks.KindAwait, runbooks.KindWait, runbooks.KindSeverity, runbooks.KindEnd, runbooks.KindReturn,
		runbooks.KindEvidence, runbooks.KindPostmortem, // they write our own files
		runbooks.KindRunbook, runbooks.KindParallel, runbooks.KindForEach, runbooks.KindRepeat, runbooks.KindSwitch,
		runbooks.KindGroup, runbooks.KindSet, runbooks.KindRevert: // the steps below them come by here themselves
		return really
	}
	return func(workflow.Context, *node) error {
		return &missing{what: fmt.Sprintf("a drill does not know what %s may do, so it does nothing", kind)}
	}
}

// maxWould bounds what a drill writes down of one effect, in bytes.
const maxWould = 600

// would writes down, on the timeline and in the room, what a step would have done. Secrets stand there by their names.
func (r *run) would(ctx workflow.Context, n *node, what string) {
	line := strings.Join(strings.Fields(contract.NamedSecrets("would have "+what, r.inc.ID)), " ")
	text := incident.Shorten(incident.AsDrill(line), maxWould)
	r.log(ctx, incident.Entry{Kind: incident.EntryNote, Step: n.address(), Text: text})
	r.post(ctx, posting{key: r.effectKey(n, "drill"), message: contract.Message{Text: text}})
}

// with is parameters behind what is done with them; nothing where there are none.
func with[V any](what string, parameters map[string]V) string {
	if len(parameters) == 0 {
		return ""
	}
	return what + expression.Format(parameters)
}

// wouldAct stands in for an action: its outputs are the empty values of the types that its manifest declares.
func (r *run) wouldAct(ctx workflow.Context, n *node) error {
	parameters, err := r.fields(ctx, n, "with", n.s.Action.With)
	if err != nil {
		return err
	}
	r.would(ctx, n, "run the action "+n.s.Action.Name+with(" with ", parameters))
	n.sr.Output = n.s.Action.Manifest.EmptyOutputs()
	return nil
}

// lacking explains a value that cannot be computed: in a drill it is mostly one that a system would have given.
func (r *run) lacking(why string) string {
	if !r.inc.Drill {
		return why
	}
	return why + " (a drill gets no answer from systems: edit the step, or skip it)"
}

// wouldAsk stands in for a request to a web service; a poll counts as met.
func (r *run) wouldAsk(ctx workflow.Context, n *node) error {
	req, err := r.httpRequest(ctx, n)
	if err != nil {
		return err
	}
	what := "sent " + req.Method + " " + req.URL + with(" with the headers ", req.Headers)
	if body := expression.Format(req.Body); body != "" {
		what += " and the body " + body
	}
	r.would(ctx, n, what)
	n.sr.Output = map[string]any{"status": 200, "body": map[string]any{}, "headers": map[string]any{}}
	return nil
}

// wouldRun stands in for a command.
func (r *run) wouldRun(ctx workflow.Context, n *node) error {
	env, err := r.wordsOf(ctx, n, "env", n.s.Run.Env)
	if err != nil {
		return err
	}
	r.would(ctx, n, "run the command "+commandOf(n)+with(" with ", env))
	n.sr.Output = map[string]any{"stdout": "", "exit_code": 0}
	return nil
}

// wouldTell stands in for an update, after whoever must confirm its text has done so. It is kept, with the mark, because
// an older text is not told after a newer one.
func (r *run) wouldTell(ctx workflow.Context, n *node) error {
	req, err := r.updateRequest(ctx, n)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("told %s: %s", req.Audience, nonEmptyJoin(req.Message, req.Status))
	if len(req.Components) > 0 {
		what += " (" + strings.Join(req.Components, ", ") + ")"
	}
	r.would(ctx, n, what)
	r.inc.Told(incident.Update{Audience: req.Audience, Status: req.Status, Message: r.marked(req.Message), At: now(ctx)})
	n.sr.Output = map[string]any{"url": ""}
	return nil
}

// wouldOpenTicket stands in for a ticket; without one nothing has to follow the incident.
func (r *run) wouldOpenTicket(ctx workflow.Context, n *node) error {
	req, err := r.ticketRequest(ctx, n)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("opened a ticket in %s: %s", req.Tracker, nonEmptyJoin(req.Summary, req.Type))
	r.would(ctx, n, what+with(" with ", req.Fields))
	n.sr.Output = noOutput(runbooks.KindTicket)
	return nil
}

// wouldOpenBridge stands in for a conference.
func (r *run) wouldOpenBridge(ctx workflow.Context, n *node) error {
	req, invite, err := r.bridgeRequest(ctx, n)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("opened the bridge %s: %s", req.Provider, req.Topic)
	if len(invite) > 0 {
		words := make([]string, 0, len(invite))
		for _, person := range invite {
			words = append(words, string(person))
		}
		what += ", for " + strings.Join(words, ", ")
	}
	r.would(ctx, n, what)
	n.sr.Output = noOutput(runbooks.KindBridge)
	return nil
}

// wouldPublish leaves the draft of a postmortem where it is written; it answers with what is left to publish, nothing.
func (r *run) wouldPublish(ctx workflow.Context, n *node, targets []string) []string {
	if len(targets) > 0 {
		r.would(ctx, n, "published the postmortem: "+strings.Join(targets, ", "))
	}
	return nil
}

// callsNobody says whether telephones stay silent: a drill rings them only when whoever began it wants that.
func (r *run) callsNobody() bool { return r.inc.Drill && !r.inc.Telephones }

// wouldCall stands in for the calls and messages to one person: the room tells them, and the level's clock runs as if
// their telephone had rung.
func (r *run) wouldCall(ctx workflow.Context, p *incident.Page, d oncall.Duty) {
	var ways []string
	vias := p.Via
	if !d.Phone {
		vias = []string{string(oncall.WaySlack)}
	}
	for _, via := range vias {
		a := p.Plan(now(ctx), d, via)
		r.inc.Progress(now(ctx), incident.CallProgress{Page: p.Key, Attempt: a.Number, Status: incident.CallDrilled})
		switch via {
		case string(runbooks.ViaCall):
			ways = append([]string{"telephone"}, ways...)
		case string(oncall.WaySlack):
			ways = append(ways, "Slack")
		default:
			ways = append(ways, "SMS")
		}
	}
	text := incident.AsDrill(fmt.Sprintf("would call %s (%s) by %s", d.Name, d.Why, strings.Join(ways, " and ")))
	r.log(ctx, incident.Entry{Kind: incident.EntryCall, Step: p.Step, Text: text})
	if p.Message != "" {
		text += ": " + p.Message
	}
	r.post(ctx, posting{message: contract.Message{
		Text: text + ". Press Acknowledge.", Mention: []oncall.PersonID{d.Person},
		Buttons: []contract.Button{r.button(ctx, "Acknowledge", contract.VerbAck, "")},
	}})
}

// openDrillRoom opens the room before the runbook begins, so that whatever is asked of people has a place.
func (r *run) openDrillRoom(ctx workflow.Context) {
	var first []oncall.PersonID
	if r.inc.DeclaredBy.Person != "" {
		first = append(first, r.inc.DeclaredBy.Person)
	}
	room := r.drillRoom(first)
	room.Topic = r.topic()
	r.enterDrillRoom(ctx, room)
}

// drillRoom is the room of all drills of its name, by invitation only. Its owner is the name, so that every drill adopts
// the room that the first one has opened.
func (r *run) drillRoom(invite []oncall.PersonID) *contract.OpenRoomRequest {
	for _, p := range invite {
		if !slices.Contains(r.st.Shown.Invited, string(p)) {
			r.st.Shown.Invited = append(r.st.Shown.Invited, string(p))
		}
	}
	return &contract.OpenRoomRequest{
		Owner: "drill/" + r.inc.DrillRoom, Name: r.inc.DrillRoom, Private: true, Invite: invite,
		Purpose: "Drills. Nothing that is said here is real, and nothing is done.",
	}
}

// inviteToDrill invites people into the room that is open already. A step that wished for a room is given this one.
func (r *run) inviteToDrill(ctx workflow.Context, item contract.Outgoing) error {
	out, err := call(ctx, contract.ShowRoom, contract.ShowRoomRequest{
		Effect: contract.Effect{Key: item.Key, Intended: item.At, Again: item.Tried}, Room: r.inc.Room.ID, Invite: item.Room.Invite,
	})
	if err != nil {
		return err
	}
	for _, p := range out.Problems {
		r.log(ctx, incident.Entry{Kind: incident.EntryProblem, Text: "not invited: " + p})
	}
	r.output(item.Step, map[string]any{"id": r.inc.Room.ID, "name": r.inc.Room.Name, "url": r.inc.Room.URL})
	return nil
}

// enterDrillRoom gives the outbox the room: to open it, or to invite people into it once it is open.
func (r *run) enterDrillRoom(ctx workflow.Context, room *contract.OpenRoomRequest) {
	r.st.Sent++
	r.st.Outbox = append(r.st.Outbox, contract.Outgoing{
		Kind: contract.OutgoingRoom, Key: fmt.Sprintf("%s/room/%d", r.inc.ID, r.st.Sent), At: now(ctx), Room: room,
	})
}

// intoDrillRoom turns a post for wherever into one for the drill's room. Whoever it is meant for is invited first: the
// room is private, and a person who is not in it hears nothing.
func (r *run) intoDrillRoom(ctx workflow.Context, p posting) posting {
	if p.in != "" {
		p.message.Text = "(for #" + strings.TrimPrefix(p.in, "#") + ") " + p.message.Text
		p.in, p.message.Thread = "", ""
	}
	newcomers := slices.DeleteFunc(slices.Clone(p.message.Mention), func(person oncall.PersonID) bool {
		return slices.Contains(r.st.Shown.Invited, string(person))
	})
	if len(newcomers) > 0 {
		r.enterDrillRoom(ctx, r.drillRoom(newcomers))
	}
	return p
}

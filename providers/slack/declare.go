package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// The callback ids of our shortcuts, as the app's manifest has them: the first
// is a global one, the second one of messages.
const (
	ShortcutDeclare     = "declare"
	ShortcutFromMessage = "declare_from_message"
)

// declareCallback is the callback id of the modal in which an incident is
// declared, and begins the action ids of what redraws it.
const declareCallback = "declare"

// The blocks of that modal. The runbook's block is named after the service, and
// those of its inputs after the runbook: Slack keeps what stands in a block of the
// same name, and another service has another runbook.
const (
	blockTitle    = "title"
	blockService  = "service"
	blockRunbook  = "runbook:"
	blockSeverity = "severity"
	blockPrivate  = "private"
	blockSummary  = "summary"
	blockInput    = "input:"
)

// notSure is the choice of no severity.
const notSure = "not sure"

// declareTitle is the modal's title.
const declareTitle = "Declare an incident"

// sheet is what stands in the modal. Its zero value is a blank one.
type sheet struct {
	title, summary, service, runbook, severity, private string
	inputs                                              map[string]string // by name
}

// declareAbout is what the modal carries along.
type declareAbout struct {
	Room    string `json:"r,omitempty"`
	Runbook string `json:"b"` // whose inputs it shows
	Respond string `json:"u,omitempty"`
	Home    bool   `json:"h,omitempty"` // it was opened there
	Thread  string `json:"t,omitempty"` // where everybody hears of it, unless it is private
}

// declareByWord opens the modal for a command that says no title.
func (d *Desk) declareByWord(ctx context.Context, c command, said Declaration) (answer, error) {
	s := sheet{service: said.Service, runbook: said.Runbook, severity: string(said.Severity)}
	a, err := d.openDeclare(ctx, c.TriggerID, declareAbout{Room: c.Room, Respond: c.ResponseURL}, func(_ context.Context, o Offer) sheet {
		if s.service == "" {
			s.service = serviceOf(c.RoomName, o.Services)
		}
		return s
	})
	if err != nil {
		return reply(d.say(contract.Receipt{}, err) + "\nWrite it so: " + c.Name + " declare [service=checkout] [severity=SEV2] what is wrong")
	}
	return a, nil
}

// declareByShortcut opens the modal for the global shortcut.
func (d *Desk) declareByShortcut(ctx context.Context, in interaction) (answer, error) {
	return d.declareForShortcut(ctx, in, func(context.Context, Offer) sheet { return sheet{} })
}

// declareFromMessage opens the modal with what a message says, and with a link to it.
func (d *Desk) declareFromMessage(ctx context.Context, in interaction) (answer, error) {
	return d.declareForShortcut(ctx, in, func(ctx context.Context, o Offer) sheet {
		text := d.plain(ctx, in.Message.Text)
		return d.sheetOf(ctx, occasion{room: in.Channel.ID, roomName: in.Channel.Name, ts: in.Message.TS, text: text}, o)
	})
}

// occasion is a message from which an incident is declared.
type occasion struct {
	room, roomName, ts string
	text               string // without markup
}

// sheetOf is the sheet that says what a message says, with a link to it.
func (d *Desk) sheetOf(ctx context.Context, m occasion, o Offer) sheet {
	title, _, _ := strings.Cut(m.text, "\n")
	s := sheet{title: clip(title, maxTitle), summary: clip(m.text, maxSummary), service: serviceOf(m.roomName, o.Services)}
	s.summary = strings.TrimSpace(s.summary + "\n" + d.client.permalink(ctx, m.room, m.ts))
	return s
}

// Bounds of what is taken over from a message, in characters.
const (
	maxTitle   = 120
	maxSummary = 1500
)

func (d *Desk) declareForShortcut(ctx context.Context, in interaction, begin func(context.Context, Offer) sheet) (answer, error) {
	return d.declareInModal(ctx, in, declareAbout{Room: in.Channel.ID, Respond: in.ResponseURL, Home: in.atHome()}, begin)
}

// declareInModal opens the modal for a click or a shortcut.
func (d *Desk) declareInModal(ctx context.Context, in interaction, about declareAbout, begin func(context.Context, Offer) sheet) (answer, error) {
	a, err := d.openDeclare(ctx, in.TriggerID, about, begin)
	if err != nil {
		return d.tell(in, d.say(contract.Receipt{}, err)), nil
	}
	return a, nil
}

// openDeclare opens the modal, and fills it when Slack has its answer.
func (d *Desk) openDeclare(ctx context.Context, trigger string, about declareAbout, begin func(context.Context, Offer) sheet) (answer, error) {
	m, again, err := d.open(ctx, trigger, declareTitle)
	if err != nil || again {
		return answer{}, err
	}
	return answer{once: true, then: func(ctx context.Context) {
		all, err := d.door.Offer(ctx, Draft{})
		if err == nil {
			err = d.drawDeclare(ctx, m, about, begin(ctx, all))
		}
		if err != nil {
			d.excuse(ctx, m, declareTitle, err)
		}
	}}, nil
}

// excuse says in a modal why it shows nothing else.
func (d *Desk) excuse(ctx context.Context, m modal, title string, why error) {
	if err := d.fill(ctx, m, frame(title, note(d.say(contract.Receipt{}, why)))); err != nil {
		d.log.Warn("a modal stays empty; its person has to open it again", "error", err)
	}
}

// drawDeclare fills the modal with a sheet. A service or a runbook that there is
// not gives way to the default.
func (d *Desk) drawDeclare(ctx context.Context, m modal, about declareAbout, s sheet) error {
	o, err := d.door.Offer(ctx, Draft{Service: s.service, Runbook: s.runbook})
	if err != nil && (s.service != "" || s.runbook != "") {
		d.log.Info("what was chosen does not exist; the default is shown", "service", s.service, "runbook", s.runbook, "error", err)
		s.service, s.runbook = "", ""
		o, err = d.door.Offer(ctx, Draft{})
	}
	if err != nil {
		return err
	}
	about.Runbook = o.Runbook
	view, err := asking(frame(declareTitle, declareBlocks(s, o)...), declareCallback, "Declare", about)
	if err != nil {
		return err
	}
	return d.fill(ctx, m, view)
}

// declareBlocks are the fields of the modal.
func declareBlocks(s sheet, o Offer) []slack.Block {
	title := ask(blockTitle, "What is wrong?", "In a few words; everybody sees it.", line("text", s.title))
	service := ask(blockService, "Service", "", pick(declareCallback+".service", optionsOf(o.Services), s.service)).
		WithOptional(true).WithDispatchAction(true)
	runbook := ask(blockRunbook+s.service, "Runbook", "", pick(declareCallback+".runbook", optionsOf(o.Runbooks), o.Runbook)).
		WithOptional(true).WithDispatchAction(true)
	severities := append([]option{{notSure, "not sure; the runbook asks"}}, optionsOf(o.Severities)...)
	chosen := s.severity
	if chosen == "" && o.Severity != "" {
		chosen = string(o.Severity)
	}
	if !has(severities, chosen) {
		chosen = notSure
	}
	blocks := []slack.Block{title, service, runbook, ask(blockSeverity, "Severity", "", pick("severity", severities, chosen)).WithOptional(true)}
	if o.Private {
		blocks = append(blocks, note("This runbook is private: its room is by invitation only."))
	} else {
		private := decide("private", []option{{"no", "no"}, {"yes", "yes, by invitation only"}}, orNo(s.private))
		blocks = append(blocks, ask(blockPrivate, "Private", "", private))
	}
	blocks = append(blocks, ask(blockSummary, "More about it", "", lines("text", s.summary)).WithOptional(true))
	for _, f := range o.Inputs {
		blocks = append(blocks, fieldBlock(inputPrefix(o.Runbook), f, typedBefore(s.inputs, f.Name)))
	}
	return blocks
}

// inputPrefix begins the blocks of a runbook's inputs.
func inputPrefix(runbook string) string { return blockInput + runbook + ":" }

// typedBefore is what somebody has typed into a field of that name, or nil.
func typedBefore(inputs map[string]string, name string) any {
	if text := inputs[name]; text != "" {
		return text
	}
	return nil
}

func orNo(private string) string {
	if private == "yes" {
		return private
	}
	return "no"
}

// readDeclare reads the modal as it stands on the screen.
func readDeclare(in interaction) (sheet, declareAbout, entered, error) {
	var about declareAbout
	if err := json.Unmarshal([]byte(in.View.PrivateMetadata), &about); err != nil {
		return sheet{}, about, nil, fmt.Errorf("read what the modal is about: %w", err)
	}
	e, err := readEntered(in.View.State)
	if err != nil {
		return sheet{}, about, nil, err
	}
	s := sheet{
		title: e.text(blockTitle), summary: e.text(blockSummary), service: e.text(blockService),
		runbook: e.text(e.starting(blockRunbook)), severity: e.text(blockSeverity), private: e.text(blockPrivate),
		inputs: map[string]string{},
	}
	for block := range e {
		if name, ok := strings.CutPrefix(block, inputPrefix(about.Runbook)); ok {
			s.inputs[name] = e.text(block)
		}
	}
	return s, about, e, nil
}

// redraw fits the modal to another service or runbook; what was typed stays. Of
// two choices in a hurry the later one counts: what the earlier one would draw is
// older than what Slack shows.
func (d *Desk) redraw(_ context.Context, in interaction) (answer, error) {
	s, about, e, err := readDeclare(in)
	if err != nil {
		return answer{}, err
	}
	if e.starting(blockRunbook) != blockRunbook+s.service { // another service has a runbook of its own
		s.runbook = ""
	}
	m := modal{id: in.View.ID, hash: in.View.Hash}
	return answer{then: func(ctx context.Context) {
		if err := d.drawDeclare(ctx, m, about, s); err != nil {
			d.log.Warn("the modal still shows another runbook's fields; sending it will say so", "error", err)
		}
	}}, nil
}

// declared takes the modal when it is sent. It is idempotent by the modal's id:
// a modal is one declaration, however often Slack sends it.
func (d *Desk) declared(ctx context.Context, in interaction) (answer, error) {
	s, about, e, err := readDeclare(in)
	if err != nil {
		return answer{}, err
	}
	if in.User.ID == "" || in.View.ID == "" || len(e) == 0 {
		return answer{}, fmt.Errorf("the payload lacks user.id, view.id or what was entered")
	}
	block := e.starting(blockRunbook)
	if block != "" && (block != blockRunbook+s.service || s.runbook != "" && s.runbook != about.Runbook) {
		return d.changeFirst(ctx, in, e)
	}
	inputs, problems := d.fields(ctx, e, inputPrefix(about.Runbook))
	if s.title == "" {
		problems[e.anywhere(blockTitle)] = "An incident needs a title."
	}
	if len(problems) > 0 {
		return object(problems)
	}
	begun, err := d.door.Declare(ctx, Declaration{
		ID: actID("view/" + in.View.ID), Title: s.title, Summary: s.summary, Service: s.service, Runbook: s.runbook,
		Severity: severityChosen(s.severity), Private: s.private == "yes", Inputs: inputs, Room: about.Room,
		By: d.who(ctx, in.User.ID, in.name()),
	})
	if err != nil {
		text := d.say(contract.Receipt{}, err)
		return object(map[string]string{declareBlame(e, text, about.Runbook): text})
	}
	a, err := become(frame(declareTitle, note(begun.Text+"; its room is being opened.")))
	a.then = func(ctx context.Context) {
		d.leadIn(ctx, in, begun)
		if about.Home {
			d.showHome(ctx, in.User.ID, wish{name: in.name(), since: time.Now(), said: begun.Text + "."})
		}
		if about.Thread != "" && s.private != "yes" {
			d.tellDeclared(ctx, hearing{key: actID("view/" + in.View.ID), room: about.Room, thread: about.Thread, user: in.User.ID, since: instantOf(about.Thread)}, begun)
		}
	}
	return a, err
}

// changeFirst refuses a modal whose fields are those of another runbook than the
// one that is chosen, and shows the right ones.
func (d *Desk) changeFirst(ctx context.Context, in interaction, e entered) (answer, error) {
	a, err := object(map[string]string{
		e.anywhere(blockService, blockTitle): "The fields below are still another runbook's; they are being changed. Look at them, and send it again.",
	})
	if err != nil {
		return answer{}, err
	}
	again, err := d.redraw(ctx, in)
	a.then = func(ctx context.Context) {
		sleep(ctx, 2*d.pace) // not before Slack has the answer
		again.then(ctx)
	}
	return a, err
}

// fields are the typed fields of a form; people are those of the roster.
func (d *Desk) fields(ctx context.Context, e entered, prefix string) (map[string]any, map[string]string) {
	fields, problems := e.fields(prefix)
	for block := range e {
		name, ok := strings.CutPrefix(block, prefix)
		if _, person := e[block]["user"]; !ok || !person || e.text(block) == "" {
			continue
		}
		who := d.who(ctx, e.text(block), "")
		if who.Person == "" {
			problems[block] = who.Name + " is not in the roster."
		}
		fields[name] = string(who.Person)
	}
	return fields, problems
}

func severityChosen(text string) incident.Severity {
	if text == notSure {
		return ""
	}
	return incident.Severity(text)
}

// declareBlame is the field at which a refusal is shown: the one it speaks of.
func declareBlame(e entered, text, runbook string) string {
	prefix := inputPrefix(runbook)
	for _, block := range slices.Sorted(maps.Keys(e)) {
		name, ok := strings.CutPrefix(block, prefix)
		if ok && (strings.Contains(text, "input "+name+":") || strings.Contains(text, name+" (")) {
			return block
		}
	}
	for word, block := range map[string]string{"severity": blockSeverity, "service": blockService, "runbook": e.starting(blockRunbook)} {
		if strings.Contains(text, "unknown "+word) || strings.HasPrefix(text, word) {
			return e.anywhere(block, blockTitle)
		}
	}
	return e.anywhere(blockTitle)
}

// serviceOf is the service that a room is named after ("checkout",
// "team-checkout"): the longest name that stands in it. Empty when there is none.
func serviceOf(room string, services []string) (found string) {
	for _, s := range services {
		if strings.Contains("-"+room+"-", "-"+s+"-") && len(s) > len(found) {
			found = s
		}
	}
	return found
}

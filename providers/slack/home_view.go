package slack

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Bounds of a home. With all of them it stays below Slack's hundred blocks; its
// size is looked at besides: Slack takes 250 KB, but each click brings the whole
// home back, written as a form, which must stay below maxRequest.
const (
	mostHomeTasks     = 10
	mostHomeIncidents = 20
	mostHomeDuties    = 20
	mostHomeNotes     = 5
	mostAnswerRows    = 2       // blocks of buttons of one task; whoever has more of them answers in the room
	maxHome           = 150_000 // bytes
	maxHomeText       = 700     // characters of what may be a paragraph
	maxHomeTitle      = 200     // characters of an incident's title
)

// homeView lays a home out: what waits for the person first, then the open
// incidents, then when they are on call. Where that would be too much for Slack,
// the lists are cut and say so.
func homeView(user string, who incident.Actor, home Home, said string) slack.HomeTabViewRequest {
	view := slack.HomeTabViewRequest{Type: slack.VTHomeTab, CallbackID: homeCallback}
	tasks, incidents := mostHomeTasks, mostHomeIncidents
	for {
		view.Blocks.BlockSet = homeBlocks(user, who, home.bounded(tasks, incidents), said)
		raw, err := json.Marshal(view)
		if err == nil && len(raw) <= maxHome || tasks+incidents == 0 {
			return view
		}
		tasks, incidents = tasks/2, incidents/2
	}
}

// plainHome stands in the place of a home that Slack refuses.
func plainHome(said string) slack.HomeTabViewRequest {
	blocks := append(saidBlocks(said), homeButtons(), note("What stands here cannot be shown: Slack refuses it, and the server's log says why. The incidents' rooms are as they should be, and muster list shows what is open."))
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, CallbackID: homeCallback, Blocks: slack.Blocks{BlockSet: blocks}}
}

// boundedHome is a home of which every list has room, and what is left out of it.
type boundedHome struct {
	Home
	moreTasks, moreIncidents, moreDuties int
}

// bounded cuts the lists of a home.
func (h Home) bounded(tasks, incidents int) boundedHome {
	out := boundedHome{Home: h}
	out.Tasks, out.moreTasks = cutList(h.Tasks, tasks)
	out.Incidents, out.moreIncidents = cutList(h.Incidents, incidents)
	out.Duties, out.moreDuties = cutList(h.Duties, mostHomeDuties)
	out.Notes, _ = cutList(h.Notes, mostHomeNotes)
	return out
}

// cutList cuts a list, and counts what is left out.
func cutList[T any](list []T, most int) ([]T, int) {
	n := min(len(list), most)
	return list[:n], len(list) - n
}

// homeBlocks are the whole home.
func homeBlocks(user string, who incident.Actor, h boundedHome, said string) []slack.Block {
	blocks := append(saidBlocks(said), homeButtons())
	blocks = append(blocks, slack.NewContextBlock("", exact("As of "+secondMark(h.At)+". Whenever you open this tab it is told anew.")))
	if h.Away {
		blocks = append(blocks, note("Musterbook does not reach its incidents just now, so nothing is shown of them: what stood here before may not be true any more. "+
			"Incidents go on, and whoever is called is called. Try Refresh in a moment; the telephone and the command line may work before it does."))
	}
	for _, text := range h.Notes {
		if text = shorten(bare(text), maxHomeText); text != "" {
			blocks = append(blocks, slack.NewContextBlock("", exact(text)))
		}
	}
	if who.Person == "" {
		blocks = append(blocks, note("Musterbook does not know you: it finds nobody in musterbook.yaml by your e-mail address or your Slack id. "+
			"Whoever looks after that file puts  email:  or  slack: "+user+"  beside your name; then your tasks and your time on call stand here."))
	}
	if !h.Away {
		blocks = append(blocks, taskBlocks(h)...)
		blocks = append(blocks, incidentBlocks(h)...)
	}
	if who.Person != "" {
		blocks = append(blocks, dutyBlocks(h)...)
	}
	return blocks
}

// saidBlocks tell what came of what the person did.
func saidBlocks(said string) []slack.Block {
	if strings.TrimSpace(said) == "" {
		return nil
	}
	return []slack.Block{slack.NewSectionBlock(exact(shorten("→ "+escape(said), maxSection)), nil, nil), slack.NewDividerBlock()}
}

// homeButtons act on no incident.
func homeButtons() slack.Block {
	declare := slack.NewButtonBlockElement(homeDeclares, "", plain(declareTitle, maxLabel)).WithStyle(slack.StylePrimary)
	return slack.NewActionBlock("", declare, slack.NewButtonBlockElement(homeRefresh, "", plain("Refresh", maxLabel)))
}

// taskBlocks are what waits for the person, with buttons that do it.
func taskBlocks(h boundedHome) []slack.Block {
	if len(h.Tasks)+h.moreTasks == 0 {
		return nil
	}
	blocks := []slack.Block{heading("Waiting for you")}
	for _, t := range h.Tasks {
		text := "*" + shorten(bare(t.Incident), maxHomeTitle) + "*"
		switch {
		case t.Drill:
			text = ":game_die: " + text + " (a drill)"
		case t.Rings:
			text = ":rotating_light: " + text
		}
		text += "\n" + lineText(t.What)
		rows := buttonBlocks(t.Buttons)
		tooMuch := len(rows) > mostAnswerRows || slices.ContainsFunc(rows, func(b slack.Block) bool { return b.BlockType() != slack.MBTAction })
		if tooMuch {
			rows, text = nil, text+"\nIts answers do not fit here; give them in the room."
		}
		if room := roomMark(t.Room); room != "" {
			text += "\n" + room
		}
		blocks = append(append(blocks, slack.NewSectionBlock(exact(text), nil, nil)), rows...)
	}
	return append(blocks, moreBlocks(h.moreTasks)...)
}

// incidentBlocks are the open incidents.
func incidentBlocks(h boundedHome) []slack.Block {
	blocks := []slack.Block{heading("Open incidents")}
	if len(h.Incidents)+h.moreIncidents+h.Silent == 0 {
		return append(blocks, note("None is open."))
	}
	for _, i := range h.Incidents {
		blocks = append(blocks, slack.NewSectionBlock(exact(incidentText(i)), nil, nil))
	}
	blocks = append(blocks, moreBlocks(h.moreIncidents)...)
	switch {
	case h.Silent == 1:
		blocks = append(blocks, note("One open incident does not answer just now, so nothing is shown of it."))
	case h.Silent > 1:
		blocks = append(blocks, note(fmt.Sprintf("%d open incidents do not answer just now, so nothing is shown of them.", h.Silent)))
	}
	return blocks
}

// incidentText is one open incident in two lines.
func incidentText(i contract.HomeIncident) string {
	first := "*" + label(cmp.Or(string(i.Severity), "severity not set")) + "* · " + label(string(i.Key)) + " · " + shorten(bare(i.Title), maxHomeTitle)
	if i.Drill {
		first = ":game_die: DRILL · " + first
	}
	if i.Private {
		first += " (private)"
	}
	second := []string{
		label(cmp.Or(strings.ReplaceAll(string(i.Phase), "_", " "), "declared")), "open since " + dateMark(i.Since),
		"incident manager: " + label(cmp.Or(i.Manager, "nobody yet")),
	}
	if !i.Acknowledged {
		second = append(second, "not acknowledged")
	}
	if room := roomMark(i.Room); room != "" {
		second = append(second, room)
	}
	return first + "\n" + strings.Join(second, " · ")
}

// dutyBlocks say when the person is on call.
func dutyBlocks(h boundedHome) []slack.Block {
	blocks := []slack.Block{heading("You are on call")}
	if len(h.Duties)+h.moreDuties == 0 && len(h.Notes) > 0 {
		return append(blocks, note("No time of yours is known; not everything could be read."))
	}
	if len(h.Duties)+h.moreDuties == 0 {
		return append(blocks, note("You are on no schedule: neither now nor within the next thirty days."))
	}
	var lines []string
	for _, duty := range h.Duties {
		lines = append(lines, "• "+dutyText(duty))
	}
	if h.moreDuties > 0 {
		lines = append(lines, contract.More(h.moreDuties))
	}
	for _, piece := range pieces(strings.Join(lines, "\n"), maxSection, maxSections) {
		blocks = append(blocks, slack.NewSectionBlock(exact(piece), nil, nil))
	}
	return blocks
}

// dutyText is one time on call.
func dutyText(duty HomeDuty) string {
	text := "*" + label(duty.Schedule) + "* "
	switch {
	case duty.Now && duty.Since.IsZero():
		text += "now"
	case duty.Now:
		text += "now, since " + dateMark(duty.Since)
	default:
		text += "next from " + dateMark(duty.Since)
	}
	if duty.Until.IsZero() {
		return text + ", with no end in sight"
	}
	return text + " until " + dateMark(duty.Until)
}

// label is a name within a line.
func label(text string) string { return shorten(bare(text), maxLabel) }

// heading is a title within a home.
func heading(text string) slack.Block { return slack.NewHeaderBlock(plain(text, maxHeader)) }

// moreBlocks say that a list goes on.
func moreBlocks(left int) []slack.Block {
	if left == 0 {
		return nil
	}
	return []slack.Block{slack.NewContextBlock("", exact(contract.More(left)))}
}

// roomMark is the way into a room; its name where it has no address of the web.
func roomMark(room contract.Link) string {
	if len(room.URL) > maxHomeText {
		room.URL = ""
	}
	return cmp.Or(linkMark(room), label(room.Name))
}

// secondMark is an instant to the second, in the reader's own zone.
func secondMark(at time.Time) string {
	return fmt.Sprintf("<!date^%d^{date_short_pretty}, {time_secs}|%s>", at.Unix(), at.UTC().Format("2006-01-02 15:04:05 UTC"))
}

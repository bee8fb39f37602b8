package main

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/musterbook/musterbook/contract"
)

// press takes a key.
func (m *watch) press(key tea.KeyPressMsg) tea.Cmd {
	switch name := key.String(); {
	case name == "ctrl+c":
		return tea.Quit
	case name == "ctrl+z":
		return tea.Suspend
	case name == "ctrl+l":
		return tea.ClearScreen
	case m.help, m.notice != "":
		m.help, m.notice = false, ""
		return nil
	case m.prompt != nil:
		return m.pressAtPrompt(key)
	case m.unsent != nil && name == "enter":
		return m.send(m.unsent)
	case name == "esc":
		m.unsent, m.message = nil, ""
		return nil
	default:
		return m.pressAtView(name)
	}
}

// pressAtView takes a key while nothing is being asked of the person.
func (m *watch) pressAtView(name string) tea.Cmd {
	page := max(1, m.timelineHeight()-1)
	switch name {
	case "q":
		return tea.Quit
	case "?", "h":
		m.help = true
	case "up", "k":
		m.scroll(1)
	case "down", "j":
		m.scroll(-1)
	case "pgup", "b":
		m.scroll(page)
	case "pgdown", "space":
		m.scroll(-page)
	case "home", "g":
		m.scroll(len(m.lines))
	case "end", "G":
		m.back = 0
	case "tab":
		m.turnQuestions()
	default:
		return m.begin(name)
	}
	return nil
}

// scroll goes back in the timeline by so many lines, or forward.
func (m *watch) scroll(lines int) {
	m.back = min(max(0, m.back+lines), max(0, len(m.lines)-m.timelineHeight()))
}

// turnQuestions shows the next questions, where not all have room.
func (m *watch) turnQuestions() {
	m.first += max(1, m.questionRoom())
	if m.first >= len(m.open()) {
		m.first = 0
	}
}

// begin begins a deed: some are done with the key alone, the others ask.
func (m *watch) begin(name string) tea.Cmd {
	if n, err := strconv.Atoi(name); err == nil && len(name) == 1 && n > 0 {
		if open := m.open(); m.first+n-1 < len(open) {
			return m.ask(m.questionPrompt(open[m.first+n-1]))
		}
		m.message = "there is no question " + name
		return nil
	}
	switch name {
	case "a":
		return m.send(m.deed(contract.VerbAck, contract.Act{}))
	case "A":
		return m.send(m.deed(contract.VerbAck, contract.Act{All: true}))
	case "e":
		return m.ask(m.sure("Call the next level of the open pages at once?", contract.VerbEscalate))
	case "d":
		return m.ask(m.sure("Not you: be called no more for this incident?", contract.VerbQuiet))
	case "s":
		return m.ask(m.severityPrompt(""))
	case "n":
		return m.ask(m.notePrompt())
	case "p":
		return m.ask(m.pagePrompt())
	case "r":
		return m.ask(m.resolvePrompt())
	}
	return nil
}

// ask puts a prompt before the person.
func (m *watch) ask(p *prompt) tea.Cmd {
	m.prompt, m.unsent = p, nil
	m.input.Reset()
	m.input.SetSuggestions(p.names)
	return m.input.Focus()
}

// pressAtPrompt takes a key of an answer.
func (m *watch) pressAtPrompt(key tea.KeyPressMsg) tea.Cmd {
	name := key.String()
	switch {
	case name == "esc":
		m.prompt, m.unsent, m.message = nil, nil, "nothing was sent"
		return nil
	case m.sending != nil:
		return nil // what was typed is on its way
	case m.unsent != nil && name == "enter":
		return m.send(m.unsent)
	case len(m.prompt.options) > 0:
		if answer, ok := m.prompt.pick(name); ok {
			return m.answered(answer)
		}
		m.prompt.problem = strconv.Quote(name) + " is none of these"
		return nil
	case name == "enter":
		return m.answered(strings.TrimSpace(m.input.Value()))
	}
	return m.typed(key)
}

// typed passes keys and pasted text on to the line that is being typed.
func (m *watch) typed(msg tea.Msg) tea.Cmd {
	if m.prompt == nil || len(m.prompt.options) > 0 {
		return nil
	}
	var cmd tea.Cmd
	m.input, cmd = m.input.Update(msg)
	return cmd
}

// answered goes on with an answer: to the next prompt, or to the deed.
func (m *watch) answered(answer string) tea.Cmd {
	p := m.prompt
	p.problem = ""
	if answer == "" && !p.blank {
		p.problem = "something must be written here; Esc leaves"
		return nil
	}
	next, deed, err := p.then(answer)
	switch {
	case err != nil:
		what, hint := explain(err)
		p.problem = joined(" – ", what, hint)
		return nil
	case next != nil:
		return m.ask(next)
	case deed == nil:
		m.prompt, m.message = nil, "nothing was sent"
		return nil
	}
	return m.send(deed)
}

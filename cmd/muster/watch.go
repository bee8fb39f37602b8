package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
)

// watchCommand shows an incident as it goes on, and takes answers from the keyboard.
func watchCommand(sh shell) *cobra.Command {
	var f callFlags
	c := &cobra.Command{
		Use: "watch KEY", Short: "Watch an incident in the terminal, answer and act with single keys",
		Long: "Watch an incident: who has it, who is being called, what is awaited from whom, and the timeline as it grows. Single\n" +
			"keys act: a acknowledges, e calls the next level, d declines, s sets the severity, n notes, p pages, r resolves; a\n" +
			"number opens a question, ? lists everything, q leaves. While the server does not answer, the screen says since when\n" +
			"what it shows is old. Where the output is no terminal, or one that cannot draw (TERM=dumb), the timeline is printed\n" +
			"line by line until the incident has ended, with --json one object a line.",
		Example: "  muster watch INC-1 --as ana", Args: words("KEY"), ValidArgsFunction: completeKeys(sh, &f),
		RunE: func(c *cobra.Command, words []string) error {
			key := gateway.NormalKey(words[0])
			return call(c.Context(), sh, f, func(d *caller) error {
				if f.json || !sh.draws() {
					return (&timelineReader{caller: d, sh: sh, key: key}).follow(c.Context())
				}
				return d.watch(c.Context(), sh, key)
			})
		},
	}
	f.addActor(c)
	return c
}

// draws says whether a screen can be drawn and keys can be read: at both ends there is a terminal, and one that knows
// more than lines.
func (sh shell) draws() bool {
	if name := sh.getenv("TERM"); name == "dumb" || name == "" {
		return false
	}
	return sh.interactive() && isTerminal(sh.stdout)
}

// watch draws the incident until the person leaves. An incident that is unknown is an error before anything is drawn.
// The terminal is left as it was, whatever ends the command.
func (d *caller) watch(ctx context.Context, sh shell, key incident.Key) error {
	m := newWatch(ctx, d.Incidents, watchOptions{key: key, by: d.by})
	if d.config != nil {
		m.names = d.config.Book.Names()
	}
	_, m.colour = terminalOf(sh.stdout)
	first := m.look(0)
	if first.err != nil {
		return first.err
	}
	m.take(first)
	return m.draw(ctx, sh.stdin, sh.stdout)
}

// draw runs the view in a terminal. A signal ends ctx, and that is a way to leave like any other.
func (m *watch) draw(ctx context.Context, in io.Reader, out io.Writer) error {
	_, err := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler()).Run()
	if err == nil || ctx.Err() != nil && errors.Is(err, tea.ErrProgramKilled) && !errors.Is(err, tea.ErrProgramPanic) {
		return nil
	}
	return fmt.Errorf("draw %s: %w", m.key, err)
}

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/gateway"
)

// listCommand lists incidents.
func listCommand(sh shell) *cobra.Command {
	var f callFlags
	var wanted gateway.Listing
	c := &cobra.Command{
		Use: "list", Short: "List the incidents that are open, newest first", Args: words(),
		RunE: func(c *cobra.Command, _ []string) error {
			return call(c.Context(), sh, f, func(d *caller) error {
				lines, err := d.List(c.Context(), wanted)
				if err != nil {
					return err
				}
				d.warnOfIdleness(c.Context())
				if f.json {
					return d.object(lines)
				}
				return d.table(lines, wanted.All)
			})
		},
	}
	f.add(c)
	c.Flags().BoolVar(&wanted.All, "all", false, "those that have ended too")
	c.Flags().BoolVar(&wanted.Drills, "drills", false, "drills too")
	return c
}

// table shows incidents for people.
func (d *caller) table(lines []gateway.Line, all bool) error {
	if len(lines) == 0 {
		if all {
			d.line("No incident yet.")
		} else {
			d.line("No incident is open.")
		}
		return nil
	}
	rows := []string{"KEY\tSEVERITY\tSTATE\tSERVICE\tCOMMANDER\tDECLARED\tTITLE"}
	for _, l := range lines {
		cells := []string{
			string(l.Key), cmp.Or(string(l.Severity), "-"), lineState(l), cmp.Or(l.Service, "-"), cmp.Or(l.Commander, "-"),
			agoText(time.Since(l.At)), l.Title,
		}
		for n := range cells {
			cells[n] = oneLine(cells[n])
		}
		rows = append(rows, strings.Join(cells, "\t"))
	}
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	_, err := io.WriteString(w, strings.Join(rows, "\n"))
	if err = errors.Join(err, w.Flush()); err != nil {
		return fmt.Errorf("lay out the list: %w", err)
	}
	d.line("%s", text.String())
	for _, l := range lines {
		if l.Problem != "" {
			d.line("%s does not answer: %s", l.Key, l.Problem)
		}
	}
	return nil
}

// lineState is where an incident stands, in a few words.
func lineState(l gateway.Line) string {
	state := strings.ReplaceAll(cmp.Or(string(l.Ending), string(l.Phase), "-"), "_", " ")
	switch {
	case l.Ending != "":
		return state
	case l.Problem != "":
		return "not known"
	case l.AcknowledgedAt.IsZero():
		state += ", not acknowledged"
	}
	if l.Cleared {
		state += ", alert cleared"
	}
	return state
}

// agoText is how long ago something was, in one unit.
func agoText(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds ago", int(max(d, 0).Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh ago", int(d.Hours()))
	}
	return fmt.Sprintf("%dd ago", int(d.Hours()/24))
}

// oneLine keeps a text from outside from making more lines or columns than one.
func oneLine(text string) string {
	return strings.Join(strings.Fields(plainText(text)), " ")
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
)

// How a timeline is followed.
const (
	followEvery = 500 * time.Millisecond
	followQuiet = 4 // so many looks without news after the end: nothing more comes
)

// timelineCommand shows what has happened, and what happens.
func timelineCommand(sh shell) *cobra.Command {
	var f callFlags
	var follow bool
	c := &cobra.Command{
		Use: "timeline KEY", Short: "Show what has happened, and with --follow what happens",
		Long: "Show an incident's timeline, in UTC. With --follow it goes on until the incident has ended; with --json as well, it\n" +
			"prints one JSON object a line. Notes end in the number by which muster withdraw takes them away.",
		Example: "  muster timeline INC-1 --follow", Args: words("KEY"), ValidArgsFunction: completeKeys(sh, &f),
		RunE: func(c *cobra.Command, words []string) error {
			return call(c.Context(), sh, f, func(d *caller) error {
				t := &timelineReader{caller: d, sh: sh, key: gateway.NormalKey(words[0])}
				if follow {
					return t.follow(c.Context())
				}
				part, err := d.Timeline(c.Context(), t.key, 0)
				if err != nil {
					return err
				}
				if !f.json {
					return t.show(part.Entries)
				}
				if part.Entries == nil {
					part.Entries = []incident.Entry{}
				}
				return d.object(part)
			})
		},
	}
	f.add(c)
	c.Flags().BoolVar(&follow, "follow", false, "go on until the incident has ended")
	return c
}

// timelineReader shows a timeline in pieces.
type timelineReader struct {
	*caller
	sh   shell
	key  incident.Key
	view *view
	seen int // sequence number of the newest entry that was shown
}

// follow shows the timeline as it grows. An incident that does not answer for a while is asked again.
func (t *timelineReader) follow(ctx context.Context) error {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for quiet, away := 0, false; quiet < followQuiet; {
		part, err := t.Timeline(ctx, t.key, t.seen)
		switch {
		case isGone(err) || ctx.Err() != nil:
			return nil // somebody has seen enough
		case err != nil && (t.seen == 0 || !passes(err)):
			return err
		case err != nil && !away:
			_, _ = fmt.Fprintln(t.sh.stderr, "muster: no answer; going on as soon as there is one")
		}
		away = err != nil
		if err := t.show(part.Entries); err != nil {
			return err
		}
		quiet = quietLooks(quiet, part)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
	return nil
}

// quietLooks counts the looks after the end that brought nothing new.
func quietLooks(before int, part contract.TimelinePart) int {
	if !part.Closed || len(part.Entries) > 0 {
		return 0
	}
	return before + 1
}

// show prints entries.
func (t *timelineReader) show(entries []incident.Entry) error {
	for _, e := range entries {
		t.seen = max(t.seen, e.Seq)
		if t.json {
			if err := json.NewEncoder(t.sh.stdout).Encode(e); err != nil {
				return fmt.Errorf("write JSON: %w", err)
			}
			continue
		}
		if t.view == nil {
			t.view = newView(t.sh.stdout, e.At).UTC()
			t.view.numbers = true
		}
		t.view.Entry(e)
	}
	if t.view == nil {
		return nil
	}
	return t.view.Err()
}

package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/runbooks"
	"github.com/musterbook/musterbook/runbooks/graph"
)

// graphCommand draws a runbook.
func graphCommand(sh shell) *cobra.Command {
	var format, output, key string
	var f callFlags
	c := &cobra.Command{
		Use: "graph FILE|RUNBOOK", Short: "Draw a runbook: a lane for each phase, with people, waits and what silence leads to",
		Long: "Draw a runbook. The argument is a file, or the id of a runbook that ships with muster. With --incident the steps\n" +
			"show what has happened to them; the runbook is then the incident's own, and no argument is needed.",
		Example: "  muster graph runbooks/service-outage.yaml > outage.svg\n  muster graph --incident INC-1 --format mermaid",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if key == "" && len(args) == 0 {
				return missing(c, "FILE|RUNBOOK")
			}
			var picture graph.Picture
			var err error
			if key == "" {
				picture, err = drawFile(args[0])
			} else {
				picture, err = drawIncident(c, sh, f, key)
			}
			if err != nil {
				return err
			}
			text, err := picture.Write(format)
			if err != nil {
				return misused("muster graph FILE --format svg", "%v", err)
			}
			if output != "" {
				return os.WriteFile(output, []byte(text), 0o644)
			}
			_, err = fmt.Fprint(sh.stdout, text)
			return err
		},
	}
	f.add(c)
	c.Flags().StringVar(&format, "format", "svg", "how it is drawn: "+strings.Join(graph.Formats(), ", "))
	c.Flags().StringVar(&output, "output", "", "write the picture to this file")
	c.Flags().StringVar(&key, "incident", "", "show what has happened in this incident (INC-1)")
	return c
}

// drawFile draws a file, or a shipped runbook by its id.
func drawFile(name string) (graph.Picture, error) {
	text, err := os.ReadFile(name)
	if os.IsNotExist(err) && !strings.ContainsAny(name, "/.") {
		rb, err := runbooks.Load(runbooks.Shipped(), name)
		if err != nil {
			return graph.Picture{}, withHint(err, "give a file, or the id of a shipped runbook")
		}
		return graph.Of(rb, nil), nil
	}
	if err != nil {
		return graph.Picture{}, plainPathError(err)
	}
	rb, problems := besideFile(name, text)
	if problems.Err() != nil {
		return graph.Picture{}, withHint(problems.Err(), "muster check "+name)
	}
	return graph.Of(rb, nil), nil
}

// drawIncident draws the runbook of an incident with what has happened.
func drawIncident(c *cobra.Command, sh shell, f callFlags, key string) (picture graph.Picture, err error) {
	err = call(c.Context(), sh, f, func(d *caller) error {
		number := gateway.NormalKey(key)
		now, err := d.Runbook(c.Context(), number)
		if err != nil {
			return err
		}
		snapshot, err := d.Show(c.Context(), number)
		if err != nil {
			return err
		}
		picture = graph.Of(&now.Runbook, stepStates(snapshot.Steps))
		picture.Title = string(number) + " · " + picture.Title
		return nil
	})
	return picture, err
}

// stepStates is what has happened to each step; of those in loops it counts the turns.
func stepStates(lines []contract.StepLine) map[string]graph.State {
	counts := map[string]map[string]int{}
	out := map[string]graph.State{}
	for _, line := range lines {
		if line.State == contract.StepPending {
			continue
		}
		if counts[line.Path] == nil {
			counts[line.Path] = map[string]int{}
		}
		counts[line.Path][string(line.State)]++
		state := graph.State{Word: string(line.State)}
		if !line.Until.IsZero() {
			state.Until = line.Until.UTC().Format("15:04 UTC")
		}
		out[line.Path] = state
	}
	for path, states := range counts {
		total := 0
		var words []string
		for _, word := range []string{"done", "running", "waiting", "holding", "failed", "skipped", "timed_out", "rejected", "cancelled", "reverted", "returned"} {
			if n := states[word]; n > 0 {
				total += n
				words = append(words, fmt.Sprintf("%d %s", n, strings.ReplaceAll(word, "_", " ")))
			}
		}
		if total > 1 {
			state := out[path]
			state.Count = strings.Join(words, ", ")
			out[path] = state
		}
	}
	return out
}

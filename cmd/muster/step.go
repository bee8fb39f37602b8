package main

import (
	"context"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
)

// stepCommand runs a step that is not in the runbook.
func stepCommand(sh shell) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "step KEY YAML", Short: "Run a step that is not in the runbook",
		Long: "Run a step that is not in the runbook. It is written and checked as in the runbook, may read everything that the\n" +
			"runbook's own steps may, and begins at once. A longer one is read from a file.",
		Example: `  muster step INC-1 'say: The vendor is on the bridge'`,
		Args: func(c *cobra.Command, args []string) error {
			if file != "" {
				return words("KEY")(c, args)
			}
			return wordsAndText("KEY", "YAML")(c, args)
		},
	}
	c = actingWith(sh, c, contract.VerbStep, func(ctx context.Context, a acted) (contract.Act, error) {
		in := gateway.StepText{Name: "step", Text: strings.Join(a.words, " ")}
		if file != "" {
			text, err := os.ReadFile(file)
			if err != nil {
				return contract.Act{}, withHint(plainPathError(err), "name a file with one step in YAML")
			}
			in = gateway.StepText{Name: file, Text: string(text)}
		}
		step, err := a.ParseStep(ctx, a.key, in)
		return contract.Act{AdHoc: step}, err
	})
	c.Flags().StringVar(&file, "file", "", "read the step from a file")
	return c
}

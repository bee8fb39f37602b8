package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
)

// completionTime is how long a shell may wait for suggestions.
const completionTime = 1500 * time.Millisecond

// completeKeys suggests the open incidents for a command's first word. Whatever goes wrong suggests nothing.
func completeKeys(sh shell, f *callFlags) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(c.Context(), completionTime)
		defer cancel()
		var keys []cobra.Completion
		err := call(ctx, sh, *f, beginning{}, func(d *caller) error {
			lines, err := d.List(ctx, false)
			for _, l := range lines {
				keys = append(keys, cobra.CompletionWithDesc(string(l.Key), oneLine(l.Title)))
			}
			return err
		})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return keys, cobra.ShellCompDirectiveNoFileComp
	}
}

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/record"
)

// recordCommand prints the record of an incident, finished or not.
func recordCommand(sh shell) *cobra.Command {
	var f callFlags
	var format string
	c := &cobra.Command{
		Use: "record KEY", Short: "Print the record of an incident, as it is now",
		Long: "Print the record: the postmortem's headings, times, people, pages, and the whole timeline. That of an incident that\n" +
			"has ended also lies in the server's records directory.",
		Example: "  muster record INC-1 > INC-1.md", Args: words("KEY"), ValidArgsFunction: completeKeys(sh, &f),
		RunE: func(c *cobra.Command, words []string) error {
			if f.json {
				format = "json"
			}
			if format != "md" && format != "json" {
				return misused("--format md or --format json", "unknown format %q", format)
			}
			return call(c.Context(), sh, f, func(d *caller) error {
				key := gateway.NormalKey(words[0])
				shown, err := d.Show(c.Context(), key)
				if err != nil {
					return err
				}
				part, err := d.Timeline(c.Context(), key, 0)
				if err != nil {
					return err
				}
				shown.Incident.Timeline = part.Entries
				text := record.Markdown(shown.Incident)
				if format == "json" {
					if text, err = record.JSON(shown.Incident); err != nil {
						return fmt.Errorf("render the record of %s: %w", key, err)
					}
				}
				_, err = sh.stdout.Write(text)
				return err
			})
		},
	}
	f.add(c)
	c.Flags().StringVar(&format, "format", "md", "md or json")
	return c
}

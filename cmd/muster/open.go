package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/gateway"
)

// uiVariable names the Temporal Web UI of an installation.
const uiVariable = "MUSTERBOOK_UI_URL"

// openCommand prints where an incident is to be seen.
func openCommand(sh shell) *cobra.Command {
	var f callFlags
	c := &cobra.Command{
		Use: "open KEY", Short: "Print the address of an incident in the Temporal Web UI",
		Example: "  muster open INC-1", Args: words("KEY"),
		ValidArgsFunction: completeKeys(sh, &f),
		RunE: func(c *cobra.Command, words []string) error {
			return call(c.Context(), sh, f, func(d *caller) error {
				key := gateway.NormalKey(words[0])
				address, err := d.Address(c.Context(), key)
				if err != nil {
					return err
				}
				if address == "" {
					// No Web UI was named here; the server that gave the incident its number knows its own.
					shown, err := d.Show(c.Context(), key)
					if err != nil {
						return err
					}
					address = shown.Incident.URL
				}
				if address == "" {
					return withHint(errors.New("no Temporal Web UI is known"), "name it with --ui-url or "+uiVariable)
				}
				d.line("%s", address)
				return d.object(map[string]string{"url": address})
			})
		},
	}
	f.add(c)
	c.Flags().StringVar(&f.ui, "ui-url", "", "address of the Temporal Web UI (default "+uiVariable+", else what the server knew)")
	return c
}

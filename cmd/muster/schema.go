package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/roster"
	"github.com/musterbook/musterbook/runbooks"
)

// schemaCommand prints the JSON Schemas for editors.
func schemaCommand(sh shell) *cobra.Command {
	kinds := []string{"runbook", "config", "test"}
	return &cobra.Command{
		Use: "schema runbook|config|test", Short: "Print the JSON Schema of runbooks, of the configuration or of tests, for editors",
		Example: "  muster schema runbook > runbook.v1.schema.json", ValidArgs: kinds,
		Args: func(c *cobra.Command, args []string) error {
			if err := words("runbook, config or test")(c, args); err != nil {
				return err
			}
			if !slices.Contains(kinds, args[0]) {
				return misused("muster schema runbook, muster schema config or muster schema test", "there is no schema of %q", args[0])
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			schema := runbooks.Schema
			switch args[0] {
			case "config":
				schema = roster.Schema
			case "test":
				schema = runbooks.RehearsalSchema
			}
			text, err := schema()
			if err != nil {
				return err
			}
			_, err = sh.stdout.Write(text)
			return err
		},
	}
}

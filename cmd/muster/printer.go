package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// printer shows results, as text for people or as JSON for programs. Texts for people are cleaned of whatever could
// move a cursor, because titles and notes come from outside.
type printer struct {
	w    io.Writer
	json bool
}

// line prints one line of text; nothing where JSON is wanted.
func (p printer) line(format string, args ...any) {
	if p.json {
		return
	}
	// A text that nobody reads is no reason to call a deed that was done a failure.
	_, _ = io.WriteString(p.w, plainText(fmt.Sprintf(format, args...))+"\n")
}

// object prints a value as JSON, where that is wanted.
func (p printer) object(v any) error {
	if !p.json {
		return nil
	}
	e := json.NewEncoder(p.w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// addJSON adds the flag that every command has that prints data.
func addJSON(c *cobra.Command, to *bool) {
	c.Flags().BoolVar(to, "json", false, "print JSON")
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/musterbook/musterbook/incident"
)

// interactive says whether a person sits at the other end.
func (sh shell) interactive() bool {
	f, ok := sh.stdin.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// dialogue is how a person is asked. What is asked goes where errors go, so that results can be piped.
type dialogue struct {
	in  io.Reader
	out io.Writer
}

// errNotAnswered ends a dialogue that the person has left.
var errNotAnswered = errors.New("the answer was broken off; nothing was sent")

// ask asks for one line; a person who is gone is an error.
func (d dialogue) ask(lines *bufio.Scanner, prompt string) (string, error) {
	if _, err := io.WriteString(d.out, plainText(prompt)+" "); err != nil {
		return "", err
	}
	if !lines.Scan() {
		return "", errors.Join(errNotAnswered, lines.Err())
	}
	return strings.TrimSpace(lines.Text()), nil
}

// askForm asks for each field of a form, and again for what does not fit. A blank line takes the default, or leaves out
// what is not required.
func askForm(ctx context.Context, d dialogue, q *incident.Question) (map[string]any, error) {
	fields := map[string]any{}
	lines := bufio.NewScanner(d.in)
	prompt := q.Text + "\n"
	for n := 0; n < len(q.Form); {
		if ctx.Err() != nil {
			return nil, errNotAnswered
		}
		f := q.Form[n]
		if f.Description != "" {
			prompt += "\n" + f.Description
		}
		answer, err := d.ask(lines, fmt.Sprintf("%s\n%s:", prompt, fieldWord(f)))
		if err != nil {
			return nil, err
		}
		filled, err := incident.FillForm([]incident.FormField{f}, map[string]any{f.Name: answer})
		if err != nil {
			what, hint := explain(err)
			prompt = joined(" – ", what, hint)
			continue
		}
		if value, ok := filled[f.Name]; ok {
			fields[f.Name] = value
		}
		prompt = ""
		n++
	}
	return fields, nil
}

// confirm asks for a yes; everything else is a no.
func (d dialogue) confirm(question string) (bool, error) {
	answer, err := d.ask(bufio.NewScanner(d.in), question+" [y/N]")
	if errors.Is(err, errNotAnswered) {
		return false, nil
	}
	return strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes"), err
}

// fieldWord is a form's field in a few words: its name, and what may stand in it.
func fieldWord(f incident.FormField) string {
	takes := f.Type
	if len(f.Enum) > 0 {
		takes = strings.Join(f.Enum, "|")
	}
	switch {
	case f.Default != nil:
		takes += fmt.Sprintf(", default %v", f.Default)
	case f.Required:
		takes += ", required"
	}
	return fmt.Sprintf("%s (%s)", f.Name, takes)
}

// fieldWords are all fields of a form, each in a few words.
func fieldWords(form []incident.FormField) []string {
	out := make([]string, 0, len(form))
	for _, f := range form {
		out = append(out, fieldWord(f))
	}
	return out
}

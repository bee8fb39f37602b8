// Package command runs the commands of an installation's allow-list for runbooks: without a shell, with an environment
// of its own, bounded in time and output.
package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
)

// Options say what may run and how.
type Options struct {
	// Allow lists what the first word of a command may be: an exact word, or a pattern of paths ("/opt/scripts/*").
	// Empty = nothing may run.
	Allow []string
	// Container is the program that runs images ("docker", "podman"); empty = images are refused.
	Container string
	// Output bounds what is kept of the output, in bytes; 0 = 64 KiB.
	Output int
	// Timeout bounds one run; 0 = 5 minutes.
	Timeout time.Duration
	// Secret gives the value of a secret by its name.
	Secret func(name string) (string, bool)
}

// Runner runs commands. It may be used concurrently.
type Runner struct{ o Options }

// New makes a runner.
func New(o Options) *Runner {
	if o.Output <= 0 {
		o.Output = 64 << 10
	}
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Minute
	}
	return &Runner{o: o}
}

// Run runs one command to its end. It is not idempotent: what a command does twice is its own, so nothing repeats it but
// a person or the runbook's retry. A command that is not allowed is refused; every exit code is a result.
func (r *Runner) Run(ctx context.Context, req contract.CommandRequest) (contract.CommandResult, error) {
	words, err := Split(req.Command)
	if err != nil {
		return contract.CommandResult{}, &contract.Refused{What: fmt.Sprintf("%q: %v", req.Command, err)}
	}
	if err := r.allowed(words); err != nil {
		return contract.CommandResult{}, err
	}
	secrets, err := req.Reveal(r.o.Secret)
	if err != nil {
		return contract.CommandResult{}, err
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "MUSTER_EFFECT=" + req.Key}
	var names []string
	for name, value := range req.Env {
		names = append(names, name)
		env = append(env, name+"="+secrets.Fill(value))
	}
	if req.Image != "" {
		if words, err = r.inContainer(req.Image, words, names); err != nil {
			return contract.CommandResult{}, err
		}
	}
	return r.execute(ctx, req, words, env, secrets)
}

// allowed refuses what is not on the list.
func (r *Runner) allowed(words []string) error {
	for _, pattern := range r.o.Allow {
		if pattern == words[0] {
			return nil
		}
		if matched, err := filepath.Match(pattern, words[0]); err == nil && matched && filepath.IsAbs(words[0]) && filepath.Clean(words[0]) == words[0] {
			return nil
		}
	}
	return &contract.Refused{What: fmt.Sprintf("the command %q is not allowed here", words[0]), Hint: "add it to run.allow in the configuration"}
}

// inContainer runs the words in an image; values enter it by the environment alone.
func (r *Runner) inContainer(image string, words, names []string) ([]string, error) {
	if r.o.Container == "" {
		return nil, &contract.Refused{What: "images are not run here", Hint: "set run.container to docker or podman"}
	}
	slices.Sort(names)
	out := []string{r.o.Container, "run", "--rm"}
	for _, name := range names {
		out = append(out, "-e", name)
	}
	return append(append(out, "--", image), words...), nil
}

// execute runs the words until they end or their time is over; then everything that they have begun is killed.
func (r *Runner) execute(ctx context.Context, req contract.CommandRequest, words, env []string, secrets contract.Revealed) (contract.CommandResult, error) {
	timeout := r.o.Timeout
	if req.Timeout > 0 {
		timeout = min(timeout, req.Timeout)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	c := exec.CommandContext(ctx, words[0], words[1:]...)
	out := &bounded{limit: r.o.Output}
	c.Env, c.Stdout, c.Stderr, c.WaitDelay = env, out, out, 2*time.Second
	ownGroup(c)
	err := c.Run()
	result := contract.CommandResult{Stdout: strings.ToValidUTF8(secrets.Mask(out.kept.String()), "�"), Cut: out.cut}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return result, fmt.Errorf("%s did not end within %s", words[0], timeout)
	case errors.As(err, &exit):
		result.ExitCode = exit.ExitCode()
		return result, nil
	case err != nil:
		return result, &contract.Refused{What: fmt.Sprintf("%s cannot be started: %v", words[0], err)}
	}
	return result, nil
}

// bounded keeps the beginning of what is written to it.
type bounded struct {
	kept  bytes.Buffer
	limit int
	cut   bool
}

// Write keeps what fits and takes the rest as written, so that the command is not stopped by it.
func (b *bounded) Write(p []byte) (int, error) {
	room := b.limit - b.kept.Len()
	if len(p) > room {
		b.cut = true
		b.kept.Write(p[:max(room, 0)])
		return len(p), nil
	}
	return b.kept.Write(p)
}

// errQuote is a quotation mark without its partner.
var errQuote = errors.New("a quotation mark is never closed")

// Split splits a command into words at white space outside quotation marks. Nothing is expanded.
func Split(command string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, quote := false, rune(0)
	for _, c := range command {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '"' || c == '\'':
			quote, inWord = c, true
		case strings.ContainsRune(" \t\n\r", c):
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(c)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, errQuote
	}
	if inWord {
		words = append(words, word.String())
	}
	if len(words) == 0 || words[0] == "" {
		return nil, errors.New("there is no command")
	}
	return words, nil
}

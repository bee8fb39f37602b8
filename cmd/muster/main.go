// Command muster is Musterbook: the server in all its roles, and the command line by which people act on incidents.
// It wires the other packages together and decides nothing itself; providers.go is the one place that knows which
// vendor serves which part.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"os/user"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], shell{
		getenv: os.Getenv, login: loginName, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
	}))
}

// shell is what a command sees of the world that started it.
type shell struct {
	getenv         func(name string) string
	login          func() string // the operating system's user
	stdin          io.Reader     // may be nil: then nobody is there to be asked
	stdout, stderr io.Writer
}

// run runs one command line and answers with the exit status: 0, 1 for what was refused or failed, 2 for a command line
// that was not understood. The first SIGINT or SIGTERM ends ctx, and with it the command in good order; the second ends
// the process at once.
func run(ctx context.Context, args []string, sh shell) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	root := rootCommand(sh)
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return statusDone
	}
	return report(sh.stderr, command, err)
}

// rootCommand is the whole command line. Every command stands in a file of its name.
func rootCommand(sh shell) *cobra.Command {
	root := &cobra.Command{
		Use:   "muster",
		Short: "Musterbook: incidents from the first alert to the postmortem",
		Long: "Musterbook opens a room, calls people until somebody answers, drives the runbook, and writes the record.\n" +
			"Each incident is a durable workflow: it survives restarts of everything.",
		SilenceErrors: true, SilenceUsage: true, SuggestionsMinimumDistance: 2, Args: noSuchCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetOut(sh.stdout)
	root.SetErr(sh.stderr)
	root.AddGroup(
		&cobra.Group{ID: groupIncident, Title: "Incidents:"},
		&cobra.Group{ID: groupControl, Title: "The runbook of an incident:"},
		&cobra.Group{ID: groupServer, Title: "The server:"},
		&cobra.Group{ID: groupFiles, Title: "Runbooks and configuration:"},
	)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add(groupIncident,
		declareCommand(sh), drillCommand(sh), listCommand(sh), showCommand(sh), watchCommand(sh), timelineCommand(sh), ackCommand(sh),
		escalateCommand(sh), declineCommand(sh), severityCommand(sh), assignCommand(sh), answerCommand(sh), approveCommand(sh), rejectCommand(sh), doneCommand(sh), noteCommand(sh), withdrawCommand(sh),
		pageCommand(sh), oncallCommand(sh), whoCommand(sh), resolveCommand(sh), cancelCommand(sh), openCommand(sh), recordCommand(sh),
	)
	add(groupControl,
		pauseCommand(sh), resumeCommand(sh), retryCommand(sh), skipCommand(sh), stopCommand(sh), reassignCommand(sh),
		advanceCommand(sh), returnCommand(sh), revertCommand(sh), editCommand(sh), stepCommand(sh), sendCommand(sh),
		upgradeCommand(sh),
	)
	add(groupServer, demoCommand(sh), serveCommand(sh), workerCommand(sh), gatewayCommand(sh), reloadCommand(sh), doctorCommand(sh))
	add(groupFiles, checkCommand(sh), simulateCommand(sh), testCommand(sh), exploreCommand(sh), graphCommand(sh), schemaCommand(sh), slackCommand(sh))
	root.AddCommand(versionCommand(sh))
	ownErrors(root)
	return root
}

// noSuchCommand complains about a first word that is no command, and says which one may be meant.
func noSuchCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	if meant := c.SuggestionsFor(args[0]); len(meant) > 0 {
		hint = "did you mean " + strings.Join(meant, " or ") + "?"
	}
	return misused(hint, "there is no command %q", args[0])
}

// The groups in which help shows the commands.
const (
	groupIncident = "incident"
	groupControl  = "control"
	groupServer   = "server"
	groupFiles    = "files"
)

// loginName is the operating system's user, for the timeline.
func loginName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "unknown login"
}

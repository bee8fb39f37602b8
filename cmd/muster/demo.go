package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/engine"
	"github.com/musterbook/musterbook/roster"
)

// demoOptions are the demo's flags.
type demoOptions struct {
	exit       bool
	speed      float64
	data       string
	listen     string
	enginePort int
	uiPort     int
}

// demoCommand plays one whole incident against simulated people, Slack and Twilio.
func demoCommand(sh shell) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch an alert become an incident, and the incident end, in half a minute",
		Long: "demo runs the engine, the worker and the gateway in this process, sends a real alert to the real endpoint, and\n" +
			"plays the people who answer it. Slack, Twilio and the people are simulated and marked with ~; nothing leaves\n" +
			"this machine. It keeps running afterwards, so that you can look around, until Ctrl-C.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := &demo{demoOptions: o, getenv: sh.getenv, out: sh.stdout}
			return d.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.exit, "exit", false, "leave when the incident has ended; 0 only if it ended as the runbook says")
	flags.Float64Var(&o.speed, "speed", 1, "how fast the simulated people are; 2 halves their waiting")
	flags.StringVar(&o.data, "data", "demo-data", "directory of the demo, emptied at every start")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8080", "host:port of the gateway; port 0 for any free one")
	flags.IntVar(&o.enginePort, "engine-port", engine.DefaultFrontendPort, "port of the Temporal engine; 0 for any free one")
	flags.IntVar(&o.uiPort, "ui-port", engine.DefaultUIPort, "port of the Temporal Web UI; 0 for any free one")
	return cmd
}

// demo is one run of the demo.
type demo struct {
	demoOptions
	getenv func(string) string
	out    io.Writer

	view  *view
	feed  *demoFeed
	world *demoWorld
	stack *stack
}

// stopTime is how long the demo takes to stop in order.
const stopTime = 20 * time.Second

// run plays the demo: it opens the stage, tells the story and, unless it is to leave, stays until ctx ends.
func (d *demo) run(ctx context.Context) (err error) {
	if !(d.speed >= 0.1 && d.speed <= 100) {
		return misused("want a number from 0.1 to 100", "--speed is %v", d.speed)
	}
	if err := d.choosePorts(); err != nil {
		return err
	}
	release, err := freshDemoDirectory(d.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	log, err := os.OpenFile(filepath.Join(d.data, "muster.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the demo's log: %w", err)
	}
	defer func() { err = errors.Join(err, log.Close()) }()

	d.view = newView(d.out, time.Now())
	d.feed = &demoFeed{view: d.view}
	d.greet()
	secrets := newDemoSecrets()
	if err := d.open(ctx, secrets, slog.New(slog.NewTextHandler(log, nil))); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close(ctx)) }()
	return d.play(ctx, secrets)
}

// open starts the simulations, then the real stack on a real configuration. When it fails nothing is left running.
func (d *demo) open(ctx context.Context, secrets demoSecrets, log *slog.Logger) error {
	gateway := "http://" + reachable(d.listen)
	var err error
	d.world, err = startDemoWorld(ctx, demoWorldOptions{
		gateway: gateway, secrets: secrets, pace: demoPace(d.speed), feed: d.feed,
	})
	if err != nil {
		return err
	}
	if err := d.openStack(ctx, gateway, secrets, log); err != nil {
		return errors.Join(err, d.close(ctx))
	}
	return nil
}

// openStack writes and reads the configuration and starts the engine, the worker and the gateway on it.
func (d *demo) openStack(ctx context.Context, gateway string, secrets demoSecrets, log *slog.Logger) error {
	config := filepath.Join(d.data, "musterbook.yaml")
	err := writeDemoSettings(config, demoSettings{Data: d.data, Listen: d.listen, Gateway: gateway, Vendors: d.world.url})
	if err != nil {
		return err
	}
	books, err := demoLibrary(filepath.Join(d.data, "runbooks"), demoPace(d.speed))
	if err != nil {
		return err
	}
	getenv := secrets.over(d.getenv)
	live, problems := roster.Open(config, roster.Outside{ReadFile: os.ReadFile, Getenv: getenv, Runbooks: books.Known})
	if len(problems) > 0 {
		return problems.Err()
	}
	d.stack, err = startStack(ctx, stackOptions{
		Live: live, Runbooks: books, ConfigPath: config, DataDir: d.data, EnginePort: d.enginePort, UIPort: d.uiPort,
		Listen: d.listen, Engine: true, Worker: true, Gateway: true, Logger: log, Getenv: getenv,
	})
	return err
}

// close stops the stack first, so that what it still has to end reaches the simulations. That ctx has ended does not
// matter.
func (d *demo) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	var err error
	if d.stack != nil {
		err = d.stack.Stop(ctx)
	}
	return errors.Join(err, d.world.Close(ctx))
}

// choosePorts makes sure that the ports can be had, before anything is touched, and chooses those that are left open:
// the simulations must know where the gateway will be.
func (d *demo) choosePorts() error {
	host, port, err := net.SplitHostPort(d.listen)
	if err != nil {
		return misused("want host:port, for example 127.0.0.1:8080", "--listen is %q", d.listen)
	}
	ports := []struct {
		host, port, what, flag string
	}{
		{"127.0.0.1", fmt.Sprint(d.enginePort), "the engine", "--engine-port"},
		{"127.0.0.1", fmt.Sprint(d.uiPort), "the Temporal Web UI", "--ui-port"},
		{host, port, "the gateway", "--listen"},
	}
	var problems []error
	for _, p := range ports {
		address, err := freeAddress(net.JoinHostPort(p.host, p.port))
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			problems = append(problems, fmt.Errorf("port %s for %s is taken on %s: stop the program that listens there, or choose another port with %s (0 for any free one)",
				p.port, p.what, p.host, p.flag))
		case err != nil:
			problems = append(problems, fmt.Errorf("%s cannot listen on %s: choose another address with %s: %w", p.what, net.JoinHostPort(p.host, p.port), p.flag, err))
		case p.flag == "--listen":
			d.listen = address
		}
	}
	return errors.Join(problems...)
}

// The ports among which freeAddress looks. Systems take those of outgoing connections from above; such a one could be
// taken again before it is listened on.
const (
	firstFreePort = 20_000
	lastFreePort  = 29_999
)

// freeAddress listens for a moment, which is the only way to know that an address can be had. It gives the address with
// a port that is free where 0 was asked for.
func freeAddress(address string) (string, error) {
	if host, wanted, err := net.SplitHostPort(address); err == nil && wanted == "0" {
		for range 20 {
			port := firstFreePort + rand.IntN(lastFreePort-firstFreePort+1)
			if found, err := freeAddress(net.JoinHostPort(host, strconv.Itoa(port))); err == nil {
				return found, nil
			}
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

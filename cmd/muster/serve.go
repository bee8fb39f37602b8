package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/engine"
)

// What a server uses where neither flags nor configuration say.
const (
	defaultListen = "127.0.0.1:8080"
	defaultData   = "musterbook-data"
)

// stopPatience bounds an orderly stop as a whole. Supervisors must give at least as much time before they kill.
const stopPatience = 45 * time.Second

// serverFlags are those of all three server commands; each shows those that concern it.
type serverFlags struct {
	files      sources
	data       string
	listen     string
	enginePort int
	uiPort     int
	sync       string
	address    string
	ui         string
	verbose    bool
}

// addCommon gives a command the flags that every role has.
func (f *serverFlags) addCommon(c *cobra.Command) {
	c.Flags().StringVar(&f.files.config, "config", "", "configuration (default "+configVariable+", else "+defaultConfig+")")
	c.Flags().StringVar(&f.files.books, "runbooks", "", "directory of your own runbooks; a file there wins over the shipped one of the same id (default "+booksVariable+")")
	c.Flags().StringVar(&f.data, "data", "", "directory of everything that is kept (default the configuration's)")
	c.Flags().StringVar(&f.address, "address", "", "host:port of a Temporal cluster (default TEMPORAL_ADDRESS, else the configuration's)")
	c.Flags().StringVar(&f.ui, "ui-url", "", "Web UI of that cluster, for links (default "+uiVariable+")")
	c.Flags().BoolVar(&f.verbose, "verbose", false, "log more")
}

// addListen gives a command the gateway's flag.
func (f *serverFlags) addListen(c *cobra.Command) {
	c.Flags().StringVar(&f.listen, "listen", "", "host:port of the gateway (default the configuration's, else "+defaultListen+")")
}

// serveCommand runs everything in one process.
func serveCommand(sh shell) *cobra.Command {
	var f serverFlags
	c := &cobra.Command{
		Use: "serve", Short: "Run everything in one process: engine, worker and gateway",
		Long: "Run everything in one process, on the embedded engine, whose state lies in the data directory; or, where\n" +
			"TEMPORAL_ADDRESS, temporal.address or --address names a Temporal cluster, worker and gateway on that cluster.\n" +
			"SIGHUP, or muster reload, reads configuration and runbooks again. SIGTERM stops in good order.",
		Example: "  muster serve --config musterbook.yaml", Args: words(),
		RunE: func(c *cobra.Command, _ []string) error {
			return serve(c.Context(), sh, f, stackOptions{Engine: true, Worker: true, Gateway: true})
		},
	}
	f.addCommon(c)
	f.addListen(c)
	c.Flags().IntVar(&f.enginePort, "engine-port", engine.DefaultFrontendPort, "port of the embedded Temporal server, 0 for any free one")
	c.Flags().IntVar(&f.uiPort, "ui-port", engine.DefaultUIPort, "port of the Temporal Web UI, 0 for any free one, -1 for none")
	c.Flags().StringVar(&f.sync, "synchronous", "full", "when the embedded engine counts a write as done: full survives a power cut, normal is faster")
	return c
}

// serve runs the roles that are wanted until somebody ends it.
func serve(ctx context.Context, sh shell, f serverFlags, roles stackOptions) error {
	log := newLogger(sh.stderr, f.verbose)
	files := serverSources(sh, f.files)
	books, live, faults, err := openConfiguration(files, sh.getenv)
	if err != nil {
		return err
	}
	for _, p := range faults {
		log.Error("a runbook was found faulty", "problem", p.String())
	}
	config := live.Config()
	o := roles
	o.Live, o.Runbooks, o.ConfigPath, o.DataDir = live, books, files.config, cmp.Or(f.data, config.Data, defaultData)
	o.Listen, o.EnginePort, o.UIPort, o.Synchronous = f.listen, f.enginePort, f.uiPort, f.sync
	o.TemporalAddress, o.UIURL = temporalAddress(f.address, sh.getenv, config.Temporal), cmp.Or(f.ui, sh.getenv(uiVariable))
	o.Engine = o.Engine && o.TemporalAddress == ""
	o.Logger, o.Getenv = log, sh.getenv

	s, err := startStack(ctx, o)
	if err != nil && ctx.Err() != nil {
		log.Info("stopped before it served", "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	tellServing(printer{w: sh.stdout}, s, o)
	err = untilEnd(ctx, s, log)
	log.Info("stopping: requests and effects in flight are finished first")
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer cancel()
	return errors.Join(err, s.Stop(ending))
}

// untilEnd waits for the end, and reads the files again whenever SIGHUP comes.
func untilEnd(ctx context.Context, s *stack, log *slog.Logger) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-s.Done():
			return err
		case <-hangup:
			log.Info("SIGHUP: reading the files again")
			s.Reload()
		}
	}
}

// tellServing says where everything is.
func tellServing(p printer, s *stack, o stackOptions) {
	p.line("Musterbook serves.")
	p.fact("gateway", s.GatewayURL)
	p.fact("temporal", s.EngineAddress)
	p.fact("web ui", s.UIURL)
	p.fact("data", o.DataDir)
	p.fact("records", s.RecordsDir)
	p.fact("runbooks", fmt.Sprint(o.Runbooks.Len()))
}

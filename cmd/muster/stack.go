package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/musterbook/musterbook/engine"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/roster"
	"github.com/musterbook/musterbook/roster/feeds"
	"github.com/musterbook/musterbook/worker"
)

// Bounds of starting and stopping. The worker has its own: effects in flight get 20 seconds.
const (
	clusterPatience = 2 * time.Minute  // for a cluster that starts at the same time
	drainTime       = 10 * time.Second // for requests in flight
	closeTime       = time.Second      // for connections without a request
	engineStopTime  = 10 * time.Second
)

// stackOptions say what one process is to be. Live is required.
type stackOptions struct {
	Live       *roster.Live
	Runbooks   *library // nil = those that ship with the product
	ConfigPath string   // the file that Live was read from, for messages
	DataDir    string   // of the engine and of the records; empty = in memory, and records as the configuration says

	Engine, Worker, Gateway bool // the roles

	EnginePort, UIPort int    // 0 = any free port; UIPort below zero = no Web UI
	Synchronous        string // "full" (also when empty) or "normal"
	TemporalAddress    string // host:port of the cluster, without an engine
	UIURL              string // the Web UI of that cluster; empty = none is known

	Listen string // host:port of the gateway; empty = the configuration's

	Getenv        func(string) string // Temporal's own variables, without an engine
	Logger        *slog.Logger        // nil = nowhere
	WorkerOptions worker.Options
	DynamicConfig map[string]any // settings of the engine by the server's own names
}

// stack is a running process in its roles.
type stack struct {
	Incidents     *gateway.Incidents
	GatewayURL    string // empty without a gateway
	UIURL         string // empty where no Web UI is known
	EngineAddress string // host:port of Temporal, embedded or not
	RecordsDir    string

	options   stackOptions
	log       *slog.Logger
	vendors   *vendors
	engine    *engine.Engine
	namespace string
	client    client.Client
	worker    *worker.Worker
	server    *gateway.Server
	control   *control
	calendars *feeds.Keeper
	life      context.Context // of what runs in the background

	background sync.WaitGroup
	socket     sync.WaitGroup     // Slack's, where there is one
	unplug     context.CancelFunc // ends it; nil where there is none
	leave      context.CancelFunc // ends what runs in the background
	fatal      chan error
	stopOnce   sync.Once
	stopErr    error
}

// startStack starts the roles in their order and returns when all of them serve. When one fails, nothing is left
// running.
//
//	alerts, people ──► gateway ──► Incidents ──► Temporal ──► worker ──► chat, telephone, records
//	                      ▲            ▲        (engine or       ▲
//	                      └────────────┴───────  a cluster) ─────┘
//	                           roster and runbooks
func startStack(ctx context.Context, o stackOptions) (*stack, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Runbooks == nil {
		books, _, err := openLibrary("")
		if err != nil {
			return nil, err
		}
		o.Runbooks = books
	}
	// What runs in the background outlives the start, and ends with Stop.
	life, leave := context.WithCancel(context.WithoutCancel(ctx))
	s := &stack{options: o, log: o.Logger, leave: leave, life: life, fatal: make(chan error, 1)}
	if err := s.start(ctx, life); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// start is the order of the start, one line a part.
func (s *stack) start(ctx, life context.Context) error {
	parts := []func(context.Context) error{
		s.openVendors, s.startEngine, s.openCalendars, s.connect, s.openDoor, s.startWorker, s.startGateway, s.startControl,
	}
	for _, part := range parts {
		if err := part(ctx); err != nil {
			return err
		}
	}
	s.keepConfiguration()
	s.background.Go(func() { s.vendors.check(life) })
	s.background.Go(func() { s.calendars.Run(life) })
	if s.options.Gateway {
		for _, inbox := range s.vendors.inboxes(s.Incidents) {
			s.background.Go(func() { inbox.Run(life) })
		}
	}
	if s.options.Worker {
		pulse := heartbeat{address: s.watcher, beat: s.Incidents.Beat, client: http.DefaultClient, log: s.log}
		s.background.Go(func() { pulse.run(life) })
	}
	return nil
}

// watcher is the address that is told that we live, as the configuration in force has it.
func (s *stack) watcher() string { return s.options.Live.Config().Heartbeat.Reveal() }

// Stop ends everything in the opposite order: the gateway answers 503, effects in flight finish, then the client, the
// Web UI and the server go. Temporal keeps what was accepted. Every call returns what the first one found.
func (s *stack) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() { s.stopErr = s.stop(ctx) })
	return s.stopErr
}

// Done tells of an end that nobody asked for.
func (s *stack) Done() <-chan error { return s.fatal }

// openVendors makes the vendors' clients; nothing is called.
func (s *stack) openVendors(context.Context) (err error) {
	s.vendors, err = openVendors(s.options.Live, s.options.DataDir, s.log)
	if err == nil {
		s.RecordsDir = s.vendors.records.Dir()
	}
	return err
}

// startEngine locks the data directory and starts the embedded server and its Web UI.
func (s *stack) startEngine(ctx context.Context) error {
	if !s.options.Engine {
		return nil
	}
	o := engine.Options{
		DataDir: s.options.DataDir, FrontendPort: s.options.EnginePort, UIPort: s.options.UIPort, Logger: s.log,
		DynamicConfig: s.options.DynamicConfig,
	}
	if err := o.Synchronous.UnmarshalText([]byte(cmp.Or(s.options.Synchronous, "full"))); err != nil {
		return misused("--synchronous full or normal", "%v", err)
	}
	var err error
	if s.engine, err = engine.Start(ctx, o); err != nil {
		return err
	}
	s.EngineAddress, s.namespace = s.engine.FrontendAddress(), s.engine.Namespace()
	if address := s.engine.UIAddress(); address != "" {
		s.UIURL = "http://" + address
	}
	return nil
}

// connect dials the engine or the cluster, and gives the cluster what every server of ours has.
func (s *stack) connect(ctx context.Context) (err error) {
	quiet := slog.New(atLeast{Handler: s.log.Handler(), level: slog.LevelWarn})
	if s.engine != nil {
		s.client, err = s.engine.Client(ctx, client.Options{Logger: quiet})
		return err
	}
	address := s.options.TemporalAddress
	if address == "" {
		return withHint(errors.New("no Temporal server is known"), "set TEMPORAL_ADDRESS, or temporal.address in the configuration")
	}
	options, err := clusterOptions(address, s.options.Getenv, s.options.Live.Config().Temporal)
	if err != nil {
		return err
	}
	options.Logger = quiet
	s.log.Info("connecting to Temporal", "address", address, "namespace", options.Namespace)
	dialing, cancel := context.WithTimeout(ctx, clusterPatience)
	defer cancel()
	if s.client, err = engine.Dial(dialing, options); err != nil {
		return err
	}
	s.EngineAddress, s.namespace, s.UIURL = address, options.Namespace, s.options.UIURL
	if !s.options.Worker {
		return nil
	}
	return engine.EnsureSearchAttributes(ctx, s.client, s.namespace)
}

// openDoor makes what everything acts through.
func (s *stack) openDoor(context.Context) (err error) {
	s.Incidents, err = gateway.New(gateway.Options{
		Client: s.client, Namespace: s.namespace, UI: s.UIURL, Routes: routes{s.options.Live}, Runbooks: s.options.Runbooks,
		DefaultRunbook: defaultRunbook, People: s.options.Live, Schedules: s.options.Live, Owners: s.options.Live,
		Permissions: s.options.Live.Permissions, Logger: s.log,
	})
	return err
}

// startWorker polls after it has made sure that every open incident can be continued.
func (s *stack) startWorker(ctx context.Context) error {
	if !s.options.Worker {
		return nil
	}
	if err := worker.Prepare(ctx, s.client); err != nil {
		return err
	}
	checked, err := worker.CheckOpen(ctx, s.client, s.namespace)
	if err != nil {
		return fmt.Errorf("open incidents cannot all be continued, nothing was touched: %w", err)
	}
	s.log.Info("open workflows checked", "count", checked)
	w := worker.New(s.client, s.vendors.ports(s.Incidents), s.options.WorkerOptions)
	if err := w.Start(); err != nil {
		return err
	}
	s.worker = w
	return nil
}

// startGateway opens the door's HTTP side.
func (s *stack) startGateway(ctx context.Context) error {
	if !s.options.Gateway {
		return nil
	}
	mark, err := s.Incidents.Installation(ctx)
	if err != nil {
		s.log.Warn("`muster doctor` cannot tell whether the public address leads to this gateway", "error", err)
	}
	desk := s.vendors.desk(s.Incidents, s.options.Runbooks)
	server, err := gateway.NewServer(gateway.ServerConfig{
		Installation: mark, Incidents: s.Incidents, Sources: s.vendors.alertSources(), Tokens: s.vendors.apiTokens,
		Calendars: calendars{config: s.options.Live.Config, overrides: s.Incidents.Overrides, now: time.Now},
		Mounts:    s.vendors.mounts(s.Incidents, desk), BodyLimit: s.options.Live.Config().Gateway.MaxBody, Logger: s.log,
	})
	if err != nil {
		return err
	}
	listener, err := listen(ctx, cmp.Or(s.options.Listen, s.options.Live.Config().Gateway.Listen, defaultListen))
	if err != nil {
		return err
	}
	s.server, s.GatewayURL = server, "http://"+reachable(listener.Addr().String())
	s.background.Go(func() {
		if err := server.Serve(listener); err != nil {
			s.fatal <- err
		}
	})
	s.plug(s.vendors.socket(desk))
	return nil
}

// plug opens Slack's socket. That Slack does not let us is told by the socket, which tries on: alerts and telephones work
// without it.
func (s *stack) plug(socket *slack.Socket) {
	if socket == nil {
		return
	}
	var life context.Context
	life, s.unplug = context.WithCancel(s.life)
	s.socket.Go(func() { socket.Run(life) })
}

// pull closes Slack's socket: what was taken from it is answered, while the worker is still there to do it.
func (s *stack) pull() {
	if s.unplug == nil {
		return
	}
	s.unplug()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		s.socket.Wait()
	}()
	select {
	case <-answered:
	case <-time.After(drainTime):
		s.log.Warn("Slack does not take the last answers; stopping without it. What it sent is done, or comes again")
	}
}

// startControl opens the door for `muster reload`.
func (s *stack) startControl(ctx context.Context) (err error) {
	if s.options.DataDir != "" {
		s.control, err = startControl(ctx, s.options.DataDir, controls{reload: s.Reload, log: s.log})
	}
	return err
}

// keepConfiguration keeps a copy of the configuration in force for the emergency. That it cannot be written is no reason
// not to serve.
func (s *stack) keepConfiguration() {
	if s.options.DataDir == "" {
		return
	}
	if err := keepLastGood(s.options.DataDir, s.options.Live.Config()); err != nil {
		s.log.Error("there is no last good copy for `muster page --direct`, should the configuration become faulty", "error", err)
	}
}

// stop is the order of the end.
func (s *stack) stop(ctx context.Context) error {
	var problems []error
	if s.control != nil {
		problems = append(problems, s.control.Close())
	}
	s.pull()
	if s.server != nil {
		problems = append(problems, s.drain(ctx))
	}
	if s.worker != nil {
		s.worker.Stop()
	}
	if s.server != nil {
		problems = append(problems, s.hangUp(ctx))
	}
	s.leave()
	s.background.Wait()
	if s.client != nil {
		s.client.Close()
	}
	if s.engine != nil {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), engineStopTime)
		problems = append(problems, s.engine.Stop(ending))
		cancel()
	}
	return errors.Join(problems...)
}

// drain lets the gateway answer 503 and finishes what is in flight.
func (s *stack) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	return s.server.Drain(ctx)
}

// hangUp closes the gateway's connections. Those on which nobody has asked anything yet are cut off: whoever comes by
// them later would have been answered 503.
func (s *stack) hangUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	err := s.server.Close(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// listen opens the gateway's port.
func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, withHint(fmt.Errorf("the gateway's port is taken: %w", err),
			"stop the program that listens on "+address+", or choose another with --listen (port 0 for any free one)")
	}
	if err != nil {
		return nil, withHint(fmt.Errorf("open the gateway's port: %w", err), "choose another address with --listen")
	}
	return l, nil
}

// reachable is the address by which this machine reaches a listener, which may be bound to every interface.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

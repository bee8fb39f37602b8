//go:build !noengine

// Package server runs one Temporal server, with all four of its services, inside this process on a SQL store that the
// caller has prepared. It knows nothing of SQLite files, of the Web UI or of Musterbook: the embedded engine starts it
// on SQLite, and the tests start it on PostgreSQL too, so that both run the same configuration.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
)

const (
	// Loopback is where every service listens. The server has no authentication of its own, so it is never bound to
	// another address.
	Loopback = "127.0.0.1"

	// ClusterName is what the server calls itself in the data it stores; it can never be changed for existing data.
	ClusterName = "active"

	// startAttempts bounds how often a start is repeated because somebody else took a port between our choosing it and
	// the server's listening on it.
	startAttempts = 3
)

// Config says what one server needs.
type Config struct {
	Persistence   config.Persistence // stores whose schema is in place already
	FrontendPort  int                // where clients connect, on loopback; 0 = any free port
	DynamicConfig map[string]any     // overrides of Settings, by the server's own names; an unknown name is an error
	Logger        *slog.Logger       // receives the server's own lines
	LogLevel      slog.Level         // lines below it are dropped
}

// Server is one running Temporal server.
type Server struct {
	inner   temporal.Server
	address string
	log     *logger
}

// Address is the host and port of the frontend service.
func (s *Server) Address() string { return s.address }

// Start returns when all services run. The context cannot interrupt it halfway, because a server that is stopped while it
// starts leaves services behind; it takes well under a second, and gives up by itself after a minute.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	settings, err := mergeSettings(cfg.DynamicConfig)
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		s, err := startOnce(ctx, cfg, settings)
		if err == nil {
			return s, nil
		}
		if !errors.Is(err, errAddressTaken) || attempt == startAttempts {
			return nil, fmt.Errorf("start the Temporal server: %w", err)
		}
		cfg.Logger.Warn("a port was taken while the Temporal server started; trying again with others",
			"attempt", attempt, "error", err)
	}
}

// Stop ends all services, and returns at the latest when ctx ends. An error means that the server still holds its
// store: another server must not be started on it in this process.
func (s *Server) Stop(ctx context.Context) error {
	s.log.quieten()
	done := make(chan error, 1)
	go func() { done <- s.inner.Stop() }()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("stop the Temporal server: %w", err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop the Temporal server: it still runs at the deadline: %w", context.Cause(ctx))
	}
}

func startOnce(ctx context.Context, cfg Config, settings settings) (*Server, error) {
	ports, err := FreePorts(ctx, len(temporal.DefaultServices))
	if err != nil {
		return nil, err
	}
	byService := make(map[string]int, len(ports))
	hosts := make(map[primitives.ServiceName]static.Hosts, len(ports))
	for i, name := range temporal.DefaultServices {
		byService[name] = ports[i]
		if name == string(primitives.FrontendService) && cfg.FrontendPort != 0 {
			byService[name] = cfg.FrontendPort
		}
		hosts[primitives.ServiceName(name)] = static.SingleLocalHost(address(byService[name]))
	}
	frontend := address(byService[string(primitives.FrontendService)])

	log := newLogger(cfg.Logger, cfg.LogLevel)
	var inner temporal.Server
	err = log.guard(func() error {
		s, err := temporal.NewServer(
			temporal.WithConfig(serverConfig(cfg.Persistence, byService)),
			temporal.ForServices(temporal.DefaultServices),
			temporal.WithStaticHosts(hosts),
			temporal.WithLogger(log),
			temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
			temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper {
				return authorization.NewNoopClaimMapper()
			}),
			temporal.WithDynamicConfigClient(settings),
		)
		if err != nil {
			return err
		}
		inner = s
		return s.Start()
	})
	if err != nil {
		return nil, err
	}
	return &Server{inner: inner, address: frontend, log: log}, nil
}

func serverConfig(persistence config.Persistence, ports map[string]int) *config.Config {
	frontend := address(ports[string(primitives.FrontendService)])
	services := make(map[string]config.Service, len(ports))
	for name, port := range ports {
		// BindOnIP, not BindOnLocalHost: the latter asks the environment and the resolver what "localhost" is.
		services[name] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: Loopback}}
	}
	return &config.Config{
		Global: config.Global{
			Membership: config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: Loopback},
		},
		Persistence: persistence,
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        ClusterName,
			CurrentClusterName:       ClusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				ClusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: frontend},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            services,
		PublicClient:        config.PublicClient{HostPort: frontend},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: config.ArchivalDisabled},
			Visibility: config.VisibilityArchival{State: config.ArchivalDisabled},
		},
		NamespaceDefaults: config.NamespaceDefaults{
			Archival: config.ArchivalNamespaceDefaults{
				History:    config.HistoryArchivalNamespaceDefaults{State: config.ArchivalDisabled},
				Visibility: config.VisibilityArchivalNamespaceDefaults{State: config.ArchivalDisabled},
			},
		},
	}
}

func address(port int) string { return net.JoinHostPort(Loopback, strconv.Itoa(port)) }

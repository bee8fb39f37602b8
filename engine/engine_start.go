//go:build !noengine && !windows

package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/server/common/config"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives/timestamp"
	sqliteschema "go.temporal.io/server/schema/sqlite"

	"github.com/musterbook/musterbook/engine/internal/server"
)

const (
	// readyTimeout is the longest that Start waits for the first answers.
	readyTimeout = 30 * time.Second
	// stopTimeout is the longest that Stop takes. An orderly stop takes about a second.
	stopTimeout = 10 * time.Second
)

// Engine is a running Temporal server with its store, and its Web UI if that was wanted.
type Engine struct {
	options Options
	store   *store
	server  *server.Server
	ui      *webUI // nil without a Web UI

	stopOnce sync.Once
	stopErr  error
}

// Start returns when the engine serves: the namespace exists, has the search attributes, and the Web UI answers. When
// it fails nothing is left running. A server that is starting is not interrupted when ctx ends: it is stopped in order
// afterwards.
func Start(ctx context.Context, options Options) (*Engine, error) {
	o, err := options.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	s, err := openStore(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	e := &Engine{options: o, store: s}
	if err := e.start(ctx); err != nil {
		stopErr := e.Stop(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("engine: %w", errors.Join(err, stopErr))
	}
	return e, nil
}

// FrontendAddress is the host and port that Temporal clients dial.
func (e *Engine) FrontendAddress() string { return e.server.Address() }

// UIAddress is the host and port of the Web UI, empty without one.
func (e *Engine) UIAddress() string {
	if e.ui == nil {
		return ""
	}
	return e.ui.address
}

// Namespace is the namespace that the engine made.
func (e *Engine) Namespace() string { return e.options.Namespace }

// Client dials the engine. HostPort is always the engine's; Namespace and Logger are the engine's unless given.
func (e *Engine) Client(ctx context.Context, options client.Options) (client.Client, error) {
	options.HostPort = e.FrontendAddress()
	options.Namespace = cmp.Or(options.Namespace, e.options.Namespace)
	if options.ConnectionOptions.GrpcCompression == nil {
		// Nothing leaves the machine, so packing and unpacking is work and no gain.
		options.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	}
	if options.Logger == nil {
		options.Logger = e.options.Logger
	}
	return Dial(ctx, options)
}

// Stop ends the Web UI, then the server, then gives the data directory free. It returns at the latest when ctx ends, or
// after ten seconds; a server that still runs then keeps the directory locked until the process ends. Nothing is lost
// either way: what the engine acknowledged is in the store. Every call returns what the first one found.
func (e *Engine) Stop(ctx context.Context) error {
	e.stopOnce.Do(func() {
		ctx, cancel := context.WithTimeout(ctx, stopTimeout)
		defer cancel()
		e.stopErr = e.stop(ctx)
	})
	return e.stopErr
}

func (e *Engine) start(ctx context.Context) error {
	o := e.options
	if err := e.createNamespace(); err != nil {
		return err
	}
	if err := checkPorts(ctx, o); err != nil {
		return err
	}
	var err error
	e.server, err = server.Start(ctx, server.Config{
		Persistence:   persistence(e.store),
		FrontendPort:  o.FrontendPort,
		DynamicConfig: o.DynamicConfig,
		Logger:        o.Logger,
		LogLevel:      o.LogLevel,
	})
	if err != nil {
		// Asked again, because a port that was lost in the meantime deserves the error that names its flag.
		return errors.Join(err, checkPorts(ctx, o))
	}
	if err := e.ensureAttributes(ctx); err != nil {
		return err
	}
	if o.UIPort >= 0 {
		e.ui, err = startUI(ctx, o, e.server.Address())
	}
	return err
}

func (e *Engine) stop(ctx context.Context) error {
	if e.ui != nil {
		e.ui.stop()
	}
	if e.server != nil {
		if err := e.server.Stop(ctx); err != nil {
			return err
		}
	}
	return e.store.close(ctx)
}

// createNamespace writes the namespace straight into the store, search attributes included, so that both are there
// when the server first looks. It is idempotent by the name and leaves a namespace that exists as it is.
func (e *Engine) createNamespace() error {
	attributes := map[string]enumspb.IndexedValueType{}
	for _, a := range SearchAttributes() {
		attributes[a.Name] = a.Type
	}
	namespace, err := sqliteschema.NewNamespaceConfig(server.ClusterName, e.options.Namespace, false, attributes)
	if err != nil {
		return fmt.Errorf("create namespace %q: %w", e.options.Namespace, err)
	}
	namespace.Detail.Config.Retention = timestamp.DurationPtr(Retention)
	if err := sqliteschema.CreateNamespaces(e.store.sql(), namespace); err != nil {
		return fmt.Errorf("create namespace %q: %w", e.options.Namespace, err)
	}
	return nil
}

// ensureAttributes covers the namespace of an earlier version, which may lack some.
func (e *Engine) ensureAttributes(ctx context.Context) error {
	c, err := e.Client(ctx, client.Options{})
	if err != nil {
		return err
	}
	defer c.Close()
	return EnsureSearchAttributes(ctx, c, e.options.Namespace)
}

func persistence(s *store) config.Persistence {
	return config.Persistence{
		DefaultStore:     sqliteplugin.PluginName,
		VisibilityStore:  sqliteplugin.PluginName,
		NumHistoryShards: 1,
		DataStores:       map[string]config.DataStore{sqliteplugin.PluginName: {SQL: s.sql()}},
	}
}

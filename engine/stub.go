//go:build noengine || windows

package engine

import (
	"context"
	"errors"

	"go.temporal.io/sdk/client"
)

var errNoEngine = errors.New("this binary was built without the engine; set TEMPORAL_ADDRESS to the host and port of a Temporal server, " +
	"or use the binary that has the engine")

// Engine is never running in a binary without the engine.
type Engine struct{}

// Start always fails in a binary without the engine, with an error that says what to do instead.
func Start(context.Context, Options) (*Engine, error) { return nil, errNoEngine }

// FrontendAddress is empty in a binary without the engine.
func (*Engine) FrontendAddress() string { return "" }

// UIAddress is empty in a binary without the engine.
func (*Engine) UIAddress() string { return "" }

// Namespace is empty in a binary without the engine.
func (*Engine) Namespace() string { return "" }

// Client always fails in a binary without the engine.
func (*Engine) Client(context.Context, client.Options) (client.Client, error) {
	return nil, errNoEngine
}

// Stop has nothing to stop in a binary without the engine.
func (*Engine) Stop(context.Context) error { return nil }

//go:build !noengine && !windows

package engine_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/musterbook/musterbook/engine"
	"github.com/musterbook/musterbook/engine/enginetest"
)

// listen gives a port of this machine to the test.
func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func TestDialWaitsForTheServer(t *testing.T) {
	t.Parallel()
	listener := listen(t)
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	connected := make(chan error, 1)
	go func() {
		c, err := engine.Dial(t.Context(), client.Options{HostPort: listener.Addr().String(), Logger: enginetest.Logger(t)})
		if err == nil {
			c.Close()
		}
		connected <- err
	}()
	enginetest.StartWith(t, engine.Options{FrontendPort: port, UIPort: -1})
	if err := <-connected; err != nil {
		t.Error(err)
	}
}

func TestDialGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	listener := listen(t)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := engine.Dial(ctx, client.Options{HostPort: listener.Addr().String(), Logger: enginetest.Logger(t)})
	wantError(t, err, listener.Addr().String())
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v, want the context's", err)
	}
}

func TestDialStopsAtARefusal(t *testing.T) {
	t.Parallel()
	listener := listen(t)
	stranger := grpc.NewServer(grpc.UnknownServiceHandler(func(any, grpc.ServerStream) error {
		return status.Error(codes.PermissionDenied, "wrong key")
	}))
	go func() {
		if err := stranger.Serve(listener); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(stranger.Stop)
	_, err := engine.Dial(t.Context(), client.Options{HostPort: listener.Addr().String(), Logger: enginetest.Logger(t)})
	wantError(t, err, "wrong key")
	var denied *serviceerror.PermissionDenied
	if !errors.As(err, &denied) {
		t.Errorf("error is %v, want PermissionDenied", err)
	}
}

//go:build !noengine && !windows

package engine

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"

	"github.com/musterbook/musterbook/engine/internal/server"
)

// webUI is Temporal's Web UI, served in this process.
type webUI struct {
	server  *uiserver.Server
	address string
	stopped chan struct{}
}

// startUI returns when the Web UI answers. It probes the port at the last moment, because the Web UI ends the process
// when it cannot listen.
func startUI(ctx context.Context, o Options, frontend string) (*webUI, error) {
	if o.UIPort == 0 {
		free, err := server.FreePorts(ctx, 1)
		if err != nil {
			return nil, err
		}
		o.UIPort = free[0]
	}
	if err := checkPorts(ctx, Options{UIHost: o.UIHost, UIPort: o.UIPort, Flags: o.Flags}); err != nil {
		return nil, err
	}
	ui := &webUI{
		address: net.JoinHostPort(o.UIHost, strconv.Itoa(o.UIPort)),
		stopped: make(chan struct{}),
		server: uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
			TemporalGRPCAddress: frontend,
			Host:                o.UIHost,
			Port:                o.UIPort,
			EnableUI:            true,
			HideLogs:            true,
			DisableNewsFetch:    true, // no calls to the internet
			DefaultNamespace:    o.Namespace,
			// The Web UI is plain HTTP here; with a cookie for HTTPS only, its buttons fail in some browsers.
			CORS: uiconfig.CORS{CookieInsecure: true},
		})),
	}
	go func() {
		defer close(ui.stopped)
		if err := ui.server.Start(); err != nil {
			o.Logger.Error("the Temporal Web UI ended; the engine goes on without it", "error", err)
		}
	}()
	if err := ui.waitUntilServing(ctx, o); err != nil {
		ui.stop()
		return nil, err
	}
	return ui, nil
}

func (ui *webUI) waitUntilServing(ctx context.Context, o Options) error {
	health := "http://" + dialable(o.UIHost, o.UIPort) + "/healthz"
	for {
		last := probeHealth(ctx, health)
		if last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("start the Temporal Web UI: %w (last answer: %w)", context.Cause(ctx), last)
		case <-ui.stopped:
			return fmt.Errorf("start the Temporal Web UI: it ended at once: %w", last)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func probeHealth(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // the body was read; there is nothing left to lose
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16)); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("it answered %s", response.Status)
	}
	return nil
}

// stop closes the listener and all connections, and waits until the Web UI has noticed.
func (ui *webUI) stop() {
	ui.server.Stop()
	<-ui.stopped
}

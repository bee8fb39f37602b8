//go:build !noengine && !windows

package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"github.com/musterbook/musterbook/engine/internal/server"
)

// checkPorts makes sure that the ports somebody asked for can be had, while that can still be said in terms of the
// command line: the server and the Web UI both report a taken port by ending the process.
func checkPorts(ctx context.Context, o Options) error {
	var problems []error
	if o.FrontendPort > 0 {
		problems = append(problems, probe(ctx, "Temporal", net.JoinHostPort(server.Loopback, strconv.Itoa(o.FrontendPort)), o.Flags.FrontendPort))
	}
	if o.UIPort > 0 {
		problems = append(problems, probe(ctx, "the Temporal Web UI", net.JoinHostPort(o.UIHost, strconv.Itoa(o.UIPort)), o.Flags.UIPort))
	}
	return errors.Join(problems...)
}

// probe listens for a moment, which is the only way to know that a port can be had.
func probe(ctx context.Context, purpose, address, flag string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s for %s is taken: stop the program that listens there, or choose another port with %s (0 for any free one): %w",
			address, purpose, flag, err)
	case err != nil:
		return fmt.Errorf("%s for %s cannot be used: choose another port with %s: %w", address, purpose, flag, err)
	}
	return listener.Close()
}

// dialable is the address by which this machine reaches a listener, which may be bound to every interface.
func dialable(host string, port int) string {
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = server.Loopback
		if ip.To4() == nil {
			host = net.IPv6loopback.String()
		}
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

//go:build !noengine && !windows

package engine

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"github.com/musterbook/musterbook/engine/internal/server"
)

// checkPorts makes sure that the ports somebody asked for can be had, while that can still be said in terms of the
// command line: the server and the Web UI both report a taken port by ending the process.
func checkPorts(o Options) error {
	var problems []error
	if o.FrontendPort > 0 {
		problems = append(problems, probe("Temporal", server.Loopback, o.FrontendPort, o.Flags.FrontendPort))
	}
	if o.UIPort > 0 {
		problems = append(problems, probe("the Temporal Web UI", o.UIHost, o.UIPort, o.Flags.UIPort))
	}
	return errors.Join(problems...)
}

// probe listens for a moment, which is the only way to know that a port can be had.
func probe(purpose, host string, port int, flag string) error {
	address := net.JoinHostPort(host, strconv.Itoa(port))
	listener, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("port %d for %s is taken on %s: stop the program that listens there, or choose another port with %s (0 for any free one): %w",
			port, purpose, host, flag, err)
	case err != nil:
		return fmt.Errorf("port %d for %s cannot be used on %s: choose another with %s: %w", port, purpose, host, flag, err)
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

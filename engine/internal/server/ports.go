//go:build !noengine

package server

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// FreePorts finds n different ports that nobody listens on at the moment. Nothing keeps them free until they are used,
// so the caller must be ready to lose one.
func FreePorts(ctx context.Context, n int) (ports []int, err error) {
	listeners := make([]net.Listener, 0, n)
	defer func() {
		for _, l := range listeners {
			err = errors.Join(err, l.Close())
		}
	}()
	for range n {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address(0))
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		// All stay open until the last is found; otherwise the system may hand out the same port twice.
		listeners = append(listeners, l)
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// A running process can be told from its own machine to read its files again: by SIGHUP, or through a socket in its
// data directory, which also brings back what came of it. Whoever may write into the directory may do that.

// The socket's name, and what can be asked there.
const (
	socketPattern = "control-*.sock"
	socketForm    = "control-%s.sock"
	reloadPath    = "/reload"
)

// longestSocket is the least that operating systems allow for a socket's path, in bytes.
const longestSocket = 103

// controlTime bounds one request.
const controlTime = 10 * time.Second

// controls are what a process can be told.
type controls struct {
	reload func() reloaded
	log    *slog.Logger
}

// control is the open socket of a process.
type control struct {
	server *http.Server
	served chan error
}

// startControl opens the socket and removes those that processes left behind that were killed. Where the directory's
// path is too long for a socket there is none, and SIGHUP remains.
func startControl(ctx context.Context, dir string, c controls) (*control, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	if err := removeDeadSockets(ctx, dir); err != nil {
		c.log.Warn("sockets of ended processes were left behind", "error", err)
	}
	path := filepath.Join(dir, fmt.Sprintf(socketForm, rand.Text()[:8]))
	if len(path) > longestSocket {
		c.log.Warn("`muster reload` does not reach this process, SIGHUP does: the data directory's path is too long for a socket", "path", path)
		return nil, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("open the control socket: %w", err), listener.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+reloadPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(c.reload()); err != nil {
			c.log.Warn("files were read again; nobody was there to hear it", "error", err)
		}
	})
	out := &control{
		server: &http.Server{Handler: mux, ReadTimeout: controlTime, WriteTimeout: controlTime}, served: make(chan error, 1),
	}
	go func() { out.served <- out.server.Serve(listener) }()
	return out, nil
}

// Close closes the socket and removes it.
func (c *control) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), controlTime)
	defer cancel()
	err := c.server.Shutdown(ctx)
	if served := <-c.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// removeDeadSockets removes the sockets at which nobody listens.
func removeDeadSockets(ctx context.Context, dir string) error {
	paths, err := filepath.Glob(filepath.Join(dir, socketPattern))
	if err != nil {
		return err
	}
	var problems []error
	for _, path := range paths {
		conn, err := dialSocket(ctx, path)
		if err != nil {
			problems = append(problems, os.Remove(path))
			continue
		}
		problems = append(problems, conn.Close())
	}
	return errors.Join(problems...)
}

// dialSocket connects to a process.
func dialSocket(ctx context.Context, path string) (net.Conn, error) {
	return (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", path)
}

// askReload has the process behind a socket read its files again.
func askReload(ctx context.Context, path string) (result reloaded, err error) {
	ctx, cancel := context.WithTimeout(ctx, controlTime)
	defer cancel()
	caller := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dialSocket(ctx, path) },
	}}
	defer caller.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://muster"+reloadPath, http.NoBody)
	if err != nil {
		return reloaded{}, err
	}
	answer, err := caller.Do(req)
	if err != nil {
		return reloaded{}, err
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	if answer.StatusCode != http.StatusOK {
		return reloaded{}, fmt.Errorf("the process answered %s", answer.Status)
	}
	err = json.NewDecoder(io.LimitReader(answer.Body, 16<<20)).Decode(&result)
	return result, err
}

//go:build !noengine

package main

import (
	"bytes"
	"context"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/engine/enginetest"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// crashBetweenLookUpAndRecord kills the worker when it has looked up whom a level calls and the engine has not heard
// of it: at the first level, and again at the next one. Each of them is called all the same, once, and in order.
func crashBetweenLookUpAndRecord(t *testing.T) {
	const patience = 3 * time.Second
	c := newCrowd(t, 1, 300*time.Millisecond)
	c.twilio.Phone(firstNumber(0), faketwilio.Behaviour{Reaction: faketwilio.Manual})
	e := enginetest.Start(t, nil)
	line := newWire(t, e.FrontendAddress(), firstOf(0), nextOf(0))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	door := c.door(t, e.FrontendAddress())
	work := func() *child {
		return startChild(t, append(c.environment(), "TEMPORAL_ADDRESS="+line.address), "worker", "--config", c.config,
			"--runbooks", filepath.Join(c.dir, "runbooks"), "--data", filepath.Join(c.dir, "data"))
	}
	worker := work()
	keys := c.dueAt(t, door, 1, func(int) time.Time { return time.Now().Add(patience) })
	for called, number := range []string{firstNumber(0), nextNumber(0)} {
		select {
		case <-line.held:
		case <-ctx.Done():
			t.Fatalf("nobody was looked up for %s\n%s", number, worker.out)
		}
		if calls := c.twilio.Calls(); len(calls) != called {
			t.Errorf("%d calls were placed before the look-up of %s was recorded, want %d", len(calls), number, called)
		}
		worker.kill()
		worker = work()
	}
	if _, err := c.acknowledged(ctx, door, keys[0]); err != nil {
		t.Fatalf("%v\n%s", err, worker.out)
	}
	if _, err := c.escalation(ctx, door, keys[0], c.callsByID(t)); err != nil {
		t.Error(err)
	}
	worker.kill()
}

// door is a gateway in this process, before an engine that runs by itself.
func (v *town) door(t *testing.T, temporal string) *stack {
	t.Helper()
	books, live, faults, err := openConfiguration(sources{config: v.config, books: filepath.Join(v.dir, "runbooks")}, v.getenv)
	if err != nil || len(faults) > 0 {
		t.Fatal(err, faults)
	}
	s, err := startStack(t.Context(), stackOptions{
		Live: live, Runbooks: books, ConfigPath: v.config, Gateway: true, TemporalAddress: temporal, Getenv: v.getenv,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// wire is the way between a worker and the engine. The first result of a workflow task in which somebody was looked up does
// not get through it.
type wire struct {
	address string
	engine  *grpc.ClientConn
	held    chan struct{} // one for each result that is kept back

	mu    sync.Mutex
	names []string // of the people whose first look-up is still to come
}

// keeps says whether a result is kept back.
func (w *wire) keeps(method string, message []byte) bool {
	if !strings.HasSuffix(method, "/RespondWorkflowTaskCompleted") || !bytes.Contains(message, []byte(contract.WhoIsOnCall)) {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	n := slices.IndexFunc(w.names, func(name string) bool { return bytes.Contains(message, []byte(strconv.Quote(name))) })
	if n >= 0 {
		w.names = slices.Delete(w.names, n, n+1)
	}
	return n >= 0
}

// newWire opens a way to the engine.
func newWire(t *testing.T, engine string, names ...string) *wire {
	t.Helper()
	conn, err := grpc.NewClient(engine, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{address: listener.Addr().String(), engine: conn, held: make(chan struct{}, len(names)), names: names}
	server := grpc.NewServer(grpc.ForceServerCodecV2(frames{}), grpc.UnknownServiceHandler(w.pass))
	go func() {
		// That it ends is what the test wants at its end.
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		server.Stop()
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// pass carries one request to the engine and its answer back.
func (w *wire) pass(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	var in, out frame
	if err := stream.RecvMsg(&in); err != nil {
		return err
	}
	ctx := stream.Context()
	if w.keeps(method, in) {
		w.held <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}
	if headers, ok := metadata.FromIncomingContext(ctx); ok {
		ctx = metadata.NewOutgoingContext(ctx, headers)
	}
	if err := w.engine.Invoke(ctx, method, &in, &out, grpc.ForceCodecV2(frames{})); err != nil {
		return err
	}
	return stream.SendMsg(&out)
}

// frame is a message as it travels; nobody on the way reads it.
type frame []byte

// frames carries messages as they are.
type frames struct{}

// Marshal gives the bytes.
func (frames) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*frame))}, nil
}

// Unmarshal keeps the bytes.
func (frames) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*frame) = data.Materialize()
	return nil
}

// Name is that of the codec whose messages these are.
func (frames) Name() string { return "proto" }

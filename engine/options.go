// Package engine is the durable-execution engine inside the process: a Temporal server and its Web UI on a SQLite file
// in a data directory, so that Musterbook runs without any other program. It knows nothing of incidents: it hands out
// an address to dial, like any other Temporal server. What belongs to every server, the search attributes and the
// patient dial, works without the engine too; the build tag noengine leaves the server itself out.
package engine

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"
)

// Ports that the product uses unless told otherwise.
const (
	DefaultFrontendPort = 7233 // Temporal's gRPC port
	DefaultUIPort       = 8233 // the Web UI
)

// DefaultNamespace is the namespace of a Temporal server that nobody configured.
const DefaultNamespace = "default"

// Retention is how long the engine keeps the history of a closed incident: long enough for a review that is held late.
const Retention = 90 * 24 * time.Hour

// Synchronous says when the store counts a write as done.
type Synchronous int

const (
	// SynchronousFull waits until the disk has every transaction: what was accepted survives a power cut.
	SynchronousFull Synchronous = iota
	// SynchronousNormal survives the end of the process, but a power cut may take the last moments with it. It is
	// about 1.4 times faster when little happens at once.
	SynchronousNormal
)

// String is the word that MarshalText writes.
func (s Synchronous) String() string {
	switch s {
	case SynchronousFull:
		return "full"
	case SynchronousNormal:
		return "normal"
	}
	return fmt.Sprintf("Synchronous(%d)", int(s))
}

// MarshalText writes "full" or "normal".
func (s Synchronous) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads "full" or "normal".
func (s *Synchronous) UnmarshalText(text []byte) error {
	switch string(text) {
	case "full":
		*s = SynchronousFull
	case "normal":
		*s = SynchronousNormal
	default:
		return fmt.Errorf("synchronous is %q: want full or normal", text)
	}
	return nil
}

// Options say what one engine is to be.
type Options struct {
	// DataDir holds everything that must survive the process; it is created when missing. Empty means in memory.
	DataDir string
	// Namespace is created when missing. Empty means DefaultNamespace.
	Namespace string
	// FrontendPort is where clients connect, on loopback; 0 means any free port.
	FrontendPort int
	// UIPort is where the Web UI listens; 0 means any free port, below zero no Web UI at all.
	UIPort int
	// UIHost is an IP address for the Web UI, loopback when empty. The Web UI asks nobody for a password and can end
	// incidents: give another address only where the network keeps strangers out.
	UIHost string
	// Synchronous is the durability of the store.
	Synchronous Synchronous
	// Logger receives the server's lines; nil means nowhere.
	Logger *slog.Logger
	// LogLevel caps what the server itself may say. Zero means slog.LevelError, for its warnings are about clusters and
	// its information fills disks; slog.LevelDebug shows all of it.
	LogLevel slog.Level
	// DynamicConfig overrides settings of the server by the server's own names, such as
	// "limit.historyCount.suggestContinueAsNew". A name the server does not know is an error.
	DynamicConfig map[string]any
	// Flags are the names by which the command line sets the options above; errors speak of them.
	Flags Flags
}

// Flags are the names of the command line's flags that lead to Options.
type Flags struct {
	DataDir      string // "--data" when empty
	FrontendPort string // "--engine-port" when empty
	UIPort       string // "--ui-port" when empty
}

// withDefaults fills what was left empty and refuses what cannot work, all of it at once.
func (o Options) withDefaults() (Options, error) {
	o.Namespace = cmp.Or(o.Namespace, DefaultNamespace)
	o.UIHost = cmp.Or(o.UIHost, "127.0.0.1")
	o.LogLevel = cmp.Or(o.LogLevel, slog.LevelError)
	o.Flags.DataDir = cmp.Or(o.Flags.DataDir, "--data")
	o.Flags.FrontendPort = cmp.Or(o.Flags.FrontendPort, "--engine-port")
	o.Flags.UIPort = cmp.Or(o.Flags.UIPort, "--ui-port")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	var problems []error
	if o.FrontendPort < 0 || o.FrontendPort > 65535 {
		problems = append(problems, fmt.Errorf("%s is %d: want a port from 1 to 65535, or 0 for any free one", o.Flags.FrontendPort, o.FrontendPort))
	}
	if o.UIPort > 65535 {
		problems = append(problems, fmt.Errorf("%s is %d: want a port from 1 to 65535, 0 for any free one, or -1 for no Web UI", o.Flags.UIPort, o.UIPort))
	}
	if o.FrontendPort > 0 && o.FrontendPort == o.UIPort {
		problems = append(problems, fmt.Errorf("%s and %s are both %d: give them different ports", o.Flags.FrontendPort, o.Flags.UIPort, o.UIPort))
	}
	if net.ParseIP(o.UIHost) == nil {
		problems = append(problems, fmt.Errorf("the Web UI's host is %q: want an IP address such as 127.0.0.1 or 0.0.0.0", o.UIHost))
	}
	if o.Synchronous != SynchronousFull && o.Synchronous != SynchronousNormal {
		problems = append(problems, fmt.Errorf("%v: want full or normal", o.Synchronous))
	}
	return o, errors.Join(problems...)
}

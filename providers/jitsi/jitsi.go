// Package jitsi gives incidents their conference. Jitsi has no API and needs none: a room begins when somebody opens its
// address, so the address only has to be the same on every try and impossible to guess.
package jitsi

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/musterbook/musterbook/contract"
)

// DefaultHost is the public server.
const DefaultHost = "meet.jit.si"

// Bridges are the conferences of one host.
type Bridges struct {
	host string
	key  []byte
}

// New makes bridges on a host. The key keeps addresses from being guessed by whoever knows an incident's id; it must be
// the same in every process of an installation.
func New(host string, key []byte) *Bridges {
	if host == "" {
		host = DefaultHost
	}
	return &Bridges{host: host, key: key}
}

// OpenBridge is idempotent by Owner: its address is computed from it alone.
func (b *Bridges) OpenBridge(_ context.Context, req contract.OpenBridgeRequest) (contract.OpenBridgeResult, error) {
	seal := hmac.New(sha256.New, b.key)
	_, _ = seal.Write([]byte(req.Owner)) // a hash takes everything
	room := fmt.Sprintf("%s-%s", strings.ToLower(string(req.Incident)), hex.EncodeToString(seal.Sum(nil))[:20])
	return contract.OpenBridgeResult{ID: room, URL: "https://" + b.host + "/" + room}, nil
}

// Link is a bridge that always has the same address.
type Link string

// OpenBridge gives the address.
func (l Link) OpenBridge(context.Context, contract.OpenBridgeRequest) (contract.OpenBridgeResult, error) {
	return contract.OpenBridgeResult{ID: string(l), URL: string(l)}, nil
}

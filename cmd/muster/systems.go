package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/command"
	"github.com/musterbook/musterbook/providers/file"
	"github.com/musterbook/musterbook/providers/jitsi"
	"github.com/musterbook/musterbook/providers/web"
	"github.com/musterbook/musterbook/providers/webhook"
	"github.com/musterbook/musterbook/roster"
)

// secretPrefix begins the environment variable of what runbooks read as secrets.NAME.
const secretPrefix = "MUSTER_SECRET_"

// runbookSecret gives a secret of runbooks from the worker's environment.
func runbookSecret(name string) (string, bool) { return os.LookupEnv(secretPrefix + name) }

// openSystems makes the ports for everything besides chat and telephone, by the names that the configuration gives.
func openSystems(config *roster.Config, data string, chat activities.Chat) (activities.Ports, error) {
	s := config.Systems
	p := activities.Ports{Web: web.New(runbookSecret), Bridges: bridges(config), StandingBridge: s.StandingBridge}
	if len(s.Run.Allow) > 0 {
		p.Commands = command.New(command.Options{
			Allow: s.Run.Allow, Container: s.Run.Container, Secret: runbookSecret,
		})
	}
	trackers, err := openTrackers(s.Trackers, data)
	if err != nil {
		return p, err
	}
	p.Tracker = trackers
	outlets, err := openOutlets(s.Outlets, data, chat)
	if err != nil {
		return p, err
	}
	p.Audiences = audiences{outlets: outlets, members: s.Audiences}
	return p, nil
}

// bridgeRouter finds the bridge that a runbook names.
type bridgeRouter map[string]activities.Bridges

// bridges are the configured ones; where there are none, jitsi is the public server. Addresses are sealed with what only
// this installation knows.
func bridges(config *roster.Config) bridgeRouter {
	seal := sha256.Sum256([]byte("bridge addresses\n" + config.Gateway.API.Reveal() + config.Gateway.PublicURL))
	out := bridgeRouter{}
	for name, b := range config.Systems.Bridges {
		if b.Link != "" {
			out[name] = jitsi.Link(b.Link)
		} else {
			out[name] = jitsi.New(b.Host, seal[:])
		}
	}
	if len(out) == 0 {
		out["jitsi"] = jitsi.New(jitsi.DefaultHost, seal[:])
	}
	return out
}

// OpenBridge asks the bridge of the name. A name that is not configured gets the one that is, where there is only one: a
// conference of another vendor is better than none.
func (r bridgeRouter) OpenBridge(ctx context.Context, req contract.OpenBridgeRequest) (contract.OpenBridgeResult, error) {
	if b, ok := r[req.Provider]; ok {
		return b.OpenBridge(ctx, req)
	}
	if len(r) == 1 {
		for _, only := range r {
			return only.OpenBridge(ctx, req)
		}
	}
	return contract.OpenBridgeResult{}, notConfigured("bridge", req.Provider, "bridges", slices.Sorted(maps.Keys(r)))
}

// notConfigured refuses a name that the configuration does not have.
func notConfigured(what, name, key string, known []string) error {
	return &contract.Refused{
		What: fmt.Sprintf("the %s %q is not configured", what, name),
		Hint: fmt.Sprintf("add it to %s in the configuration (there is: %s)", key, strings.Join(known, ", ")),
	}
}

// trackers finds the tracker that a runbook names.
type trackers map[string]activities.Tracker

// openTrackers makes the configured trackers.
func openTrackers(configured map[string]roster.Outlet, data string) (trackers, error) {
	out := trackers{}
	for name, t := range configured {
		if t.URL != "" {
			out[name] = receiver(name, t)
			continue
		}
		tickets, err := file.NewTickets(under(data, t.Dir))
		if err != nil {
			return nil, err
		}
		out[name] = tickets
	}
	return out, nil
}

// receiver is a webhook.
func receiver(name string, o roster.Outlet) *webhook.Receiver {
	return webhook.New(webhook.Options{Name: name, URL: o.URL, Secret: o.Secret.Reveal(), Idempotent: o.Repeat})
}

// under is a directory below the data directory, unless it is a whole path.
func under(data, dir string) string {
	if filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(data, dir)
}

// OpenTicket asks the tracker of the name.
func (t trackers) OpenTicket(ctx context.Context, req contract.OpenTicketRequest) (contract.OpenTicketResult, error) {
	if one, ok := t[req.Tracker]; ok {
		return one.OpenTicket(ctx, req)
	}
	return contract.OpenTicketResult{}, notConfigured("tracker", req.Tracker, "trackers", slices.Sorted(maps.Keys(t)))
}

// SyncTicket asks the tracker of the name.
func (t trackers) SyncTicket(ctx context.Context, req contract.SyncTicketRequest) error {
	if one, ok := t[req.Tracker]; ok {
		return one.SyncTicket(ctx, req)
	}
	return notConfigured("tracker", req.Tracker, "trackers", slices.Sorted(maps.Keys(t)))
}

// outlet is one place where people outside are told.
type outlet interface {
	Publish(ctx context.Context, req contract.UpdateRequest) (contract.UpdateResult, error)
}

// openOutlets makes the configured outlets.
func openOutlets(configured map[string]roster.Outlet, data string, chat activities.Chat) (map[string]outlet, error) {
	out := map[string]outlet{}
	for name, o := range configured {
		switch {
		case o.URL != "":
			out[name] = receiver(name, o)
		case o.Room:
			out[name] = roomOutlet{chat: chat}
		default:
			updates, err := file.NewUpdates(under(data, o.Dir))
			if err != nil {
				return nil, err
			}
			out[name] = updates
		}
	}
	return out, nil
}

// roomOutlet tells an audience in the incident's own room; it is idempotent by the post's key.
type roomOutlet struct{ chat activities.Chat }

func (o roomOutlet) Publish(ctx context.Context, req contract.UpdateRequest) (contract.UpdateResult, error) {
	if req.Room == "" {
		return contract.UpdateResult{}, &contract.Refused{What: "there is no room to tell " + req.Audience + " in"}
	}
	effect := req.Effect
	effect.Key += "/room"
	_, err := o.chat.Post(ctx, contract.PostRequest{Effect: effect, Room: req.Room, Message: contract.Message{Text: req.Audience + ": " + req.Message}})
	return contract.UpdateResult{Told: []string{"room"}}, err
}

// audiences tells all outlets of an audience.
type audiences struct {
	outlets map[string]outlet
	members map[string][]string
}

// Publish tells every outlet; one that cannot be told does not stop the others, and stands in the problems. When none
// could be told that is the error, so that somebody decides. It is idempotent as far as its outlets are.
func (a audiences) Publish(ctx context.Context, req contract.UpdateRequest) (contract.UpdateResult, error) {
	names, ok := a.members[req.Audience]
	if !ok {
		return contract.UpdateResult{}, notConfigured("audience", req.Audience, "audiences", slices.Sorted(maps.Keys(a.members)))
	}
	var out contract.UpdateResult
	var last error
	for _, name := range names {
		got, err := a.outlets[name].Publish(ctx, req)
		if err != nil {
			last = err
			out.Problems = append(out.Problems, fmt.Sprintf("%s was not told by %s: %v", req.Audience, name, err))
			continue
		}
		out.Told = append(out.Told, got.Told...)
		if out.URL == "" {
			out.URL = got.URL
		}
	}
	if len(out.Told) == 0 {
		return out, last
	}
	return out, nil
}

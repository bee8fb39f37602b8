package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/musterbook/musterbook/providers/slack/fakeslack"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// demoWorld is everything that the demo simulates: a Slack workspace and a telephone company on one address of this
// machine, and the people who use them.
type demoWorld struct {
	url    string
	slack  *fakeslack.Server
	twilio *faketwilio.Server
	people *demoPeople
	server *http.Server
	served chan error
}

// demoWorldOptions say what the simulations must know.
type demoWorldOptions struct {
	gateway string // where Slack and Twilio reach us
	secrets demoSecrets
	pace    demoPace
	feed    *demoFeed
}

// startDemoWorld opens the simulations. The gateway need not be there yet.
func startDemoWorld(ctx context.Context, o demoWorldOptions) (*demoWorld, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the simulated Slack and Twilio: %w", err)
	}
	w := &demoWorld{url: "http://" + listener.Addr().String(), served: make(chan error, 1)}
	w.people = newDemoPeople(o.gateway+"/slack/actions", o.pace, o.feed)
	narrator := &demoNarrator{feed: o.feed, world: w}
	w.slack = fakeslack.New(fakeslack.Options{
		Token: o.secrets.slackToken, SigningSecret: o.secrets.slackSigning, URL: w.url,
		OnEvent: func(e fakeslack.Event) { narrator.slack(e); w.people.see(e) },
	})
	w.people.enter(w.slack)
	w.twilio = faketwilio.New(faketwilio.Options{
		AccountSID: demoAccount, AuthToken: o.secrets.twilio, Speed: float64(o.pace), OnEvent: narrator.twilio,
	})
	w.twilio.Number(demoNumber, o.gateway+"/twilio/sms")
	for _, p := range demoCast() {
		w.twilio.Phone(p.Phone, demoPhone(p.ID))
	}
	mux := http.NewServeMux()
	mux.Handle("/", w.slack)
	mux.Handle("/2010-04-01/", w.twilio)
	w.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { w.served <- w.server.Serve(listener) }()
	return w, nil
}

// Close ends the people, then the telephones and the workspace.
func (w *demoWorld) Close(ctx context.Context) error {
	w.people.leave()
	w.twilio.Close()
	err := w.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, w.server.Close())
	}
	if served := <-w.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	if err != nil {
		return fmt.Errorf("close the simulated Slack and Twilio: %w", err)
	}
	return nil
}

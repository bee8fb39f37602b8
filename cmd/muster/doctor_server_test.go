//go:build !noengine

package main

import (
	"bytes"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/sdk/worker"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/engine/enginetest"
	"github.com/musterbook/musterbook/gateway"
)

// With everything running a doctor follows the public address back to the very gateway, and through Temporal to a worker.
func TestDoctorOfARunningServer(t *testing.T) {
	t.Parallel()
	v := newTown(t)
	v.config = v.write("musterbook.yaml", strings.Replace(v.settings(), "http://"+v.listen, wardAddress, 1))
	v.twilio.Number("+12025550100", wardAddress+"/twilio/sms")
	s := v.serve(t)
	behind, err := url.Parse(v.gateway())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(behind) }})
	t.Cleanup(proxy.Close)
	examine := func() string {
		var out bytes.Buffer
		d := newDoctor(shell{getenv: v.getenv}, doctorFlags{
			files: sources{config: v.config, books: filepath.Join(v.dir, "runbooks")}, address: s.EngineAddress, data: s.options.DataDir,
		})
		d.web = proxy.Client()
		report := doctorReport{printer: printer{w: &out}, width: doctorWidest}
		for _, check := range doctorChecks() {
			report.add(d.run(t.Context(), check))
		}
		d.hangUp()
		if err := report.end(); err != nil {
			t.Errorf("%v in\n%s", err, out.String())
		}
		return out.String()
	}
	out := examine()
	for _, want := range []string{
		"Temporal at " + s.EngineAddress + " answers, and a worker", "no incident is open", "the gateway at " + v.listen + " answers",
		wardAddress + " leads here", "as the file",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if _, err := s.Incidents.Declare(t.Context(), gateway.NewIncident{Title: "Checkout is slow", Service: "payments"}); err != nil {
		t.Fatal(err)
	}
	if out := examine(); !strings.Contains(out, "1 incident open") {
		t.Errorf("no open incident in\n%s", out)
	}
}

// A Temporal without a worker keeps incidents and calls nobody.
func TestDoctorMissesTheWorker(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t, nil)
	w := newWard(t)
	w.flags.address = e.FrontendAddress()
	found, out, err := w.examined(false)
	if err == nil {
		t.Error("no failure")
	}
	missed := false
	for _, d := range found {
		missed = missed || d.Group == "temporal" && d.Verdict == verdictFail && strings.Contains(d.What, "no worker does")
	}
	if !missed {
		t.Errorf("not missed in\n%s", out)
	}
	// What answers at the gateway's port has another mark than this Temporal's.
	if !strings.Contains(out, "another installation's gateway") {
		t.Errorf("a foreign gateway is taken for ours in\n%s", out)
	}
}

// A worker that asks for work and does none is listed by Temporal all the same.
func TestDoctorFeelsThePulse(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t, nil)
	idle := worker.New(enginetest.Client(t, e), contract.QueueMain, worker.Options{})
	if err := idle.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(idle.Stop)
	w := newWard(t)
	w.flags.address = e.FrontendAddress()
	_, out, err := w.examined(false)
	if err == nil || !strings.Contains(strings.Join(strings.Fields(out), " "), "its worker gives no sign of life") {
		t.Errorf("a worker that does nothing is taken for one: %v in\n%s", err, out)
	}
}

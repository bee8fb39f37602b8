package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/musterbook/musterbook/gateway"
)

// gatewaySeen is what is known of the gateway on this machine.
type gatewaySeen struct {
	installation string // its mark; empty = not known
	answers      bool
}

// door is the gateway as the configuration has it; what is a missing variable there is empty.
func (d *doctor) door() (listen, public string) {
	config, _ := d.read(func(what string) bool { return what == "gateway.listen" || what == "gateway.public_url" })
	if config == nil { // checkSecrets has said which variable is missing
		return d.config.Gateway.Listen, ""
	}
	return config.Gateway.Listen, config.Gateway.PublicURL
}

// publicURL is the public address; empty where there is none.
func (d *doctor) publicURL() string {
	_, public := d.door()
	return public
}

// checkGateway says whether the gateway of this machine answers.
func (d *doctor) checkGateway(ctx context.Context) []diagnosis {
	if d.config == nil {
		return nil
	}
	configured, _ := d.door()
	listen := reachable(cmp.Or(d.flags.listen, configured, defaultListen))
	answer, err := d.ask(ctx, "http://"+listen+"/healthz")
	switch {
	case err != nil && d.temporal.works:
		return []diagnosis{noted("run muster doctor there too, or start muster gateway", "no gateway runs here: nothing answers at %s", listen)}
	case err != nil && d.temporal.client == nil:
		return []diagnosis{noted("", "no gateway runs here either: nothing answers at %s", listen)}
	case err != nil:
		return []diagnosis{noted(d.serve(), "no gateway runs here: nothing answers at %s", listen)}
	case answer.installation == "":
		return []diagnosis{failed("stop it, or choose another port with gateway.listen; an older muster wants a restart",
			"another program answers at %s", listen)}
	case d.temporal.installation != "" && answer.installation != d.temporal.installation:
		return []diagnosis{failed("stop it, or choose another port with gateway.listen", "another installation's gateway answers at %s", listen)}
	}
	d.gateway = gatewaySeen{installation: answer.installation, answers: true}
	if ready, err := d.ask(ctx, "http://"+listen+"/readyz"); err != nil || ready.status != http.StatusOK {
		return []diagnosis{failed("see temporal, above", "the gateway at %s answers and takes no work: alerts are refused until Temporal is back", listen)}
	}
	return []diagnosis{well("the gateway at %s answers", listen)}
}

// checkPublicURL says whether telephones and Slack get back to us, and what is lost where they do not.
func (d *doctor) checkPublicURL(ctx context.Context) []diagnosis {
	if d.config == nil {
		return nil
	}
	public := d.publicURL()
	if public == "" {
		return []diagnosis{d.withoutPublicURL()}
	}
	if remedy, what := unreachable(public); what != "" {
		return []diagnosis{failed(remedy, "%s", what)}
	}
	for _, path := range d.publicPaths() {
		if sick, ok := d.astray(ctx, public, path); ok {
			return []diagnosis{sick}
		}
	}
	return []diagnosis{well("%s leads here", public)}
}

// withoutPublicURL says what is lost, and what is not.
func (d *doctor) withoutPublicURL() diagnosis {
	var lost []string
	left := []string{"muster ack"}
	later := ""
	if d.config.Twilio != nil {
		lost, left = append(lost, "keys in calls"), append(left, "calls that speak")
		later = " Some seconds later: replies by SMS, and what became of calls, for which Twilio is asked."
	}
	if d.config.Slack != nil {
		lost, left = append(lost, "Slack's buttons", "/muster"), append(left, "rooms in Slack")
	}
	return warned("set gateway.public_url to an https address that a proxy or a tunnel leads here (docs/first-incident.md, step 1)",
		"there is no public_url. Lost: %s.%s Works: %s.", listed(lost), later, listed(left))
}

// unreachable says why nobody outside can use an address.
func unreachable(public string) (remedy, what string) {
	u, err := url.Parse(public)
	if err != nil {
		return "write https://muster.example.com", "public_url is no web address"
	}
	host := u.Hostname()
	address, notNumber := netip.ParseAddr(host)
	inside := notNumber == nil && (!address.IsGlobalUnicast() || address.IsPrivate())
	switch {
	case inside || notNumber != nil && !strings.Contains(host, "."):
		return "take the address by which the internet reaches this machine: that of a proxy or a tunnel",
			fmt.Sprintf("public_url %s is known inside only: Twilio refuses to call with it, and Slack cannot reach it", public)
	case u.Scheme != "https":
		return "put a proxy with TLS in front and write https://",
			fmt.Sprintf("public_url %s is not https: Slack takes no other, and keys could be forged on their way", public)
	}
	return "", ""
}

// publicPaths are the paths that must be reachable from outside. Each is asked by GET, to which nothing is done: what
// vendors send comes by POST and is signed.
func (d *doctor) publicPaths() []string {
	var paths []string
	if d.config.Twilio != nil {
		paths = append(paths, "/twilio/sms")
		if d.config.Twilio.Second != nil {
			paths = append(paths, secondPath+"/twilio/sms")
		}
	}
	if d.config.Slack != nil {
		paths = append(paths, "/slack/actions", "/slack/commands", "/slack/events")
	}
	return paths
}

// astray says why a public path does not lead to this gateway.
func (d *doctor) astray(ctx context.Context, public, path string) (diagnosis, bool) {
	ours := cmp.Or(d.temporal.installation, d.gateway.installation)
	answer, err := d.ask(ctx, public+path)
	lead := "lead " + path + " to the gateway, with path, query and body unchanged"
	switch {
	case err != nil:
		return failed("check the name, the certificate and the proxy; where a network does not let its own machines out and in again, ask from another one: curl -i "+public+path,
			"%s could not be asked: %v", public, withoutAddress(err)), true
	case answer.installation == "" && answer.status >= http.StatusInternalServerError && !d.gateway.answers:
		return noted("start muster serve, then ask again", "%s answers %d: nothing runs behind it yet", public, answer.status), true
	case answer.installation == "" && answer.location != "":
		return failed(lead+", without a redirect", "%s is sent on to %s", public+path, answer.location), true
	case answer.installation == "":
		return failed(lead, "%s does not lead to a gateway of Musterbook (it answers %d)", public+path, answer.status), true
	case ours == "":
		return warned("run muster doctor where the server runs", "%s leads to a Musterbook; whether it is this one could not be asked", public), true
	case answer.installation != ours:
		return failed(lead, "%s leads to another installation of Musterbook", public+path), true
	}
	return diagnosis{}, false
}

// webAnswer is what a web address says.
type webAnswer struct {
	status       int
	installation string
	location     string
}

// ask requests a web address. The answer's text does not matter.
func (d *doctor) ask(ctx context.Context, address string) (webAnswer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return webAnswer{}, errors.New("this is no web address")
	}
	answer, err := d.web.Do(req)
	if err != nil {
		return webAnswer{}, err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16))
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return webAnswer{}, err
	}
	out := webAnswer{status: answer.StatusCode, installation: answer.Header.Get(gateway.InstallationHeader)}
	if answer.StatusCode >= 300 && answer.StatusCode < 400 {
		out.location = answer.Header.Get("Location")
	}
	return out, nil
}

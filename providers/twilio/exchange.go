package twilio

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"time"

	sdk "github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// How long one request may take. Looking for a lost call and placing it again must fit into the time that an activity
// has, so a look is shorter.
const (
	requestTimeout = 10 * time.Second
	lookTimeout    = 4 * time.Second
)

// exchange is one request through twilio-go. It is the request's transport: the library takes no context, fixes the
// host and drops the headers of an error, and all three are needed here.
type exchange struct {
	ctx  context.Context
	next http.RoundTripper
	base *url.URL
	now  func() time.Time

	connected  bool // The request may have left this machine.
	status     int  // 0 = no answer.
	retryAfter time.Duration
	date       time.Time // Of the answer; zero = it says nothing.
}

// RoundTrip sends the request to the configured host, under the caller's context.
func (x *exchange) RoundTrip(r *http.Request) (*http.Response, error) {
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { x.connected = true }}
	r = r.Clone(httptrace.WithClientTrace(x.ctx, trace))
	if x.base != nil {
		r.URL.Scheme, r.URL.Host, r.URL.Path = x.base.Scheme, x.base.Host, x.base.Path+r.URL.Path
		r.Host = ""
	}
	response, err := x.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	x.status = response.StatusCode
	x.retryAfter = retryAfter(response.Header.Get("Retry-After"), x.now())
	if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		x.date = date
	}
	return response, nil
}

// retryAfter reads the header in both of its forms (RFC 9110, 10.2.3); 0 means that it says nothing.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// request runs one call of the library and sorts its error. doubt says that the outcome is unknown: the request may
// have been carried out although it failed here.
func (c *Client) request(ctx context.Context, what string, call func(*api.ApiService) error) (doubt bool, err error) {
	_, doubt, err = c.exchange(ctx, what, call)
	return doubt, err
}

// exchange is request with what was seen of the answer besides its body.
func (c *Client) exchange(ctx context.Context, what string, call func(*api.ApiService) error) (x *exchange, doubt bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	x = &exchange{ctx: ctx, next: c.config.Transport, base: c.base, now: c.config.Now}
	client := &sdk.Client{
		Credentials: sdk.NewCredentials(c.config.AccountSID, c.config.AuthToken),
		HTTPClient: &http.Client{
			Transport:     x,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	client.SetAccountSid(c.config.AccountSID)
	// The handler is made by hand: its constructor reads TWILIO_EDGE and TWILIO_REGION, which would change the host
	// behind the configuration's back.
	err = call(api.NewApiService(&sdk.RequestHandler{Client: client}))
	if err == nil {
		return x, false, nil
	}
	doubt, err = c.sort(what, x, err)
	return x, doubt, err
}

package twilio_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/twilio"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// published finds the vendor's description, which is not part of this repository.
func published(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("MUSTERBOOK_CONTRACTS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "contracts")
	}
	path := filepath.Join(dir, "twilio", "api_v2010.json")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("Twilio's published description is not here; set MUSTERBOOK_CONTRACTS to judge by it (%v)", err)
	}
	return path
}

// judge stands between the client and the simulated Twilio and compares both with the published description.
type judge struct {
	t      *testing.T
	router routers.Router
	next   http.Handler
	mu     sync.Mutex
	judged map[string]int
}

func newJudge(t *testing.T, next http.Handler) *judge {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(published(t))
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil // Any host; the paths are what counts.
	for _, path := range doc.Paths.Map() {
		path.Servers = nil
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &judge{t: t, router: router, next: next, judged: map[string]int{}}
}

func (j *judge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		j.t.Errorf("read: %v", err)
	}
	rewind := func() { r.Body = io.NopCloser(bytes.NewReader(body)) }
	rewind()
	route, params, err := j.router.FindRoute(r)
	if err != nil {
		j.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		http.NotFound(w, r)
		return
	}
	j.mu.Lock()
	j.judged[route.Operation.OperationID]++
	j.mu.Unlock()
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}
	if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
		j.t.Errorf("%s: %v", route.Operation.OperationID, err)
	}
	j.known(route, r.URL.Query(), body)
	rewind()
	recorder := httptest.NewRecorder()
	j.next.ServeHTTP(recorder, r)
	answer := recorder.Result()
	if answer.StatusCode < 300 {
		err := openapi3filter.ValidateResponse(r.Context(), (&openapi3filter.ResponseValidationInput{
			RequestValidationInput: input, Status: answer.StatusCode, Header: answer.Header, Options: input.Options,
		}).SetBodyBytes(recorder.Body.Bytes()))
		if err != nil {
			j.t.Errorf("the simulated answer to %s: %v", route.Operation.OperationID, err)
		}
	}
	for key, values := range answer.Header {
		w.Header()[key] = values
	}
	w.WriteHeader(answer.StatusCode)
	if _, err := w.Write(recorder.Body.Bytes()); err != nil {
		j.t.Errorf("write: %v", err)
	}
}

// known compares the posted keys and the query with the description: the validator does not see keys that it does not
// know.
func (j *judge) known(route *routers.Route, query url.Values, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		j.t.Errorf("%s: %v", route.Operation.OperationID, err)
	}
	var properties openapi3.Schemas
	if content := route.Operation.RequestBody; content != nil {
		properties = content.Value.Content["application/x-www-form-urlencoded"].Schema.Value.Properties
	}
	for key := range form {
		if properties[key] == nil {
			j.t.Errorf("%s: %s is not in the published description", route.Operation.OperationID, key)
		}
	}
	for key := range query {
		if route.Operation.Parameters.GetByInAndName("query", key) == nil {
			j.t.Errorf("%s: query %s is not in the published description", route.Operation.OperationID, key)
		}
	}
}

// defineFormats teaches the validator the formats of the description that it does not check by itself.
func defineFormats() {
	openapi3.DefineStringFormatValidator("uri", openapi3.NewCallbackValidator(func(value string) error {
		u, err := url.Parse(value)
		if err != nil {
			return err
		}
		if u.Scheme == "" && !strings.HasPrefix(value, "/2010-04-01/") {
			return fmt.Errorf("%q is neither absolute nor below the API", value)
		}
		return nil
	}))
	openapi3.DefineStringFormatValidator("phone-number", openapi3.NewRegexpFormatValidator(`^\+[1-9][0-9]{6,14}$`))
	openapi3.DefineStringFormatValidator("date-time-rfc-2822", openapi3.NewCallbackValidator(func(value string) error {
		_, err := time.Parse(time.RFC1123Z, value)
		return err
	}))
}

func TestEveryRequestAgreesWithThePublishedDescription(t *testing.T) {
	published(t)
	defineFormats() // Not parallel: the validator's formats are global.
	b := newBench(t)
	judge := newJudge(t, b.fake)
	server := httptest.NewServer(judge)
	t.Cleanup(server.Close)
	for _, public := range []string{b.public, ""} {
		client := b.newClient(func(c *twilio.Config) { c.BaseURL, c.PublicURL = server.URL, public })
		call := b.attempt("ana", 1)
		call.Again = true
		placed, err := client.Call(t.Context(), call)
		if err != nil {
			t.Fatal(err)
		}
		text := b.message("ben", "INC-1 SEV1 payments: error rate. Reply 1a")
		text.Again = true
		sent, err := client.Text(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		for _, provider := range []string{placed.Provider, sent.Provider} {
			if _, err := client.Follow(t.Context(), provider); err != nil {
				t.Error(err)
			}
		}
		if _, err := client.Earlier(t.Context(), twilio.Sought{Person: "ben", Reference: "INC-1", Since: text.Intended}); err != nil {
			t.Error(err)
		}
		if _, err := b.fake.Receive(t.Context(), faketwilio.Incoming{From: anaPhone, To: ours, Body: "1a"}); err != nil {
			t.Error(err)
		}
		if err := client.Inbox(b.incidents).Read(t.Context()); err != nil {
			t.Error(err)
		}
		if err := client.HangUp(t.Context(), contract.HangUpRequest{Provider: placed.Provider}); err != nil {
			t.Error(err)
		}
		b.wait(placed.Provider, func(c faketwilio.Call) bool { return c.Status.Over() })
		call.Intended = b.clock.now().Add(-time.Minute)
		if adopted, err := b.newClient(func(c *twilio.Config) { c.BaseURL = server.URL }).Call(t.Context(), call); err != nil || adopted.Provider == "" {
			t.Errorf("%+v, %v", adopted, err)
		}
	}
	var operations []string
	for op := range judge.judged {
		operations = append(operations, op)
	}
	slices.Sort(operations)
	want := []string{"CreateCall", "CreateMessage", "FetchCall", "FetchMessage", "ListCall", "ListMessage", "UpdateCall"}
	if !slices.Equal(operations, want) {
		t.Errorf("judged %v, want %v", operations, want)
	}
}

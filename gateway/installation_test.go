package gateway_test

import (
	"net/http"
	"testing"

	"github.com/musterbook/musterbook/gateway"
)

// Every answer bears the mark, also where there is nothing and where nobody is let in, and everybody on one Temporal has the
// same one.
func TestEveryAnswerBearsTheMark(t *testing.T) {
	t.Parallel()
	plain := newDoor(t)
	mark, err := plain.Installation(t.Context())
	if err != nil || len(mark) != 16 {
		t.Fatalf("%q, %v", mark, err)
	}
	d := newDoor(t, func(_ *gateway.Options, c *gateway.ServerConfig) { c.Installation = mark })
	for path, status := range map[string]int{
		"/healthz": http.StatusOK, "/v1/incidents": http.StatusUnauthorized, "/v1/alerts/alertmanager": http.StatusMethodNotAllowed,
		"/nowhere": http.StatusNotFound,
	} {
		if r := d.send(t, "GET", path, ""); r.status != status || r.header.Get(gateway.InstallationHeader) != mark {
			t.Errorf("%s: %d with the mark %q, want %d with %q", path, r.status, r.header.Get(gateway.InstallationHeader), status, mark)
		}
		if r := plain.send(t, "GET", path, ""); r.header.Get(gateway.InstallationHeader) != "" {
			t.Errorf("%s: a mark that nobody gave", path)
		}
	}
	if again, err := d.Installation(t.Context()); again != mark || err != nil {
		t.Errorf("%q then %q, %v", mark, again, err)
	}
	elsewhere, err := gateway.New(gateway.Options{Client: shared.client, Namespace: "temporal-system"})
	if err != nil {
		t.Fatal(err)
	}
	if other, err := elsewhere.Installation(t.Context()); other == mark || err != nil {
		t.Errorf("another namespace has the mark %q, %v", other, err)
	}
}

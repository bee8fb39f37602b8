package actions_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.temporal.io/sdk/testsuite"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/examples/actions"
)

// TestRollback runs the action as the engine does. The deployment system does the work and drops the connection; asked
// again with the same key it has rolled back once.
func TestRollback(t *testing.T) {
	t.Parallel()
	done, dropped := map[string]int{}, false
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer real" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if key := r.Header.Get("Idempotency-Key"); done[key] == 0 {
			done[key]++
		}
		if !dropped {
			dropped = true
			if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
				_ = conn.Close()
			}
			return
		}
		_, _ = io.WriteString(w, `{"release": "2026-11-24.3"}`)
	}))
	t.Cleanup(s.Close)
	d := &actions.Deployer{URL: s.URL, Client: s.Client(), Secret: func(name string) (string, bool) { return "real", name == "DEPLOY_TOKEN" }}
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	d.Register(env)
	secrets := contract.Secrets{Names: []string{"DEPLOY_TOKEN"}, Nonce: "n"}
	run := func(token string) (actions.RollbackOut, error) {
		var out actions.RollbackOut
		value, err := env.ExecuteActivity("deploy.rollback", actions.RollbackIn{Service: "checkout", Token: token}, contract.Effect{Key: "i/containment/0/1/action"}, secrets)
		if err == nil {
			err = value.Get(&out)
		}
		return out, err
	}
	mark := contract.SecretMark("DEPLOY_TOKEN", "n")
	if _, err := run(mark); err == nil {
		t.Error("a dropped connection is no error")
	}
	out, err := run(mark)
	if err != nil || out.Release != "2026-11-24.3" || len(done) != 1 {
		t.Errorf("%+v, %v, done %v", out, err, done)
	}
	if _, err := run("wrong"); err == nil {
		t.Error("a refusal is no error")
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterbook/musterbook/roster"
)

// environmentOf is an environment of the given variables.
func environmentOf(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func TestTemporalAddress(t *testing.T) {
	t.Parallel()
	profiles := filepath.Join(t.TempDir(), "temporal.toml")
	if err := os.WriteFile(profiles, []byte("[profile.default]\naddress = \"profile:7233\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name       string
		flag       string
		env        map[string]string
		configured string
		want       string
	}{
		{name: "nobody said"},
		{name: "the configuration", configured: "config:7233", want: "config:7233"},
		{name: "the variable wins over it", env: map[string]string{"TEMPORAL_ADDRESS": "env:7233"}, configured: "config:7233", want: "env:7233"},
		{name: "the flag wins over all", flag: "flag:7233", env: map[string]string{"TEMPORAL_ADDRESS": "env:7233"}, want: "flag:7233"},
		{name: "a profile that is named", env: map[string]string{"TEMPORAL_CONFIG_FILE": profiles}, want: "profile:7233"},
		{name: "and the configuration before it", env: map[string]string{"TEMPORAL_CONFIG_FILE": profiles}, configured: "config:7233", want: "config:7233"},
	}
	for _, test := range tests {
		if got := temporalAddress(test.flag, environmentOf(test.env), roster.Temporal{Address: test.configured}); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestClusterOptions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		env       map[string]string
		config    roster.Temporal
		namespace string
		tls       bool
	}{
		{name: "nothing", namespace: "default"},
		{name: "the configuration's namespace", config: roster.Temporal{Namespace: "pager"}, namespace: "pager"},
		{
			name: "the variable's", env: map[string]string{"TEMPORAL_NAMESPACE": "env"}, config: roster.Temporal{Namespace: "pager"},
			namespace: "env",
		},
		{name: "an API key brings TLS", env: map[string]string{"TEMPORAL_API_KEY": "s3cret-key"}, namespace: "default", tls: true},
		{name: "TLS alone", env: map[string]string{"TEMPORAL_TLS": "true"}, namespace: "default", tls: true},
	}
	for _, test := range tests {
		o, err := clusterOptions("cluster:7233", environmentOf(test.env), test.config)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if o.HostPort != "cluster:7233" || o.Namespace != test.namespace {
			t.Errorf("%s: %s in %s, want cluster:7233 in %s", test.name, o.HostPort, o.Namespace, test.namespace)
		}
		if got := o.ConnectionOptions.TLS != nil || o.Credentials != nil; got != test.tls {
			t.Errorf("%s: TLS %v, want %v", test.name, got, test.tls)
		}
	}
}

func TestClusterOptionsTellWhatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := clusterOptions("cluster:7233", environmentOf(map[string]string{
		"TEMPORAL_API_KEY": "s3cret-key", "TEMPORAL_TLS_CLIENT_CERT_PATH": "/nonexistent/cert.pem", "TEMPORAL_TLS_CLIENT_KEY_PATH": "/nonexistent/key.pem",
	}), roster.Temporal{})
	if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "/nonexistent/") {
		t.Errorf("got %v, want the missing file and no secret", err)
	}
	if _, hint := explain(err); hint == "" {
		t.Error("no hint")
	}
}

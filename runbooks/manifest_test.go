package runbooks

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestManifest(t *testing.T) {
	t.Parallel()
	m, problems := ParseManifest("m.yaml", []byte(`action: deploy.rollback
description: Put a service back.
queue: deploys
in: { service: string, steps: { type: int, default: 1 } }
out: { release: string }
idempotent: true
reads: false
timeout: 2m
retry: { max: 4, every: 5s }
undo: deploy.forward
secrets: [TOKEN]
`))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	want := &Manifest{
		Action: "deploy.rollback", Description: "Put a service back.", Queue: "deploys",
		In:  []Input{{Name: "service", Type: "string", Required: true}, {Name: "steps", Type: "int", Default: 1.0}},
		Out: []Input{{Name: "release", Type: "string"}}, Idempotent: true, Changes: true, Timeout: "2m",
		Retry: &Retry{Max: 4, Every: "5s"}, Undo: "deploy.forward", Secrets: []string{"TOKEN"},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	_, problems = ParseManifest("m.yaml", []byte("action: Rollback\nin: { service: strin }\ntimout: 2m\n"))
	for _, want := range []string{"m.yaml:1:9: N01", "m.yaml:2:16: T08", "m.yaml:3:1: P03"} {
		if !strings.Contains(problems.Error(), want) {
			t.Errorf("no %s in\n%s", want, problems)
		}
	}
}

// TestActionsBesideRunbooks: with manifests beside it a runbook's actions are known, without any may be named.
func TestActionsBesideRunbooks(t *testing.T) {
	t.Parallel()
	book := &fstest.MapFile{Data: []byte("runbook: b\nroles: { commander: ana }\nphases:\n  containment:\n    - action: x.go\n  lessons_learned: []\n")}
	if _, err := Load(fstest.MapFS{"b.yaml": book}, "b"); err != nil {
		t.Errorf("without manifests: %v", err)
	}
	for name, good := range map[string]bool{"x.go": true, "x.stop": false} {
		_, err := Load(fstest.MapFS{"b.yaml": book, "actions/a.yaml": {Data: []byte("action: " + name + "\n")}}, "b")
		if (err == nil) != good {
			t.Errorf("with the manifest of %s: %v", name, err)
		}
	}
}

// FuzzManifest: no manifest makes the reader panic, and every problem has a place.
func FuzzManifest(f *testing.F) {
	f.Add([]byte("action: a.b\nin: { x: string }\n"))
	f.Add([]byte("in: [1]\nretry: { max: x }\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, problems := ParseManifest("m.yaml", text)
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 {
				t.Fatalf("%q: %+v", text, p)
			}
		}
	})
}

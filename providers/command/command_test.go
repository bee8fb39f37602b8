package command_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/command"
)

// script writes an executable file.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fix.sh")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// runner runs the scripts of a test.
func runner(o command.Options) *command.Runner {
	o.Secret = func(string) (string, bool) { return "hidden-value", true }
	return command.New(o)
}

func TestRun(t *testing.T) {
	t.Parallel()
	path := script(t, `echo "$1 $SERVICE $SECRET"; exit 3`)
	r := runner(command.Options{Allow: []string{filepath.Dir(path) + "/*"}})
	out, err := r.Run(t.Context(), contract.CommandRequest{
		Command: path + ` "two words; $(id)"`, Env: map[string]string{"SERVICE": "pay; rm -rf /", "SECRET": contract.SecretMark("S", "n")},
		Secrets: contract.Secrets{Names: []string{"S"}, Nonce: "n"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := contract.CommandResult{Stdout: "two words; $(id) pay; rm -rf / •••\n", ExitCode: 3}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestOnlyWhatIsAllowed(t *testing.T) {
	t.Parallel()
	path := script(t, "echo never")
	for name, r := range map[string]*command.Runner{
		"nothing":      runner(command.Options{}),
		"another":      runner(command.Options{Allow: []string{"kubectl", "/opt/x/*"}}),
		"a way around": runner(command.Options{Allow: []string{"/opt/x/*"}}),
	} {
		for _, line := range []string{path, "/opt/x/../../" + path, "/opt/x/y/z", "", `"`} {
			if out, err := r.Run(t.Context(), contract.CommandRequest{Command: line}); !contract.IsRefused(err) {
				t.Errorf("%s: %q gives %+v, %v", name, line, out, err)
			}
		}
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	long := script(t, "i=0; while [ $i -lt 500 ]; do echo 0123456789; i=$((i+1)); done")
	all := runner(command.Options{Allow: []string{long}, Output: 100})
	out, err := all.Run(t.Context(), contract.CommandRequest{Command: long})
	if err != nil || len(out.Stdout) != 100 || !out.Cut || out.ExitCode != 0 {
		t.Errorf("%d bytes, cut %t, exit %d, %v", len(out.Stdout), out.Cut, out.ExitCode, err)
	}
	slow := script(t, "sleep 60 & sleep 60")
	began := time.Now()
	_, err = runner(command.Options{Allow: []string{slow}}).Run(t.Context(), contract.CommandRequest{Command: slow, Timeout: 100 * time.Millisecond})
	if err == nil || contract.IsRefused(err) || time.Since(began) > 10*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
}

func TestImages(t *testing.T) {
	t.Parallel()
	if _, err := runner(command.Options{Allow: []string{"fix"}}).Run(t.Context(), contract.CommandRequest{Command: "fix", Image: "tools"}); !contract.IsRefused(err) {
		t.Errorf("an image without a container program: %v", err)
	}
	docker := script(t, `echo "$@"`)
	out, err := runner(command.Options{Allow: []string{"fix"}, Container: docker}).Run(t.Context(), contract.CommandRequest{
		Command: "fix --now", Image: "tools:1", Env: map[string]string{"B": "2", "A": "1"},
	})
	if err != nil || out.Stdout != "run --rm -e A -e B -- tools:1 fix --now\n" {
		t.Errorf("%q, %v", out.Stdout, err)
	}
}

// FuzzSplit: splitting never panics and never gives an empty first word.
func FuzzSplit(f *testing.F) {
	for _, line := range []string{"a b", `a "b c" 'd'`, `"`, "", "\t\n", `a""b`} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := command.Split(line)
		if err == nil && (len(words) == 0 || words[0] == "") {
			t.Fatalf("%q gives %q", line, words)
		}
	})
}

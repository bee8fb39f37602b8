package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts under testdata run muster as a person would: each line is a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"muster": main})
}

// TestCommands is the command line where nothing runs.
func TestCommands(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/commands", Cmds: scriptCommands(), RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			port, err := freePort()
			e.Setenv("NOBODY", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
			return errors.Join(err, copyFile("../../musterbook.example.yaml", filepath.Join(e.WorkDir, "example.yaml")))
		},
	})
}

// scriptCommands are what the scripts can do besides testscript's own commands.
func scriptCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"exits": exits, "isjson": isJSON, "ready": ready, "eventually": eventually, "post": post, "append": appendLine, "hangup": hangUp,
		"fetch": fetch, "keep": keep,
	}
}

// exits checks an exit status: exits 2 muster akc.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND…")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		got = ended.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if want := args[0]; strconv.Itoa(got) != want {
		ts.Fatalf("exit status %d, want %s", got, want)
	}
}

// keep gives a variable what a pattern's group matches in the last output: keep LINE 'as line ([0-9]+)'.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keep NAME PATTERN")
	}
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	found := pattern.FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) != 2 {
		ts.Fatalf("%s matches nothing, or has not one group", args[1])
	}
	ts.Setenv(args[0], found[1])
}

// isJSON checks that the last output is one JSON value; isjson lines, that every line is one.
func isJSON(ts *testscript.TestScript, neg bool, args []string) {
	texts := []string{ts.ReadFile("stdout")}
	if len(args) == 1 && args[0] == "lines" {
		texts = strings.Split(strings.TrimSpace(texts[0]), "\n")
	}
	for _, text := range texts {
		if json.Valid([]byte(text)) == neg {
			ts.Fatalf("valid JSON: %v, not as expected: %s", !neg, text)
		}
	}
}

// ready waits until the gateway takes work.
func ready(ts *testscript.TestScript, _ bool, _ []string) {
	for end := time.Now().Add(40 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		answer, err := http.Get(ts.Getenv("GATEWAY") + "/readyz")
		if err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(end) {
			ts.Fatalf("the gateway is not ready: %v", err)
		}
	}
}

// eventually repeats a command until its output matches: eventually PATTERN COMMAND….
func eventually(ts *testscript.TestScript, _ bool, args []string) {
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		err := ts.Exec(args[1], args[2:]...)
		if err == nil && pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("no match for %s (%v) in:\n%s%s", args[0], err, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
		}
	}
}

// post sends a file to the gateway: post STATUS PATH FILE TOKEN. The answer is written to the file answer.
func post(ts *testscript.TestScript, _ bool, args []string) {
	req, err := http.NewRequest(http.MethodPost, ts.Getenv("GATEWAY")+args[1], strings.NewReader(ts.ReadFile(args[2])))
	ts.Check(err)
	req.Header.Set("Authorization", "Bearer "+args[3])
	answered(ts, req, args[0])
}

// fetch asks for the address that was printed last, as a calendar does: fetch STATUS. The answer is written to the file
// answer.
func fetch(ts *testscript.TestScript, _ bool, args []string) {
	req, err := http.NewRequest(http.MethodGet, strings.TrimSpace(ts.ReadFile("stdout")), nil)
	ts.Check(err)
	answered(ts, req, args[0])
}

// answered sends a request, checks the status of its answer, and writes that to the file answer.
func answered(ts *testscript.TestScript, req *http.Request, status string) {
	answer, err := http.DefaultClient.Do(req)
	ts.Check(err)
	text, err := io.ReadAll(answer.Body)
	ts.Check(errors.Join(err, answer.Body.Close()))
	if got := strconv.Itoa(answer.StatusCode); got != status {
		ts.Fatalf("status %s, want %s: %s", got, status, text)
	}
	ts.Check(os.WriteFile(ts.MkAbs("answer"), text, 0o600))
}

// appendLine adds a line to a file: append FILE LINE.
func appendLine(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(ts.ReadFile(args[0])+args[1]+"\n"), 0o600))
}

// hangUp sends SIGHUP to everything that runs in the background.
func hangUp(ts *testscript.TestScript, _ bool, _ []string) {
	for _, c := range ts.BackgroundCmds() {
		ts.Check(c.Process.Signal(syscall.SIGHUP))
	}
}

// freePort finds a port that nobody uses. It is below those that operating systems give to outgoing connections, so
// that none of these takes it before the server does.
func freePort() (int, error) {
	for range 100 {
		port := 20000 + rand.IntN(10000)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no free port was found")
}

// copyFile copies a file.
func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	return os.WriteFile(to, text, 0o600)
}

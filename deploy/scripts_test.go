//go:build !noengine && !windows

package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sqltool "go.temporal.io/server/tools/sql"

	"github.com/musterbook/musterbook/engine/enginetest"
)

// TestMain is also temporal-sql-tool: the script under test finds it in its PATH.
func TestMain(m *testing.M) {
	if os.Getenv("DEPLOY_TEST_SQL_TOOL") == "" {
		os.Exit(m.Run())
	}
	if err := sqltool.RunTool(append([]string{"temporal-sql-tool"}, os.Args[1:]...)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// program puts a shell script of that name into a folder for PATH.
func program(t *testing.T, folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
}

// run executes a script of this folder with the programs of a folder, and returns what it printed.
func run(t *testing.T, script, programs string, environment ...string) (string, error) {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell here")
	}
	command := exec.CommandContext(t.Context(), shell, script)
	command.Env = append([]string{"PATH=" + programs + string(os.PathListSeparator) + os.Getenv("PATH")}, environment...)
	out, err := command.CombinedOutput()
	return string(out), err
}

// TestSchemaJob lays out a real PostgreSQL with the real tool, twice, as happens at every start of the composition, and
// then runs a server on it.
func TestSchemaJob(t *testing.T) {
	t.Parallel()
	database := enginetest.StartDatabase(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	programs := t.TempDir()
	program(t, programs, "temporal-sql-tool", "DEPLOY_TEST_SQL_TOOL=1 exec '"+self+"' \"$@\"")
	environment := []string{
		"SQL_PLUGIN=postgres12", "SQL_HOST=" + database.Host, "SQL_PORT=" + strconv.Itoa(database.Port),
		"SQL_USER=" + database.User, "SQL_PASSWORD=" + database.Password,
	}
	for _, time := range []string{"first", "second"} {
		if out, err := run(t, "schema.sh", programs, environment...); err != nil {
			t.Fatalf("%s time: %v\n%s", time, err, out)
		}
	}
	database.StartServer(t)

	out, err := run(t, "schema.sh", programs, append(environment, "SQL_PASSWORD=wrong")...)
	if err == nil || strings.Contains(out, "done") {
		t.Errorf("with a wrong password it ends with %v:\n%s", err, out)
	}
}

func TestNamespaceJob(t *testing.T) {
	t.Parallel()
	const (
		health     = "operator cluster health"
		describe   = "operator namespace describe --namespace incidents"
		create     = "operator namespace create --namespace incidents --retention 90d"
		attributes = "operator search-attribute create --namespace incidents"
	)
	tests := []struct {
		name  string
		fails map[string]int // how often a command fails before it succeeds
		want  []string
	}{
		{name: "everything is there", want: []string{health, describe, attributes}},
		{
			name:  "a fresh server",
			fails: map[string]int{describe: 1},
			want:  []string{health, describe, create, attributes},
		},
		{
			name:  "a server that is slow to start",
			fails: map[string]int{health: 2, describe: 2, create: 1, attributes: 1},
			want:  []string{health, health, health, describe, create, describe, create, attributes, attributes},
		},
		{
			name:  "two that start at once", // the other one made the namespace between describe and create
			fails: map[string]int{describe: 1, create: 1},
			want:  []string{health, describe, create, describe, attributes},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			programs := t.TempDir()
			journal := filepath.Join(programs, "journal")
			// It notes each call by its first words, and fails as long as there is a file for that call to use up.
			program(t, programs, "temporal", `
call=$(printf '%s' "$*" | sed 's/ --name .*//')
echo "$call" >>"$JOURNAL"
for failure in "$FAILURES/$call"*; do
	if [ -e "$failure" ]; then rm "$failure"; exit 1; fi
done`)
			failures := t.TempDir()
			for call, n := range test.fails {
				for i := range n {
					program(t, failures, fmt.Sprintf("%s.%d", call, i), "")
				}
			}
			out, err := run(t, "namespace.sh", programs, "JOURNAL="+journal, "FAILURES="+failures,
				"TEMPORAL_NAMESPACE=incidents", "PAUSE=0")
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			text, err := os.ReadFile(journal)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, strings.Split(strings.TrimSpace(string(text)), "\n")); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("a server that never answers", func(t *testing.T) {
		t.Parallel()
		programs := t.TempDir()
		program(t, programs, "temporal", "exit 1")
		out, err := run(t, "namespace.sh", programs, "PAUSE=0")
		if err == nil || !strings.Contains(out, "given up: temporal operator cluster health") {
			t.Errorf("it ends with %v:\n%s", err, out)
		}
	})
}

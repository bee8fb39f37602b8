package musterbook_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/musterbook/musterbook"

// arrows is the import table: what each package may import besides the standard library. Arrows go down only. A row
// that ends in /... stands for every package below. A new arrow is a changed row, with its reason beside it.
var arrows = map[string][]string{
	"oncall":         {},
	"incident":       {"oncall"},
	"expression":     {"cel.dev/cel-go/..."},
	"runbooks":       {"incident", "oncall", "expression", "gopkg.in/yaml.v3", "github.com/invopop/jsonschema"},
	"runbooks/graph": {"runbooks"},
	"contract":       {"incident", "oncall", "runbooks"},
	"record":         {"incident", "oncall"}, // oncall: people's ids stand in the incident's fields
	// enums: a child workflow's close policy has no other name in the SDK.
	"workflows": {
		"contract", "incident", "oncall", "runbooks", "expression",
		"go.temporal.io/sdk/workflow", "go.temporal.io/sdk/temporal", "go.temporal.io/api/enums/v1",
	},
	"activities": {
		"contract", "incident", "oncall", "expression", "record", "go.temporal.io/sdk/activity", "go.temporal.io/sdk/temporal",
	},
	"activities/activitiestest": {"activities", "contract", "incident", "oncall"},
	"providers/alertmanager":    {"contract", "incident", "oncall"},
	// websocket: it is what slack-go's own Socket Mode speaks.
	"providers/slack": {
		"contract", "incident", "oncall", "github.com/slack-go/slack/...", "github.com/gorilla/websocket",
	},
	"providers/slack/fakeslack": {"github.com/gorilla/websocket"},
	"providers/twilio": {
		"contract", "incident", "oncall",
		"github.com/twilio/twilio-go/rest/api/v2010", "github.com/twilio/twilio-go/client",
	},
	"providers/twilio/faketwilio": {},
	"providers/memory":            {"contract", "incident", "oncall"},
	"providers/file":              {"contract"},
	"providers/web":               {"contract"},
	"providers/command":           {"contract"},
	"providers/pager/fakepager":   {},
	"providers/pager":             {"contract", "incident", "oncall"},
	"providers/jitsi":             {"contract"},
	"providers/email":             {"contract", "incident", "oncall", "github.com/wneessen/go-mail"},
	"providers/email/fakesmtp":    {},
	"providers/webhook":           {"contract"},
	// jsonschema: the configuration's schema is generated from its structs, as the runbooks' is. golang-ical and rrule-go:
	// schedules are served as calendars, and calendars are read as schedules.
	"roster": {
		"oncall", "incident", "contract", "gopkg.in/yaml.v3", "github.com/invopop/jsonschema",
		"github.com/arran4/golang-ical", "github.com/teambition/rrule-go",
	},
	// feeds opens connections, which roster itself does not: a configuration is read without the network.
	"roster/feeds": {"roster", "oncall"},
	"engine": {
		"go.temporal.io/server/...", "github.com/temporalio/ui-server/...", "go.temporal.io/api/...", "go.temporal.io/sdk/...",
	},
	// durationpb: raw requests to Temporal, which alone carry a request id, take durations in this form.
	"gateway": {
		"contract", "incident", "oncall", "runbooks", "roster", "record", "google.golang.org/protobuf/types/known/durationpb",
		"go.temporal.io/sdk/client", "go.temporal.io/sdk/temporal", "go.temporal.io/sdk/converter", "go.temporal.io/api/...",
	},
	"rehearsal": {
		"rehearsal/stage", "activities", "contract", "incident", "oncall", "runbooks", "expression", "providers/memory",
	},
	// interceptor, worker: the stage runs activities in the workflow's own thread; api/common: their answers on the wire.
	"rehearsal/stage": {
		"workflows", "activities", "contract", "incident", "go.temporal.io/sdk/testsuite", "go.temporal.io/sdk/interceptor",
		"go.temporal.io/sdk/worker", "go.temporal.io/sdk/workflow", "go.temporal.io/sdk/temporal", "go.temporal.io/sdk/activity",
		"go.temporal.io/sdk/converter", "go.temporal.io/api/...",
	},
	"worker": {
		"workflows", "activities", "contract", "runbooks",
		"go.temporal.io/sdk/worker", "go.temporal.io/sdk/workflow", "go.temporal.io/sdk/client",
		"go.temporal.io/sdk/interceptor", "go.temporal.io/sdk/temporal", "go.temporal.io/api/...",
	},
}

// anything lists the packages that wire or serve tests and may import what they like; nobody imports them but tests.
var anything = []string{"cmd/muster", "engine/enginetest", "deploy", "examples"}

func TestArrowsGoDown(t *testing.T) {
	t.Parallel()
	for pkg, imports := range packages(t) {
		if slices.ContainsFunc(anything, func(p string) bool { return pkg == p || strings.HasPrefix(pkg, p+"/") }) {
			continue
		}
		allowed, known := arrows[owner(pkg)]
		if !known {
			t.Errorf("%s has no row in the import table", pkg)
			continue
		}
		for _, imported := range imports {
			if !permitted(pkg, imported, allowed) {
				t.Errorf("%s may not import %s", pkg, imported)
			}
		}
	}
}

// owner is the row of a package: its own, or that of the folder whose internal package it is.
func owner(pkg string) string {
	if before, _, ok := strings.Cut(pkg, "/internal"); ok {
		return before
	}
	return pkg
}

// permitted says whether the row allows the import.
func permitted(pkg, imported string, allowed []string) bool {
	if !strings.Contains(strings.Split(imported, "/")[0], ".") {
		return true // standard library
	}
	local, ours := strings.CutPrefix(imported, module+"/")
	if ours && (owner(local) == owner(pkg) || strings.HasPrefix(local, owner(pkg)+"/internal")) {
		return true
	}
	for _, row := range allowed {
		prefix, below := strings.CutSuffix(row, "/...")
		if local == row || imported == row || (below && (imported == prefix || strings.HasPrefix(imported, prefix+"/"))) {
			return true
		}
	}
	return false
}

// packages lists the imports of every package of the tree, tests aside.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(path))
		out[pkg] = append(out[pkg], []string{}...)
		for _, i := range file.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if !slices.Contains(out[pkg], name) {
				out[pkg] = append(out[pkg], name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 10 {
		t.Fatalf("only %d packages were found; the walk is broken", len(out))
	}
	return out
}

func TestReadmeMapsEveryFolder(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") || e.Name() == "demo-data" || e.Name() == "musterbook-data" {
			continue
		}
		if !strings.Contains(string(text), "`"+e.Name()+"/`") {
			t.Errorf("README's map of the folders misses `%s/`", e.Name())
		}
	}
}

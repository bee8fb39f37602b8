package main

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/musterbook/musterbook/runbooks"
)

// testingPage is the page about tests of runbooks.
func testingPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "testing.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fence is a fenced block of a page.
type fence struct{ language, text string }

// fences lists the fenced blocks of a page.
func fences(page string) []fence {
	var all []fence
	for _, found := range regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$").FindAllStringSubmatch(page, -1) {
		all = append(all, fence{language: found[1], text: found[2]})
	}
	return all
}

// plainShell is a shell with nothing in its environment, that writes everything into one place.
func plainShell(out *bytes.Buffer) shell {
	return shell{getenv: func(string) string { return "" }, login: func() string { return "tester" }, stdout: out, stderr: out}
}

// commandWords takes a command line apart, up to a comment or to where its output goes.
func commandWords(line string) []string {
	var words []string
	for _, word := range regexp.MustCompile(`"[^"]*"|'[^']*'|\S+`).FindAllString(line, -1) {
		if word == "#" || word == ">" {
			break
		}
		words = append(words, strings.Trim(word, `"'`))
	}
	return words
}

// knownFlag says whether a command has the flag of a word such as --run or --max-paths=3.
func knownFlag(c *cobra.Command, word string) bool {
	name, _, _ := strings.Cut(strings.TrimLeft(word, "-"), "=")
	return c.Flags().Lookup(name) != nil || len(name) == 1 && c.Flags().ShorthandLookup(name) != nil
}

func TestTestingCommandsAreUnderstood(t *testing.T) {
	t.Parallel()
	page := testingPage(t)
	checked := 0
	for _, f := range fences(page) {
		for _, found := range regexp.MustCompile(`(?m)^ *(?:\$ |- |- run: )?muster (\S.*)$`).FindAllStringSubmatch(f.text, -1) {
			checked++
			c, rest, err := rootCommand(plainShell(&bytes.Buffer{})).Find(commandWords(found[1]))
			if err == nil {
				err = c.ParseFlags(rest)
			}
			if err == nil {
				err = c.ValidateArgs(c.Flags().Args())
			}
			if err != nil {
				t.Errorf("muster %s: %v", found[1], err)
			}
		}
	}
	prose := regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(page, "")
	for _, found := range regexp.MustCompile("`muster ([^`]+)`").FindAllStringSubmatch(prose, -1) {
		checked++
		c, rest, err := rootCommand(plainShell(&bytes.Buffer{})).Find(commandWords(found[1]))
		if err != nil || !c.HasParent() {
			t.Errorf("there is no muster %s: %v", found[1], err)
			continue
		}
		for _, word := range rest {
			if strings.HasPrefix(word, "-") && !knownFlag(c, word) {
				t.Errorf("muster %s: there is no flag %s", found[1], word)
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d commands were found", checked)
	}
}

// The flags of simulate and of test are all in their tables, and nothing else is.
func TestTestingListsTheFlags(t *testing.T) {
	t.Parallel()
	page := testingPage(t)
	for name, head := range map[string]string{"simulate": "\n| flag | ", "test": "\n| flag of `muster test` | "} {
		_, table, ok := strings.Cut(page, head)
		if !ok {
			t.Errorf("no table of the flags of muster %s", name)
			continue
		}
		table, _, _ = strings.Cut(table, "\n\n")
		c, _, err := rootCommand(plainShell(&bytes.Buffer{})).Find([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		var got, want []string
		for _, row := range strings.Split(table, "\n")[2:] {
			cell, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " | ")
			for _, flag := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(cell, -1) {
				got = append(got, flag[1])
			}
		}
		c.Flags().VisitAll(func(f *pflag.Flag) { want = append(want, f.Name) })
		want = slices.DeleteFunc(want, func(name string) bool { return name == "help" || name == "runbooks" })
		got = slices.DeleteFunc(got, func(name string) bool { return name == "runbooks" })
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
			t.Errorf("muster %s (-has +page)\n%s", name, diff)
		}
	}
}

// examples are the tests and scripts of the page.
func examples(page string) []string {
	return slices.DeleteFunc(playable(page), func(text string) bool { return strings.Contains(text, "\nphases:") })
}

// shownRunbook is the one runbook of the page.
func shownRunbook(t *testing.T, page string) string {
	t.Helper()
	all := slices.DeleteFunc(playable(page), func(text string) bool { return !strings.Contains(text, "\nphases:") })
	if len(all) != 1 {
		t.Fatalf("%d runbooks are shown, want 1", len(all))
	}
	return all[0]
}

// playable are the runbooks, tests and scripts of the page.
func playable(page string) []string {
	var all []string
	for _, f := range fences(page) {
		if f.language == "yaml" && regexp.MustCompile(`(?m)^runbook: `).MatchString(f.text) {
			all = append(all, f.text)
		}
	}
	return all
}

// checkout fills a directory with what the page's commands find: the runbooks, the configuration, and the page's files.
func checkout(t *testing.T, page string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "runbooks"), runbooks.Shipped()); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	texts["slow-query.yaml"] = shownRunbook(t, page)
	for n, text := range examples(page) {
		name := "example-" + strconv.Itoa(n)
		if n == 0 {
			name = "service-outage.night.test"
			wrong := strings.NewReplacer("after: 5m, within: 6m", "within: 3m", "choice: rollback", "choice: other")
			texts["service-outage.wrong.test.yaml"] = wrong.Replace(text)
		} else if strings.HasPrefix(text, "test:") {
			name += ".test"
		}
		texts[name+".yaml"] = text
	}
	for name, from := range map[string]string{
		"musterbook.example.yaml":                  "../../musterbook.example.yaml",
		"runbooks/service-outage.test.yaml":        "../../runbooks/service-outage.test.yaml",
		"runbooks/" + runbooks.RehearsalSchemaFile: "../../runbooks/" + runbooks.RehearsalSchemaFile,
	} {
		text, err := os.ReadFile(filepath.FromSlash(from))
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTestingExamplesPass(t *testing.T) {
	t.Parallel()
	page := testingPage(t)
	dir := checkout(t, page)
	if n := len(examples(page)); n < 3 {
		t.Fatalf("only %d examples", n)
	}
	for n, text := range examples(page) {
		name := "example-" + strconv.Itoa(n) + ".yaml"
		arguments := []string{"simulate", strings.Fields(regexp.MustCompile(`(?m)^runbook: .*$`).FindString(text))[1], "--script"}
		if strings.Contains(text, "\ntest:") || strings.HasPrefix(text, "test:") {
			name = "example-" + strconv.Itoa(n) + ".test.yaml"
			arguments = []string{"test"}
		}
		if n == 0 {
			name = "service-outage.night.test.yaml"
		}
		path := filepath.Join(dir, name)
		for _, line := range [][]string{{"check", "--strict", path}, append(arguments, path)} {
			var out bytes.Buffer
			if status := run(t.Context(), line, plainShell(&out)); status != statusDone || strings.Contains(out.String(), "did not go as written") {
				t.Errorf("muster %s ends with %d:\n%s\n%s", strings.Join(line, " "), status, &out, text)
			}
		}
	}
}

// What stands below a command is what it prints; … stands for what is left out.
func TestTestingShowsWhatMusterPrints(t *testing.T) {
	page := testingPage(t)
	t.Chdir(checkout(t, page))
	took := regexp.MustCompile(`\(\d+\.\d s\)|in \d+\.\d s`)
	shown := 0
	for _, f := range fences(page) {
		line, want, ok := strings.Cut(strings.TrimPrefix(f.text, "$ muster "), "\n")
		if f.language != "console" || !ok {
			continue
		}
		shown++
		var out bytes.Buffer
		run(t.Context(), commandWords(line), plainShell(&out))
		got := took.ReplaceAllString(out.String(), "soon")
		for piece := range strings.SplitSeq(took.ReplaceAllString(want, "soon"), "…\n") {
			_, rest, found := strings.Cut(got, piece)
			if !found {
				t.Errorf("muster %s does not print, or not there:\n%s\nleft is:\n%s", line, piece, got)
				break
			}
			got = rest
		}
	}
	if shown < 5 {
		t.Errorf("only %d outputs are shown", shown)
	}
}

// tableOf is the first column of a table between two marks, and what stands in the last one, word by word.
func tableOf(t *testing.T, page, mark string) (names []string, last map[string][]string) {
	t.Helper()
	_, table, ok := strings.Cut(page, "<!-- "+mark+" -->\n")
	table, _, closed := strings.Cut(table, "\n<!-- /"+mark+" -->")
	if !ok || !closed {
		t.Fatalf("no table between the marks %s", mark)
	}
	last = map[string][]string{}
	for _, row := range strings.Split(table, "\n")[2:] {
		cells := strings.Split(strings.Trim(row, "|"), "|")
		name := regexp.MustCompile("`([a-z_-]+)`").FindStringSubmatch(cells[0])
		if name == nil {
			t.Fatalf("no name in %q", row)
		}
		names = append(names, name[1])
		for _, word := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(cells[len(cells)-1], -1) {
			last[name[1]] = append(last[name[1]], word[1])
		}
	}
	return names, last
}

// The tables of keys, verbs and expectations are those of the schema, in its order.
func TestTestingListsWhatATestMaySay(t *testing.T) {
	t.Parallel()
	page := testingPage(t)
	text, err := runbooks.RehearsalSchema()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Definitions map[string]struct {
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	keys, _ := tableOf(t, page, "keys")
	if diff := cmp.Diff(runbooks.RehearsalKeys(), keys); diff != "" {
		t.Errorf("keys (-has +page)\n%s", diff)
	}
	verbs, fields := tableOf(t, page, "verbs")
	if diff := cmp.Diff(runbooks.ScriptVerbs(), verbs); diff != "" {
		t.Errorf("verbs (-has +page)\n%s", diff)
	}
	for _, verb := range verbs {
		beside := slices.Sorted(maps.Keys(schema.Definitions["act_"+verb].Properties))
		beside = slices.DeleteFunc(beside, func(name string) bool { return slices.Contains([]string{"at", "by", "refused", verb}, name) })
		slices.Sort(fields[verb])
		if !slices.Equal(beside, fields[verb]) {
			t.Errorf("beside %s stand %v, the page says %v", verb, beside, fields[verb])
		}
	}
	expectations, _ := tableOf(t, page, "expectations")
	slices.Sort(expectations)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(schema.Definitions["expect"].Properties)), expectations); diff != "" {
		t.Errorf("expectations (-has +page)\n%s", diff)
	}
	_, states, _ := strings.Cut(page, "\n| `steps` |")
	states, _, _ = strings.Cut(states, "\n")
	var words []string
	for _, word := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(states, -1) {
		words = append(words, word[1])
	}
	if diff := cmp.Diff(runbooks.StepStates(), words); diff != "" {
		t.Errorf("states (-has +page)\n%s", diff)
	}
}

// findingCodes are the values of the constants of type FindingCode in package rehearsal.
func findingCodes(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", "..", "rehearsal", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "FindingCode" {
				return true
			}
			for _, value := range spec.Values {
				if code, err := strconv.Unquote(value.(*ast.BasicLit).Value); err == nil {
					codes = append(codes, code)
				}
			}
			return true
		})
	}
	return codes
}

func TestTestingListsTheFindings(t *testing.T) {
	t.Parallel()
	names, _ := tableOf(t, testingPage(t), "findings")
	codes := findingCodes(t)
	slices.Sort(names)
	slices.Sort(codes)
	if diff := cmp.Diff(codes, names); diff != "" || len(codes) == 0 {
		t.Errorf("findings (-has +page)\n%s", diff)
	}
}

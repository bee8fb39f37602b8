package runbooks

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fixtures holds for each rule a runbook that breaks it and one that does not. The faulty one says at its end which
// problems of its rule it has: `# want: LINE:COLUMN CODE message (hint)`.
const fixtures = "testdata/rules"

var updateWants = flag.Bool("wants", false, "rewrite what the faulty fixtures want; read the difference")

// surroundings is what the fixtures may use: the manifests and the runbooks beside them. Their server has no fallback.
func surroundings(t testing.TB) Known {
	t.Helper()
	files := os.DirFS(fixtures)
	manifests, problems := LoadManifests(Actions(files))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return Known{Actions: manifests, Runbooks: Beside(files), NoFallback: true}
}

func readFixture(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures, name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// asWanted spells the problems of one rule as fixtures do.
func asWanted(problems Problems, code Code) []string {
	var out []string
	for _, p := range problems {
		if p.Code == code {
			out = append(out, "# want: "+strings.TrimPrefix(p.String(), p.File+":"))
		}
	}
	return out
}

// runbookRules are the rules that a runbook can break; those of rehearsals have fixtures of another kind.
func runbookRules() []Rule { return Rules()[:len(Rules())-len(rehearsalRules)] }

// Every rule is broken by its own fixture at the places that it names, and kept by the other one.
func TestFixtures(t *testing.T) {
	t.Parallel()
	known := surroundings(t)
	for _, rule := range runbookRules() {
		t.Run(string(rule.Code), func(t *testing.T) {
			t.Parallel()
			text := readFixture(t, string(rule.Code)+"-bad")
			runbook, wants, _ := strings.Cut(text, "# want: ")
			_, problems := ParseWith("x.yaml", []byte(text), known)
			got := asWanted(problems, rule.Code)
			if *updateWants {
				write := runbook + strings.Join(got, "\n") + "\n"
				if err := os.WriteFile(filepath.Join(fixtures, string(rule.Code)+"-bad.yaml"), []byte(write), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(strings.Split(strings.TrimSpace("# want: "+wants), "\n"), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for _, p := range problems {
				if p.Code != rule.Code && !p.Warning {
					t.Errorf("another rule is broken as well: %s", p)
				}
			}
			if !slices.ContainsFunc(problems, func(p Problem) bool { return p.Code == rule.Code && p.Warning == rule.Warning }) {
				t.Errorf("no problem of the rule's own weight:\n%s", problems)
			}

			rb, problems := ParseWith("x.yaml", []byte(readFixture(t, string(rule.Code)+"-good")), known)
			for _, p := range problems {
				if p.Code == rule.Code || !p.Warning {
					t.Errorf("the good one: %s", p)
				}
			}
			if rb != nil {
				roundTrip(t, rb)
			}
		})
	}
}

// The table of rules is complete, in order, and says what to do; so does every problem of a fixture.
func TestRulesAreExplained(t *testing.T) {
	t.Parallel()
	var codes []string
	for _, rule := range Rules() {
		codes = append(codes, string(rule.Code))
		for what, text := range map[string]string{"title": rule.Title, "explanation": rule.About, "remedy": rule.Remedy} {
			if text == "" || what != "title" && !strings.HasSuffix(text, ".") {
				t.Errorf("%s: its %s is %q", rule.Code, what, text)
			}
		}
	}
	var want []string
	for _, group := range []struct {
		letter string
		count  int
	}{{"P", 9}, {"N", 6}, {"T", 10}, {"F", 8}, {"S", 15}, {"R", 4}} {
		for n := range group.count {
			want = append(want, fmt.Sprintf("%s%02d", group.letter, n+1))
		}
	}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, known := RuleOf("X99"); known {
		t.Error("a rule that does not exist was found")
	}
}

// Every file of the directory belongs to a rule, or is named by one that does.
func TestFixturesAreUsed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(fixtures, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`^[A-Z]\d\d-(good|bad)\.yaml$`)
	for _, file := range files {
		base := filepath.Base(file)
		if !named.MatchString(base) && base != "ring.yaml" && base != "part.yaml" {
			t.Errorf("%s belongs to no rule", base)
		}
	}
}

func TestReadmeListsTheRules(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), "<!-- rules -->\n")
	_, after, ok := strings.Cut(rest, "<!-- /rules -->")
	if !ok {
		t.Fatal("README.md has no table of rules")
	}
	var table strings.Builder
	table.WriteString("| rule | what is wrong | why it matters | what to do |\n|---|---|---|---|\n")
	for _, rule := range Rules() {
		title := rule.Title
		if rule.Warning {
			title += " (warning)"
		}
		fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", rule.Code, title, rule.About, rule.Remedy)
	}
	generated(t, "README.md", []byte(before+"<!-- rules -->\n"+table.String()+"<!-- /rules -->"+after))
}

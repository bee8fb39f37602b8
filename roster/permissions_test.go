package roster_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

// withRules is the small file with rules.
func withRules(t *testing.T, rules string) []byte {
	t.Helper()
	return edited(t, "fallback: [ben]", "fallback: [ben]\n"+rules)
}

// TestPermissions reads rules; what no rule is about keeps its default.
func TestPermissions(t *testing.T) {
	t.Parallel()
	plain := incident.DefaultPermissions()
	plain.Always = []oncall.PersonID{"ben"}
	if diff := cmp.Diff(plain, parse(t, []byte(small)).Permissions); diff != "" {
		t.Errorf("without rules (-want +got):\n%s", diff)
	}
	got := parse(t, withRules(t, `permissions:
  resolve: [comms, sre, ana, responders, api, fallback]
  lower: anyone
  upgrade: [deputy]
`)).Permissions
	want := incident.DefaultPermissions()
	want.Always = plain.Always
	want.Teams = map[string][]oncall.PersonID{"sre": {"ana", "ben"}, "fallback": {"ben"}}
	want.Rules[incident.MayResolve] = []incident.Grant{
		{Kind: incident.GrantRole, Name: "comms"},
		{Kind: incident.GrantTeam, Name: "sre"},
		{Kind: incident.GrantPerson, Name: "Ana Ruiz", Person: "ana"},
		{Kind: incident.GrantResponders},
		{Kind: incident.GrantAPI},
		{Kind: incident.GrantTeam, Name: "fallback"},
	}
	want.Rules[incident.MayLower] = []incident.Grant{{Kind: incident.GrantAnyone}}
	want.Rules["upgrade"] = []incident.Grant{{Kind: incident.GrantRole, Name: "deputy"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

// TestPermissionsProblems has one row for each mistake.
func TestPermissionsProblems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, rules, want string
	}{
		{name: "no mapping", rules: "permissions: [resolve]", want: `m.yaml:24:14: permissions must be a mapping from verbs (write resolve: [commander, deputy])`},
		{name: "unknown verb", rules: "permissions: { resolv: anyone }", want: `m.yaml:24:16: permissions: nobody can do "resolv": there is no such verb (did you mean "resolve"?)`},
		{name: "unlike any verb", rules: "permissions: { administrate: anyone }", want: `m.yaml:24:16: permissions: nobody can do "administrate": there is no such verb (docs/permissions.md lists the verbs)`},
		{name: "severity", rules: "permissions: { severity: sre }", want: `m.yaml:24:16: permissions: there is no rule for severity as a whole (write raise, lower or both: to lower it is another thing than to raise it)`},
		{name: "nobody", rules: "permissions: { resolve: [] }", want: `m.yaml:24:25: permissions.resolve: nobody could do that (name who may, or remove the rule)`},
		{name: "empty", rules: "permissions: { resolve: }", want: `m.yaml:24:25: permissions.resolve is empty (give a value or remove the key; an unquoted # starts a comment)`},
		{name: "a mapping", rules: "permissions: { resolve: { team: sre } }", want: `m.yaml:24:25: permissions.resolve must be a list of names (write [commander, deputy])`},
		{name: "unknown team", rules: "permissions: { resolve: [commander, sree] }", want: `m.yaml:24:37: permissions.resolve: no person, team or role of a runbook is called "sree" (did you mean "sre"?)`},
		{name: "unknown role", rules: "permissions: { resolve: comander }", want: `m.yaml:24:25: permissions.resolve: no person, team or role of a runbook is called "comander" (did you mean "commander"?)`},
		{name: "a schedule", rules: "permissions: { resolve: cto }", want: `m.yaml:24:25: permissions.resolve: "cto" is a schedule (name a team, or responders: who is on call changes, and who may do what stands fast for an incident)`},
		{name: "the same twice", rules: "permissions: { resolve: [sre, sre] }", want: `m.yaml:24:31: permissions.resolve: "sre" stands here twice (keep one)`},
		{name: "a rule twice", rules: "permissions: { resolve: sre, resolve: ana }", want: `m.yaml:24:30: permissions.resolve stands here twice, first in line 24 (keep one)`},
		{name: "anyone and more", rules: "permissions: { resolve: [sre, anyone] }", want: `m.yaml:24:26: permissions.resolve: where anyone may, nobody else needs to be named (keep anyone alone, or remove it)`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, problems := roster.Parse("m.yaml", withRules(t, test.rules), outside())
			var got []string
			for _, p := range problems {
				got = append(got, p.String())
			}
			if diff := cmp.Diff([]string{test.want}, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
	_, problems := roster.Parse("m.yaml", edited(t, "  sre: {members: [ana, ben]}", "  sre: {members: [ana, ben]}\n  responders: {members: [ana]}",
		"fallback: [ben]", "fallback: [ben]\npermissions: { resolve: responders }"), outside())
	const want = `m.yaml:25:25: permissions.resolve: "responders" is a team, too (rename that one: here the word means what docs/permissions.md says)`
	if len(problems) != 1 || problems[0].String() != want {
		t.Errorf("a team by that name: %v", problems)
	}
}

// TestPermissionsWithoutRunbooks: whoever reads the file without the runbooks takes a name that it does not know for a role.
func TestPermissionsWithoutRunbooks(t *testing.T) {
	t.Parallel()
	from := outside()
	from.Runbooks = nil
	c, problems := roster.Parse("m.yaml", withRules(t, "permissions: { resolve: scribe }"), from)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := []incident.Grant{{Kind: incident.GrantRole, Name: "scribe"}}
	if diff := cmp.Diff(want, c.Permissions.Rules[incident.MayResolve]); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
}

// TestUnheldRoles: a role that none of the runbooks in use has is told, with its place; the deputy is given by hand.
func TestUnheldRoles(t *testing.T) {
	t.Parallel()
	from := outside()
	from.Runbooks = func() []roster.Runbook {
		return append(runbooks(), roster.Runbook{ID: "rare", Roles: []string{"scribe"}})
	}
	c, problems := roster.Parse("m.yaml", withRules(t, "permissions: { resolve: [comms, scribe, deputy, commander] }"), from)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := roster.Readiness(c, utc(t, "2026-01-05 12:00"))
	const want = "m.yaml:24:33: permissions.resolve: no runbook that services and routes lead to has the role scribe " +
		"(it counts only where somebody is given it by hand: muster assign KEY scribe PERSON)"
	if len(got) != 1 || got[0].String() != want {
		t.Errorf("warnings are %v", got)
	}
}

// TestPermissionsInSchema: editors know every verb.
func TestPermissionsInSchema(t *testing.T) {
	t.Parallel()
	text, err := roster.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties struct {
			Permissions struct {
				Properties           map[string]any
				AdditionalProperties *bool
			}
		}
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	got := schema.Properties.Permissions
	if len(got.Properties) != len(contract.Permissions()) || got.AdditionalProperties == nil || *got.AdditionalProperties {
		t.Errorf("the schema has %+v", got)
	}
}

// TestPermissionsPage reads what the page about permissions shows, and looks for every verb on it.
func TestPermissionsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/permissions.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 2 {
		t.Fatalf("the page shows %d examples", len(blocks))
	}
	for _, block := range blocks {
		parseExample(t, withBlock(t, block[1]))
	}
	written := parseExample(t, withBlock(t, blocks[0][1])).Permissions
	if diff := cmp.Diff(parseExample(t, example(t)).Permissions, written); diff != "" {
		t.Errorf("what the page calls the default (-is +page):\n%s", diff)
	}
	for _, what := range contract.Permissions() {
		if !strings.Contains(string(page), "`"+string(what)+"`") {
			t.Errorf("docs/permissions.md does not say what %s is", what)
		}
	}
}

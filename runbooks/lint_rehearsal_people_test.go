package runbooks

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// pages is a runbook that calls people by every way of naming them, and imports one that does so, too.
const pages = `
runbook: pages
inputs:
  service: { type: string, required: true }
  region:  { type: string, default: eu }
  team:    { type: string, default: web }
  hosts:   { type: list<string>, default: [a, b] }
roles: { commander: sre-oncall, owner: "${{ inputs.service }}-oncall", comms: "${{ inputs.region }}-comms" }
severities:
  SEV1: { page: [owner, vp-engineering], boss: ciso }
  SEV2: { page: [owner], boss: engineering-manager }
phases:
  identification:
    - page: ${{ policy.page }}
      id: first
      escalate: [commander, cto]
    - page: ${{ policy.boss }}
    - page: ${{ inputs.hosts[0] }}-keeper
    - for_each: inputs.hosts
      as: team
      steps:
        - page: ${{ team }}-janitor
    - assign: commander
      to: ${{ steps.first.acked_by }}
    - runbook: lawyers
      with: { service: contract, region: us }
`

// lawyers is what it imports. Its inputs are its own, though they are called like those of the runbook that imports it.
const lawyers = `
runbook: lawyers
inputs:
  service: { type: string, required: true }
  region:  { type: string, required: true }
roles: { commander: sre-oncall }
phases:
  containment:
    - page: [legal-oncall, "${{ inputs.region }}-legal", "${{ inputs.service }}-lawyer"]
`

// A name in a test is that of somebody, or a check of it could not fail.
func TestCheckPeople(t *testing.T) {
	t.Parallel()
	rb, problems := ParseWith("pages.yaml", []byte(pages), Known{Runbooks: Beside(fstest.MapFS{"lawyers.yaml": {Data: []byte(lawyers)}})})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	config := []string{"ana", "Ana Ruiz", "ben", "Ben Ito", "sre-oncall", "cto"}
	for name, test := range map[string]struct {
		head   string // of the test
		people []string
		not    string // expect.not_paged
		want   []string
	}{
		"those whom the runbook names":        {not: "sre-oncall, cto, fallback"},
		"those of a column":                   {not: "vp-engineering, ciso, engineering-manager"},
		"those of what it imports":            {not: "legal-oncall"},
		"a role is no name":                   {not: "owner, commander", want: []string{`9:15 nobody is called "owner" here`, `9:22 nobody is called "commander" here`}},
		"nobody":                              {not: "carl", want: []string{`9:15 nobody is called "carl" here`}},
		"misspelt":                            {not: "sre-oncal", want: []string{`9:15 nobody is called "sre-oncal" here: did you mean "sre-oncall"?`}},
		"computed from an input, given":       {head: "with: { service: checkout }", not: "checkout-oncall"},
		"computed from an input, given else":  {head: "with: { service: checkout }", not: "search-oncall", want: []string{`9:15 nobody is called "search-oncall" here`}},
		"computed from the service":           {head: "service: checkout", not: "checkout-oncall"},
		"computed from another service":       {head: "service: checkout", not: "search-oncall", want: []string{`9:15 nobody is called "search-oncall" here`}},
		"computed from an input, not given":   {not: "anything-oncall"},
		"computed, and not like this":         {not: "anything-offcall", want: []string{`9:15 nobody is called "anything-offcall" here`}},
		"computed from a default":             {not: "eu-comms"},
		"computed from a default, otherwise":  {not: "us-comms", want: []string{`9:15 nobody is called "us-comms" here: did you mean "eu-comms"?`}},
		"computed by more than an input":      {not: "a-keeper, z-keeper"},
		"computed from a loop":                {head: "with: { team: db }", not: "a-janitor, db-janitor"},
		"the inputs of an import are its own": {head: "with: { region: asia }", not: "us-legal, contract-lawyer"},
		"a person behind a name":              {head: "people: { sre-oncall: ana }", not: "ana, sre-oncall"},
		"whoever acts is made up by that":     {head: "script: [{ at: 1m, ack: true, by: carl }, { at: 2m, page: dora, by: carl }, { at: 3m, assign: owner, to: eve, by: carl }]", not: "carl, dora, eve"},
		"of the configuration":                {people: config, not: "ana, Ben Ito, sre-oncall"},
		"not of the configuration":            {people: config, not: "vp-engineering", want: []string{`9:15 nobody is called "vp-engineering" here`}},
		"an empty configuration has nobody":   {people: []string{}, not: "sre-oncall", want: []string{`9:15 nobody is called "sre-oncall" here`}},
		"patterns are for those made up":      {people: config, not: "anything-oncall", want: []string{`9:15 nobody is called "anything-oncall" here`}},
		"misspelt, of the configuration":      {people: config, not: "Ana Ruis", want: []string{`9:15 nobody is called "Ana Ruis" here: did you mean "Ana Ruiz"?`}},
		"behind a name, with a configuration": {people: config, head: "people: { sre-oncall: carl }", not: "carl"},
		"an act of nobody":                    {people: config, head: "script: [{ at: 1m, ack: true, by: carl }]", not: "ana", want: []string{`3:25 nobody is called "carl" here`}},
		"an act that must be refused":         {people: config, head: "script: [{ at: 1m, ack: true, by: carl, refused: true }]", not: "ana"},
		"an act of somebody":                  {people: config, head: "script: [{ at: 1m, ack: true, by: ben }]", not: "ana"},
		"a telephone of nobody":               {head: "phones: { carl: silent }", not: "cto", want: []string{`3:11 nobody is called "carl" here`}},
		"a telephone of a role":               {head: "phones: { owner: silent }", not: "cto", want: []string{`3:11 nobody is called "owner" here`}},
		"a telephone of a schedule":           {head: "phones: { sre-oncall: 20s }", not: "cto"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := []string{"test: it", "runbook: pages", test.head, "", "", "", "", "expect:", "  not_paged: [" + test.not + "]"}
			all, problems := ParseRehearsals("x.test.yaml", []byte(strings.Join(lines, "\n")))
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range all[0].CheckPeople(rb, test.people) {
				line := fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Message)
				if strings.HasPrefix(p.Hint, "did you mean") {
					line += ": " + p.Hint
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Each place of a test that names somebody is looked at.
func TestCheckPeopleEverywhere(t *testing.T) {
	t.Parallel()
	rb := parsed(t, "runbook: r\nroles: { commander: sre-oncall }\nphases:\n  identification:\n    - page: commander\n")
	all, problems := ParseRehearsals("x.test.yaml", []byte(`test: it
runbook: r
phones: { a-nobody: off }
expect:
  paged: [b-nobody, { who: c-nobody, via: call }]
  not_paged: [d-nobody]
  acknowledged: { by: e-nobody }
`))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, p := range all[0].CheckPeople(rb, nil) {
		got.WriteString(p.Message[len(`nobody is called "`) : len(`nobody is called "`)+1])
	}
	if got.String() != "abcde" {
		t.Errorf("found are %q", got.String())
	}
}

// Whatever can be read can be checked, with and without a configuration.
func TestCheckPeopleOfFixtures(t *testing.T) {
	t.Parallel()
	rb, checked := runbookForTests(t), 0
	for _, begin := range []string{"good", "bad"} {
		for _, file := range rehearsalFiles(t, begin) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all, _ := ParseRehearsals("x.test.yaml", text)
			for i := range all {
				checked++
				for _, p := range append(all[i].CheckPeople(rb, nil), all[i].CheckPeople(rb, []string{})...) {
					if p.Line < 1 || p.Column < 1 || p.Code == "" || p.Hint == "" {
						t.Errorf("%s: bad problem %+v", file, p)
					}
				}
			}
		}
	}
	if checked == 0 {
		t.Error("nothing was checked")
	}
}

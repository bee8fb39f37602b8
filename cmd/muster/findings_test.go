package main

import "testing"

func TestKindOfFile(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		path string
		text string
		want fileKind
	}{
		{name: "a runbook", path: "a.yaml", text: "# people:\nrunbook: a\n", want: runbookFile},
		{name: "quoted", path: "a.yaml", text: "\"runbook\" : a\n", want: runbookFile},
		{name: "a configuration", path: "a.yaml", text: "---\npeople:\n  ana: {}\n", want: configurationFile},
		{name: "part of one", path: "routes.yaml", text: "routes: []\n", want: configurationFile},
		{name: "another part", path: "policies.yaml", text: "policies: {}\n", want: configurationFile},
		{name: "an empty one, by its name", path: "etc/musterbook.yaml", text: "", want: configurationFile},
		{name: "keys below the margin do not count", path: "a.yaml", text: "x:\n  people: 1\n", want: runbookFile},
		{name: "tests, by the name", path: "a.test.yaml", text: "test: x\nrunbook: a\n", want: testFile},
		{name: "tests with nothing in them", path: "a.more.test.yaml", text: "", want: testFile},
		{name: "a script", path: "a.yaml", text: "runbook: a\npeople: { x: ana }\nscript: []\n", want: testFile},
		{name: "a script of a runbook with phases", path: "a.yaml", text: "runbook: a\nscript: x\nphases: {}\n", want: runbookFile},
		{name: "a runbook that is called like the other", path: "musterbook.yaml", text: "runbook: a\n", want: runbookFile},
	}
	for _, test := range tests {
		if got := kindOf(test.path, []byte(test.text)); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/runbooks"
)

func TestFormAsksForEachField(t *testing.T) {
	t.Parallel()
	inc := busy().Incident
	q := openQuestion(&inc, "impact")
	tests := []struct {
		name  string
		typed string
		want  map[string]any
		asked int // how often the first field was asked for
	}{
		{name: "all at once", typed: "12\nsome\n", want: map[string]any{"customers": 12.0, "scope": "some"}, asked: 1},
		{name: "the default", typed: "12\n\n", want: map[string]any{"customers": 12.0}, asked: 1},
		{name: "again until it fits", typed: "\nmany\n3\nsome\n", want: map[string]any{"customers": 3.0, "scope": "some"}, asked: 3},
		{name: "one of the words", typed: "3\nhalf\nall\n", want: map[string]any{"customers": 3.0, "scope": "all"}, asked: 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			got, err := askForm(t.Context(), dialogue{in: strings.NewReader(test.typed), out: &out}, q)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if asked := strings.Count(out.String(), "customers (int, required):"); asked != test.asked {
				t.Errorf("asked %d times for the first field, want %d:\n%s", asked, test.asked, out.String())
			}
		})
	}
	if _, err := askForm(t.Context(), dialogue{in: strings.NewReader("12\n"), out: &bytes.Buffer{}}, q); !errors.Is(err, errNotAnswered) {
		t.Errorf("broken off: %v", err)
	}
}

func TestParseFields(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		words []string
		want  map[string]any
		err   string
	}{
		{name: "none"},
		{name: "a text", words: []string{"with.service=check=out", "note="}, want: map[string]any{"with.service": "check=out", "note": ""}},
		{
			name: "JSON", words: []string{"n:=3", "list:=[1,\"a\"]", "on:=true"},
			want: map[string]any{"n": 3.0, "list": []any{1.0, "a"}, "on": true},
		},
		{name: "no value", words: []string{"service"}, err: `"service" is no field with a value`},
		{name: "no name", words: []string{"=x"}, err: `"=x" is no field with a value`},
		{name: "no JSON", words: []string{"n:=three"}, err: "n:= wants JSON"},
		{name: "twice", words: []string{"n=1", "n:=2"}, err: "n is given twice"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseFields(test.words)
			if (err == nil) != (test.err == "") || err != nil && !strings.HasPrefix(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" && test.err == "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRevertAct(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		words []string
		want  contract.Act
	}{
		{[]string{"containment"}, contract.Act{Value: "containment"}},
		{[]string{"Lessons-Learned"}, contract.Act{Value: "lessons_learned"}},
		{[]string{"rollback"}, contract.Act{Fields: map[string]any{"what": []string{"rollback"}}}},
		{[]string{"rollback", "edr[2]"}, contract.Act{Fields: map[string]any{"what": []string{"rollback", "edr[2]"}}}},
	} {
		if diff := cmp.Diff(test.want, revertAct(test.words)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.words, diff)
		}
	}
}

func TestViewShowsAnUpgrade(t *testing.T) {
	t.Parallel()
	u := gateway.Upgrade{
		Key: "INC-7", Runbook: "service-outage", From: strings.Repeat("a", 64), To: strings.Repeat("b", 64),
		Changes: []runbooks.Change{
			{Address: "severities", What: runbooks.Changed, Fields: []runbooks.FieldChange{{Name: "severities.SEV1.ack", Before: "5m", After: "3m"}}},
			{Address: "rollback", What: runbooks.Changed, Step: "action: deploy.rollback", Fields: []runbooks.FieldChange{{Name: "with.force", After: "true"}, {Name: "retry.max", Before: "2"}}},
			{Address: "containment/3", What: runbooks.Added, Step: "say: The traffic has moved to the standby region\nand we watch it from here"},
		},
		Blockers: []runbooks.Change{{Address: "first", What: runbooks.Moved, Step: "page: owner"}},
	}
	var out bytes.Buffer
	printer{w: &out}.changes(u)
	want := `
INC-7 follows service-outage aaaaaaaaaaaa; the newer text is bbbbbbbbbbbb
  changed  severities
             - severities.SEV1.ack: 5m
             + severities.SEV1.ack: 3m
  changed  rollback: action: deploy.rollback
             + with.force: true
             - retry.max: 2
  added    containment/3: say: The traffic has moved to the standby region and we wat…

In the way: these steps have begun, and are not the same in the newer text
  moved    first: page: owner
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

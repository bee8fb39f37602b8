package incident_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/incident"
)

// What a person types at a terminal is text; it is read as what the field wants, or refused with the reason.
func TestFillForm(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, kind string
		value      any
		want       any
		refusal    string
	}{
		{name: "a number", kind: "number", value: " 2.5 ", want: 2.5},
		{name: "infinity is no number that JSON can carry", kind: "number", value: "Inf", refusal: "a number is needed"},
		{name: "nor is what is not a number", kind: "number", value: "NaN", refusal: "a number is needed"},
		{name: "a whole number", kind: "int", value: "12", want: 12.0},
		{name: "a fraction is no whole number", kind: "int", value: "1.5", refusal: "a whole number is needed"},
		{name: "a number that float64 cannot hold exactly", kind: "int", value: "1e300", refusal: "a whole number is needed"},
		{name: "yes", kind: "bool", value: "Yes", want: true},
		{name: "perhaps", kind: "bool", value: "perhaps", refusal: "yes or no"},
		{name: "a length of time", kind: "duration", value: "1h 30m", want: "1h 30m"},
		{name: "a bare number has no unit", kind: "duration", value: "30", refusal: "30m or 4h"},
		{name: "a list with commas", kind: "list<int>", value: "1, 2,,3", want: []any{1.0, 2.0, 3.0}},
		{name: "a list with one wrong item", kind: "list<int>", value: "1, two", refusal: "a number is needed"},
		{name: "a list as JSON has it", kind: "list<string>", value: []any{"a", "b"}, want: []any{"a", "b"}},
		{name: "a map is no text", kind: "map", value: "a=b", refusal: "a map is needed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			form := []incident.FormField{{Name: "field", Type: c.kind, Required: true}}
			got, err := incident.FillForm(form, map[string]any{"field": c.value})
			if c.refusal != "" {
				if err == nil || !strings.Contains(err.Error(), c.refusal) {
					t.Fatalf("got %v and %v, want a refusal with %q", got, err, c.refusal)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]any{"field": c.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A form says what it has, and which field is missing.
func TestFillFormRefusesFields(t *testing.T) {
	t.Parallel()
	form := []incident.FormField{{Name: "region", Type: "string", Required: true, Enum: []string{"eu", "us"}}}
	for _, c := range []struct {
		name   string
		fields map[string]any
		want   string
	}{
		{"unknown", map[string]any{"regoin": "eu"}, `no field "regoin"`},
		{"missing", map[string]any{"region": " "}, "missing: region"},
		{"not among the values", map[string]any{"region": "mars"}, "cannot be mars"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if err := incident.CheckFields(form, c.fields); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

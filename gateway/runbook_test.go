package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/runbooks"
)

// newerShelf is the shelf after somebody has changed the runbook's steps.
type newerShelf struct{ steps []runbooks.Step }

func (s newerShelf) Runbook(name string) (runbooks.Runbook, string, error) {
	rb, _, err := shelf{}.Runbook(name)
	if err != nil {
		return rb, "", err
	}
	rb.Phases[0].Steps = s.steps
	hash, err := rb.Hash()
	return rb, hash, err
}

// withShelf is a door whose library has other steps.
func withShelf(t *testing.T, steps ...runbooks.Step) *door {
	t.Helper()
	return newDoor(t, func(o *gateway.Options, _ *gateway.ServerConfig) { o.Runbooks = newerShelf{steps} })
}

func TestAStepByHand(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	in := d.declared(t)
	at := "/v1/incidents/" + string(in.Key) + "/step"
	for n, body := range []string{`{"yaml":"say: We look"}`, `{"yaml":"say: We look"}`, `{"yaml":"{ note: found, id: cause }"}`} {
		if r := d.api(t, "POST", at, body); r.status != http.StatusOK {
			t.Errorf("step %d answered %d %s", n, r.status, r.body)
		}
	}
	var lines []string
	for _, e := range d.shown(t, in.WorkflowID).Timeline[1:] {
		lines = append(lines, e.Text)
	}
	if diff := cmp.Diff([]string{"adhoc/0 say: We look", "adhoc/1 note: found"}, lines); diff != "" {
		t.Errorf("steps; a repeated request is one (-want +got):\n%s", diff)
	}
	cases := []struct {
		name, body string
		what       string // its beginning
	}{
		{"no step", `{}`, "there is no step in this request"},
		{"no YAML", `{"yaml":"say: ["}`, "yaml:1:"},
		{"an unknown kind", `{"yaml":"shout: x"}`, "yaml:1:1: P05 "},
		{"an unknown name", `{"yaml":"say: ${{ steps.nothing.choice }}"}`, "yaml:1:"},
		{"another runbook", `{"yaml":"runbook: outage"}`, "another runbook cannot be added"},
		{"another runbook inside", `{"yaml":"{ group: x, steps: [ { runbook: outage } ] }"}`, "another runbook cannot be added"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := d.api(t, "POST", at, c.body)
			if what, _ := r.problem(t); r.status != http.StatusBadRequest || !strings.HasPrefix(what, c.what) || strings.Contains(what, "\n") {
				t.Errorf("answered %d %q, want 400 %s…", r.status, what, c.what)
			}
		})
	}
}

func TestFieldsTravel(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	in := d.declared(t)
	at := "/v1/incidents/" + string(in.Key)
	for _, r := range []reply{
		d.api(t, "POST", at+"/send", `{"value":"restored","fields":{"region":"eu","hosts":3}}`),
		d.api(t, "POST", at+"/edit", `{"step":"rollback","fields":{"with.service":"checkout"}}`),
	} {
		if r.status != http.StatusOK {
			t.Errorf("answered %d %s", r.status, r.body)
		}
	}
	var lines []string
	for _, e := range d.shown(t, in.WorkflowID).Timeline[1:] {
		lines = append(lines, e.Text)
	}
	if diff := cmp.Diff([]string{"restoredmap[hosts:3 region:eu]", "rollbackmap[with.service:checkout]"}, lines); diff != "" {
		t.Errorf("what arrived (-want +got):\n%s", diff)
	}
}

// TestQuotesTravel: a program may put a message of the chat on the timeline; whose pin it is the incident says.
func TestQuotesTravel(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	in := d.declared(t)
	at := "/v1/incidents/" + string(in.Key)
	body := `{"value":"the pool is exhausted","as":"ana","quote":{"message":"C1/1.2","author":"Ann","link":"https://chat.example/1","pins":[{"name":"Eve"}]}}`
	if r := d.api(t, "POST", at+"/note", body); r.status != http.StatusOK {
		t.Errorf("answered %d %s", r.status, r.body)
	}
	lines := d.shown(t, in.WorkflowID).Timeline
	e := lines[len(lines)-1]
	if e.Sentence() != "«the pool is exhausted» – Ann" || e.Quote.Message != "C1/1.2" || len(e.Quote.Pins) != 1 || e.Quote.Pins[0].Person != "ana" {
		t.Errorf("what arrived is %+v of %+v", e, e.Quote)
	}
	r := d.api(t, "POST", at+"/note", `{"value":"x","quote":{"massage":"C1/1.2"}}`)
	if what, _ := r.problem(t); r.status != http.StatusBadRequest || !strings.Contains(what, "massage") {
		t.Errorf("an unknown field is answered with %d %q", r.status, what)
	}
}

func TestUpgrade(t *testing.T) {
	t.Parallel()
	in := newDoor(t).declared(t)
	d := withShelf(t, said(0, "One"), said(1, "Deux"), said(2, "Three"))
	at := "/v1/incidents/" + string(in.Key)
	plan := read[gateway.Upgrade](t, d.api(t, "GET", at+"/upgrade", ""))
	want := gateway.Upgrade{
		Key: in.Key, Runbook: "outage", From: plan.From, To: plan.To, Blockers: []runbooks.Change{}, Changes: []runbooks.Change{
			{
				Path: "identification/1", Address: "identification/1", What: runbooks.Changed, Step: "say: Deux",
				Fields: []runbooks.FieldChange{{Name: "say", Before: "Two", After: "Deux"}},
			},
			{Path: "identification/2", Address: "identification/2", What: runbooks.Added, Step: "say: Three"},
		},
	}
	if diff := cmp.Diff(want, plan); diff != "" || len(plan.From) != 64 || len(plan.To) != 64 || plan.From == plan.To {
		t.Errorf("plan from %s to %s (-want +got):\n%s", plan.From, plan.To, diff)
	}
	r := d.api(t, "POST", at+"/upgrade", `{"hash":"0123"}`)
	if what, hint := r.problem(t); r.status != http.StatusConflict || !strings.HasPrefix(what, "runbook outage has another text by now") {
		t.Errorf("another text than was looked at answered %d %q (%q)", r.status, what, hint)
	}
	if r = d.api(t, "POST", at+"/upgrade", `{"hash":"`+plan.To+`"}`); r.status != http.StatusOK {
		t.Errorf("upgrading answered %d %s", r.status, r.body)
	}
	state := read[contract.RunbookState](t, d.api(t, "GET", at+"/runbook", ""))
	if state.Hash != plan.To || len(state.Runbook.Phases[0].Steps) != 3 {
		t.Errorf("the incident follows %+v", state)
	}
	plan = read[gateway.Upgrade](t, d.api(t, "GET", at+"/upgrade", ""))
	if len(plan.Changes) != 0 || plan.From != plan.To {
		t.Errorf("after the upgrade: %+v", plan)
	}
}

func TestUpgradeOfWhatHasBegun(t *testing.T) {
	t.Parallel()
	in := newDoor(t).declared(t)
	for _, c := range []struct {
		name string
		door *door
		want string
	}{
		{"changed", withShelf(t, said(0, "Uno"), said(1, "Two")), "identification/0 (changed)"},
		{"gone", withShelf(t), "identification/0 (removed)"},
		{"pushed aside", withShelf(t, said(0, "Zero"), said(1, "One"), said(2, "Two")), "identification/0 (moved)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := c.door.api(t, "POST", "/v1/incidents/"+string(in.Key)+"/upgrade", "")
			what, _ := r.problem(t)
			if r.status != http.StatusConflict || what != "steps that have begun are not the same in the new text: "+c.want {
				t.Errorf("answered %d %q", r.status, what)
			}
		})
	}
	other := runbooks.Runbook{ID: "another"}
	_, err := newDoor(t).PlanUpgrade(t.Context(), in.Key, &other)
	wantRefusal(t, err, gateway.Refusal{
		Kind: gateway.RefusedInput, What: string(in.Key) + " follows the runbook outage, and this is another",
		Hint: "an incident keeps its runbook; only the text can be a newer one",
	})
}

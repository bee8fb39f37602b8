package incident_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// start is when every incident of these tests is declared.
var start = time.Date(2026, 7, 14, 2, 7, 0, 0, time.UTC)

// at is an instant after the declaration.
func at(after time.Duration) time.Time { return start.Add(after) }

// person is somebody of the roster who acts in Slack.
func person(id string) incident.Actor {
	name := strings.ToUpper(id[:1]) + id[1:]
	return incident.Actor{Person: oncall.PersonID(id), Name: name, Door: incident.DoorSlack, Verified: true}
}

// visitor is somebody whom the roster does not know.
func visitor(name, login string) incident.Actor {
	return incident.Actor{Name: name, Door: incident.DoorCLI, Login: login}
}

// holder is a person in a role.
func holder(id string, accepted bool) incident.Holder {
	return incident.Holder{Person: oncall.PersonID(id), Name: person(id).Name, Accepted: accepted}
}

// duty is a person who is to be called.
func duty(id string) oncall.Duty {
	return oncall.Duty{Person: oncall.PersonID(id), Name: person(id).Name, Why: "named", Phone: true}
}

// declared is an open incident with three severities, of which none is set.
func declared() *incident.Incident {
	i := &incident.Incident{
		ID: "0198", Key: "INC-1", Title: "error rate", Service: "payments", Source: "alertmanager",
		DeclaredBy: incident.Actor{Name: "alertmanager", Door: incident.DoorAlert, Verified: true},
		Runbook:    "outage", Severities: []incident.Severity{"SEV1", "SEV2", "SEV3"},
	}
	i.Declare(start)
	return i
}

// finished is an incident that has ended.
func finished(t *testing.T) *incident.Incident {
	t.Helper()
	i := declared()
	must(t, i.Finish(at(time.Hour), person("ana"), incident.End{Ending: incident.Resolved}))
	return i
}

// must fails the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused checks that an act was refused in the given words, hint included.
func refused(t *testing.T, err error, want string) {
	t.Helper()
	var r *incident.Refusal
	if !errors.As(err, &r) {
		t.Errorf("the error is %v, want the refusal %q", err, want)
		return
	}
	if err.Error() != want {
		t.Errorf("refused with %q, want %q", err, want)
	}
}

// news are the timeline's lines after the first n, as "kind: text".
func news(i *incident.Incident, n int) []string {
	var lines []string
	for _, e := range i.Timeline[n:] {
		lines = append(lines, string(e.Kind)+": "+e.Text)
	}
	return lines
}

// differs compares and reports.
func differs(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// frozen is the whole state as text, for saying that nothing has changed.
func frozen(t interface{ Fatal(...any) }, i *incident.Incident) string {
	text, err := json.Marshal(i)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestStateHoldsNoSecrets walks through everything that an incident records: it travels through histories and records
// that many may read, so it names people and never their telephone numbers, addresses or passwords.
func TestStateHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	seen := map[reflect.Type]bool{}
	var walk func(place string, of reflect.Type)
	walk = func(place string, of reflect.Type) {
		for slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, of.Kind()) {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || of == reflect.TypeFor[time.Time]() || seen[of] {
			return
		}
		seen[of] = true
		for n := range of.NumField() {
			f := of.Field(n)
			for _, word := range []string{"phone", "number", "mail", "token", "secret", "password", "slack"} {
				if strings.Contains(strings.ToLower(f.Name), word) && f.Type.Kind() == reflect.String {
					t.Errorf("%s.%s looks like something that the timeline may not tell", place, f.Name)
				}
			}
			walk(place+"."+f.Name, f.Type)
		}
	}
	walk("Incident", reflect.TypeFor[incident.Incident]())
	if len(seen) < 8 {
		t.Errorf("only %d structs were looked at; the walk is broken", len(seen))
	}
}

package contract_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// TestAct reads what people and programs send as an act.
func TestAct(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		json string
		want contract.Act
		err  bool
	}{
		{name: "a bare text", json: `"SEV1"`, want: contract.Act{Value: "SEV1"}},
		{name: "a bare text with escapes", json: `"caf\u00e9 \"x\""`, want: contract.Act{Value: `café "x"`}},
		{name: "an empty text", json: `""`, want: contract.Act{}},
		{name: "a text that looks like an object", json: `"{}"`, want: contract.Act{Value: "{}"}},
		{name: "nothing", json: `null`, want: contract.Act{}},
		{name: "an empty object", json: `{}`, want: contract.Act{}},
		{name: "an object", json: ` {"value":"SEV2","reason":"one region"} `, want: contract.Act{Value: "SEV2", Reason: "one region"}},
		{
			name: "a whole one",
			json: `{"id":"7","by":{"person":"ana","name":"Ana","door":"slack","verified":true},"key":"INC-1","step":"stop","question":"q","role":"comms","person":"ben","person_name":"Ben","page":"p","all":true}`,
			want: contract.Act{
				ID: "7", By: incident.Actor{Person: "ana", Name: "Ana", Door: incident.DoorSlack, Verified: true}, Key: "INC-1",
				Step: "stop", Question: "q", Role: "comms", Person: "ben", PersonName: "Ben", Page: "p", All: true,
			},
		},
		{name: "a field of a later version", json: `{"value":"x","mood":"bad"}`, want: contract.Act{Value: "x"}},
		{name: "a number", json: `1`, err: true},
		{name: "a truth", json: `true`, err: true},
		{name: "a list", json: `["SEV1"]`, err: true},
		{name: "a wrong field", json: `{"value":1}`, err: true},
		{name: "cut off", json: `{"value":"SEV`, err: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got contract.Act
			err := json.Unmarshal([]byte(test.json), &got)
			if (err != nil) != test.err {
				t.Fatalf("the error is %v", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" && !test.err {
				t.Errorf("act (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBareTextReplacesEverything: what stood in the target before is gone.
func TestBareTextReplacesEverything(t *testing.T) {
	t.Parallel()
	act := contract.Act{ID: "old", All: true, Value: "old"}
	if err := json.Unmarshal([]byte(`"new"`), &act); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(contract.Act{Value: "new"}, act); diff != "" {
		t.Errorf("act (-want +got):\n%s", diff)
	}
}

// FuzzAct: whatever comes, an act is read or refused, and one that was read survives the way through a history.
func FuzzAct(f *testing.F) {
	for _, seed := range []string{
		`"SEV1"`, `""`, `null`, `{}`, `[]`, `1`, `{"value":"SEV1","reason":"x"}`, `{"by":{"name":"Ana","door":"cli"},"all":true}`, `{"by":null}`,
		`{"value":1}`, `{"value":"\ud800"}`, `"\ufffd"`, "\"\xff\"", `{"ID":"x","Id":"y","id":"z"}`, ` "x" `, `"x" "y"`, `{"by":{"person":{}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var act contract.Act
		if json.Unmarshal(data, &act) != nil {
			return
		}
		text, err := json.Marshal(act)
		if err != nil {
			t.Fatalf("an act that was read cannot be written: %v", err)
		}
		var again contract.Act
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatalf("an act that was written cannot be read: %v", err)
		}
		if !reflect.DeepEqual(act, again) {
			t.Errorf("%s is read as %+v and comes back as %+v", data, act, again)
		}
		var bare string
		if json.Unmarshal(data, &bare) == nil && !reflect.DeepEqual(act, contract.Act{Value: bare}) {
			t.Errorf("the bare text %s is read as %+v", data, act)
		}
	})
}

package contract_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// update writes the golden files anew. It only ever adds: what a golden file has and the code has not is a broken wire.
var update = flag.Bool("update", false, "add new fields, names and words to the golden files")

// TestPayloads compares every payload with the form that histories may hold already.
func TestPayloads(t *testing.T) {
	t.Parallel()
	for _, p := range payloads() {
		of := reflect.TypeOf(p)
		t.Run(of.Name(), func(t *testing.T) {
			t.Parallel()
			got := marshal(t, filled(of).Interface())
			want := golden(t, of.Name()+".json", got)
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("the wire has changed; new fields are added with -update (-golden +code):\n%s", diff)
			}
			decoded := reflect.New(of)
			strict := json.NewDecoder(bytes.NewReader(want))
			strict.DisallowUnknownFields()
			if err := strict.Decode(decoded.Interface()); err != nil {
				t.Fatalf("a recorded payload cannot be read any more: %v", err)
			}
			if diff := cmp.Diff(string(want), string(marshal(t, decoded.Interface()))); diff != "" {
				t.Errorf("reading a recorded payload loses something (-recorded +read):\n%s", diff)
			}
		})
	}
}

// TestFieldsAreNamed: a field's name on the wire stands in its tag and never depends on its name in Go.
func TestFieldsAreNamed(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	for of := range reachable() {
		names := map[string]bool{}
		for n := range of.NumField() {
			f := of.Field(n)
			name := jsonName(f)
			if f.Anonymous && name == "" {
				continue
			}
			if !f.IsExported() || !form.MatchString(name) || names[name] {
				t.Errorf("%s.%s is called %q on the wire; write a json tag of its own, in small_letters", of, f.Name, name)
			}
			names[name] = true
		}
	}
}

// TestGoldenFilesAreUsed: a golden file without a payload is a payload that has been taken away.
func TestGoldenFilesAreUsed(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"names.json": true, "words.json": true}
	for _, p := range payloads() {
		known[reflect.TypeOf(p).Name()+".json"] = true
	}
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() && !known[e.Name()] {
			t.Errorf("testdata/%s belongs to no payload; types of the wire are never removed or renamed", e.Name())
		}
	}
}

// TestBrokenWireIsNoticed proves that the comparison would see what it is for.
func TestBrokenWireIsNoticed(t *testing.T) {
	t.Parallel()
	const recorded = `{"key":"INC-1","by":{"name":"Ana"},"list":[{"at":1}],"gone_later":true}`
	tests := []struct {
		name string
		now  string
		want []string
	}{
		{"nothing changed", recorded, nil},
		{"a field is added", `{"key":"INC-1","by":{"name":"Ana","door":"cli"},"list":[{"at":1}],"gone_later":true,"new":1}`, nil},
		{"a field is gone", `{"key":"INC-1","by":{"name":"Ana"},"list":[{"at":1}]}`, []string{"gone_later is gone"}},
		{"an inner field is renamed", `{"key":"INC-1","by":{"title":"Ana"},"list":[{"when":1}],"gone_later":true}`, []string{"by.name is gone", "list.0.at is gone"}},
		{"another type", `{"key":1,"by":"Ana","list":[{"at":1}],"gone_later":true}`, []string{"by was a map[string]interface {} and is a string", "key was a string and is a float64"}},
		{"another meaning", `{"key":"INC-1","by":{"name":"Ben"},"list":[{"at":1}],"gone_later":true}`, []string{"by.name was Ana and is Ben"}},
		{"a list is empty", `{"key":"INC-1","by":{"name":"Ana"},"list":[],"gone_later":true}`, []string{"list.0 is gone"}},
	}
	for _, test := range tests {
		got := breaks(decode(t, []byte(recorded)), decode(t, []byte(test.now)), "")
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// golden reads a golden file. With -update it first adds what is new, unless something old would be lost.
func golden(t *testing.T, name string, got []byte) []byte {
	t.Helper()
	path := filepath.Join("testdata", name)
	want, err := os.ReadFile(path)
	if err != nil && (!*update || !errors.Is(err, fs.ErrNotExist)) {
		t.Fatal(err)
	}
	if !*update {
		return want
	}
	if len(want) > 0 {
		if lost := breaks(decode(t, want), decode(t, got), ""); len(lost) > 0 {
			t.Fatalf("%s is not written, because histories hold what the code has no more: %q", path, lost)
		}
	}
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, got, 0o644); err != nil {
		t.Fatal(err)
	}
	return got
}

// breaks lists what the old value has and the new one lacks, or has as something else.
func breaks(was, is any, place string) []string {
	at := func(name any) string {
		if place == "" {
			return fmt.Sprint(name)
		}
		return fmt.Sprint(place, ".", name)
	}
	if reflect.TypeOf(was) != reflect.TypeOf(is) {
		return []string{fmt.Sprintf("%s was a %T and is a %T", place, was, is)}
	}
	var lost []string
	switch was := was.(type) {
	case map[string]any:
		for _, name := range sortedKeys(was) {
			now, ok := is.(map[string]any)[name]
			if !ok {
				lost = append(lost, at(name)+" is gone")
				continue
			}
			lost = append(lost, breaks(was[name], now, at(name))...)
		}
	case []any:
		for n := range was {
			if n >= len(is.([]any)) {
				return append(lost, at(n)+" is gone")
			}
			lost = append(lost, breaks(was[n], is.([]any)[n], at(n))...)
		}
	default:
		if was != is {
			return []string{fmt.Sprintf("%s was %v and is %v", place, was, is)}
		}
	}
	return lost
}

// decode reads JSON into plain values.
func decode(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// marshal writes a value as the golden files have it.
func marshal(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

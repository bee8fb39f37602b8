package runbooks

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// Change is one difference between two texts of a runbook.
type Change struct {
	Path    string   `json:"path"`
	Address string   `json:"address"`
	What    string   `json:"what"`             // "added", "removed" or "changed"
	Fields  []string `json:"fields,omitempty"` // of a step that has changed: which
	Step    string   `json:"step"`             // in one line
}

// The kinds of changes.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// Diff lists what is different step by step, in the order of the new text; what was removed comes last.
func Diff(before, after *Runbook) []Change {
	old, now := before.byPath(), after.byPath()
	var out []Change
	after.WalkAll(func(_ Place, s *Step) {
		known, ok := old[s.Path]
		switch {
		case !ok:
			out = append(out, Change{Path: s.Path, Address: s.Address, What: Added, Step: s.Summary()})
		default:
			if fields := changedFields(known, s); len(fields) > 0 {
				out = append(out, Change{Path: s.Path, Address: s.Address, What: Changed, Fields: fields, Step: s.Summary()})
			}
		}
	})
	before.WalkAll(func(_ Place, s *Step) {
		if _, ok := now[s.Path]; !ok {
			out = append(out, Change{Path: s.Path, Address: s.Address, What: Removed, Step: s.Summary()})
		}
	})
	return out
}

// UpgradeBlockers lists the steps that have begun and are not the same in the new text: why an open incident cannot go
// on with it. The steps below one that has begun may differ as long as they have not begun themselves.
func UpgradeBlockers(before, after *Runbook, started []string) []Change {
	old, now := before.byPath(), after.byPath()
	var out []Change
	for _, path := range started {
		was, known := old[path]
		if !known {
			continue
		}
		is, there := now[path]
		if !there {
			out = append(out, Change{Path: path, Address: was.Address, What: Removed, Step: was.Summary()})
			continue
		}
		if fields := changedFields(was, is); len(fields) > 0 {
			out = append(out, Change{Path: path, Address: was.Address, What: Changed, Fields: fields, Step: is.Summary()})
		}
	}
	return out
}

// byPath finds steps by their paths.
func (rb *Runbook) byPath() map[string]*Step {
	steps := map[string]*Step{}
	rb.WalkAll(func(_ Place, s *Step) { steps[s.Path] = s })
	return steps
}

// changedFields lists the fields of two steps that differ, without the steps below them.
func changedFields(a, b *Step) []string {
	before, after := a.own(), b.own()
	var fields []string
	for name := range after {
		if !reflect.DeepEqual(before[name], after[name]) {
			fields = append(fields, name)
		}
	}
	for name := range before {
		if _, there := after[name]; !there {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	return fields
}

// own is a step's own fields by name, without its address and the steps below it.
func (s *Step) own() map[string]any {
	text, err := json.Marshal(s)
	if err != nil {
		return map[string]any{"error": fmt.Sprint(err)}
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return map[string]any{"error": fmt.Sprint(err)}
	}
	out := map[string]any{}
	for name, value := range fields {
		if name == string(s.Kind) {
			for inner, v := range value.(map[string]any) {
				out[inner] = withoutSteps(v)
			}
			continue
		}
		if name != "address" && name != "path" {
			out[name] = withoutSteps(value)
		}
	}
	return out
}

// withoutSteps leaves the steps out of a decoded value: lists of objects that have a path.
func withoutSteps(value any) any {
	switch v := value.(type) {
	case []any:
		list := []any{}
		for _, item := range v {
			if step, ok := item.(map[string]any); ok && step["path"] != nil && step["kind"] != nil {
				continue
			}
			list = append(list, withoutSteps(item))
		}
		return list
	case map[string]any:
		object := map[string]any{}
		for name, inner := range v {
			if name != "body" {
				object[name] = withoutSteps(inner)
			}
		}
		return object
	}
	return value
}

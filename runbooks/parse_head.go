package runbooks

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
)

// name reads a key that expressions will spell.
func (r *reader) name(n *yaml.Node, what string) (string, bool) {
	if !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(n.Value) || !expression.ValidName(n.Value) {
		p := Problem{Code: CodeBadName, Message: fmt.Sprintf("%q cannot be the name of %s", n.Value, what), Hint: "use a-z, 0-9 and _, a letter first"}
		if strings.Contains(n.Value, "-") {
			p.Hint = fmt.Sprintf("expressions read - as minus: write %s", strings.ReplaceAll(n.Value, "-", "_"))
		}
		r.report(n, p)
		return "", false
	}
	return n.Value, true
}

// vars reads the constants.
func (r *reader) vars(n *yaml.Node) []Var {
	entries, _ := r.entries(n, "vars")
	return r.named(entries, "a constant", "vars", "vars")
}

// outputs reads what the runbook gives to one that imports it.
func (r *reader) outputs(n *yaml.Node) []Var {
	entries, _ := r.entries(n, "outputs")
	return r.named(entries, "an output", "outputs", "outputs")
}

// named reads names that expressions will spell, each with its text. Messages say field; the texts' places stand below at.
func (r *reader) named(entries []entry, what, field, at string) []Var {
	var vars []Var
	for _, e := range entries {
		name, good := r.name(e.keyNode, what)
		value, ok := r.text(e.value, field+"."+e.key)
		if good && ok {
			r.places[at+"."+name] = e.value
			vars = append(vars, Var{Name: name, Value: value})
		}
	}
	return vars
}

// roles reads who fills which role.
func (r *reader) roles(n *yaml.Node) []Role {
	roles := []Role{}
	entries, _ := r.entries(n, "roles")
	for _, e := range entries {
		name, good := r.name(e.keyNode, "a role")
		fill, ok := r.text(e.value, "roles."+e.key)
		if good && ok {
			r.places["roles."+name] = e.value
			roles = append(roles, Role{Name: incident.Role(name), Fill: fill})
		} else if good {
			roles = append(roles, Role{Name: incident.Role(name)}) // known, so that nothing else complains of it
		}
	}
	return roles
}

// severities reads the table, worst first. Every row has the same columns with the same types.
func (r *reader) severities(n *yaml.Node) []SeverityRow {
	entries, ok := r.entries(n, "severities")
	if ok && len(entries) == 0 {
		r.report(n, Problem{Code: CodeEmpty, Message: "the table has no severity", Hint: "leave severities out to have SEV1, SEV2 and SEV3"})
	}
	var rows []SeverityRow
	for _, e := range entries {
		if !regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`).MatchString(e.key) {
			r.report(e.keyNode, Problem{Code: CodeBadName, Message: fmt.Sprintf("%q cannot be a severity's name", e.key), Hint: "use letters, digits, - and _"})
			continue
		}
		r.places["severities."+e.key] = e.keyNode
		rows = append(rows, SeverityRow{Severity: incident.Severity(e.key), Columns: r.columns(e)})
	}
	r.compareRows(rows)
	return rows
}

// columns reads one row; an empty row is a severity without columns.
func (r *reader) columns(row entry) map[string]any {
	if row.value.Kind == yaml.ScalarNode && row.value.Tag == "!!null" {
		return nil
	}
	entries, _ := r.entries(row.value, "a severity")
	var columns map[string]any
	for _, e := range entries {
		name, good := r.name(e.keyNode, "a column")
		value, ok := r.value(e.value, "severities."+row.key+"."+e.key, 0)
		if good && ok {
			if columns == nil {
				columns = map[string]any{}
			}
			columns[name] = value
			r.places["severities."+row.key+"."+name] = e.value
		}
	}
	return columns
}

// compareRows reports rows whose columns or types differ from those of the first.
func (r *reader) compareRows(rows []SeverityRow) {
	if len(rows) == 0 {
		return
	}
	first := rows[0]
	for _, row := range rows[1:] {
		at := "severities." + string(row.Severity)
		for _, column := range sortedKeys(first.Columns) {
			if _, ok := row.Columns[column]; !ok {
				r.report(r.place(at), Problem{Code: CodeColumns, Message: fmt.Sprintf("%s has no column %q", row.Severity, column), Hint: fmt.Sprintf("%s has it; every row has the same columns", first.Severity)})
			}
		}
		for _, column := range sortedKeys(row.Columns) {
			want, ok := first.Columns[column]
			if !ok {
				r.report(r.place(at+"."+column), Problem{Code: CodeColumns, Message: fmt.Sprintf("only %s has a column %q", row.Severity, column), Hint: "every row has the same columns"})
				continue
			}
			if _, same := unify(valueType(want), valueType(row.Columns[column])); !same {
				r.report(r.place(at+"."+column), Problem{Code: CodeColumns, Message: fmt.Sprintf("%s is %s in %s and %s in %s", column, valueType(want), first.Severity, valueType(row.Columns[column]), row.Severity), Hint: "a column has one type"})
			}
		}
	}
}

// value reads a constant: text, number, boolean, or a list or map of them. Numbers are float64, as JSON would give
// them back.
func (r *reader) value(n *yaml.Node, what string, depth int) (any, bool) {
	if n = r.visit(n); n == nil || depth > maxNesting {
		return nil, false
	}
	switch n.Kind {
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			value, ok := r.value(item, what, depth+1)
			if !ok {
				return nil, false
			}
			list = append(list, value)
		}
		return list, true
	case yaml.MappingNode:
		entries, ok := r.entries(n, what)
		object := map[string]any{}
		for _, e := range entries {
			value, good := r.value(e.value, what, depth+1)
			object[e.key], ok = value, ok && good
		}
		return object, ok
	default:
		return r.scalarValue(n, what)
	}
}

func (r *reader) scalarValue(n *yaml.Node, what string) (any, bool) {
	n, ok := r.scalar(n, what)
	if !ok {
		return nil, false
	}
	switch n.Tag {
	case "!!bool":
		return strings.EqualFold(n.Value, "true"), true
	case "!!int", "!!float":
		number, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64)
		if err != nil || math.IsInf(number, 0) || math.IsNaN(number) {
			r.report(n, Problem{Code: CodeMismatch, Message: fmt.Sprintf("%s is not a plain number", n.Value), Hint: "write it in decimal digits, or quote it"})
			return nil, false
		}
		return number, true
	default:
		text, good := r.plain(n, what)
		return text, good
	}
}

// valueType is the type of a constant: text that reads as a duration is one, and a whole number is an int.
func valueType(value any) expression.Type {
	switch v := value.(type) {
	case bool:
		return expression.Bool
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return expression.Int
		}
		return expression.Double
	case string:
		if _, err := expression.ParseDuration(v); err == nil {
			return expression.Duration
		}
		return expression.String
	case []any:
		if len(v) == 0 {
			return expression.ListOf(expression.Dyn)
		}
		return expression.ListOf(sharedType(v))
	case map[string]any:
		values := make([]any, 0, len(v))
		for _, key := range sortedKeys(v) {
			values = append(values, v[key])
		}
		return expression.MapOf(sharedType(values))
	default:
		return expression.Dyn
	}
}

// sharedType is the one type of all values, or Dyn.
func sharedType(values []any) expression.Type {
	if len(values) == 0 {
		return expression.Dyn
	}
	shared := valueType(values[0])
	for _, value := range values[1:] {
		var same bool
		if shared, same = unify(shared, valueType(value)); !same {
			return expression.Dyn
		}
	}
	return shared
}

// unify is the type that two values of one column share.
func unify(a, b expression.Type) (expression.Type, bool) {
	switch {
	case a == b:
		return a, true
	case a == expression.ListOf(expression.Dyn) && b.IsList(), a == expression.MapOf(expression.Dyn) && b.IsMap():
		return b, true
	case b == expression.ListOf(expression.Dyn) && a.IsList(), b == expression.MapOf(expression.Dyn) && a.IsMap():
		return a, true
	case (a == expression.Int && b == expression.Double) || (a == expression.Double && b == expression.Int):
		return expression.Double, true
	default:
		return a, false
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

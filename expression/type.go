package expression

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
)

// Type is the type of a variable or of an expression's value, in the spelling
// that runbooks use: "string", "list<string>", "map<int>". Being text, a Type is
// comparable and travels through JSON and YAML as it is. The empty Type is Dyn.
type Type string

// The types that are not built from others.
const (
	String    Type = "string"
	Int       Type = "int"
	Bool      Type = "bool"
	Double    Type = "double"
	Duration  Type = "duration"
	Timestamp Type = "timestamp"
	// Dyn is a value whose type is known only when it is there. As a wanted type
	// it stands for "any".
	Dyn Type = "dyn"
)

// maxTypeDepth bounds the nesting that ParseType accepts: a runbook needs two.
const maxTypeDepth = 8

// ListOf is the type of a list of elem.
func ListOf(elem Type) Type { return "list<" + elem.orDyn() + ">" }

// MapOf is the type of a map from text to elem.
func MapOf(elem Type) Type { return "map<" + elem.orDyn() + ">" }

// Elem is the element type of a list or of a map, and Dyn for every other type.
func (t Type) Elem() Type {
	for _, prefix := range []string{"list<", "map<"} {
		if inner, ok := strings.CutPrefix(string(t), prefix); ok && strings.HasSuffix(inner, ">") {
			return Type(strings.TrimSuffix(inner, ">")).orDyn()
		}
	}
	return Dyn
}

// IsList tells whether t is a list of anything.
func (t Type) IsList() bool { return strings.HasPrefix(string(t), "list<") }

// IsMap tells whether t is a map of anything.
func (t Type) IsMap() bool { return strings.HasPrefix(string(t), "map<") }

// Accepts tells whether a value of type got may stand where t is wanted. Dynamic
// parts are accepted here and checked again when the value is there.
func (t Type) Accepts(got Type) bool {
	t, got = t.orDyn(), got.orDyn()
	switch {
	case t == Dyn, got == Dyn, t == got:
		return true
	case t.IsList() && got.IsList(), t.IsMap() && got.IsMap():
		return t.Elem().Accepts(got.Elem())
	default:
		return false
	}
}

// ParseType reads a type as a runbook spells it. "list" and "map" without an
// element type hold dynamic values.
func ParseType(text string) (Type, error) { return parseType(text, 0) }

func parseType(text string, depth int) (Type, error) {
	if depth > maxTypeDepth {
		return Dyn, fmt.Errorf("type nested deeper than %d levels", maxTypeDepth)
	}
	switch t := Type(strings.TrimSpace(text)); t {
	case String, Int, Bool, Double, Duration, Timestamp, Dyn:
		return t, nil
	case "list":
		return ListOf(Dyn), nil
	case "map":
		return MapOf(Dyn), nil
	default:
		return parseContainer(string(t), depth)
	}
}

func parseContainer(text string, depth int) (Type, error) {
	name, rest, _ := strings.Cut(text, "<")
	inner, closed := strings.CutSuffix(rest, ">")
	if !closed || (name != "list" && name != "map") {
		return Dyn, fmt.Errorf("unknown type %q (write string, int, bool, double, duration, timestamp, list<…> or map<…>)", text)
	}
	elem, err := parseType(inner, depth+1)
	if err != nil {
		return Dyn, err
	}
	if name == "list" {
		return ListOf(elem), nil
	}
	return MapOf(elem), nil
}

func (t Type) orDyn() Type {
	if t == "" {
		return Dyn
	}
	return t
}

// cel is the evaluator's type. A Type that ParseType would refuse counts as
// dynamic; NewEnvironment refuses it beforehand.
func (t Type) cel() *cel.Type {
	switch {
	case t == String:
		return cel.StringType
	case t == Int:
		return cel.IntType
	case t == Bool:
		return cel.BoolType
	case t == Double:
		return cel.DoubleType
	case t == Duration:
		return cel.DurationType
	case t == Timestamp:
		return cel.TimestampType
	case t.IsList():
		return cel.ListType(t.Elem().cel())
	case t.IsMap():
		return cel.MapType(cel.StringType, t.Elem().cel())
	default:
		return cel.DynType
	}
}

// typeOf is the inverse of Type.cel; types that a runbook has no name for are Dyn.
func typeOf(t *cel.Type) Type {
	switch t.Kind() {
	case cel.StringKind:
		return String
	case cel.IntKind, cel.UintKind:
		return Int
	case cel.BoolKind:
		return Bool
	case cel.DoubleKind:
		return Double
	case cel.DurationKind:
		return Duration
	case cel.TimestampKind:
		return Timestamp
	case cel.ListKind:
		return ListOf(typeOf(t.Parameters()[0]))
	case cel.MapKind:
		return MapOf(typeOf(t.Parameters()[1]))
	default:
		return Dyn
	}
}

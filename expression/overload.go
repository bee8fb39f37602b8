package expression

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/common/operators"
)

// plainOverload says in words why an operator or a function does not take what
// it was given. signature is the checker's rendering: "(int, string)", or
// "string.(int)" for a call on a value.
func plainOverload(function, signature string) (message, hint string) {
	target, inside, _ := strings.Cut(strings.TrimSuffix(signature, ")"), "(")
	args := splitTypes(inside)
	if len(args) == 1 && target == "" {
		return plainUnary(function, args[0])
	}
	if target != "" || len(args) < 2 {
		return plainCall(function, strings.TrimSuffix(target, "."), args)
	}
	a, b := args[0], args[1]
	switch function {
	case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		return fmt.Sprintf("cannot compare %s with %s", a, b), pairHint(a, b)
	case operators.Add:
		if hint = pairHint(a, b); hint == "" && (a == "string" || b == "string") {
			hint = "string(…) makes text of a value"
		}
		return fmt.Sprintf("cannot add %s and %s", a, b), hint
	case operators.Subtract:
		return fmt.Sprintf("cannot subtract %s from %s", b, a), pairHint(a, b)
	case operators.Multiply:
		return fmt.Sprintf("cannot multiply %s by %s", a, b), pairHint(a, b)
	case operators.Divide, operators.Modulo:
		return fmt.Sprintf("cannot divide %s by %s", a, b), pairHint(a, b)
	case operators.Index, operators.OptIndex:
		return fmt.Sprintf("cannot look up %s in %s", b, a), ""
	case operators.In:
		if b == "string" {
			return fmt.Sprintf("cannot look for %s in string", a), "for text write x.contains(y)"
		}
		return fmt.Sprintf("cannot look for %s in %s", a, b), ""
	case operators.Conditional:
		if a != "bool" {
			return fmt.Sprintf("the condition before ? is %s, not bool", a), ""
		}
		return fmt.Sprintf("the two results around : differ: %s and %s", b, args[len(args)-1]), ""
	default:
		return plainCall(function, "", args)
	}
}

func plainUnary(function, arg string) (message, hint string) {
	switch function {
	case operators.LogicalNot:
		return fmt.Sprintf("! needs bool, found %s", arg), ""
	case operators.Negate:
		return fmt.Sprintf("- needs a number, found %s", arg), ""
	default:
		return plainCall(function, "", []string{arg})
	}
}

func plainCall(function, target string, args []string) (message, hint string) {
	given := strings.Join(args, ", ")
	if given == "" {
		given = "nothing"
	}
	if target != "" {
		return fmt.Sprintf("%s of %s does not take %s", function, plainType(target), given), ""
	}
	return fmt.Sprintf("%s does not take %s", function, given), ""
}

// pairHint says how two types are brought together, where there is one good way.
func pairHint(a, b string) string {
	pair := func(x, y string) bool { return (a == x && b == y) || (a == y && b == x) }
	switch {
	case pair("duration", "string"), pair("duration", "int"):
		return `write a duration as duration("5m")`
	case pair("timestamp", "string"):
		return `write a time as timestamp("2026-01-31T09:00:00Z")`
	case pair("int", "double"):
		return "write 1.0 instead of 1, or double(…)"
	default:
		return ""
	}
}

// splitTypes splits "list(int), string" at its outer commas and renders each
// part in the spelling of runbooks.
func splitTypes(list string) []string {
	var parts []string
	depth, from := 0, 0
	for i, c := range list {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, plainType(list[from:i]))
			from = i + 1
		}
	}
	if rest := strings.TrimSpace(list[from:]); rest != "" {
		parts = append(parts, plainType(rest))
	}
	return parts
}

// plainType renders the checker's "map(string, list(int))" as "map<list<int>>".
func plainType(raw string) string {
	raw = strings.TrimSpace(raw)
	name, inside, nested := strings.Cut(raw, "(")
	if !nested {
		return plainSimple(raw)
	}
	args := splitTypes(strings.TrimSuffix(inside, ")"))
	if len(args) == 0 {
		return plainSimple(name)
	}
	switch name {
	case "optional_type":
		return "an optional " + args[0]
	case "wrapper":
		return args[0]
	default:
		return name + "<" + args[len(args)-1] + ">"
	}
}

func plainSimple(name string) string {
	switch name {
	case "google.protobuf.Duration":
		return "duration"
	case "google.protobuf.Timestamp":
		return "timestamp"
	case "null_type":
		return "null"
	default:
		return name
	}
}

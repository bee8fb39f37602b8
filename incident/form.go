package incident

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// CheckFields says whether fields fill a form, without changing anything.
func CheckFields(form []FormField, fields map[string]any) error {
	_, err := FillForm(form, fields)
	return err
}

// FillForm brings what a person has filled in to the types of the form. Whoever types at a terminal sends texts, so a
// text is read as what the field wants. An unknown field, one that is missing, and a value that does not fit are
// refused.
func FillForm(form []FormField, fields map[string]any) (map[string]any, error) {
	names := make([]string, 0, len(form))
	for _, f := range form {
		names = append(names, f.Name)
	}
	given := slices.Sorted(maps.Keys(fields)) //workflowcheck:ignore
	for _, name := range given {
		if !slices.Contains(names, name) && len(form) > 0 {
			return nil, refuse("it has: "+strings.Join(names, ", "), "there is no field %q", name)
		}
	}
	out := map[string]any{}
	var missing []string
	for _, f := range form {
		value, there := fields[f.Name]
		if text, isText := value.(string); there && isText && strings.TrimSpace(text) == "" {
			there = false
		}
		switch {
		case !there && f.Required && f.Default == nil:
			missing = append(missing, f.Name)
			continue
		case !there:
			continue
		}
		fitting, err := fit(f.Type, value)
		if err != nil {
			return nil, refuse("", "%s: %v", f.Name, err)
		}
		if len(f.Enum) > 0 && !slices.Contains(f.Enum, fmt.Sprint(fitting)) {
			return nil, refuse("one of: "+strings.Join(f.Enum, ", "), "%s cannot be %v", f.Name, fitting)
		}
		out[f.Name] = fitting
	}
	if len(missing) > 0 {
		return nil, refuse("write "+missing[0]+"=…", "missing: %s", strings.Join(missing, ", "))
	}
	return out, nil
}

// lengthForm is how durations are written.
var lengthForm = regexp.MustCompile(`^ *([0-9]+[wdhms] *)+$`)

// fit brings a value to a type of a runbook's inputs. Numbers are float64, as JSON has them.
func fit(kind string, value any) (any, error) {
	if inner, isList := strings.CutPrefix(kind, "list<"); isList {
		return fitList(strings.TrimSuffix(inner, ">"), value)
	}
	text, isText := value.(string)
	switch kind {
	case "int", "number":
		return fitNumber(kind, value)
	case "bool":
		if yes, ok := value.(bool); ok {
			return yes, nil
		}
		switch strings.ToLower(strings.TrimSpace(text)) {
		case "true", "yes":
			return true, nil
		case "false", "no":
			return false, nil
		}
		return nil, fmt.Errorf("yes or no is needed, not %v", value)
	case "duration":
		if !isText || !lengthForm.MatchString(text) {
			return nil, fmt.Errorf("a duration such as 30m or 4h is needed, not %v", value)
		}
		return text, nil
	case "map":
		if object, ok := value.(map[string]any); ok {
			return object, nil
		}
		return nil, fmt.Errorf("a map is needed, not %v", value)
	}
	if isText {
		return text, nil
	}
	return fmt.Sprint(value), nil
}

// fitNumber reads a number.
func fitNumber(kind string, value any) (any, error) {
	given := value
	switch v := value.(type) {
	case string:
		given = strings.TrimSpace(v)
	case int:
		given = float64(v)
	}
	number, ok := ReadNumber(given)
	switch {
	case !ok:
		return nil, fmt.Errorf("a number is needed, not %v", value)
	case kind == "int" && !Whole(number):
		return nil, fmt.Errorf("a whole number is needed, not %v", value)
	}
	return number, nil
}

// ReadNumber reads a number that JSON can carry, or a text that is one; infinity is none.
func ReadNumber(value any) (float64, bool) {
	number, ok := value.(float64)
	if text, isText := value.(string); isText {
		parsed, err := strconv.ParseFloat(text, 64)
		number, ok = parsed, err == nil
	}
	return number, ok && !math.IsNaN(number) && !math.IsInf(number, 0)
}

// Whole says whether a number is a whole one that float64 holds exactly.
func Whole(number float64) bool {
	return number == math.Trunc(number) && math.Abs(number) < 1<<53
}

// ReadList reads a list, or a text with commas between its items.
func ReadList(value any) ([]any, bool) {
	text, isText := value.(string)
	if !isText {
		items, ok := value.([]any)
		return items, ok
	}
	items := []any{}
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items, true
}

// fitList reads a list of one type.
func fitList(kind string, value any) (any, error) {
	items, ok := ReadList(value)
	if !ok {
		return nil, fmt.Errorf("a list is needed, not %v", value)
	}
	out := []any{}
	for _, item := range items {
		fitting, err := fit(kind, item)
		if err != nil {
			return nil, err
		}
		out = append(out, fitting)
	}
	return out, nil
}

package expression

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// convert brings a value to a declared type. It accepts the types themselves,
// named types over them, what encoding/json decodes them to, and text marshallers
// where text is declared.
func convert(t Type, value any) (any, error) {
	switch {
	case t.orDyn() == Dyn:
		return convertDyn(value)
	case value == nil:
		return nil, fmt.Errorf("%s is needed, found nothing", t)
	case t == String:
		return convertString(value)
	case t == Bool:
		if v := reflect.ValueOf(value); v.Kind() == reflect.Bool {
			return v.Bool(), nil
		}
	case t == Int:
		return convertInt(value)
	case t == Double:
		return convertDouble(value)
	case t == Duration:
		return convertDuration(value)
	case t == Timestamp:
		return convertTimestamp(value)
	case t.IsList():
		return convertList(t, value)
	case t.IsMap():
		return convertMap(t, value)
	}
	return nil, mismatch(t, value)
}

func mismatch(t Type, value any) error {
	return fmt.Errorf("%s is needed, found %s", t, describe(value))
}

// describe names a value's type as a runbook would; the value itself is left out,
// for it may be private.
func describe(value any) string {
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.Invalid:
		return "nothing"
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Slice, reflect.Array:
		return "list"
	case reflect.Map:
		return "map"
	default:
		if _, ok := value.(time.Duration); ok {
			return "duration"
		}
		if v.CanInt() || v.CanUint() {
			return "number"
		}
		return v.Type().String()
	}
}

func convertString(value any) (any, error) {
	if m, ok := value.(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		if err != nil {
			return nil, err
		}
		return string(text), nil
	}
	if v := reflect.ValueOf(value); v.Kind() == reflect.String {
		return v.String(), nil
	}
	return nil, mismatch(String, value)
}

func convertInt(value any) (any, error) {
	if n, ok := value.(json.Number); ok {
		i, err := n.Int64()
		if err != nil {
			return nil, mismatch(Int, value)
		}
		return i, nil
	}
	v := reflect.ValueOf(value)
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		return nil, mismatch(Int, value)
	case v.CanInt():
		return v.Int(), nil
	case v.CanUint() && v.Uint() <= math.MaxInt64:
		return int64(v.Uint()), nil
	case v.CanFloat() && v.Float() == math.Trunc(v.Float()) && math.Abs(v.Float()) < 1<<63:
		return int64(v.Float()), nil
	default:
		return nil, mismatch(Int, value)
	}
}

func convertDouble(value any) (any, error) {
	if n, ok := value.(json.Number); ok {
		f, err := n.Float64()
		if err != nil {
			return nil, mismatch(Double, value)
		}
		return f, nil
	}
	v := reflect.ValueOf(value)
	switch {
	case v.CanFloat():
		return v.Float(), nil
	case v.CanInt() && v.Type() != reflect.TypeFor[time.Duration]():
		return float64(v.Int()), nil
	default:
		return nil, mismatch(Double, value)
	}
}

func convertDuration(value any) (any, error) {
	switch v := value.(type) {
	case time.Duration:
		return v, nil
	case string:
		d, err := parseValueDuration(v)
		if err != nil {
			return nil, err
		}
		return d, nil
	default:
		return nil, mismatch(Duration, value)
	}
}

func convertTimestamp(value any) (any, error) {
	switch v := value.(type) {
	case time.Time:
		return v.UTC(), nil
	case string:
		at, err := time.Parse(time.RFC3339Nano, v)
		if err != nil {
			return nil, fmt.Errorf("%q is not a time (write 2026-01-31T09:00:00Z)", v)
		}
		return at.UTC(), nil
	default:
		return nil, mismatch(Timestamp, value)
	}
}

func convertList(t Type, value any) (any, error) {
	v := reflect.ValueOf(value)
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return nil, mismatch(t, value)
	}
	list := make([]any, v.Len())
	for i := range list {
		item, err := convert(t.Elem(), v.Index(i).Interface())
		if err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
		list[i] = item
	}
	return list, nil
}

func convertMap(t Type, value any) (any, error) {
	v := reflect.ValueOf(value)
	if v.Kind() != reflect.Map || v.Type().Key().Kind() != reflect.String {
		return nil, mismatch(t, value)
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		if a.String() < b.String() {
			return -1
		}
		return 1
	})
	m := make(map[string]any, len(keys))
	for _, key := range keys {
		item, err := convert(t.Elem(), v.MapIndex(key).Interface())
		if err != nil {
			return nil, fmt.Errorf("%q: %w", key.String(), err)
		}
		m[key.String()] = item
	}
	return m, nil
}

// convertDyn keeps a value's own type and makes its inside uniform.
func convertDyn(value any) (any, error) {
	switch v := value.(type) {
	case nil, bool, string, int64, float64, time.Duration:
		return v, nil
	case time.Time:
		return v.UTC(), nil
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i, nil
		}
		return convertDouble(v)
	case encoding.TextMarshaler:
		return convertString(v)
	}
	v := reflect.ValueOf(value)
	switch {
	case v.Kind() == reflect.String, v.Kind() == reflect.Bool:
		return convert(map[bool]Type{true: String, false: Bool}[v.Kind() == reflect.String], value)
	case v.CanInt(), v.CanUint():
		return convertInt(value)
	case v.CanFloat():
		return v.Float(), nil
	case v.Kind() == reflect.Slice, v.Kind() == reflect.Array:
		return convertList(ListOf(Dyn), value)
	case v.Kind() == reflect.Map:
		return convertMap(MapOf(Dyn), value)
	default:
		return nil, fmt.Errorf("a value of type %s cannot be used in an expression", v.Type())
	}
}

// native turns an evaluator's value into the Go value that Result promises.
func native(value ref.Val) (any, error) {
	switch v := value.(type) {
	case types.Null:
		return nil, nil
	case types.Bool:
		return bool(v), nil
	case types.Int:
		return int64(v), nil
	case types.Uint:
		return convertInt(uint64(v))
	case types.Double:
		return float64(v), nil
	case types.String:
		return string(v), nil
	case types.Duration:
		return v.Duration, nil
	case types.Timestamp:
		return v.UTC(), nil
	case traits.Mapper:
		return nativeMap(v)
	case traits.Lister:
		return nativeList(v)
	default:
		return nil, fmt.Errorf("a value of type %s has no place in a runbook", value.Type().TypeName())
	}
}

func nativeList(list traits.Lister) (any, error) {
	size, ok := list.Size().(types.Int)
	if !ok {
		return nil, fmt.Errorf("a list without a size")
	}
	items := make([]any, size)
	for i := range size {
		item, err := native(list.Get(i))
		if err != nil {
			return nil, err
		}
		items[i] = item
	}
	return items, nil
}

// nativeMap copies a map; the order of its keys has no influence on the result.
func nativeMap(m traits.Mapper) (any, error) {
	out := map[string]any{}
	for it := m.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		name, ok := key.Value().(string)
		if !ok {
			return nil, fmt.Errorf("a map whose keys are not text")
		}
		item, err := native(m.Get(key))
		if err != nil {
			return nil, err
		}
		out[name] = item
	}
	return out, nil
}

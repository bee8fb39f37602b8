package contract_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
)

// payloads are all values that cross the wire by themselves: what activities, workflows, updates, signals and queries
// take and give.
func payloads() []any {
	return []any{
		contract.TakeNumberRequest{},
		contract.RosterState{},
		contract.CancelOverrideRequest{},
		contract.PulseState{},
		contract.PulseRequest{},
		contract.PulseResult{},
		contract.LineState{},
		contract.LineRequest{},
		contract.LineResult{},
		contract.LinePlaced{},
		contract.LineLeave{},
		contract.LineLeft{},
		contract.LineEnding{},
		contract.LineEnded{},
		contract.OverrideRequest{},
		contract.OverrideResult{},
		contract.TakeNumberResult{},
		contract.WhoIsOnCallRequest{},
		contract.WhoIsOnCallResult{},
		contract.OpenRoomRequest{},
		contract.OpenRoomResult{},
		contract.PostRequest{},
		contract.PostResult{},
		contract.ShowRoomRequest{},
		contract.ShowRoomResult{},
		contract.AnnounceRequest{},
		contract.AnnounceResult{},
		contract.CloseRoomRequest{},
		contract.ReadStatusRequest{},
		contract.ReadStatusResult{},
		contract.ShowStatusRequest{},
		contract.ShowStatusResult{},
		contract.FarewellInput{},
		contract.CallRequest{},
		contract.CallResult{},
		contract.HangUpRequest{},
		contract.TextRequest{},
		contract.TellPersonRequest{},
		contract.TellPersonResult{},
		contract.RetellPersonRequest{},
		contract.MailRequest{},
		contract.MailResult{},
		contract.TextResult{},
		contract.FollowRequest{},
		contract.FollowResult{},
		contract.WriteRecordRequest{},
		contract.WriteRecordResult{},
		contract.OpenBridgeRequest{},
		contract.OpenBridgeResult{},
		contract.OpenTicketRequest{},
		contract.OpenTicketResult{},
		contract.SyncTicketRequest{},
		contract.UpdateRequest{},
		contract.UpdateResult{},
		contract.EvidenceRequest{},
		contract.EvidenceResult{},
		contract.PostmortemRequest{},
		contract.PostmortemResult{},
		contract.HTTPRequest{},
		contract.HTTPResult{},
		contract.CommandRequest{},
		contract.CommandResult{},
		contract.IncidentInput{},
		contract.IncidentResult{},
		contract.NumbersState{},
		contract.NumberEntry{},
		contract.Act{},
		contract.Receipt{},
		contract.Alerts{},
		contract.CallStatus{},
		contract.Snapshot{},
		contract.RunbookState{},
		contract.TimelineRequest{},
		contract.TimelinePart{},
		contract.Callback{},
		contract.Briefing{},
		contract.None{},
	}
}

// filled is a value of the type with something in every field, the same each time. A text holds the name of its field,
// so that a new field changes no other.
func filled(of reflect.Type) reflect.Value {
	v := reflect.New(of).Elem()
	fill(v, "value", nil)
	return v
}

// fill puts something into a value. A type that holds itself is filled once.
func fill(v reflect.Value, name string, inside []reflect.Type) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 7, 14, 2, 7, 0, 0, time.UTC)))
		return
	case time.Duration:
		v.Set(reflect.ValueOf(90 * time.Second))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(name)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Interface:
		v.Set(reflect.ValueOf(name))
	case reflect.Pointer:
		fillOf(v.Type().Elem(), name, inside, func(e reflect.Value) { v.Set(e.Addr()) })
	case reflect.Slice:
		fillOf(v.Type().Elem(), name, inside, func(e reflect.Value) { v.Set(reflect.Append(v, e)) })
	case reflect.Map:
		fillOf(v.Type().Elem(), name, inside, func(e reflect.Value) {
			key := reflect.New(v.Type().Key()).Elem()
			fill(key, "key", inside)
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(key, e)
		})
	case reflect.Struct:
		for n := range v.NumField() {
			fill(v.Field(n), jsonName(v.Type().Field(n)), append(inside, v.Type()))
		}
	default:
		panic(fmt.Sprintf("%s has a %s, which the wire has not carried so far", name, v.Type()))
	}
}

// fillOf makes an element and hands it over; a type that is being filled already is left out.
func fillOf(of reflect.Type, name string, inside []reflect.Type, put func(reflect.Value)) {
	bare := of
	for bare.Kind() == reflect.Pointer {
		bare = bare.Elem()
	}
	if slices.Contains(inside, bare) {
		return
	}
	e := reflect.New(of).Elem()
	fill(e, name, inside)
	put(e)
}

// jsonName is a field's name on the wire; empty for one that is embedded.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// reachable lists every struct that a payload can hold, itself included.
func reachable() map[reflect.Type]bool {
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(of reflect.Type) {
		for slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, of.Kind()) {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || of == reflect.TypeFor[time.Time]() || seen[of] {
			return
		}
		seen[of] = true
		for n := range of.NumField() {
			walk(of.Field(n).Type)
		}
	}
	for _, p := range payloads() {
		walk(reflect.TypeOf(p))
	}
	return seen
}

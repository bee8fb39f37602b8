package alertmanager

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/musterbook/musterbook/incident"
)

// webhook is the payload on the wire. Fields that newer versions add (notification_reason, routeLabels) are passed
// over: a notification must not be lost because its sender was upgraded.
type webhook struct {
	Version           string            `json:"version"`
	GroupKey          string            `json:"groupKey"`
	TruncatedAlerts   uint64            `json:"truncatedAlerts"`
	Status            Status            `json:"status"`
	Receiver          string            `json:"receiver"`
	GroupLabels       map[string]string `json:"groupLabels"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	ExternalURL       string            `json:"externalURL"`
	Alerts            []json.RawMessage `json:"alerts"`
}

// webhookAlert is one alert on the wire.
type webhookAlert struct {
	Status       Status            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     string            `json:"startsAt"`
	EndsAt       string            `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

// Decode reads one notification. Every error is a *Fault, which names the place.
func Decode(body []byte) (Group, error) {
	var w webhook
	if err := unmarshal(body, &w); err != nil {
		return Group{}, jsonFault(body, "", err)
	}
	if err := w.check(); err != nil {
		return Group{}, err
	}
	g := Group{
		Key: cmp.Or(w.GroupKey, keyOf(w.GroupLabels)), Status: w.Status, Receiver: w.Receiver,
		Truncated: int(min(w.TruncatedAlerts, 1<<31-1)), GroupLabels: w.GroupLabels, CommonLabels: w.CommonLabels,
		CommonAnnotations: w.CommonAnnotations, ExternalURL: address(w.ExternalURL),
	}
	for n, raw := range w.Alerts {
		place := fmt.Sprintf("alerts[%d]", n)
		a, err := decodeAlert(raw, w.Status, place)
		if err != nil {
			return Group{}, err
		}
		g.Alerts = append(g.Alerts, a)
	}
	g.Status = cmp.Or(g.Status, statusOf(g.Alerts))
	return g, nil
}

// check refuses what is no notification of this version.
func (w *webhook) check() error {
	if w.Version != "" && w.Version != Version {
		return fault("version", "%q is not read here; send version %q", clip(w.Version), Version)
	}
	if err := w.Status.check("status"); err != nil {
		return err
	}
	if w.GroupKey == "" && len(w.GroupLabels) == 0 {
		return fault("groupKey", "missing, and there are no groupLabels to stand for it")
	}
	if len(w.Alerts) == 0 {
		return fault("alerts", "missing or empty: a notification names at least one alert")
	}
	return nil
}

// check refuses a status that is neither empty nor known.
func (s Status) check(place string) error {
	switch s {
	case "", Firing, Resolved:
		return nil
	}
	return fault(place, "%q is neither %q nor %q", clip(string(s)), Firing, Resolved)
}

// decodeAlert reads one alert; the group's status stands in for one that the alert does not have.
func decodeAlert(raw json.RawMessage, group Status, place string) (incident.Alert, error) {
	var w webhookAlert
	if err := unmarshal(raw, &w); err != nil {
		return incident.Alert{}, jsonFault(raw, place, err)
	}
	if err := w.Status.check(place + ".status"); err != nil {
		return incident.Alert{}, err
	}
	status := cmp.Or(w.Status, group)
	if status == "" {
		return incident.Alert{}, fault(place+".status", "missing, and the group has none either")
	}
	if len(w.Labels) == 0 {
		return incident.Alert{}, fault(place+".labels", "missing or empty: nothing says what this alert is about")
	}
	starts, err := instant(w.StartsAt, place+".startsAt")
	if err != nil {
		return incident.Alert{}, err
	}
	ends, err := instant(w.EndsAt, place+".endsAt")
	if err != nil {
		return incident.Alert{}, err
	}
	return w.neutral(status, starts, ends), nil
}

// neutral is the alert in the domain's words. A resolved alert may come without the annotations it had while it fired.
func (w *webhookAlert) neutral(status Status, starts, ends time.Time) incident.Alert {
	summary := cmp.Or(w.Annotations["summary"], w.Annotations["description"], w.Annotations["message"])
	return incident.Alert{
		Source:      Source,
		Fingerprint: cmp.Or(clip(w.Fingerprint), fingerprint(w.Labels)),
		Title:       clip(cmp.Or(w.Labels["alertname"], summary, "alert without a name")),
		Summary:     clip(summary),
		Labels:      clipped(w.Labels),
		URL:         address(w.GeneratorURL),
		Runbook:     address(cmp.Or(w.Annotations["runbook_url"], w.Annotations["runbook"])),
		StartsAt:    starts,
		EndsAt:      ends,
		Cleared:     status == Resolved,
	}
}

// instant reads a time; empty, and the zero time that Alertmanager writes for "not known", are the zero time.
func instant(text, place string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fault(place, "%q is no time; write it like 2026-01-31T08:46:21Z", clip(text))
	}
	if at.IsZero() {
		return time.Time{}, nil
	}
	return at.UTC(), nil
}

// statusOf is the status of a group that did not say its own.
func statusOf(alerts []incident.Alert) Status {
	for _, a := range alerts {
		if !a.Cleared {
			return Firing
		}
	}
	return Resolved
}

// unmarshal reads exactly one JSON value, an object.
func unmarshal(data []byte, into any) error {
	if trimmed := bytes.TrimLeft(data, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == 'n' && json.Valid(data) {
		return errNull
	}
	return json.Unmarshal(data, into)
}

// errNull is the JSON null, which encoding/json takes for an object without fields.
var errNull = errors.New("null where an object is expected")

// jsonFault says in plain words where JSON is broken, or what has the wrong type. Within an alert the place is the path
// to it, because its bytes have been cut out of the body.
func jsonFault(data []byte, path string, err error) error {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fault(position(data, syntax.Offset), "%s", syntax.Error())
	case errors.As(err, &wrong):
		place := wrong.Field
		if path != "" && place != "" {
			place = path + "." + place
		}
		return fault(cmp.Or(place, path, "the whole"), "%s where %s is expected", wrong.Value, plainType(wrong))
	}
	return fault(cmp.Or(path, "the whole"), "%v", err)
}

// plainType is the wanted type in the words of JSON.
func plainType(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind().String() {
	case "string":
		return "a text"
	case "uint64":
		return "a number from 0"
	case "slice":
		return "a list"
	}
	return "an object"
}

// position turns an offset into line and column, from 1.
func position(data []byte, offset int64) string {
	before := data[:min(max(offset-1, 0), int64(len(data)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1) + 1
	return fmt.Sprintf("line %d, column %d", line, column)
}

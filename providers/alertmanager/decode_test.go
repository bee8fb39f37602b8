package alertmanager

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/incident"
)

// twoAlerts is a notification in the documented shape, with one alert firing and one resolved.
const twoAlerts = `{
  "version": "4",
  "groupKey": "{}/{team=\"shop\"}:{alertname=\"Latency\"}",
  "truncatedAlerts": 3,
  "status": "firing",
  "receiver": "muster",
  "groupLabels": {"alertname": "Latency"},
  "commonLabels": {"alertname": "Latency", "service": "basket"},
  "commonAnnotations": {"summary": "basket is slow"},
  "externalURL": "http://am.example:9093",
  "alerts": [
    {
      "status": "firing",
      "labels": {"alertname": "Latency", "service": "basket", "pod": "b-1"},
      "annotations": {"summary": "basket is slow", "runbook_url": "https://wiki.example/slow"},
      "startsAt": "2026-03-01T04:05:06.7+01:00",
      "endsAt": "0001-01-01T00:00:00Z",
      "generatorURL": "http://prom.example/graph?x=1",
      "fingerprint": "aaaabbbbccccdddd"
    },
    {
      "status": "resolved",
      "labels": {"alertname": "Latency", "service": "basket", "pod": "b-2"},
      "annotations": {},
      "startsAt": "2026-03-01T03:00:00Z",
      "endsAt": "2026-03-01T03:04:00Z",
      "generatorURL": "javascript:alert(1)",
      "fingerprint": "1111222233334444"
    }
  ],
  "notification_reason": "a field of a later version"
}`

func TestDecode(t *testing.T) {
	t.Parallel()
	got, err := Decode([]byte(twoAlerts))
	if err != nil {
		t.Fatal(err)
	}
	want := Group{
		Key: `{}/{team="shop"}:{alertname="Latency"}`, Status: Firing, Receiver: "muster", Truncated: 3,
		GroupLabels:       map[string]string{"alertname": "Latency"},
		CommonLabels:      map[string]string{"alertname": "Latency", "service": "basket"},
		CommonAnnotations: map[string]string{"summary": "basket is slow"},
		ExternalURL:       "http://am.example:9093",
		Alerts: []incident.Alert{
			{
				Source: Source, Fingerprint: "aaaabbbbccccdddd", Title: "Latency", Summary: "basket is slow",
				Labels: map[string]string{"alertname": "Latency", "service": "basket", "pod": "b-1"},
				URL:    "http://prom.example/graph?x=1", Runbook: "https://wiki.example/slow",
				StartsAt: time.Date(2026, 3, 1, 3, 5, 6, 700e6, time.UTC),
			},
			{
				Source: Source, Fingerprint: "1111222233334444", Title: "Latency",
				Labels:   map[string]string{"alertname": "Latency", "service": "basket", "pod": "b-2"},
				StartsAt: time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC),
				EndsAt:   time.Date(2026, 3, 1, 3, 4, 0, 0, time.UTC), Cleared: true,
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decoded group (-want +got):\n%s", diff)
	}
}

func TestDecodeFillsWhatSendersLeaveOut(t *testing.T) {
	t.Parallel()
	const body = `{"groupLabels":{"b":"2","a":"1\""},"alerts":[
		{"status":"resolved","labels":{"job":"x","instance":"1"},"annotations":{"description":"disk full"}},
		{"status":"resolved","labels":{"instance":"1","job":"x"},"annotations":{"message":"again"}},
		{"status":"resolved","labels":{"job":"xinstance","i":"1"}}]}`
	got, err := Decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{}:{a="1\"", b="2"}`; got.Key != want {
		t.Errorf("key = %s, want %s", got.Key, want)
	}
	if got.Status != Resolved {
		t.Errorf("status = %q, want resolved from the alerts", got.Status)
	}
	first, same, other := got.Alerts[0], got.Alerts[1], got.Alerts[2]
	if len(first.Fingerprint) != 16 || first.Fingerprint != same.Fingerprint || first.Fingerprint == other.Fingerprint {
		t.Errorf("fingerprints %q, %q, %q: want the first two alike and the third different",
			first.Fingerprint, same.Fingerprint, other.Fingerprint)
	}
	if first.Title != "disk full" || same.Summary != "again" || other.Title != "alert without a name" {
		t.Errorf("texts: %q, %q, %q", first.Title, same.Summary, other.Title)
	}
}

func TestDecodeBoundsTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü", 4000)
	got, err := Decode([]byte(`{"groupKey":"k","status":"firing","alerts":[{"labels":{"alertname":"` + long + `"},
		"annotations":{"summary":"` + long + `"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	a := got.Alerts[0]
	for name, text := range map[string]string{"title": a.Title, "summary": a.Summary, "label": a.Labels["alertname"]} {
		if len(text) > maxText || !utf8.ValidString(text) || !strings.HasSuffix(text, "ü…") {
			t.Errorf("%s has %d bytes and ends in %q", name, len(text), text[len(text)-5:])
		}
	}
	if a.Cleared {
		t.Error("an alert without a status of its own follows its group, which fires")
	}
}

func TestDecodeNamesThePlace(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, body, want string
	}{
		{"nothing", "", "line 1, column 1: unexpected end of JSON input"},
		{"cut off", "{\n \"version\": \"4\",\n \"al", "line 3, column 4: unexpected end of JSON input"},
		{"a stray word", "{\n \"version\": four}", "line 2, column 14: invalid character 'o' in literal false (expecting 'a')"},
		{"two values", `{"version":"4"} {}`, "line 1, column 17: invalid character '{' after top-level value"},
		{"null", "null", "the whole: null where an object is expected"},
		{"a list", "[]", "the whole: array where an object is expected"},
		{"another version", `{"version":"3"}`, `version: "3" is not read here; send version "4"`},
		{"version as number", `{"version":4}`, "version: number where a text is expected"},
		{"a status of its own", `{"status":"burning"}`, `status: "burning" is neither "firing" nor "resolved"`},
		{"no group", `{"alerts":[{}]}`, "groupKey: missing, and there are no groupLabels to stand for it"},
		{"no alerts", `{"groupKey":"k"}`, "alerts: missing or empty: a notification names at least one alert"},
		{"alerts is an object", `{"groupKey":"k","alerts":{}}`, "alerts: object where a list is expected"},
		{"null alert", `{"groupKey":"k","alerts":[null]}`, "alerts[0]: null where an object is expected"},
		{"alert is a text", `{"groupKey":"k","alerts":["x"]}`, "alerts[0]: string where an object is expected"},
		{
			"second alert", `{"groupKey":"k","status":"firing","alerts":[{"labels":{"a":"b"}},{"labels":{"a":1}}]}`,
			"alerts[1].labels: number where a text is expected",
		},
		{"no status at all", `{"groupKey":"k","alerts":[{"labels":{"a":"b"}}]}`, "alerts[0].status: missing, and the group has none either"},
		{"alert's status", `{"groupKey":"k","alerts":[{"status":"ok"}]}`, `alerts[0].status: "ok" is neither "firing" nor "resolved"`},
		{"no labels", `{"groupKey":"k","status":"firing","alerts":[{}]}`, "alerts[0].labels: missing or empty: nothing says what this alert is about"},
		{
			"a bad time", `{"groupKey":"k","status":"firing","alerts":[{"labels":{"a":"b"},"startsAt":"yesterday"}]}`,
			`alerts[0].startsAt: "yesterday" is no time; write it like 2026-01-31T08:46:21Z`,
		},
		{
			"a bad end", `{"groupKey":"k","status":"firing","alerts":[{"labels":{"a":"b"},"endsAt":"1"}]}`,
			`alerts[0].endsAt: "1" is no time; write it like 2026-01-31T08:46:21Z`,
		},
		{"negative count", `{"truncatedAlerts":-1}`, "truncatedAlerts: number -1 where a number from 0 is expected"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Decode([]byte(c.body))
			var f *Fault
			if !errors.As(err, &f) {
				t.Fatalf("error is %v, want a *Fault", err)
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDecodeRealPayloads reads captured notifications where they lie beside the checkout.
func TestDecodeRealPayloads(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("MUSTERBOOK_FIXTURES")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "fixtures")
	}
	cases := []struct {
		file, key string
		status    Status
		alerts    int
	}{
		{"real-0.34.2-firing-2alerts.json", `{}:{alertname="HighErrorRate", cluster="prod"}`, Firing, 2},
		{"real-0.34.2-resolved.json", `{}:{alertname="HighErrorRate", cluster="prod"}`, Resolved, 2},
		{"v4-older.json", "{}:{alertname=thing_dead}", Firing, 1},
	}
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			body, err := os.ReadFile(filepath.Join(folder, "alerts", "alertmanager", c.file))
			if errors.Is(err, os.ErrNotExist) {
				t.Skip("no captured payloads; set MUSTERBOOK_FIXTURES to their folder")
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := Decode(body)
			if err != nil {
				t.Fatal(err)
			}
			if got.Key != c.key || got.Status != c.status || len(got.Alerts) != c.alerts {
				t.Errorf("key %s, status %s, %d alerts; want %s, %s, %d", got.Key, got.Status, len(got.Alerts), c.key, c.status, c.alerts)
			}
			for n, a := range got.Alerts {
				if a.Cleared != (c.status == Resolved) || a.Fingerprint == "" || a.StartsAt.IsZero() || a.Title == "" {
					t.Errorf("alert %d is incomplete: %+v", n, a)
				}
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(twoAlerts))
	f.Add([]byte(`{"groupKey":"k","status":"firing","alerts":[{"labels":{"a":"b"}}]}`))
	f.Add([]byte(`{"groupKey":"k","alerts":[null]}`))
	f.Add([]byte("{\n\"alerts\": [\xff"))
	f.Add([]byte(`{"groupLabels":{"":""},"alerts":[{"status":"resolved","labels":{"":""},"startsAt":"0001-01-01T00:00:00+23:59"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := Decode(body)
		if err != nil {
			var fault *Fault
			if !errors.As(err, &fault) || fault.Place == "" || fault.What == "" {
				t.Fatalf("error without a place: %v", err)
			}
			return
		}
		if got.Key == "" || len(got.Alerts) == 0 || got.Status.check("") != nil || got.Status == "" {
			t.Fatalf("accepted an incomplete group: %+v", got)
		}
		for _, a := range got.Alerts {
			if a.Fingerprint == "" || a.Title == "" || len(a.Title) > maxText || len(a.Summary) > maxText || len(a.Labels) == 0 {
				t.Fatalf("accepted an incomplete alert: %+v", a)
			}
		}
	})
}

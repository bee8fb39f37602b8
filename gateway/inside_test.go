package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// TestTheNewestOfARoom: several drills share a room, and what is said there is meant for the newest of them.
func TestTheNewestOfARoom(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	in := func(key incident.Key, room string, after time.Duration) sighted {
		return sighted{inc: &incident.Incident{Key: key, Room: incident.Room{ID: room}, DeclaredAt: at.Add(after)}}
	}
	l := look{seen: []sighted{in("INC-1", "C1", 0), in("INC-2", "CDRILL", time.Hour), in("INC-4", "CDRILL", 2*time.Hour), in("INC-3", "CDRILL", time.Minute), in("INC-5", "", 0)}}
	for room, want := range map[string]incident.Key{"C1": "INC-1", "CDRILL": "INC-4", "C9": "", "": ""} {
		if got := l.in(room); got != want {
			t.Errorf("room %q is that of %q, want %q", room, got, want)
		}
	}
}

// TestALookDoesNotKeepAnybody: whoever asks is answered in their time, however long the look takes, and the look is there for
// whoever asks next.
func TestALookDoesNotKeepAnybody(t *testing.T) {
	t.Parallel()
	slow := &slowNumbers{release: make(chan struct{})}
	d, err := New(Options{Client: slow})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	var away *Away
	if _, err := d.InRoom(ctx, "C1"); !errors.As(err, &away) {
		t.Errorf("while Temporal hangs it is %v", err)
	}
	close(slow.release)
	if _, err := d.InRoom(t.Context(), "C1"); !errors.As(err, &away) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("afterwards it is %v", err)
	}
}

// slowNumbers is a Temporal that answers nothing until it is released, and then that it is away.
type slowNumbers struct {
	client.Client
	release chan struct{}
}

func (s *slowNumbers) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	<-s.release
	return nil, serviceerror.NewUnavailable("away")
}

func (s *slowNumbers) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	<-s.release
	return nil, serviceerror.NewNotFound("no such workflow")
}

func (s *slowNumbers) GetWorkflowHistory(context.Context, string, string, bool, enums.HistoryEventFilterType) client.HistoryEventIterator {
	return noHistory{}
}

func TestRepeats(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 4, 59, 0, time.UTC)
	r := newRepeats(5 * time.Minute)
	first := r.id("group", "firing", at)
	if again := r.id("group", "firing", at.Add(4*time.Minute)); again != first {
		t.Error("a redelivery across the border of a window got another id")
	}
	if other := r.id("another group", "firing", at); other == first {
		t.Error("two groups share an id")
	}
	if restarted := newRepeats(5*time.Minute).id("group", "firing", at.Add(-time.Minute)); restarted != first {
		t.Error("another process gave a redelivery another id")
	}
	cleared := r.id("group", "cleared", at.Add(4*time.Minute))
	firing := r.id("group", "firing", at.Add(4*time.Minute+time.Second))
	if cleared == first || firing == first || firing == cleared {
		t.Error("firing, cleared, firing again are three messages")
	}
	if later := r.id("group", "firing", at.Add(10*time.Minute)); later == first || later == firing {
		t.Error("a message after the window is a new one")
	}
}

func TestRepeatsForget(t *testing.T) {
	t.Parallel()
	r := newRepeats(time.Minute)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := range maxStreams {
		r.id(strings.Repeat("x", n%100)+string(rune('a'+n/100)), "d", at)
	}
	if len(r.last) != maxStreams {
		t.Fatalf("%d streams remembered", len(r.last))
	}
	r.id("one more", "d", at.Add(time.Minute))
	if len(r.last) != 1 {
		t.Errorf("%d streams remembered after a silent window, want 1", len(r.last))
	}
}

func TestReadinessAsksOncePerSecond(t *testing.T) {
	t.Parallel()
	at := time.Unix(100, 0)
	asked, answer := 0, error(nil)
	r := &readiness{now: func() time.Time { return at }, ask: func(context.Context) error { asked++; return answer }}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := r.check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}
	answer = errors.New("away")
	at = at.Add(readyHolds)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.check(gone); !errors.Is(err, answer) || asked != 2 {
		t.Errorf("after a second: %v, asked %d times", err, asked)
	}
}

func TestEachOf(t *testing.T) {
	t.Parallel()
	items := make([]int, 50)
	var mu sync.Mutex
	busy, most := 0, 0
	err := eachOf(items, func(n int, _ int) error {
		mu.Lock()
		busy++
		most = max(most, busy)
		mu.Unlock()
		defer func() { mu.Lock(); busy--; mu.Unlock() }()
		if n%25 == 3 {
			return errors.New("item " + string(rune('0'+n/25)))
		}
		return nil
	})
	if err == nil || err.Error() != "item 0\nitem 1" {
		t.Errorf("errors: %v", err)
	}
	if most > parallel {
		t.Errorf("%d at once, want at most %d", most, parallel)
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	d := &Incidents{ui: "http://ui", namespace: "my space"}
	if got, want := d.address("incident/a b", ""), "http://ui/namespaces/my%20space/workflows/incident%2Fa%20b"; got != want {
		t.Errorf("address %s, want %s", got, want)
	}
	if got := (&Incidents{}).address("x", "y"); got != "" {
		t.Errorf("address without a Web UI: %s", got)
	}
}

func TestHeadlineFits(t *testing.T) {
	t.Parallel()
	text := headline(contract.Declaration{Title: strings.Repeat("ä", 1000), Service: "shop"})
	if len(text) > 400 || !strings.HasPrefix(text, "shop: ää") || !strings.HasSuffix(text, "ä…") {
		t.Errorf("%d bytes: %s", len(text), text)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"value":"SEV1","reason":"x","as":"ana","all":true}`))
	f.Add([]byte(`{"title":"x","inputs":{"a":[1,{"b":null}]},"labels":{"k":"v"}}`))
	f.Add([]byte("{\n\"value\": 1}"))
	f.Add([]byte(`{} {}`))
	f.Add([]byte("  \n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, into := range []any{&actRequest{}, &declareRequest{}} {
			err := decode(body, into)
			var bad *badRequest
			if err != nil && (!errors.As(err, &bad) || bad.what == "" || bad.status != 400) {
				t.Fatalf("error of another kind: %v", err)
			}
			if err == nil && len(strings.TrimSpace(string(body))) > 0 && !json.Valid(body) {
				t.Fatalf("took what is no JSON: %q", body)
			}
		}
	})
}

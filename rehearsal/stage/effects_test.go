package stage_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/memory"
	"github.com/musterbook/musterbook/rehearsal/stage"
)

// rollBack is a runbook with one action.
func rollBack(settings string) string {
	return `
  identification:
    - action: deploy.rollback
      id: back
      on_failure: continue
` + settings + `
    - end: resolved
`
}

// Attempts take the play's time, as the engine's rules have it: the first at once, the others after the policy's delays,
// none when an answer is final, the attempts are used up, or the step's time is over.
func TestAttempts(t *testing.T) {
	t.Parallel()
	fails, refuses := errors.New("busy"), &contract.Refused{What: "protected"}
	for name, test := range map[string]struct {
		settings string
		answers  []error       // the last again and again
		takes    time.Duration // of each attempt; 0 = a moment
		at       []time.Duration
		state    string
	}{
		"it works": {answers: []error{nil}, at: []time.Duration{0}, state: "done"},
		"no retry": {answers: []error{fails}, at: []time.Duration{0}, state: "failed"},
		"the delay doubles": {
			settings: "      retry: 3", answers: []error{fails},
			at: []time.Duration{0, 1 * time.Second, 3 * time.Second, 7 * time.Second}, state: "failed",
		},
		"it works the third time": {
			settings: "      retry: 3", answers: []error{fails, fails, nil},
			at: []time.Duration{0, 1 * time.Second, 3 * time.Second}, state: "done",
		},
		"a policy of its own, with a longest delay": {
			settings: "      retry: { max: 4, every: 10s, backoff: 3, cap: 50s }", answers: []error{fails},
			at:    []time.Duration{0, 10 * time.Second, 40 * time.Second, 90 * time.Second, 140 * time.Second},
			state: "failed",
		},
		"a refusal is final": {settings: "      retry: 3", answers: []error{fails, refuses}, at: []time.Duration{0, time.Second}, state: "failed"},
		"the system says when": {
			settings: "      retry: 3", answers: []error{&contract.Later{After: time.Minute, Err: fails}, nil},
			at: []time.Duration{0, time.Second}, state: "done", // a custom action has no such word; the policy counts
		},
		"each attempt takes its time": {
			settings: "      retry: 2", answers: []error{fails}, takes: 20 * time.Second,
			at: []time.Duration{20 * time.Second, 41 * time.Second, 63 * time.Second}, state: "failed",
		},
		"the step's time is over before the next attempt": {
			settings: "      retry: { max: 9, every: 40s, backoff: 1 }\n      timeout: 1m\n      on_timeout: continue", answers: []error{fails},
			at: []time.Duration{0, 40 * time.Second}, state: "failed",
		},
		"the step's time is over during the second attempt": {
			settings: "      retry: 3\n      timeout: 1m\n      on_timeout: continue", answers: []error{fails}, takes: 40 * time.Second,
			at: []time.Duration{40 * time.Second}, state: "timed_out",
		},
		"the step's time is over during an attempt": {
			settings: "      timeout: 1m\n      on_timeout: continue", answers: []error{nil}, takes: 10 * time.Minute, state: "timed_out",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p *play
			var at []time.Duration
			p = newPlay(t, rollBack(test.settings), stage.Options{
				Action: func(string, map[string]any, contract.Effect) (map[string]any, error) {
					at = append(at, p.stage.Now().Sub(start).Truncate(time.Second))
					return map[string]any{}, test.answers[min(len(at), len(test.answers))-1]
				},
				Takes: func(stage.Effect) time.Duration { return test.takes },
			})
			p.run()
			if diff := cmp.Diff(test.at, at); diff != "" {
				t.Error(diff)
			}
			if got := p.steps()["back"]; got != test.state {
				t.Errorf("the step is %q, want %q", got, test.state)
			}
		})
	}
}

// A step that runs out of time is left exactly then, whatever the system does, and nothing is done afterwards.
func TestTimeoutEndsTheAttempt(t *testing.T) {
	t.Parallel()
	p := newPlay(t, rollBack("      timeout: 90s\n      on_timeout: continue"), stage.Options{
		Takes: func(e stage.Effect) time.Duration {
			if e.Name == "deploy.rollback" {
				return time.Hour
			}
			return 0
		},
	})
	p.run()
	for _, e := range p.entries {
		if e.Kind == incident.EntryTimeout && e.Step == "back" {
			if after := e.At.Sub(start).Round(time.Second); after != 90*time.Second {
				t.Errorf("it is left after %s", after)
			}
			return
		}
	}
	t.Errorf("no timeout in\n%s", strings.Join(p.transcript(), "\n"))
}

// Effects are asked for their length by name and key, each attempt anew; what has no length of its own takes a moment,
// another one for each kind.
func TestTakes(t *testing.T) {
	t.Parallel()
	asked := map[string][]string{}
	p := newPlay(t, `
  identification:
    - channel: room
    - parallel:
        shield: [http: POST https://edge.example/shield]
        back: [action: deploy.rollback]
        room: [say: Done]
    - end: resolved
`, stage.Options{Takes: func(e stage.Effect) time.Duration {
		asked[e.Name] = append(asked[e.Name], e.Key)
		return 0
	}})
	p.run()
	for name, key := range map[string]string{"CallHTTP": "/identification/1/branch/shield/", "deploy.rollback": "/identification/1/branch/back/", "OpenRoom": "/identification/0/"} {
		if len(asked[name]) != 1 || !strings.Contains(asked[name][0], key) {
			t.Errorf("%s was asked for as %q, want one with %s", name, asked[name], key)
		}
	}
	at := map[time.Time]string{}
	for _, l := range p.world.Transcript() {
		if l.Kind != "http" && l.Kind != "action" && l.Kind != "post" {
			continue
		}
		if other, taken := at[l.At]; taken {
			t.Errorf("%q and %q happen at one instant", other, l.What)
		}
		at[l.At] = l.What
	}
	if len(at) != 3 {
		t.Errorf("done was only %v", at)
	}
}

// A poll that is withdrawn ends at once, and the system is not asked again.
func TestWithdrawnPollEndsAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlay(t, `
  identification:
    - http: GET https://slo.example
      id: slo
      every: 30s
      until: steps.slo.status == 200
      timeout: 2h
      on_timeout: continue
    - say: Onwards
    - end: resolved
`, stage.Options{})
	var asked []time.Duration
	p.world.HTTP = func(contract.HTTPRequest) contract.HTTPResult {
		asked = append(asked, p.stage.Now().Sub(start).Truncate(time.Second))
		return contract.HTTPResult{Status: 503}
	}
	p.act(100*time.Second, contract.VerbSkip, contract.Act{Step: "slo", Reason: "we know"})
	p.run()
	var said time.Duration
	for _, e := range p.entries {
		if e.Text == "Onwards" {
			said = e.At.Sub(start).Truncate(time.Second)
		}
	}
	if diff := cmp.Diff([]time.Duration{0, 30 * time.Second, 60 * time.Second, 90 * time.Second}, asked); diff != "" {
		t.Error(diff)
	}
	if said != 100*time.Second {
		t.Errorf("it goes on after %s, want 100s", said)
	}
	if got := p.steps()["slo"]; got != "skipped" {
		t.Errorf("the poll is %q", got)
	}
}

// Whoever is withdrawn between two attempts does not wait for the next one.
func TestWithdrawnBetweenAttempts(t *testing.T) {
	t.Parallel()
	tries := 0
	p := newPlay(t, rollBack("      retry: { max: 9, every: 10m }\n      timeout: 2h\n      on_timeout: continue"), stage.Options{
		Action: func(string, map[string]any, contract.Effect) (map[string]any, error) {
			tries++
			return nil, errors.New("busy")
		},
	})
	p.act(30*time.Second, contract.VerbSkip, contract.Act{Step: "back"})
	p.run()
	if ended := p.entries[len(p.entries)-1].At.Sub(start).Truncate(time.Second); tries != 1 || ended != 30*time.Second {
		t.Errorf("%d tries, and it ends after %s; want 1, 30s", tries, ended)
	}
}

// A provider that says when to come again is asked again then, whatever the policy says.
func TestProviderSaysWhen(t *testing.T) {
	t.Parallel()
	p := newPlay(t, `
  identification:
    - http: POST https://edge.example/shield
      id: shield
      retry: 2
      on_failure: continue
    - end: resolved
`, stage.Options{})
	var at []time.Duration
	p.world.Fail = func(a memory.Act) error {
		if a.Kind != "http" {
			return nil
		}
		at = append(at, p.stage.Now().Sub(start).Truncate(time.Second))
		if len(at) == 1 {
			return &contract.Later{After: 20 * time.Second, Err: errors.New("too many")}
		}
		return errors.New("busy")
	}
	p.run()
	if diff := cmp.Diff([]time.Duration{0, 20 * time.Second, 22 * time.Second}, at); diff != "" {
		t.Error(diff)
	}
}

// A call that is being placed when the page ends cannot be taken back: it is placed, and hung up. One that waits for its
// next attempt is not placed any more.
func TestWithdrawnCall(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		takes time.Duration
		fail  int // so many calls
		calls int
	}{
		"under way":                      {takes: 10 * time.Second, calls: 1},
		"between two attempts":           {fail: 99},
		"over before the page had ended": {calls: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlay(t, `
  identification:
    - page: sre-oncall
      ack: 5m
    - wait: 1m
    - end: resolved
`, stage.Options{Takes: func(e stage.Effect) time.Duration {
				if e.Name == "PlaceCall" {
					return test.takes
				}
				return 0
			}})
			tries := 0
			p.world.Fail = func(a memory.Act) error {
				if a.Kind != "call" {
					return nil
				}
				if tries++; tries <= test.fail {
					return errors.New("overloaded")
				}
				return nil
			}
			p.act(6*time.Second, contract.VerbAck, contract.Act{All: true})
			p.run()
			calls, hangUps := 0, 0
			for _, l := range p.world.Transcript() {
				switch l.Kind {
				case "call":
					calls++
				case "hangup":
					hangUps++
				}
			}
			if calls != test.calls || hangUps != test.calls {
				t.Errorf("%d calls, %d hung up; want %d of each", calls, hangUps, test.calls)
			}
			if test.fail > 0 && (tries < 3 || tries > 6) {
				t.Errorf("%d tries within six seconds", tries)
			}
		})
	}
}

// Package activitiestest is the acceptance test of the ports: one suite for each, which every provider passes. A suite
// takes a constructor of worlds. A world is a vendor of its own for one test, mostly a simulated one that speaks the
// real wire, with the port under test in front of it and with hooks by which the suite sees what the other side has and
// breaks it. The suites know the promises of the ports and the contract, and nothing of vendors.
//
// The strictest of the tests loses every single request of an effect in turn, once after and once before its work was
// done, repeats the effect as the engine would, and compares the world with one in which nothing went wrong.
package activitiestest

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
)

// Mishap is a way in which a vendor fails.
type Mishap string

// The mishaps. Lost and Away strike one request; the others strike every request until the world is mended.
const (
	Lost    Mishap = "the answer is lost" // the work is done, and the caller never hears of it
	Away    Mishap = "the vendor is away" // the connection breaks off, and nothing is done
	Busy    Mishap = "too many requests"  // not done; come back later
	Refuses Mishap = "the vendor refuses" // this effect never
	Revoked Mishap = "access was revoked" // no effect of this installation
)

// Trouble makes a world fail.
type Trouble interface {
	// Break lets a mishap happen. Of Lost and Away the request after skip others is struck, and no further one. The
	// answer tells whether something has been struck so far.
	Break(m Mishap, skip int) (struck func() bool)
	// Mend ends every mishap.
	Mend()
}

// mostRequests bounds how many requests one effect may make, so that a test of them all ends.
const mostRequests = 40

// mostTries bounds how often an effect is repeated until it succeeds in a world that works again.
const mostTries = 4

// stage is a fresh world with one effect prepared, in the words that all ports share.
type stage struct {
	trouble Trouble
	// act does the effect: by the port or, where restarted, by that of a process that has just started.
	act  func(again, restarted bool) (result any, err error)
	look func() any                // the world, without what is different in each
	pass func(after time.Duration) // lets time pass; nil where nothing waits
	// single says that the effect goes by what one person has allowed, so that nothing which is revoked concerns anybody else.
	single bool
}

// converges breaks each request of an effect in turn and repeats the effect: the world must look as if nothing had
// happened, and a further repetition must change nothing.
func converges(t *testing.T, set func(t *testing.T) stage) {
	t.Helper()
	calm := set(t)
	if _, err := calm.act(false, false); err != nil {
		t.Fatalf("in a world that works: %v", err)
	}
	want := calm.look()
	for _, m := range []Mishap{Lost, Away} {
		for _, restarted := range []bool{false, true} {
			skip := 0
			for disturb(t, set(t), disturbance{mishap: m, skip: skip, restarted: restarted, want: want}) {
				if skip++; skip > mostRequests {
					t.Fatalf("an effect makes more than %d requests", mostRequests)
				}
			}
			if skip == 0 {
				t.Errorf("%s: no request was struck; does the world break at all?", m)
			}
		}
	}
}

// disturbance is one mishap and what is to come of it.
type disturbance struct {
	mishap    Mishap
	skip      int
	restarted bool // a new process repeats
	want      any
}

// disturb plays one disturbance and tells whether it struck at all.
func disturb(t *testing.T, s stage, d disturbance) bool {
	t.Helper()
	struck := s.trouble.Break(d.mishap, d.skip)
	_, err := s.act(false, false)
	if !struck() {
		if err != nil {
			t.Errorf("nothing was struck, and it fails: %v", err)
		}
		return false
	}
	say := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s, request %d, restarted %t: "+format, append([]any{d.mishap, d.skip + 1, d.restarted}, args...)...)
	}
	if err != nil {
		if !isPlain(err) {
			say("the first attempt gives %T (%v), want an error that is tried again", err, err)
		}
		if _, err := repeat(s, d.restarted); err != nil {
			say("the repetition fails: %v", err)
			return true
		}
	}
	if got := s.look(); !reflect.DeepEqual(got, d.want) {
		say("the world differs from an undisturbed one.\nwant %s\ngot  %s", text(d.want), text(got))
	}
	first, err := repeat(s, d.restarted)
	if err != nil {
		say("a further repetition fails: %v", err)
	}
	second, err := repeat(s, false)
	if err != nil || !reflect.DeepEqual(first, second) {
		say("repetitions differ: %s, then %s, %v", text(first), text(second), err)
	}
	if got := s.look(); !reflect.DeepEqual(got, d.want) {
		say("further repetitions change the world.\nwant %s\ngot  %s", text(d.want), text(got))
	}
	return true
}

// repeat does an effect again, as the engine would: after a while where the port asks for it.
func repeat(s stage, restarted bool) (result any, err error) {
	for range mostTries {
		result, err = s.act(true, restarted)
		var later *contract.Later
		if !errors.As(err, &later) || s.pass == nil {
			return result, err
		}
		s.pass(later.After)
	}
	return result, err
}

// classes checks that an effect answers each lasting mishap with its class of error, does nothing meanwhile, and is
// done once the world works again. borne says that the result tells of a refusal, where a port reports it there.
func classes(t *testing.T, set func(t *testing.T) stage, borne func(result any) bool) {
	t.Helper()
	single := set(t).single
	fits := map[Mishap]func(result any, err error) bool{
		Busy: func(_ any, err error) bool {
			var later *contract.Later
			return errors.As(err, &later) && later.After > 0 && !contract.IsRefused(err)
		},
		Refuses: func(result any, err error) bool {
			var r *contract.Refused
			if errors.As(err, &r) {
				return r.What != "" && !r.Installation
			}
			return err == nil && borne != nil && borne(result)
		},
		Revoked: func(_ any, err error) bool {
			var r *contract.Refused
			return errors.As(err, &r) && r.What != "" && r.Hint != "" && r.Installation != single
		},
		Away: func(_ any, err error) bool { return isPlain(err) },
	}
	for m, fit := range fits {
		t.Run(string(m), func(t *testing.T) {
			t.Parallel()
			s := set(t)
			before := s.look()
			s.trouble.Break(m, 0)
			if result, err := s.act(false, false); !fit(result, err) {
				t.Errorf("it gives %s and %T: %v", text(result), err, err)
			}
			if after := s.look(); !reflect.DeepEqual(before, after) {
				t.Errorf("nothing was to happen.\nbefore %s\nafter  %s", text(before), text(after))
			}
			s.trouble.Mend()
			if _, err := repeat(s, false); err != nil {
				t.Errorf("it works again, and the repetition fails: %v", err)
			}
		})
	}
}

// isPlain says whether an error is tried again at once: an error of no class.
func isPlain(err error) bool {
	return err != nil && !contract.IsRefused(err) && !errors.As(err, new(*contract.Later))
}

// text writes a value so that people can compare it.
func text(v any) string {
	out, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(out)
}

// same compares two values.
func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Errorf("%s: got %s, want %s", what, text(got), text(want))
	}
}

// must ends the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

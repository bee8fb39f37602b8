package activities_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
)

// account is a telephone that answers with an id or an error.
type account struct {
	id     string
	err    error
	called int
	hung   []string

	followed []string
}

func (a *account) Call(context.Context, contract.CallRequest) (contract.CallResult, error) {
	a.called++
	return contract.CallResult{Provider: a.id}, a.err
}

func (a *account) Text(context.Context, contract.TextRequest) (contract.TextResult, error) {
	a.called++
	return contract.TextResult{Provider: a.id}, a.err
}

func (a *account) HangUp(_ context.Context, req contract.HangUpRequest) error {
	a.hung = append(a.hung, req.Provider)
	if req.Provider != a.id {
		return errors.New("no such call")
	}
	return nil
}

func (a *account) Follow(_ context.Context, provider string) (contract.FollowResult, error) {
	a.followed = append(a.followed, provider)
	return contract.FollowResult{Status: "ringing"}, a.err
}

func TestPhonesFallOver(t *testing.T) {
	t.Parallel()
	closed := &contract.Refused{What: "the account is closed", Installation: true}
	wrong := &contract.Refused{What: "+1 is no telephone number"}
	away, busy := errors.New("503"), &contract.Later{After: time.Second, Err: errors.New("429")}
	for name, test := range map[string]struct {
		first, second error
		want          contract.CallResult
		wantErr       error
		called        [2]int
	}{
		"the first can":                      {want: contract.CallResult{Provider: "CA1"}, called: [2]int{1, 0}},
		"the account is refused":             {first: closed, want: contract.CallResult{Provider: "1/CA2", Note: "first failed: the account is closed"}, called: [2]int{1, 1}},
		"it cannot be reached":               {first: away, want: contract.CallResult{Provider: "1/CA2", Note: "first failed: 503"}, called: [2]int{1, 1}},
		"it has too much to do":              {first: busy, want: contract.CallResult{Provider: "1/CA2", Note: "first failed: 429; again after 1s"}, called: [2]int{1, 1}},
		"a wrong number is wrong everywhere": {first: wrong, wantErr: wrong, called: [2]int{1, 0}},
		"both are refused":                   {first: closed, second: closed, wantErr: closed, called: [2]int{1, 1}},
		"one may come back":                  {first: away, second: closed, wantErr: away, called: [2]int{1, 1}},
		"both are away":                      {first: away, second: busy, wantErr: away, called: [2]int{1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := &account{id: "CA1", err: test.first}, &account{id: "CA2", err: test.second}
			phones := activities.Phones{{Name: "first", Phone: first}, {Name: "second", Phone: second}}
			got, err := phones.Call(t.Context(), contract.CallRequest{})
			if !errors.Is(err, test.wantErr) {
				t.Errorf("error %v, want %v", err, test.wantErr)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			text, err := phones.Text(t.Context(), contract.TextRequest{})
			if !errors.Is(err, test.wantErr) || text.Provider != test.want.Provider || text.Note != test.want.Note {
				t.Errorf("the message is %+v, %v", text, err)
			}
			if called := [2]int{first.called / 2, second.called / 2}; called != test.called {
				t.Errorf("asked %v times, want %v", called, test.called)
			}
		})
	}
}

// slowPhone answers nothing until its time is over.
type slowPhone struct{ account }

func (slowPhone) Call(ctx context.Context, _ contract.CallRequest) (contract.CallResult, error) {
	<-ctx.Done()
	return contract.CallResult{}, ctx.Err()
}

// A telephone that hangs leaves time for those behind it.
func TestPhonesShareTheTime(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	last := &account{id: "CA3"}
	phones := activities.Phones{{Name: "first", Phone: &slowPhone{}}, {Name: "second", Phone: &slowPhone{}}, {Name: "third", Phone: last}}
	got, err := phones.Call(ctx, contract.CallRequest{})
	want := contract.CallResult{
		Provider: "2/CA3", Note: "first failed: context deadline exceeded; second failed: context deadline exceeded",
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil || ctx.Err() != nil {
		t.Errorf("(-want +got):\n%s %v %v", diff, err, ctx.Err())
	}
}

// A call is ended by the telephone that placed it, also when it is not known which one that was.
func TestPhonesHangUp(t *testing.T) {
	t.Parallel()
	for provider, want := range map[string][2][]string{
		"CA1":   {{"CA1"}, nil},
		"1/CA2": {nil, {"CA2"}},
		"CA2":   {{"CA2"}, {"CA2"}},
	} {
		first, second := &account{id: "CA1"}, &account{id: "CA2"}
		phones := activities.Phones{{Name: "first", Phone: first}, {Name: "second", Phone: second}}
		if err := phones.HangUp(t.Context(), contract.HangUpRequest{Provider: provider}); err != nil {
			t.Errorf("%s: %v", provider, err)
		}
		if diff := cmp.Diff(want, [2][]string{first.hung, second.hung}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", provider, diff)
		}
	}
	phones := activities.Phones{{Name: "first", Phone: &account{id: "CA1"}}}
	if err := phones.HangUp(t.Context(), contract.HangUpRequest{Provider: "CA9"}); err == nil {
		t.Error("a call that nobody knows was ended")
	}
}

// A call is followed at the telephone that placed it; one that cannot be asked says so for ever.
func TestPhonesFollow(t *testing.T) {
	t.Parallel()
	for provider, want := range map[string][2][]string{
		"CA1":   {{"CA1"}, nil},
		"1/CA2": {nil, {"CA2"}},
	} {
		first, second := &account{id: "CA1"}, &account{id: "CA2"}
		phones := activities.Phones{{Name: "first", Phone: first}, {Name: "second", Phone: second}}
		if got, err := phones.Follow(t.Context(), provider); err != nil || got.Status != "ringing" {
			t.Errorf("%s: %+v, %v", provider, got, err)
		}
		if diff := cmp.Diff(want, [2][]string{first.followed, second.followed}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", provider, diff)
		}
	}
	mute := struct{ activities.Phone }{&account{}}
	for _, phones := range []activities.Phones{{{Name: "mute", Phone: mute}}, {}} {
		for _, provider := range []string{"CA1", "3/CA1"} {
			if _, err := phones.Follow(t.Context(), provider); !contract.IsRefused(err) {
				t.Errorf("%s: %v, want a refusal", provider, err)
			}
		}
	}
}

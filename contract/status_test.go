package contract_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
)

// TestStatusOn is what becomes of a status.
func TestStatusOn(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	until := at.Add(24 * time.Hour)
	names := func(text string) contract.ChatStatus {
		return contract.ChatStatus{Text: text, Symbol: contract.StatusSymbol, Until: until}
	}
	lunch := contract.ChatStatus{Text: "Lunch, then a train", Symbol: "bento", Until: at.Add(time.Hour)}
	set := contract.ShowStatusRequest{Text: "INC-2", Until: until}
	renew, clear := set, contract.ShowStatusRequest{Text: "INC-2", Clear: true, Before: lunch}
	renew.Renew = true
	tests := []struct {
		name   string
		req    contract.ShowStatusRequest
		stands contract.ChatStatus
		at     time.Time
		want   contract.ChatStatus
		shown  bool
	}{
		{name: "set over nothing", req: set, want: names("INC-2"), shown: true},
		{name: "set over what somebody wrote", req: set, stands: lunch, want: names("INC-2"), shown: true},
		{name: "set over a status without an end", req: set, stands: contract.ChatStatus{Text: "Away", Symbol: "palm_tree"}, want: names("INC-2"), shown: true},
		{name: "set twice", req: set, stands: names("INC-2"), want: names("INC-2"), shown: true},
		{name: "the newer one in front", req: set, stands: names("INC-1"), want: names("INC-2, INC-1"), shown: true},
		{name: "set twice behind a newer one", req: set, stands: names("INC-3, INC-2"), want: names("INC-3, INC-2"), shown: true},
		{name: "over one whose time is over", req: set, stands: names("INC-1"), at: until, want: names("INC-2"), shown: true},
		{name: "the later end counts", req: contract.ShowStatusRequest{Text: "INC-2", Until: at.Add(time.Hour)}, stands: names("INC-1"), want: names("INC-2, INC-1"), shown: true},
		{name: "renewed", req: renew, stands: contract.ChatStatus{Text: "INC-2", Symbol: contract.StatusSymbol, Until: at.Add(time.Hour)}, want: names("INC-2"), shown: true},
		{name: "not renewed over what somebody wrote", req: renew, stands: lunch, want: lunch},
		{name: "not renewed where it is gone", req: renew, stands: names("INC-1"), want: names("INC-1")},
		{name: "cleared", req: clear, stands: names("INC-2"), want: lunch, shown: true},
		{name: "cleared when what stood before is over", req: clear, stands: names("INC-2"), at: at.Add(2 * time.Hour), shown: true},
		{name: "cleared where nothing stood before", req: contract.ShowStatusRequest{Text: "INC-2", Clear: true}, stands: names("INC-2"), shown: true},
		{name: "cleared beside another", req: clear, stands: names("INC-3, INC-2, INC-1"), want: names("INC-3, INC-1"), shown: true},
		{name: "cleared already", req: clear, stands: lunch, want: lunch},
		{name: "cleared where somebody wrote the same words", req: clear, stands: contract.ChatStatus{Text: "INC-2", Symbol: "tada"}, want: contract.ChatStatus{Text: "INC-2", Symbol: "tada"}},
		{name: "cleared when its time is over", req: clear, stands: names("INC-2"), at: until},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.at.IsZero() {
				tt.at = at
			}
			got, shown := tt.req.On(tt.stands, tt.at)
			if diff := cmp.Diff(tt.want, got); diff != "" || shown != tt.shown {
				t.Errorf("shown %t, want %t (-want +got):\n%s", shown, tt.shown, diff)
			}
		})
	}
}

// Whoever commands twenty incidents at once has the newest of them in a status that the chat takes.
func TestStatusIsBounded(t *testing.T) {
	t.Parallel()
	var stands contract.ChatStatus
	at := time.Now()
	for n := range 40 {
		stands, _ = contract.ShowStatusRequest{Text: fmt.Sprint("INC-", 1000+n), Until: at.Add(time.Hour)}.On(stands, at)
	}
	if length := utf8.RuneCountInString(stands.Text); length > 100 || length < 80 || !strings.HasPrefix(stands.Text, "INC-1039, INC-1038, ") {
		t.Errorf("%d characters: %s", length, stands.Text)
	}
}

// FuzzStatus: whatever stands there, what is set names the incident once, and clearing it gives back what is somebody's own.
func FuzzStatus(f *testing.F) {
	f.Add("Lunch", "bento")
	f.Add("INC-1, INC-2", contract.StatusSymbol)
	f.Add(", ,INC-2, ", contract.StatusSymbol)
	f.Add(strings.Repeat("x", 300), contract.StatusSymbol)
	f.Fuzz(func(t *testing.T, text, symbol string) {
		stands, at := contract.ChatStatus{Text: text, Symbol: symbol}, time.Now()
		set, shown := contract.ShowStatusRequest{Text: "INC-2", Until: at.Add(time.Hour)}.On(stands, at)
		if !shown || set.Incidents() == nil || !strings.Contains(set.Text, "INC-2") {
			t.Errorf("%q %q becomes %+v", text, symbol, set)
		}
		cleared, was := contract.ShowStatusRequest{Text: "INC-2", Clear: true, Before: stands.Own()}.On(set, at)
		if !was || stands.Incidents() == nil && cleared != stands {
			t.Errorf("%q %q comes back as %+v", text, symbol, cleared)
		}
	})
}

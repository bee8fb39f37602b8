package jitsi_test

import (
	"strings"
	"testing"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/jitsi"
)

// TestAddresses: the same incident has the same room in every process, another has another, and nobody without the key
// can tell it.
func TestAddresses(t *testing.T) {
	t.Parallel()
	at := func(b *jitsi.Bridges, owner string) string {
		out, err := b.OpenBridge(t.Context(), contract.OpenBridgeRequest{Owner: owner, Incident: "INC-7"})
		if err != nil {
			t.Fatal(err)
		}
		return out.URL
	}
	one := jitsi.New("meet.example.com", []byte("key"))
	url := at(one, "a")
	if !strings.HasPrefix(url, "https://meet.example.com/inc-7-") || len(url) < 50 {
		t.Errorf("%s", url)
	}
	if again := at(jitsi.New("meet.example.com", []byte("key")), "a"); again != url {
		t.Errorf("%s, then %s", url, again)
	}
	if at(one, "b") == url || at(jitsi.New("meet.example.com", []byte("other")), "a") == url {
		t.Error("two rooms have one address")
	}
	if fixed, err := jitsi.Link("https://x.example/1").OpenBridge(t.Context(), contract.OpenBridgeRequest{}); err != nil || fixed.URL != "https://x.example/1" {
		t.Errorf("%+v, %v", fixed, err)
	}
}

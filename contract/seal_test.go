package contract_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/musterbook/musterbook/contract"
)

// What is sealed comes back as it was, under each key and for its own use alone; anything else is refused.
func TestSeal(t *testing.T) {
	t.Parallel()
	old, fresh := []byte("the old secret of us"), []byte("the new secret of us")
	cb := contract.Callback{WorkflowID: "incident/1", Key: "INC-1", Page: "p", Attempt: 2}
	before := contract.Seal{Keys: [][]byte{old}, Use: "a"}
	after := contract.Seal{Keys: [][]byte{fresh, old}, Use: "a"}
	word := before.Wrap(cb)
	payload, sum, _ := strings.Cut(word, ".")
	for name, test := range map[string]struct {
		seal contract.Seal
		word string
		ok   bool
	}{
		"as it was":           {before, word, true},
		"after the exchange":  {after, word, true},
		"before the exchange": {before, after.Wrap(cb), false},
		"another use":         {contract.Seal{Keys: before.Keys, Use: "b"}, word, false},
		"no key":              {contract.Seal{Use: "a"}, word, false},
		"an empty key":        {contract.Seal{Keys: [][]byte{nil}, Use: "a"}, contract.Seal{Keys: [][]byte{nil}, Use: "a"}.Wrap(cb), false},
		"another payload":     {before, "e30." + sum, false},
		"no payload":          {before, "." + sum, false},
		"no mac":              {before, payload, false},
		"an empty mac":        {before, payload + ".", false},
		"a longer mac":        {before, word + "A", false},
		"too long":            {before, strings.Repeat("A", 3000) + "." + sum, false},
		"nothing":             {before, "", false},
	} {
		var got contract.Callback
		err := test.seal.Open(test.word, &got)
		if test.ok && (err != nil || got != cb) || !test.ok && (!errors.Is(err, contract.ErrSeal) || got != contract.Callback{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if err := before.Open(before.Wrap([]int{1}), &cb); err == nil || errors.Is(err, contract.ErrSeal) {
		t.Errorf("another kind of value: %v", err)
	}
}

func FuzzSeal(f *testing.F) {
	seal := contract.Seal{Keys: [][]byte{[]byte("a secret of sixteen bytes")}, Use: "fuzz"}
	word := seal.Wrap(contract.Callback{Key: "INC-1"})
	for _, seed := range []string{word, "", ".", "e30.", word + "=", strings.ToUpper(word)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		var got contract.Callback
		if err := seal.Open(given, &got); err == nil && given != word {
			t.Errorf("%q was taken: %+v", given, got)
		}
	})
}

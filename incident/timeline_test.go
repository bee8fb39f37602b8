package incident_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/musterbook/musterbook/incident"
)

// longest is how many bytes a line may have.
const longest = 2000

// TestLogCutsLongTexts at a rune's border, marks the cut, and leaves what fits as it is.
func TestLogCutsLongTexts(t *testing.T) {
	t.Parallel()
	for _, letter := range []string{"a", "ä", "語", "🔥", "e\u0301"} {
		for shift := range 5 {
			for _, length := range []int{longest - 4, longest - 1, longest, longest + 1, longest + 2, longest + 3, longest + 4, 3 * longest} {
				text := strings.Repeat("x", shift) + strings.Repeat(letter, length/len(letter)+1)
				text = strings.ToValidUTF8(text[:max(shift, length)], "")
				i := declared()
				got := i.Log(start, incident.Entry{Kind: incident.EntryNote, Text: text}).Text
				if len(text) <= longest {
					if got != text {
						t.Errorf("%d bytes of %q were changed", len(text), letter)
					}
					continue
				}
				kept, marked := strings.CutSuffix(got, "…")
				if !utf8.ValidString(got) || !marked || !strings.HasPrefix(text, kept) {
					t.Errorf("%d bytes of %q became %q", len(text), letter, got[max(0, len(got)-20):])
				}
				if len(got) > longest || len(got) < longest-utf8.UTFMax {
					t.Errorf("%d bytes of %q became %d", len(text), letter, len(got))
				}
			}
		}
	}
}

// TestLogSurvivesGarbage: what is no text at all is cut all the same.
func TestLogSurvivesGarbage(t *testing.T) {
	t.Parallel()
	i := declared()
	if got := i.Log(start, incident.Entry{Text: strings.Repeat("\xff\xfe", longest)}).Text; len(got) > longest {
		t.Errorf("%d bytes", len(got))
	}
}

// TestLogCounts: every line has its number and its instant, whatever the caller has put there.
func TestLogCounts(t *testing.T) {
	t.Parallel()
	i := declared()
	got := i.Log(at(time.Minute), incident.Entry{Seq: 77, At: at(time.Hour), Kind: incident.EntrySay, Text: "hello", Step: "say"})
	want := incident.Entry{Seq: 2, At: at(time.Minute), Kind: incident.EntrySay, Text: "hello", Step: "say"}
	differs(t, "the answer", want, got)
	differs(t, "the line", want, i.Timeline[1])
	if i.Seq != 2 {
		t.Errorf("the newest is %d", i.Seq)
	}
}

// TestActor is how people appear.
func TestActor(t *testing.T) {
	t.Parallel()
	tests := []struct {
		actor incident.Actor
		want  string
	}{
		{person("ana"), "Ana"},
		{incident.Actor{Person: "ana"}, "ana"},
		{incident.Actor{}, ""},
		{incident.RunbookActor(), "runbook"},
		{visitor("Zoe", "zoe"), "Zoe"},
	}
	for _, test := range tests {
		if got := test.actor.String(); got != test.want {
			t.Errorf("%+v appears as %q, want %q", test.actor, got, test.want)
		}
	}
}

// TestRefusal has a sentence, and a hint where there is one.
func TestRefusal(t *testing.T) {
	t.Parallel()
	if got := (&incident.Refusal{What: "no"}).Error(); got != "no" {
		t.Errorf("%q", got)
	}
	if got := (&incident.Refusal{What: "no", Hint: "try yes"}).Error(); got != "no (try yes)" {
		t.Errorf("%q", got)
	}
}

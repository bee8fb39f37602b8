package record_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/record"
)

func TestLine(t *testing.T) {
	t.Parallel()
	long := strings.TrimSpace(strings.Repeat("seven letters ", 12))
	tests := []struct {
		name  string
		entry incident.Entry
		since time.Time
		want  string
	}{
		{
			name: "runbook", since: began(), entry: incident.Entry{At: after(100 * time.Millisecond), Kind: incident.EntryPhase, By: incident.RunbookActor(), Text: "identification"},
			want: "     0.1s  phase         identification",
		},
		{
			name: "the text names the person", since: began(), entry: incident.Entry{At: after(250 * time.Second), Kind: incident.EntryAcknowledged, By: ben(), Text: "Ben Ito acknowledged"},
			want: "   4m 10s  acknowledged  Ben Ito acknowledged",
		},
		{
			name: "the text does not", since: began(), entry: incident.Entry{At: after(0), Kind: incident.EntryNote, By: ben(), Text: "restarted"},
			want: "     0.0s  note          Ben Ito: restarted",
		},
		{
			name: "unverified", since: began(), entry: incident.Entry{At: after(0), Kind: incident.EntryNote, By: ana(), Text: "restarted"},
			want: "     0.0s  note          Ana Ruiz: restarted (cli, unverified, login root)",
		},
		{
			name: "nobody", since: began(), entry: incident.Entry{At: after(-time.Second), Kind: incident.EntryCall, Text: "Ana Ruiz is busy"},
			want: "    -1.0s  call          Ana Ruiz is busy",
		},
		{
			name: "time of day", entry: incident.Entry{At: began(), Kind: incident.EntryWait, By: incident.RunbookActor(), Text: "wait 5s"},
			want: " 09:00:00  wait          wait 5s",
		},
		{
			name: "long", since: began(), entry: incident.Entry{At: after(100 * time.Hour), Kind: incident.EntrySay, By: incident.RunbookActor(), Text: long},
			want: "    4d 4h  say           seven letters seven letters seven letters seven letters seven letters seven\n" +
				strings.Repeat(" ", 25) + "letters seven letters seven letters seven letters seven letters seven\n" +
				strings.Repeat(" ", 25) + "letters seven letters",
		},
		{
			name: "a terminal's commands", since: began(), entry: incident.Entry{At: began(), Kind: "note\x1b[2J", By: incident.RunbookActor(), Text: "a\x1b]0;title\a\r\nb\u202ec\u009b31m"},
			want: "     0.0s  note[2J       a]0;title / bc31m",
		},
		{name: "no text", since: began(), entry: incident.Entry{At: began(), Kind: incident.EntryNote}, want: "     0.0s  note"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, record.Line(tt.entry, tt.since)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLineOfWideLetters(t *testing.T) {
	t.Parallel()
	got := record.Line(incident.Entry{At: began(), Kind: incident.EntryNote, Text: strings.Repeat("漢", 50) + " e\u0301"}, began())
	want := "     0.0s  note          " + strings.Repeat("漢", 37) + "\n" + strings.Repeat(" ", 25) + strings.Repeat("漢", 13) + " e\u0301"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzLine holds for every text: no line is longer than the terminal, and nothing but letters reaches it.
func FuzzLine(f *testing.F) {
	f.Add("a\x1b[31m b", "ana", int64(5))
	f.Add(strings.Repeat("x", 300), "", int64(-1))
	f.Add("漢字\u0301\xff", "\u202e", int64(1)<<60)
	f.Fuzz(func(t *testing.T, text, name string, offset int64) {
		entry := incident.Entry{At: after(time.Duration(offset % (1 << 50))), Kind: incident.EntryNote, By: incident.Actor{Name: name}, Text: text}
		got := record.Line(entry, began())
		if !utf8.ValidString(got) {
			t.Fatalf("not UTF-8: %q", got)
		}
		for line := range strings.Lines(got) {
			line = strings.TrimSuffix(line, "\n")
			if utf8.RuneCountInString(strings.Map(sitting, line)) > 100 || strings.ContainsFunc(line, unicode.IsControl) {
				t.Fatalf("line %q", line)
			}
		}
	})
}

// sitting drops the marks that need no column.
func sitting(r rune) rune {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return -1
	}
	return r
}

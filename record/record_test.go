package record_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/record"
)

// blank is an incident of which nothing is known but that somebody declared it.
func blank() incident.Incident {
	return incident.Incident{ID: "1", Key: "INC-1", Title: "something is wrong", DeclaredAt: began(), DeclaredBy: ana(), Source: "person"}
}

// falseAlarm ended without anything to learn.
func falseAlarm() incident.Incident {
	inc := blank()
	inc.Ending, inc.EndedBy, inc.EndReason, inc.Drill = incident.FalseAlarm, ben(), "a test of the monitoring", true
	return inc
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, inc := range map[string]incident.Incident{
		"resolved": resolved(), "blank": blank(), "false-alarm": falseAlarm(), "hostile": hostile(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name+".md", record.Markdown(inc))
			out, err := record.JSON(inc)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".json", out)
		})
	}
}

// TestRoundTrip reads every record back: nothing is lost, and writing it again gives the same.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for name, inc := range map[string]incident.Incident{"resolved": resolved(), "blank": blank(), "false alarm": falseAlarm(), "hostile": hostile()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := record.JSON(inc)
			if err != nil {
				t.Fatal(err)
			}
			back, err := record.Parse(out)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(record.New(inc), back, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, data, want string }{
		{name: "no JSON", data: "# INC-1", want: "read the record: invalid character '#' looking for beginning of value"},
		{name: "another format", data: `{"format": 2, "key": 5}`, want: "read the record: its format is 2 and this program reads 1"},
		{name: "no format", data: `{}`, want: "read the record: its format is 0 and this program reads 1"},
		{name: "negative time", data: `{"format": 1, "times": {"detect_seconds": -1}}`, want: "out of range"},
		{name: "time of the wrong type", data: `{"format": 1, "times": {"detect_seconds": "1s"}}`, want: "read a time in seconds"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := record.Parse([]byte(tt.data)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	if _, err := record.Parse([]byte(`{"format": 1, "added_later": true}`)); err != nil {
		t.Errorf("a field that was added later: %v", err)
	}
}

// TestMarkdownIsOnlyWhatWeWrote looks at every line of a record that is full of traps.
func TestMarkdownIsOnlyWhatWeWrote(t *testing.T) {
	t.Parallel()
	text := string(record.Markdown(hostile()))
	for n, line := range strings.Split(text, "\n") {
		bare := unescaped(line)
		if strings.HasPrefix(line, "#") && strings.Contains(line, "# Heading") && !strings.Contains(line, `\# Heading`) {
			t.Errorf("line %d: a heading from outside: %s", n+1, line)
		}
		for _, trap := range []string{"<script", "](", "`code", "**bold", "~~no", "$x", "https:", "www.", "&lt;", "@team", "\x1b", "\u202e", "javascript:alert(1)>"} {
			if strings.Contains(bare, trap) {
				t.Errorf("line %d: %q has a meaning: %s", n+1, trap, line)
			}
		}
		if cells := strings.Count(bare, "|"); strings.HasPrefix(line, "| 2026") && cells != 4 && cells != 8 && cells != 9 {
			t.Errorf("line %d: a row of %d borders: %s", n+1, cells, line)
		}
	}
}

// unescaped is a line in which a letter stands for whatever a backslash takes the meaning from.
func unescaped(line string) string {
	var b strings.Builder
	escaped := false
	for _, r := range line {
		switch {
		case escaped:
			escaped = false
			b.WriteByte('x')
		case r == '\\':
			escaped = true
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// TestPostmortemHeadings holds the record to the process: all headings, in this order.
func TestPostmortemHeadings(t *testing.T) {
	t.Parallel()
	var got []string
	for line := range strings.Lines(string(record.Markdown(resolved()))) {
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			got = append(got, strings.TrimSpace(heading))
		}
	}
	want := []string{
		"Owner", "Summary", "Lead-up", "Fault", "Impact", "Detection", "Response", "Recovery", "Timeline (UTC)", "Five whys",
		"Root cause", "Recurrence", "Lessons", "Actions", "People and roles", "Pages", "Severity changes", "Questions and answers", "Alerts",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	known := func(d time.Duration) record.Span { return record.Span{Length: d, Known: true} }
	tests := []struct {
		name string
		inc  incident.Incident
		want record.Spans
	}{
		{name: "nothing is known", inc: incident.Incident{}},
		{name: "only declared", inc: incident.Incident{DeclaredAt: began()}},
		{
			name: "declared by a person: noticed then", inc: incident.Incident{DeclaredAt: began(), AcknowledgedAt: after(time.Minute)},
			want: record.Spans{Acknowledge: known(time.Minute)},
		},
		{
			name: "everything", inc: resolved(),
			want: record.Spans{
				Detect: known(2 * time.Minute), Acknowledge: known(34100 * time.Millisecond), Mitigate: known(20 * time.Minute),
				Resolve: known(62 * time.Minute), Impact: known(22 * time.Minute),
			},
		},
		{
			name: "at once is zero and known", inc: incident.Incident{StartedAt: began(), DetectedAt: began(), DeclaredAt: began()},
			want: record.Spans{Detect: known(0)},
		},
		{
			name: "clocks that disagree", inc: incident.Incident{StartedAt: after(time.Second), DetectedAt: began(), DeclaredAt: began()},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, record.Times(tt.inc)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSpanInWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		span record.Span
		want string
	}{
		{span: record.Span{}, want: "not known"},
		{span: record.Span{Length: time.Hour}, want: "not known"},
		{span: record.Span{Known: true}, want: "0.0s"},
		{span: record.Span{Known: true, Length: 4149 * time.Millisecond}, want: "4.1s"},
		{span: record.Span{Known: true, Length: 59949 * time.Millisecond}, want: "59.9s"},
		{span: record.Span{Known: true, Length: 59951 * time.Millisecond}, want: "1m 0s"},
		{span: record.Span{Known: true, Length: 250 * time.Second}, want: "4m 10s"},
		{span: record.Span{Known: true, Length: time.Hour - 499*time.Millisecond}, want: "1h 0m"},
		{span: record.Span{Known: true, Length: 62*time.Minute + 31*time.Second}, want: "1h 3m"},
		{span: record.Span{Known: true, Length: 24*time.Hour - 29*time.Second}, want: "1d 0h"},
		{span: record.Span{Known: true, Length: 76 * time.Hour}, want: "3d 4h"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			t.Parallel()
			if got := tt.span.String(); got != tt.want {
				t.Errorf("%s is %q, want %q", tt.span.Length, got, tt.want)
			}
		})
	}
}

// TestNewLeavesTheIncidentAlone because whoever writes a record goes on with the incident.
func TestNewLeavesTheIncidentAlone(t *testing.T) {
	t.Parallel()
	inc := resolved()
	record.New(inc)
	if diff := cmp.Diff(resolved(), inc); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if zone, _ := inc.Timeline[0].At.Zone(); zone != "CET" {
		t.Errorf("the timeline is now in %s", zone)
	}
}

// FuzzParse holds for every input: it is refused, or it can be written and read again.
func FuzzParse(f *testing.F) {
	for _, inc := range []incident.Incident{resolved(), blank(), hostile()} {
		out, err := record.JSON(inc)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(out)
	}
	f.Add([]byte(`{"format":1,"times":{"detect_seconds":1e300}}`))
	f.Add([]byte(`{"format":1,"stamps":{"started":"0000-01-01T00:00:00Z"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := record.Parse(data)
		if err != nil {
			return
		}
		if r.Format != record.Format || r.Times.Detect.Length < 0 || r.Times.Detect.String() == "" {
			t.Errorf("read %+v", r)
		}
	})
}

// ourLink is the link to a message at the end of a row: an address without a sign that ends it.
var ourLink = regexp.MustCompile(`(?m) <https://a/[!#-&(-;=?-[\]^_a-{}~]*> \|$`)

// FuzzMarkdown holds for every text from outside: it adds no line and no cell, and no sign of it keeps a meaning.
func FuzzMarkdown(f *testing.F) {
	for _, text := range []string{"a\nb", "# a | b", "\\", "\\|", "<b>", "1. a", "- a", "[a](b)", "http://a", "\u2028|", "\xff`", "\\\u202e[a]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		inc := blank()
		inc.Timeline = []incident.Entry{{Seq: 1, At: began(), Kind: incident.EntryNote, By: ben(), Text: "x"}}
		lines := strings.Count(string(record.Markdown(inc)), "\n")
		inc.Title, inc.Timeline[0].Text = text, text
		inc.Timeline[0].Quote = &incident.Quote{Author: text, Link: "https://a/" + text}
		out := string(record.Markdown(inc))
		if got := strings.Count(out, "\n"); got != lines {
			t.Fatalf("%d lines instead of %d", got, lines)
		}
		for line := range strings.Lines(out) {
			if !strings.HasPrefix(line, "| 2026-") {
				continue
			}
			line = ourLink.ReplaceAllString(line, " |")
			if bare := unescaped(line); strings.Count(bare, "|") != 4 || strings.ContainsAny(bare, "<>[]`*_&#~$\r") || strings.Contains(bare, "://") {
				t.Fatalf("%q", line)
			}
		}
	})
}

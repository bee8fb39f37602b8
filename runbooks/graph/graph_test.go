package graph_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/musterbook/musterbook/runbooks"
	"github.com/musterbook/musterbook/runbooks/graph"
)

// shipped loads every runbook of the product.
func shipped(t *testing.T) map[string]*runbooks.Runbook {
	t.Helper()
	ids, err := runbooks.IDs(runbooks.Shipped())
	if err != nil || len(ids) < 5 {
		t.Fatal(ids, err)
	}
	out := map[string]*runbooks.Runbook{}
	for _, id := range ids {
		if out[id], err = runbooks.Load(runbooks.Shipped(), id); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// count counts the boxes of a picture by their paths.
func count(boxes []graph.Box, into map[string]int) {
	for _, b := range boxes {
		into[b.Path]++
		for _, c := range b.Columns {
			count(c.Boxes, into)
		}
	}
}

// TestEveryStepIsDrawnOnce: no step is missing, none is there twice.
func TestEveryStepIsDrawnOnce(t *testing.T) {
	t.Parallel()
	for id, rb := range shipped(t) {
		drawn := map[string]int{}
		for _, lane := range graph.Of(rb, nil).Lanes {
			count(lane.Boxes, drawn)
		}
		rb.WalkAll(func(_ runbooks.Place, s *runbooks.Step) {
			if drawn[s.Path] != 1 {
				t.Errorf("%s: %s is drawn %d times", id, s.Path, drawn[s.Path])
			}
		})
	}
}

// TestSVGIsXML: the picture is well-formed, whatever stands in the runbook.
func TestSVGIsXML(t *testing.T) {
	t.Parallel()
	all := shipped(t)
	hostile, problems := runbooks.Parse("x.yaml", []byte("runbook: x\nroles: { commander: a }\nphases:\n  recovery:\n    - say: '</text><script>alert(1)</script> & \"quoted\" ]]>'\n    - note: "+strings.Repeat("w", 300)+"\n"))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	all["hostile"] = hostile
	for id, rb := range all {
		for state := range map[string]bool{"": true, "waiting": true} {
			states := map[string]graph.State{}
			rb.WalkAll(func(_ runbooks.Place, s *runbooks.Step) {
				states[s.Path] = graph.State{Word: state, Until: "12:00 <UTC>"}
			})
			d := xml.NewDecoder(strings.NewReader(graph.Of(rb, states).SVG()))
			for {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s: %v", id, err)
				}
				if e, ok := token.(xml.StartElement); ok && e.Name.Local == "script" {
					t.Fatalf("%s: a text has become an element", id)
				}
			}
		}
	}
}

// TestTextFormats: quotation marks in texts never end a label.
func TestTextFormats(t *testing.T) {
	t.Parallel()
	rb := shipped(t)["service-outage"]
	p := graph.Of(rb, map[string]graph.State{"containment/0": {Word: "waiting", Until: "12:00 UTC"}})
	mermaid, dot := p.Mermaid(), p.Dot()
	for text, wants := range map[string][]string{
		mermaid: {"flowchart TD", "subgraph lane0[\"identification\"]", "☎ page: owner", "-- \"rollback\" -->", "→ waiting until 12:00 UTC", "after 15m: escalate"},
		dot:     {"digraph runbook {", "subgraph cluster_0", "shape=octagon, style=dashed", "label=\"failover\"", "☻ ask: What stops the bleeding?"},
	} {
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
	}
	for _, line := range strings.Split(mermaid, "\n") {
		if strings.Count(line, "\"")%2 != 0 {
			t.Errorf("an odd number of quotation marks: %s", line)
		}
	}
	if _, err := p.Write("png"); err == nil {
		t.Error("an unknown format is written")
	}
}

var update = flag.Bool("update", false, "draw the checked-in picture anew")

// TestPictureOfTheDocs keeps the picture that the documentation shows up to date.
func TestPictureOfTheDocs(t *testing.T) {
	t.Parallel()
	const name = "../../docs/service-outage.svg"
	want := graph.Of(shipped(t)["service-outage"], nil).SVG()
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/service-outage.svg is out of date: go test ./runbooks/graph -update")
	}
}

package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/musterbook/musterbook/runbooks"
)

// demoPace is how fast the demo is: 2 halves the waiting of the simulated people, and that of the runbook as far as
// whole seconds allow.
type demoPace float64

// of is a span of waiting at this pace.
func (p demoPace) of(d time.Duration) time.Duration { return time.Duration(float64(d) / float64(p)) }

// seconds is a duration of whole seconds in a runbook.
var seconds = regexp.MustCompile(`\b([0-9]+)s\b`)

// runbook is the text of a runbook with its seconds at this pace. Runbooks count in whole seconds; nothing becomes
// shorter than one, for people must be able to answer.
func (p demoPace) runbook(text []byte) []byte {
	return seconds.ReplaceAllFunc(text, func(found []byte) []byte {
		n, err := strconv.Atoi(string(found[:len(found)-1]))
		if err != nil {
			return found
		}
		return fmt.Appendf(nil, "%ds", max(1, int(float64(n)/float64(p)+0.5)))
	})
}

// demoLibrary gives the runbooks of a demo: those that ship with the product, and at another pace than 1 a copy of the
// demo's own, which is written to dir.
func demoLibrary(dir string, pace demoPace) (*library, error) {
	if pace == 1 {
		dir = ""
	} else if err := writePacedRunbook(dir, pace); err != nil {
		return nil, err
	}
	books, problems, err := openLibrary(dir)
	if err != nil {
		return nil, err
	}
	return books, problems.Err()
}

// writePacedRunbook writes the demo's runbook at a pace.
func writePacedRunbook(dir string, pace demoPace) error {
	name := demoRunbook + ".yaml"
	text, err := fs.ReadFile(runbooks.Shipped(), name)
	if err != nil {
		return fmt.Errorf("read the demo's runbook: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write the demo's runbook: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), pace.runbook(text), 0o600); err != nil {
		return fmt.Errorf("write the demo's runbook: %w", err)
	}
	return nil
}

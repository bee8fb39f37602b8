package workflows

import (
	"strings"

	"go.temporal.io/sdk/temporal"

	"github.com/musterbook/musterbook/incident"
)

// reasons are why parts of a block have failed; those that failed alike stand together, so that fifty hosts behind one
// broken switch make one line.
type reasons []reason

// reason is one of them, and whose it is.
type reason struct {
	who []string
	why string
}

// add notes why a part has failed.
func (rs *reasons) add(who string, err error) {
	why := incident.Shorten(err.Error(), longestReason)
	for i := range *rs {
		if (*rs)[i].why == why {
			(*rs)[i].who = append((*rs)[i].who, who)
			return
		}
	}
	*rs = append(*rs, reason{who: []string{who}, why: why})
}

// String lists them: "a, d (is away); b (disk full)".
func (rs reasons) String() string {
	parts := make([]string, 0, len(rs))
	for _, r := range rs {
		parts = append(parts, strings.Join(r.who, ", ")+" ("+r.why+")")
	}
	return strings.Join(parts, "; ")
}

// worst is how a block ends whose parts have ended: withdrawn, stopped with the reasons of all that have failed, or well.
func worst(results []error, name func(int) string) error {
	var failed reasons
	for i, result := range results {
		switch {
		case result != nil && temporal.IsCanceledError(result):
			return result
		case result != nil:
			failed.add(name(i), result)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &stopped{why: failed.String()}
}

package activitiestest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Numbers runs the acceptance test of the numbering; open gives one that has not given any number yet.
func Numbers(t *testing.T, open func(t *testing.T) activities.Numbers) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, activities.Numbers){
		"InOrder":    numbersInOrder,
		"Idempotent": numbersIdempotent,
		"SideBySide": numbersSideBySide,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// run is the request of an incident's first run.
func run(workflow, id string) contract.TakeNumberRequest {
	return contract.TakeNumberRequest{WorkflowID: workflow, RunID: id, Title: "error rate", Service: "payments", At: time.Now()}
}

// numbersInOrder: INC-1, INC-2, … without a gap, for new runs of an old workflow too.
func numbersInOrder(t *testing.T, numbers activities.Numbers) {
	for n := 1; n <= 5; n++ {
		got, err := numbers.Take(t.Context(), run("incident/same", fmt.Sprint("run-", n)))
		must(t, err)
		same(t, "key", incident.Key(fmt.Sprint("INC-", n)), got.Key)
	}
}

// numbersIdempotent: the same run has the same key, whatever else has changed and however many came between.
func numbersIdempotent(t *testing.T, numbers activities.Numbers) {
	first, err := numbers.Take(t.Context(), run("incident/a", "run-a"))
	must(t, err)
	for n := range 5 {
		_, err := numbers.Take(t.Context(), run("incident/b", fmt.Sprint("run-", n)))
		must(t, err)
		again := run("incident/a", "run-a")
		again.Title, again.At = "another title", time.Now().Add(time.Hour)
		got, err := numbers.Take(t.Context(), again)
		must(t, err)
		same(t, "the repetition", first, got)
	}
}

// numbersSideBySide: incidents that begin at the same moment get different keys, and each its own however often it asks.
func numbersSideBySide(t *testing.T, numbers activities.Numbers) {
	const incidents, askers = 6, 3
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		runs = map[incident.Key]map[int]bool{}
	)
	for n := range incidents * askers {
		all.Go(func() {
			of := n % incidents
			got, err := numbers.Take(t.Context(), run("incident/x", fmt.Sprint("run-", of)))
			if err != nil {
				t.Errorf("incident %d: %v", of, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if runs[got.Key] == nil {
				runs[got.Key] = map[int]bool{}
			}
			runs[got.Key][of] = true
		})
	}
	all.Wait()
	if len(runs) != incidents {
		t.Errorf("%d incidents have %d keys", incidents, len(runs))
	}
	for key, of := range runs {
		if len(of) != 1 {
			t.Errorf("%s was given to %d incidents", key, len(of))
		}
	}
}

package roster_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

// people is what the activities, the gateway and the vendors want of a roster, together.
type people interface {
	Duties(name string, at time.Time, changed ...oncall.Override) ([]oncall.Duty, error)
	Person(id oncall.PersonID) (oncall.Person, bool)
	PersonByEmail(address string) (oncall.Person, bool)
	PersonByPhone(number string) (oncall.Person, bool)
	PersonBySlack(user string) (oncall.Person, bool)
}

// changing is a file whose content can be replaced while it is read.
type changing struct{ content atomic.Pointer[[]byte] }

func (c *changing) set(data []byte) { c.content.Store(&data) }

// open reads the file for the first time.
func (c *changing) open(t *testing.T) *roster.Live {
	t.Helper()
	from := outside()
	secrets := from.ReadFile
	from.ReadFile = func(path string) ([]byte, error) {
		if path == "musterbook.yaml" {
			return *c.content.Load(), nil
		}
		return secrets(path)
	}
	live, problems := roster.Open("musterbook.yaml", from)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return live
}

func TestReload(t *testing.T) {
	t.Parallel()
	var f changing
	f.set([]byte(small))
	live := f.open(t)
	var asked people = live
	for by, find := range map[string]func(string) (oncall.Person, bool){
		"ANA@example.com": asked.PersonByEmail, "+34600000001": asked.PersonByPhone, "U01ANA": asked.PersonBySlack,
	} {
		if p, ok := find(by); !ok || p.ID != "ana" {
			t.Errorf("%s is %+v", by, p)
		}
	}
	if _, ok := live.Service("checkout"); !ok || len(live.Services()) != 2 {
		t.Errorf("services are %v", live.Services())
	}
	onDuty := func() string {
		duties, err := live.Duties("cto", time.Now())
		if err != nil || len(duties) != 1 {
			t.Fatalf("duties are %v, %v", duties, err)
		}
		return duties[0].Name
	}
	if got := onDuty(); got != "Ben Ito" {
		t.Fatalf("cto is %s", got)
	}

	f.set(edited(t, "name: Ben Ito", "label: Ben Ito"))
	before := live.Config()
	restart, problems := live.Reload()
	if len(restart) != 0 || len(problems) != 2 || problems[0].Line != 3 {
		t.Errorf("a faulty file: %v, %v", restart, problems)
	}
	if live.Config() != before || onDuty() != "Ben Ito" {
		t.Error("a faulty file came into force")
	}

	f.set(edited(t, "name: Ben Ito", "name: Ben Itō", "severity: SEV1", "severity: SEV2"))
	restart, problems = live.Reload()
	if len(restart) != 0 || len(problems) != 0 {
		t.Errorf("a good file: %v, %v", restart, problems)
	}
	routed := live.Route(map[string]string{"service": "checkout", "severity": "critical"})
	if onDuty() != "Ben Itō" || routed.Severity != "SEV2" {
		t.Errorf("the new file is not in force: %s, %s", onDuty(), routed.Severity)
	}
	if p, ok := live.Person("ben"); !ok || p.Name != "Ben Itō" {
		t.Errorf("ben is %+v", p)
	}

	f.set(edited(t, "${SLACK_TOKEN}", "${SLACK_SECRET}", "listen: 0.0.0.0:8080", "listen: 0.0.0.0:8081", "data: /var/lib/muster", "data: /d"))
	restart, problems = live.Reload()
	if diff := cmp.Diff([]string{"gateway", "slack", "data"}, restart); diff != "" || len(problems) != 0 {
		t.Errorf("restart (-want +got), problems %v:\n%s", problems, diff)
	}
}

func TestOpenFaulty(t *testing.T) {
	t.Parallel()
	live, problems := roster.Open("nowhere.yaml", outside())
	if live != nil || len(problems) != 1 {
		t.Errorf("got %v, %v", live, problems)
	}
}

// TestReloadWhileAsked reads good and faulty files in turn while others ask; whoever asks always gets an answer.
func TestReloadWhileAsked(t *testing.T) {
	t.Parallel()
	var f changing
	f.set([]byte(small))
	live := f.open(t)
	contents := [][]byte{[]byte(small), []byte("people: ["), edited(t, "name: Ben Ito", "name: Benjamin")}
	var group sync.WaitGroup
	for n := range 4 {
		group.Go(func() {
			for i := range 50 {
				if n == 0 {
					f.set(contents[i%len(contents)])
					_, _ = live.Reload() // what it answers is the other test's matter
					continue
				}
				duties, err := live.Duties("fallback", time.Now())
				if err != nil || len(duties) != 1 || !strings.HasPrefix(duties[0].Name, "Ben") {
					t.Errorf("duties are %v, %v", duties, err)
				}
			}
		})
	}
	group.Wait()
}

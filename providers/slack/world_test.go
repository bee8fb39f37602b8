package slack_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

const secret = "signing-secret"

// roster is a book of people in memory.
type roster []oncall.Person

func (r roster) find(match func(oncall.Person) bool) (oncall.Person, bool) {
	for _, p := range r {
		if match(p) {
			return p, true
		}
	}
	return oncall.Person{}, false
}

func (r roster) Person(id oncall.PersonID) (oncall.Person, bool) {
	return r.find(func(p oncall.Person) bool { return p.ID == id })
}

func (r roster) PersonByEmail(address string) (oncall.Person, bool) {
	return r.find(func(p oncall.Person) bool { return strings.EqualFold(p.Email, address) })
}

func (r roster) PersonBySlack(user string) (oncall.Person, bool) {
	return r.find(func(p oncall.Person) bool { return p.Slack == user })
}

// world is a fake workspace with a few people, and the real client of it.
type world struct {
	*fakeslack.Server
	*slack.Client
	ana, ben fakeslack.User
	api      string // where its API is
}

// people are in the roster; not all of them are well known to Slack.
func people() roster {
	return roster{
		{ID: "ana", Name: "Ana Ruiz", Email: "Ana@example.com"},
		{ID: "ben", Name: "Ben Okoye", Email: "ben@example.com"},
		{ID: "cem", Name: "Cem", Slack: "U0CEM00000"},
		{ID: "lost", Name: "Lost & Found", Email: "lost@example.com"},
		{ID: "mute", Name: "Mute"},
	}
}

func start(t *testing.T) world { return startWith(t, slack.Options{}) }

func startWith(t *testing.T, o slack.Options) world {
	t.Helper()
	return startIn(t, fakeslack.Options{}, o)
}

// startIn is a world in a workspace of a certain kind.
func startIn(t *testing.T, workspace fakeslack.Options, o slack.Options) world {
	t.Helper()
	workspace.SigningSecret = secret
	fake := fakeslack.New(workspace)
	server := httptest.NewServer(fake)
	fake.ServedAt(server.URL)
	w := world{
		Server: fake,
		ana:    fake.AddUser(fakeslack.User{Name: "ana", RealName: "Ana Ruiz", Email: "ana@example.com"}),
		ben:    fake.AddUser(fakeslack.User{Name: "ben", RealName: "Ben Okoye", Email: "ben@example.com"}),
	}
	fake.AddUser(fakeslack.User{ID: "U0CEM00000", Name: "cem"})
	if o.People == nil {
		o.People = people()
	}
	o.Token, o.APIURL = fakeslack.DefaultToken, server.URL+"/api"
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	w.api = o.APIURL
	w.Client = slack.New(o)
	t.Cleanup(func() {
		server.Close()
		judge(t, fake.Requests())
		judgeMarkup(t, fake)
	})
	return w
}

// posts are the texts of all messages in the room.
func (w world) posts(room string) (texts []string) {
	for _, m := range w.Messages(room) {
		texts = append(texts, m.Text)
	}
	return texts
}

// calls counts the calls of a method.
func (w world) calls(method string) (n int) {
	for _, r := range w.Requests() {
		if r.Method == method {
			n++
		}
	}
	return n
}

// effect is intended now.
func effect(key string) contract.Effect { return contract.Effect{Key: key, Intended: time.Now()} }

// published is Slack's own description of a method.
type published struct {
	Args struct {
		Required   []string                   `json:"required"`
		Properties map[string]json.RawMessage `json:"properties"`
	} `json:"args"`
}

// judge compares what the client sent with Slack's published descriptions: each
// method exists, no argument is made up, none that is required is missing.
func judge(t *testing.T, requests []fakeslack.Request) {
	t.Helper()
	folder := os.Getenv("MUSTERBOOK_CONTRACTS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "contracts")
	}
	if _, err := os.Stat(filepath.Join(folder, "slack")); err != nil {
		t.Log("the published descriptions of Slack are not here, so the requests are not judged; set MUSTERBOOK_CONTRACTS to their folder")
		return
	}
	for _, r := range requests {
		if r.Method == "response_url" {
			continue // no method of the Web API
		}
		raw, err := description(folder, r.Method)
		if err != nil {
			t.Errorf("%s is no published method: %v", r.Method, err)
			continue
		}
		var p published
		if err := json.Unmarshal(raw, &p); err != nil {
			t.Fatal(err)
		}
		for _, fault := range p.faults(r) {
			t.Errorf("%s %v: %s", r.Method, r.Args, fault)
		}
	}
}

// description reads Slack's description of a method; a few that are not among
// the published ones at hand stand beside this test, in the same shape.
func description(folder, method string) ([]byte, error) {
	raw, err := os.ReadFile(filepath.Join(folder, "slack", method+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return os.ReadFile(filepath.Join("testdata", "contracts", method+".json"))
	}
	return raw, err
}

func (p published) faults(r fakeslack.Request) (faults []string) {
	for name, value := range r.Args {
		described, known := p.Args.Properties[name]
		if !known {
			faults = append(faults, fmt.Sprintf("argument %q is not published", name))
		}
		var is struct{ Type string }
		if json.Unmarshal(described, &is) == nil && is.Type == "boolean" && !strings.Contains(" true false 0 1 ", " "+value+" ") {
			faults = append(faults, fmt.Sprintf("argument %q must be a boolean, not %q", name, value))
		}
	}
	for _, name := range p.Args.Required {
		if name == "token" { // the log leaves it out
			continue
		}
		if r.Args[name] == "" {
			faults = append(faults, fmt.Sprintf("required argument %q is missing", name))
		}
	}
	return faults
}

func TestTheJudgeJudges(t *testing.T) {
	t.Parallel()
	var p published
	raw := `{"args":{"required":["token","channel"],"properties":{"channel":{"type":"string"},"is_private":{"type":"boolean"}}}}`
	if err := json.Unmarshal([]byte(raw), &p); err != nil {
		t.Fatal(err)
	}
	bad := fakeslack.Request{Args: map[string]string{"chanel": "C1", "is_private": "yes"}}
	if faults := p.faults(bad); len(faults) != 3 {
		t.Errorf("the judge finds %q, want three faults", faults)
	}
	good := fakeslack.Request{Args: map[string]string{"channel": "C1", "is_private": "false"}}
	if faults := p.faults(good); faults != nil {
		t.Errorf("the judge finds %q in a good request", faults)
	}
}

package slack_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

func TestAccess(t *testing.T) {
	t.Parallel()
	w := start(t)
	got, err := w.Access(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if missing := got.Missing(); len(missing) > 0 {
		t.Errorf("a token with everything lacks %v", missing)
	}
	if off := got.Ours.Sub(got.Theirs).Abs(); got.Bot == "" || got.Workspace == "" || off > 2*time.Second {
		t.Errorf("%+v", got)
	}
	w.Grant("app_mentions:read", "bookmarks:read", "bookmarks:write", "chat:write", "channels:history", "channels:join", "channels:manage", "channels:read", "commands", "pins:write", "reactions:read",
		"users:read", "users:read.email", "groups:read", "groups:history", "groups:write")
	if got, err = w.Access(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []slack.Scope{{Name: "im:history", For: "messages to single people"}, {Name: "im:write", For: "messages to single people"}}
	if diff := cmp.Diff(want, got.Missing()); diff != "" {
		t.Error(diff)
	}
	w.Break(fakeslack.Fault{Kind: fakeslack.RevokeToken})
	if got, err = w.Access(t.Context()); !contract.IsRefused(err) {
		t.Errorf("%+v, %v", got, err)
	}
}

// Every method that this package calls stands in the table of needs, and nothing else does. The library names its functions
// in its own way.
func TestNeedsAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	methods := map[string]string{
		"StartSocketModeContext": "apps.connections.open",
		"AuthTestContext":        "auth.test", "JoinConversationContext": "conversations.join", "OpenConversationContext": "conversations.open",
		"InviteUsersToConversationContext": "conversations.invite", "GetUserByEmailContext": "users.lookupByEmail",
		"GetUserInfoContext": "users.info", "PostMessageContext": "chat.postMessage", "GetConversationHistoryContext": "conversations.history",
		"GetConversationRepliesContext": "conversations.replies",
		"AddPinContext":                 "pins.add", "UpdateMessageContext": "chat.update", "CreateConversationContext": "conversations.create",
		"GetConversationsContext": "conversations.list", "SetPurposeOfConversationContext": "conversations.setPurpose",
		"AddBookmarkContext": "bookmarks.add", "EditBookmarkContext": "bookmarks.edit", "ListBookmarksContext": "bookmarks.list",
		"PostEphemeralContext": "chat.postEphemeral", "ArchiveConversationContext": "conversations.archive",
		"SetTopicOfConversationContext": "conversations.setTopic", "GetConversationInfoContext": "conversations.info",
		"GetReactionsContext": "reactions.get",
		"GetPermalinkContext": "chat.getPermalink", "OpenViewContext": "views.open", "PublishViewContext": "views.publish", "UpdateViewContext": "views.update",
		"GetUserProfileContext": "users.profile.get", "SetUserCustomStatusContext": "users.profile.set",
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if on, ok := call.X.(*ast.SelectorExpr); !ok || on.Sel.Name != "api" {
				return true
			}
			method, known := methods[call.Sel.Name]
			if !known {
				t.Errorf("%s calls %s, of which no method of the Web API is known here", name, call.Sel.Name)
			}
			used[method] = true
			return true
		})
	}
	table := map[string]bool{}
	for method := range slack.Needs() {
		if method != "" {
			table[method] = true
		}
	}
	if diff := cmp.Diff(used, table); diff != "" {
		t.Errorf("called, and in the table of needs:\n%s", diff)
	}
}

// Every scope of the table is one that Slack publishes for the method, of each kind of conversation at most one is named,
// and the app of the guide has exactly the scopes that are needed.
func TestNeedsAgreeWithSlackAndTheGuide(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "first-incident.md"))
	if err != nil {
		t.Fatal(err)
	}
	var granted []string
	for _, m := range regexp.MustCompile(`(?m)^      - (commands|[a-z_]+:[a-z.]+)$`).FindAllStringSubmatch(string(guide), -1) {
		granted = append(granted, m[1])
	}
	var needed []string
	for _, s := range slack.Scopes() {
		needed = append(needed, s.Name)
		if s.For == "" {
			t.Errorf("what %s is for is not said", s.Name)
		}
	}
	if diff := cmp.Diff(needed, granted); diff != "" {
		t.Errorf("needed, and in the manifest of the guide:\n%s", diff)
	}
	folder := os.Getenv("MUSTERBOOK_CONTRACTS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "contracts")
	}
	if _, err := os.Stat(filepath.Join(folder, "slack")); err != nil {
		t.Skip("the published descriptions of Slack are not here, so the scopes are not judged; set MUSTERBOOK_CONTRACTS to their folder")
	}
	for method, scopes := range slack.Needs() {
		if method == "" {
			continue // a feature of the app, no method
		}
		raw, err := description(folder, method)
		if err != nil {
			t.Errorf("%s is no published method: %v", method, err)
			continue
		}
		var p struct {
			Scope struct{ Bot, User []string }
		}
		if err := json.Unmarshal(raw, &p); err != nil {
			t.Fatal(err)
		}
		if own := slack.PersonalNeeds()[method]; own != "" {
			if !slices.Contains(p.Scope.User, own) {
				t.Errorf("%s: %s is none of Slack's %q", method, own, p.Scope.User)
			}
			continue
		}
		if (len(p.Scope.Bot) == 0) != (len(scopes) == 0) {
			t.Errorf("%s: Slack wants one of %q, the table has %q", method, p.Scope.Bot, scopes)
		}
		for _, s := range scopes {
			if !slices.Contains(p.Scope.Bot, s) {
				t.Errorf("%s: %s is none of Slack's %q", method, s, p.Scope.Bot)
			}
		}
	}
}

func FuzzScopesHeader(f *testing.F) {
	for _, seed := range []string{"", "chat:write", "chat:write, commands", ",, ,", "a,\x00,b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		names := slack.ScopesIn(header)
		for _, name := range names {
			if name == "" || strings.Contains(name, ",") || !strings.Contains(header, name) {
				t.Errorf("%q holds no scope %q", header, name)
			}
		}
		if again := slack.ScopesIn(strings.Join(names, ",")); !slices.Equal(again, names) {
			t.Errorf("%q, read again %q", names, again)
		}
	})
}

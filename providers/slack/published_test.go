package slack

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// published reads the shape of a payload as Slack's own libraries have it, with each text in it being the path of
// where it stands: "user.id".
func published(t *testing.T, name string) (filled map[string]any) {
	t.Helper()
	folder := os.Getenv("MUSTERBOOK_FIXTURES")
	if folder == "" {
		t.Skip("no published payloads; set MUSTERBOOK_FIXTURES to their folder")
	}
	raw, err := os.ReadFile(filepath.Join(folder, "alerts", "slack", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &filled); err != nil {
		t.Fatal(err)
	}
	for key, value := range filled {
		filled[key] = fill(key, value)
	}
	return filled
}

// fill puts the path of where it stands in the place of each text. What says which kind a thing is stays.
func fill(path string, value any) any {
	switch v := value.(type) {
	case string:
		if v == "" {
			return path
		}
	case []any:
		for n := range v {
			v[n] = fill(path, v[n])
		}
	case map[string]any:
		for key := range v {
			v[key] = fill(path+"."+key, v[key])
		}
	}
	return value
}

// TestPublishedPayloadsAreRead: of everything that Slack publishes of its payloads, each value is read from its place,
// and nothing of the rest is in the way.
func TestPublishedPayloadsAreRead(t *testing.T) {
	t.Parallel()
	inView := view{
		Type: "view.type", ID: "view.id", RootViewID: "view.root_view_id", Hash: "view.hash", CallbackID: "view.callback_id", PrivateMetadata: "view.private_metadata",
	}
	var click, submitted interaction
	click.Type, click.TriggerID, click.ResponseURL, click.View = "block_actions", "trigger_id", "response_url", inView
	click.User.ID, click.User.Username, click.User.Name = "user.id", "user.username", "user.name"
	click.Channel.ID, click.Channel.Name = "channel.id", "channel.name"
	click.Message.TS, click.Message.ThreadTS, click.Message.Text = "message.ts", "message.thread_ts", "message.text"
	click.Actions = []action{{ActionID: "actions.action_id", BlockID: "actions.block_id", Value: "actions.value"}}
	submitted.Type, submitted.TriggerID, submitted.View, submitted.User = "view_submission", "trigger_id", inView, click.User
	for name, want := range map[string]interaction{"block-actions.shape.json": click, "view-submission.shape.json": submitted} {
		raw, err := json.Marshal(published(t, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := readInteraction(raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		same := cmp.Options{cmp.AllowUnexported(interaction{}), cmpopts.IgnoreFields(interaction{}, "raw"), cmpopts.IgnoreFields(view{}, "State")}
		if diff := cmp.Diff(want, got, same); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if _, err := readEntered(got.View.State); err != nil {
			t.Errorf("%s: what was entered: %v", name, err)
		}
	}
	form := url.Values{}
	for key, value := range published(t, "slash-command.shape.json") {
		if text, ok := value.(string); ok {
			form.Set(key, text)
		}
	}
	want := command{
		Name: "command", Text: "text", TriggerID: "trigger_id", ResponseURL: "response_url", User: "user_id", UserName: "user_name",
		Room: "channel_id", RoomName: "channel_name",
	}
	if diff := cmp.Diff(want, commandIn(form)); diff != "" {
		t.Errorf("the command (-want +got):\n%s", diff)
	}
}

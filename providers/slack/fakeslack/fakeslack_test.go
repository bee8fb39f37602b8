package fakeslack_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

const secret = "signing-secret"

// world is a fake, served over HTTP, and a real client of it.
type world struct {
	*fakeslack.Server
	url    string
	client *slack.Client
}

func start(t *testing.T, o fakeslack.Options) world {
	t.Helper()
	o.SigningSecret = secret
	fake := fakeslack.New(o)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	fake.ServedAt(server.URL)
	client := slack.New(fakeslack.DefaultToken, slack.OptionAPIURL(server.URL+"/api/"),
		slack.OptionHTTPClient(&http.Client{Timeout: 10 * time.Second}))
	return world{Server: fake, url: server.URL, client: client}
}

func (w world) create(t *testing.T, name string) *slack.Channel {
	t.Helper()
	room, err := w.client.CreateConversationContext(t.Context(), slack.CreateConversationParams{ChannelName: name})
	if err != nil {
		t.Fatalf("create %s: %v", name, err)
	}
	return room
}

// code is Slack's error code, or the error's text when it is no refusal.
func code(err error) string {
	var refused slack.SlackErrorResponse
	if errors.As(err, &refused) {
		return refused.Err
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestRoomLivesThroughTheRealClient(t *testing.T) {
	t.Parallel()
	w := start(t, fakeslack.Options{})
	ana := w.AddUser(fakeslack.User{Name: "ana", RealName: "Ana Ruiz", Email: "ana@example.com"})
	room := w.create(t, "inc-1-checkout")
	if room.Creator != fakeslack.BotUser || !room.IsMember || room.NumMembers != 1 {
		t.Errorf("the new room is %+v", room)
	}

	found, err := w.client.GetUserByEmailContext(t.Context(), "ANA@example.com")
	if err != nil || found.ID != ana.ID {
		t.Fatalf("lookup gives %+v, %v", found, err)
	}
	if _, err := w.client.InviteUsersToConversationContext(t.Context(), room.ID, found.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.SetTopicOfConversationContext(t.Context(), room.ID, "SEV1 · checkout"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.SetPurposeOfConversationContext(t.Context(), room.ID, "id=abc"); err != nil {
		t.Fatal(err)
	}
	_, ts, err := w.client.PostMessageContext(t.Context(), room.ID, slack.MsgOptionText("it burns", false),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "e", EventPayload: map[string]any{"k": "1"}}))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.client.AddPinContext(t.Context(), room.ID, slack.NewRefToMessage(room.ID, ts)); err != nil {
		t.Fatal(err)
	}
	if err := w.client.AddPinContext(t.Context(), room.ID, slack.NewRefToMessage(room.ID, ts)); code(err) != "already_pinned" {
		t.Errorf("the second pin gives %v", err)
	}
	link, err := w.client.GetPermalinkContext(t.Context(), &slack.PermalinkParameters{Channel: room.ID, Ts: ts})
	if err != nil || !strings.HasPrefix(link, w.url+"/archives/"+room.ID+"/p") {
		t.Errorf("the permalink is %q, %v", link, err)
	}
	if _, err := w.client.AddBookmarkContext(t.Context(), room.ID,
		slack.AddBookmarkParameters{Title: "Record", Type: "link", Link: "https://example.com"}); err != nil {
		t.Error(err)
	}

	got, _ := w.RoomByName("inc-1-checkout")
	want := fakeslack.Room{
		ID: room.ID, Name: "inc-1-checkout", Creator: fakeslack.BotUser, Created: got.Created,
		Topic: "SEV1 · checkout", Purpose: "id=abc", Members: []string{fakeslack.BotUser, ana.ID}, Pins: []string{ts},
		Bookmarks: []fakeslack.Bookmark{{ID: got.Bookmarks[0].ID, Title: "Record", Link: "https://example.com"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("room (-want +got):\n%s", diff)
	}
	bookmarks, err := w.client.ListBookmarksContext(t.Context(), room.ID)
	if err != nil || len(bookmarks) != 1 || bookmarks[0].Title != "Record" {
		t.Errorf("bookmarks are %+v, %v", bookmarks, err)
	}
	members, _, err := w.client.GetUsersInConversationContext(t.Context(), &slack.GetUsersInConversationParameters{ChannelID: room.ID})
	if diff := cmp.Diff(got.Members, members); diff != "" || err != nil {
		t.Errorf("members: %v\n%s", err, diff)
	}
}

func TestHistoryShowsMetadataOnDemandAndPages(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	w := start(t, fakeslack.Options{Now: func() time.Time { now = now.Add(time.Second); return now }})
	room := w.create(t, "inc-1")
	var stamps []string
	for i := range 5 {
		_, ts, err := w.client.PostMessageContext(t.Context(), room.ID, slack.MsgOptionText(fmt.Sprint("m", i), false),
			slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "e", EventPayload: map[string]any{"k": fmt.Sprint(i)}}))
		if err != nil {
			t.Fatal(err)
		}
		stamps = append(stamps, ts)
	}
	if _, _, err := w.client.PostMessageContext(t.Context(), room.ID, slack.MsgOptionText("reply", false), slack.MsgOptionTS(stamps[0])); err != nil {
		t.Fatal(err)
	}

	read := func(p slack.GetConversationHistoryParameters) *slack.GetConversationHistoryResponse {
		t.Helper()
		p.ChannelID = room.ID
		page, err := w.client.GetConversationHistoryContext(t.Context(), &p)
		if err != nil {
			t.Fatal(err)
		}
		return page
	}
	texts := func(page *slack.GetConversationHistoryResponse) (out []string) {
		for _, m := range page.Messages {
			out = append(out, m.Text)
		}
		return out
	}
	since := read(slack.GetConversationHistoryParameters{Oldest: stamps[2], IncludeAllMetadata: true})
	if diff := cmp.Diff([]string{"m4", "m3"}, texts(since)); diff != "" {
		t.Errorf("since the third (-want +got):\n%s", diff)
	}
	if k := since.Messages[0].Metadata.EventPayload["k"]; k != "4" {
		t.Errorf("metadata holds %v", k)
	}
	inclusive := read(slack.GetConversationHistoryParameters{Oldest: stamps[2], Latest: stamps[3], Inclusive: true})
	if diff := cmp.Diff([]string{"m3", "m2"}, texts(inclusive)); diff != "" {
		t.Errorf("inclusive (-want +got):\n%s", diff)
	}
	if inclusive.Messages[0].Metadata.EventType != "" {
		t.Error("metadata came without being asked for")
	}
	first := read(slack.GetConversationHistoryParameters{Limit: 2})
	second := read(slack.GetConversationHistoryParameters{Limit: 99, Cursor: first.ResponseMetaData.NextCursor})
	if !first.HasMore || second.HasMore {
		t.Error("has_more is wrong")
	}
	all := append(texts(first), texts(second)...)
	want := []string{"m4", "m3", "m2", "m1", "m0", "<@" + fakeslack.BotUser + "> has joined the channel"}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("all pages (-want +got):\n%s", diff)
	}
	if got := w.Messages(room.ID); len(got) != 6 || got[5].ThreadTS != stamps[0] {
		t.Errorf("the log of posts is %+v", got)
	}
}

func TestUpdateKeepsWhatItIsNotTold(t *testing.T) {
	t.Parallel()
	w := start(t, fakeslack.Options{})
	room := w.create(t, "inc-1")
	blocks := slack.MsgOptionBlocks(slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", "card", false, false), nil, nil))
	_, ts, err := w.client.PostMessageContext(t.Context(), room.ID, slack.MsgOptionText("one", false), blocks,
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "e", EventPayload: map[string]any{"k": "1"}}))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := w.client.UpdateMessageContext(t.Context(), room.ID, ts, slack.MsgOptionText("two", false)); err != nil {
		t.Fatal(err)
	}
	m := w.Messages(room.ID)[0]
	if m.Text != "two" || m.Blocks != nil || m.Metadata == nil || len(m.Edits) != 1 || m.Edits[0].Text != "one" {
		t.Errorf("after the update the message is %+v", m)
	}
	said, err := w.Say(room.ID, w.AddUser(fakeslack.User{Name: "ben"}).ID, "hello", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := w.client.UpdateMessageContext(t.Context(), room.ID, said.TS, slack.MsgOptionText("no", false)); code(err) != "cant_update_message" {
		t.Errorf("updating a person's message gives %v", err)
	}
}

func TestInvitePartialFailure(t *testing.T) {
	t.Parallel()
	w := start(t, fakeslack.Options{})
	ana := w.AddUser(fakeslack.User{Name: "ana"})
	guest := w.AddUser(fakeslack.User{Name: "guest", Restricted: true})
	gone := w.AddUser(fakeslack.User{Name: "gone", Email: "gone@example.com", Deleted: true})
	room := w.create(t, "inc-1")

	ids := []string{ana.ID, "U404", fakeslack.BotUser, guest.ID, gone.ID}
	_, err := w.client.InviteUsersToConversationContext(t.Context(), room.ID, ids...)
	var refused slack.SlackErrorResponse
	if !errors.As(err, &refused) {
		t.Fatalf("the invitation gives %v", err)
	}
	got := map[string]string{}
	for _, e := range refused.Errors {
		got[e.ConversationsInviteResponseError.User] = e.ConversationsInviteResponseError.Error
	}
	want := map[string]string{
		"U404": "user_not_found", fakeslack.BotUser: "cant_invite_self",
		guest.ID: "user_is_restricted", gone.ID: "cant_invite",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if after, _ := w.RoomByID(room.ID); len(after.Members) != 1 {
		t.Errorf("one bad user must spoil the call, but the members are %v", after.Members)
	}
	if _, err := w.client.ForceInviteUsersToConversationContext(t.Context(), room.ID, ids...); err != nil {
		t.Errorf("forced: %v", err)
	}
	if after, _ := w.RoomByID(room.ID); len(after.Members) != 2 {
		t.Errorf("forced: members are %v", after.Members)
	}
	if _, err := w.client.InviteUsersToConversationContext(t.Context(), room.ID, ana.ID); code(err) != "already_in_channel" {
		t.Errorf("again: %v", err)
	}
	if _, err := w.client.GetUserByEmailContext(t.Context(), "gone@example.com"); code(err) != "users_not_found" {
		t.Errorf("a deactivated person: %v", err)
	}
}

// call posts a form and returns the decoded answer.
func (w world) call(t *testing.T, method string, form url.Values) map[string]any {
	t.Helper()
	form.Set("token", fakeslack.DefaultToken)
	res, err := http.PostForm(w.url+"/api/"+method, form)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var answer map[string]any
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := start(t, fakeslack.Options{})
	mine := w.create(t, "mine")
	shut := w.create(t, "shut")
	if err := w.client.ArchiveConversationContext(t.Context(), shut.ID); err != nil {
		t.Fatal(err)
	}
	public := w.AddRoom(fakeslack.Room{Name: "public"})
	private := w.AddRoom(fakeslack.Room{Name: "private", Private: true})
	long := strings.Repeat("x", 3001)

	tests := []struct {
		name, method string
		form         url.Values
		want         string
	}{
		{"name taken", "conversations.create", url.Values{"name": {"mine"}}, "name_taken"},
		{"name held by an archived room", "conversations.create", url.Values{"name": {"shut"}}, "name_taken"},
		{"name held by a hidden room", "conversations.create", url.Values{"name": {"private"}}, "name_taken"},
		{"no name", "conversations.create", url.Values{}, "invalid_name_required"},
		{"upper case", "conversations.create", url.Values{"name": {"Inc"}}, "invalid_name_specials"},
		{"space", "conversations.create", url.Values{"name": {"a b"}}, "invalid_name_specials"},
		{"punctuation", "conversations.create", url.Values{"name": {"--"}}, "invalid_name_punctuation"},
		{"long name", "conversations.create", url.Values{"name": {strings.Repeat("a", 81)}}, "invalid_name_maxlength"},
		{"unknown room", "conversations.info", url.Values{"channel": {"C404"}}, "channel_not_found"},
		{"hidden room", "conversations.info", url.Values{"channel": {private.ID}}, "channel_not_found"},
		{"hidden room is not joined", "conversations.join", url.Values{"channel": {private.ID}}, "channel_not_found"},
		{"foreign room", "chat.postMessage", url.Values{"channel": {public.ID}, "text": {"x"}}, "not_in_channel"},
		{"archived room", "chat.postMessage", url.Values{"channel": {shut.ID}, "text": {"x"}}, "is_archived"},
		{"archived twice", "conversations.archive", url.Values{"channel": {shut.ID}}, "already_archived"},
		{"nothing said", "chat.postMessage", url.Values{"channel": {mine.ID}}, "no_text"},
		{"no room", "chat.postMessage", url.Values{"text": {"x"}}, "invalid_arguments"},
		{"too much said", "chat.postMessage", url.Values{"channel": {mine.ID}, "text": {strings.Repeat("x", 40001)}}, "msg_too_long"},
		{"bad metadata", "chat.postMessage", url.Values{"channel": {mine.ID}, "text": {"x"}, "metadata": {"[]"}}, "invalid_metadata_format"},
		{"empty metadata", "chat.postMessage", url.Values{"channel": {mine.ID}, "text": {"x"}, "metadata": {`{"event_type":""}`}}, "invalid_metadata_schema"},
		{"blocks that are no list", "chat.postMessage", url.Values{"channel": {mine.ID}, "blocks": {`{}`}}, "invalid_blocks_format"},
		{"long section", "chat.postMessage", url.Values{"channel": {mine.ID}, "blocks": {`[{"type":"section","text":{"type":"mrkdwn","text":"` + long + `"}}]`}}, "invalid_blocks"},
		{"long button", "chat.postMessage", url.Values{"channel": {mine.ID}, "blocks": {`[{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"ok"},"value":"` + long + `"}]}]`}}, "invalid_blocks"},
		{"buttons alike", "chat.postMessage", url.Values{"channel": {mine.ID}, "blocks": {`[{"type":"actions","elements":[{"type":"button","action_id":"a","text":{"type":"plain_text","text":"ok"}},{"type":"button","action_id":"a","text":{"type":"plain_text","text":"ok"}}]}]`}}, "invalid_blocks"},
		{"reply to nothing", "chat.postMessage", url.Values{"channel": {mine.ID}, "text": {"x"}, "thread_ts": {"1.000001"}}, "cannot_reply_to_message"},
		{"update of nothing", "chat.update", url.Values{"channel": {mine.ID}, "ts": {"1.000001"}, "text": {"x"}}, "message_not_found"},
		{"pin of nothing", "pins.add", url.Values{"channel": {mine.ID}, "timestamp": {"1.000001"}}, "message_not_found"},
		{"pin without item", "pins.add", url.Values{"channel": {mine.ID}}, "no_item_specified"},
		{"permalink of nothing", "chat.getPermalink", url.Values{"channel": {mine.ID}, "message_ts": {"1.0"}}, "message_not_found"},
		{"long topic", "conversations.setTopic", url.Values{"channel": {mine.ID}, "topic": {strings.Repeat("x", 251)}}, "too_long"},
		{"no topic", "conversations.setTopic", url.Values{"channel": {mine.ID}}, "invalid_arguments"},
		{"nobody invited", "conversations.invite", url.Values{"channel": {mine.ID}}, "no_user"},
		{"bad oldest", "conversations.history", url.Values{"channel": {mine.ID}, "oldest": {"now"}}, "invalid_ts_oldest"},
		{"bad cursor", "conversations.history", url.Values{"channel": {mine.ID}, "cursor": {"next:x"}}, "invalid_cursor"},
		{"bad types", "conversations.list", url.Values{"types": {"room"}}, "invalid_types"},
		{"unknown person", "users.info", url.Values{"user": {"U404"}}, "user_not_found"},
		{"unseen ephemeral", "chat.postEphemeral", url.Values{"channel": {mine.ID}, "user": {"U404"}, "text": {"x"}}, "user_not_in_channel"},
		{"no such trigger", "views.open", url.Values{"trigger_id": {"1.2.3"}, "view": {`{"type":"modal","title":{"type":"plain_text","text":"x"},"blocks":[]}`}}, "invalid_trigger_id"},
		{"unknown method", "chat.shout", url.Values{}, "unknown_method"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := w.call(t, test.method, test.form)
			if answer["ok"] != false || answer["error"] != test.want {
				t.Errorf("the answer is %v, want error %q", answer, test.want)
			}
		})
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	w := start(t, fakeslack.Options{})
	tests := []struct{ name, authorization, want string }{
		{"none", "", "not_authed"},
		{"wrong", "Bearer xoxb-other", "invalid_auth"},
		{"right", "Bearer " + fakeslack.DefaultToken, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/api/auth.test", strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json; charset=utf-8")
			if test.authorization != "" {
				req.Header.Set("Authorization", test.authorization)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			var answer struct{ Error string }
			if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
				t.Fatal(err)
			}
			if answer.Error != test.want {
				t.Errorf("error is %q, want %q", answer.Error, test.want)
			}
		})
	}
}

func TestJSONBodies(t *testing.T) {
	t.Parallel()
	w := start(t, fakeslack.Options{})
	room := w.create(t, "inc-1")
	post := func(method, body string) string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/api/"+method, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+fakeslack.DefaultToken)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	post("chat.postMessage", `{"channel":"`+room.ID+`","text":"hi","blocks":[{"type":"divider"}],"metadata":{"event_type":"e","event_payload":{"k":"1"}}}`)
	if m := w.Messages(room.ID); len(m) != 1 || m[0].Metadata.EventPayload["k"] != "1" || len(m[0].Blocks) == 0 {
		t.Errorf("messages are %+v", m)
	}
	if answer := post("chat.postMessage", `{`); !strings.Contains(answer, "invalid_json") {
		t.Errorf("broken JSON gives %s", answer)
	}
	if answer := post("conversations.info", `{"channel":"`+room.ID+`"}`); !strings.Contains(answer, "channel_not_found") {
		t.Errorf("a method that takes no JSON gives %s", answer)
	}
}

func TestListPagesAndFilters(t *testing.T) {
	t.Parallel()
	w := start(t, fakeslack.Options{})
	for i := range 5 {
		w.AddRoom(fakeslack.Room{Name: fmt.Sprint("room-", i), Archived: i == 0})
	}
	w.AddRoom(fakeslack.Room{Name: "hidden", Private: true})
	var names []string
	params := &slack.GetConversationsParameters{Limit: 2, ExcludeArchived: true, Types: []string{"public_channel", "private_channel"}}
	for {
		page, next, err := w.client.GetConversationsContext(t.Context(), params)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page {
			names = append(names, c.Name)
		}
		if next == "" {
			break
		}
		params.Cursor = next
	}
	if diff := cmp.Diff([]string{"room-1", "room-2", "room-3", "room-4"}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestDirectMessages(t *testing.T) {
	t.Parallel()
	w := start(t, fakeslack.Options{})
	ana := w.AddUser(fakeslack.User{Name: "ana"})
	room, _, open, err := w.client.OpenConversationContext(t.Context(), &slack.OpenConversationParameters{Users: []string{ana.ID}, ReturnIM: true})
	if err != nil || open || !room.IsIM {
		t.Fatalf("opened %+v, already open %v, %v", room, open, err)
	}
	// A message to a person's id goes to the same conversation.
	channel, _, err := w.client.PostMessageContext(t.Context(), ana.ID, slack.MsgOptionText("hi", false))
	if err != nil || channel != room.ID {
		t.Errorf("posted to %s, %v; want %s", channel, err, room.ID)
	}
	if _, err := w.client.PostEphemeralContext(t.Context(), room.ID, ana.ID, slack.MsgOptionText("psst", false)); err != nil {
		t.Error(err)
	}
	if got := w.Ephemerals(room.ID); len(got) != 1 || got[0].To != ana.ID {
		t.Errorf("ephemerals are %+v", got)
	}
}

func TestEventsComeInOrderAndMayCallBack(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []fakeslack.EventKind
	var w world
	w = start(t, fakeslack.Options{OnEvent: func(e fakeslack.Event) {
		mu.Lock()
		seen = append(seen, e.Kind)
		mu.Unlock()
		if e.Kind == fakeslack.RoomCreated { // calling back must neither block nor overtake
			if _, err := w.client.SetTopicOfConversationContext(context.Background(), e.Room, "made"); err != nil {
				t.Error(err)
			}
		}
	}})
	w.create(t, "inc-1")
	mu.Lock()
	defer mu.Unlock()
	want := []fakeslack.EventKind{fakeslack.RoomCreated, fakeslack.Joined, fakeslack.TopicSet}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestPageShowsTheRoomEscaped(t *testing.T) {
	t.Parallel()
	w := start(t, fakeslack.Options{})
	room := w.create(t, "inc-1")
	if _, _, err := w.client.PostMessageContext(t.Context(), room.ID, slack.MsgOptionText("<script>alert(1)</script> a &amp; b", false)); err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(w.url + "/archives/" + room.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	if !strings.Contains(page, "#inc-1") || !strings.Contains(page, "a &amp; b") || strings.Contains(page, "<script>alert") {
		t.Errorf("the page is\n%s", page)
	}
	missing, err := http.Get(w.url + "/archives/C404")
	if err != nil {
		t.Fatal(err)
	}
	_ = missing.Body.Close()
	if missing.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown room gives %d", missing.StatusCode)
	}
}

package fakeslack_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// plug connects the vendor's own client of Socket Mode, which is the judge of
// our wire, and answers each envelope with what respond says.
func plug(t *testing.T, o fakeslack.Options, respond func(socketmode.Event) any) *fakeslack.Server {
	t.Helper()
	fake := fakeslack.New(o)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	fake.ServedAt(server.URL)
	api := slack.New(fakeslack.DefaultToken, slack.OptionAppLevelToken(fakeslack.DefaultAppToken), slack.OptionAPIURL(server.URL+"/api/"))
	client := socketmode.New(api)
	ctx, leave := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = client.RunContext(ctx) }) // ends with the test
	running.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-client.Events:
				if e.Type == socketmode.EventTypeErrorBadMessage {
					t.Errorf("the vendor's client does not understand us: %v", e.Data)
				}
				if e.Request == nil || e.Request.EnvelopeID == "" {
					continue
				}
				answer := respond(e)
				if answer == nil {
					continue
				}
				if err := client.Ack(*e.Request, answer); err != nil {
					t.Error(err)
				}
			}
		}
	})
	t.Cleanup(func() {
		leave()
		left := make(chan struct{})
		go func() {
			running.Wait()
			close(left)
		}()
		for { // the vendor's client may be left in the middle of opening a connection, and reads from that for ever
			fake.Cut()
			select {
			case <-left:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	return fake
}

// The vendor's client understands each kind of envelope, and its answers arrive.
func TestSocketSpeaksTheVendorsWire(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	fake := plug(t, fakeslack.Options{}, func(e socketmode.Event) any {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, string(e.Type))
		switch data := e.Data.(type) {
		case slack.SlashCommand:
			return map[string]string{"text": "you said " + data.Text}
		case slack.InteractionCallback:
			return map[string]string{"text": data.ActionCallback.BlockActions[0].Value}
		}
		return map[string]string{}
	})
	ana := fake.AddUser(fakeslack.User{Name: "ana"})
	room := fake.AddRoom(fakeslack.Room{Name: "inc-1"})
	reply, err := fake.Command(t.Context(), fakeslack.OverSocket, fakeslack.CommandRequest{User: ana.ID, Room: room.ID, Command: "/muster", Text: "help <me>"})
	if err != nil || !strings.Contains(string(reply.Body), "you said help") {
		t.Errorf("%s, %v", reply.Body, err)
	}
	form := `payload={"type":"block_actions","trigger_id":"1","user":{"id":"U1"},"actions":[{"type":"button","action_id":"a","block_id":"b","value":"left"}]}`
	if reply, err = fake.Send(t.Context(), fakeslack.OverSocket, []byte(form), fakeslack.Signing{}); err != nil || string(reply.Body) != `{"text":"left"}` {
		t.Errorf("%s, %v", reply.Body, err)
	}
	if _, err = fake.Event(t.Context(), fakeslack.OverSocket, "Ev1", map[string]any{"type": "app_home_opened", "user": ana.ID}); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if got := strings.Join(seen, " "); got != "slash_commands interactive events_api" {
		t.Errorf("the client saw %s", got)
	}
}

// What is not acknowledged in time, or at too great a length, comes again and
// says so.
func TestSocketSendsAgain(t *testing.T) {
	t.Parallel()
	attempts := make(chan int, 10)
	fake := plug(t, fakeslack.Options{Patience: 100 * time.Millisecond}, func(e socketmode.Event) any {
		attempts <- e.Request.RetryAttempt
		if e.Request.RetryAttempt == 0 {
			return nil
		}
		if e.Request.RetryReason != "timeout" {
			t.Errorf("the reason is %q", e.Request.RetryReason)
		}
		return map[string]string{"text": "at last"}
	})
	reply, err := fake.Send(t.Context(), fakeslack.OverSocket, []byte("command=/muster"), fakeslack.Signing{})
	if err != nil || !strings.Contains(string(reply.Body), "at last") || len(attempts) != 2 {
		t.Errorf("%s after %d attempts, %v", reply.Body, len(attempts), err)
	}
}

// dial opens a raw socket.
func dial(t *testing.T, fake *fakeslack.Server, address string) (*websocket.Conn, int) {
	t.Helper()
	conn, response, err := websocket.DefaultDialer.DialContext(t.Context(), address, nil)
	if err != nil {
		return nil, response.StatusCode
	}
	t.Cleanup(func() { _ = conn.Close() })
	var hello map[string]any
	if err := conn.ReadJSON(&hello); err != nil || hello["type"] != "hello" {
		t.Fatalf("it begins with %v, %v", hello, err)
	}
	return conn, response.StatusCode
}

func TestSocketAddressesAndLimits(t *testing.T) {
	t.Parallel()
	fake := fakeslack.New(fakeslack.Options{Patience: 300 * time.Millisecond})
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	open := func(token string) (string, error) {
		api := slack.New(fakeslack.DefaultToken, slack.OptionAppLevelToken(token), slack.OptionAPIURL(server.URL+"/api/"))
		_, address, err := api.StartSocketModeContext(t.Context())
		return address, err
	}
	for token, want := range map[string]string{"xapp-other": "invalid_auth", fakeslack.DefaultToken: "not_allowed_token_type"} {
		if _, err := open(token); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", token, err, want)
		}
	}
	address, err := open(fakeslack.DefaultAppToken)
	if err != nil {
		t.Fatal(err)
	}
	conn, _ := dial(t, fake, address)
	if _, status := dial(t, fake, address); status != http.StatusForbidden {
		t.Errorf("an address is good twice: %d", status)
	}

	// An acknowledgement of 20 KB counts as none; one byte less is taken.
	for _, size := range []int{20_000, 19_999} {
		heard := make(chan struct{})
		go func() {
			defer close(heard)
			var envelope struct {
				ID string `json:"envelope_id"`
			}
			if err := conn.ReadJSON(&envelope); err != nil {
				t.Error(err)
				return
			}
			head := `{"envelope_id":"` + envelope.ID + `","payload":{"text":"`
			text := head + strings.Repeat("x", size-len(head)-3) + `"}}`
			if err := conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
				t.Error(err)
			}
		}()
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		_, err := fake.Send(ctx, fakeslack.OverSocket, []byte("command=/muster"), fakeslack.Signing{})
		cancel()
		<-heard
		acks := fake.Acks()
		last := acks[len(acks)-1]
		if last.Bytes != size || last.Dropped != (size == 20_000) || (err != nil) != last.Dropped {
			t.Errorf("%d bytes: %d, dropped %t, %v", size, last.Bytes, last.Dropped, err)
		}
		if last.Dropped { // the repetition, that nobody answered
			var again map[string]any
			if err := conn.ReadJSON(&again); err != nil || again["retry_attempt"] != 1.0 {
				t.Errorf("%v, %v", again, err)
			}
		}
	}
}

//go:build !noengine

package main

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/musterbook/musterbook/providers/slack/fakeslack"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// outside are the simulations behind a script's server, for scripts that assert what did not happen there.
type outside struct {
	told   *atomic.Int32 // how often the watcher has heard of us
	slack  *fakeslack.Server
	twilio *faketwilio.Server
}

// outsideKey is where a script keeps them.
type outsideKey struct{}

// serverCommands are scriptCommands and those that look at the outside.
func serverCommands() map[string]func(*testscript.TestScript, bool, []string) {
	commands := map[string]func(*testscript.TestScript, bool, []string){
		"rooms": rooms, "silence": silence, "drilled": drilled, "request": request, "takeback": takeBack, "watched": watched,
		"phone": phone, "loses": loses, "telephoned": telephoned, "private": private,
	}
	maps.Copy(commands, scriptCommands())
	return commands
}

// rooms prints every room of the chat once that matches: rooms PATTERN.
func rooms(ts *testscript.TestScript, _ bool, args []string) {
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	slack := ts.Value(outsideKey{}).(outside).slack
	text := roomsText(slack)
	for end := time.Now().Add(20 * time.Second); !pattern.MatchString(text); text = roomsText(slack) {
		if time.Now().After(end) {
			ts.Fatalf("no match for %s in:\n%s", args[0], text)
		}
		time.Sleep(50 * time.Millisecond)
	}
	_, err = ts.Stdout().Write([]byte(text))
	ts.Check(err)
}

// roomsText is every room: its name, whether it is private, how many are in it, its topic and what was said there.
func roomsText(slack *fakeslack.Server) string {
	var text strings.Builder
	for _, room := range slack.Rooms() {
		if room.Direct {
			continue
		}
		_, _ = fmt.Fprintf(&text, "#%s private=%t members=%d topic=%s\n", room.Name, room.Private, len(room.Members), room.Topic)
		for _, m := range slack.Messages(room.ID) {
			_, _ = fmt.Fprintf(&text, "  %s\n", strings.ReplaceAll(m.Text, "\n", " / "))
		}
	}
	return text.String()
}

// silence checks that no telephone has rung and none has had a message.
func silence(ts *testscript.TestScript, neg bool, _ []string) {
	twilio := ts.Value(outsideKey{}).(outside).twilio
	for end := time.Now().Add(10 * time.Second); neg && len(twilio.Calls()) == 0 && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	if silent := len(twilio.Calls())+len(twilio.Messages()) == 0; silent == neg {
		ts.Fatalf("%d calls and %d messages", len(twilio.Calls()), len(twilio.Messages()))
	}
}

// drilled checks how many workflows Temporal itself knows to be drills: drilled COUNT QUERY.
func drilled(ts *testscript.TestScript, _ bool, args []string) {
	c, err := client.Dial(client.Options{HostPort: ts.Getenv("TEMPORAL_ADDRESS")})
	ts.Check(err)
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		found, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: args[1]})
		ts.Check(err)
		got := fmt.Sprint(len(found.GetExecutions()))
		if got == args[0] {
			return
		}
		if ctx.Err() != nil {
			ts.Fatalf("%s workflows match %s, want %s", got, args[1], args[0])
		}
		time.Sleep(100 * time.Millisecond)
	}
}

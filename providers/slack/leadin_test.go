package slack_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/slack"
)

// TestDeclareInOneLine: what a line says is declared once, and the answer leads into the room: at once where the room is
// there, and a moment later where it is not yet.
func TestDeclareInOneLine(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, declareInOneLine)
}

func declareInOneLine(t *testing.T, h house) {
	lobby := h.room(t)
	opened, err := h.OpenRoom(t.Context(), contract.OpenRoomRequest{Effect: effect("r"), Owner: "7", Name: "inc-7-payments"})
	if err != nil {
		t.Fatal(err)
	}
	const link = "done &amp; noted. Its room: https://chat.example/inc-7"
	there := contract.Snapshot{Incident: incident.Incident{Room: incident.Room{ID: opened.Room.ID, Name: "inc-7", URL: "https://chat.example/inc-7"}}}
	tests := []struct {
		text string
		late bool // the room comes after the answer
		want slack.Declaration
	}{
		{"declare service=checkout severity=sev2 payments are failing", false, slack.Declaration{Title: "payments are failing", Service: "checkout", Severity: "SEV2"}},
		{"declare runbook=demo a=b is wrong", true, slack.Declaration{Title: "a=b is wrong", Runbook: "demo"}},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			before, told := len(h.door.all()), len(h.Responses())
			h.door.shows(contract.Snapshot{})
			if !test.late {
				h.door.shows(there)
			}
			began := time.Now()
			got := h.command(t, test.text)
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("the answer takes %s, and Slack has given up", took)
			}
			if test.late {
				if got != "done &amp; noted; its room is being opened." {
					t.Errorf("the answer is %q", got)
				}
				h.door.shows(there)
				got = h.responses(t, told+1)[told].Text
			}
			if got != link {
				t.Errorf("%q does not lead into the room", got)
			}
			declared := h.door.all()[before].Declared
			test.want.ID, test.want.By, test.want.Room = declared.ID, anaActor, lobby
			if diff := cmp.Diff(&test.want, declared); diff != "" || !strings.HasPrefix(declared.ID, "slack/") {
				t.Errorf("%q (-want +got):\n%s", declared.ID, diff)
			}
			h.comesInto(t, opened.Room.ID, h.ana.ID)
		})
	}
}

// comesInto waits until somebody is in a room.
func (h house) comesInto(t *testing.T, room, user string) {
	t.Helper()
	for range 500 {
		if r, _ := h.RoomByID(room); slices.Contains(r.Members, user) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%s does not come into the room", user)
}

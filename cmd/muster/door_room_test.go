package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/slack"
)

// housed is a Temporal of incidents that say which room they have; one without a room does not answer.
type housed struct {
	client.Client
	of map[incident.Key]string
}

type roomAnswer []byte

func (roomAnswer) HasValue() bool       { return true }
func (a roomAnswer) Get(into any) error { return json.Unmarshal(a, into) }

func (h housed) QueryWorkflow(_ context.Context, id, _, _ string, _ ...any) (converter.EncodedValue, error) {
	var said any
	var numbers contract.NumbersState
	for key, room := range h.of {
		numbers.Entries = append(numbers.Entries, contract.NumberEntry{Key: key, WorkflowID: "incident/" + string(key)})
		if id == "incident/"+string(key) && room != "" {
			said = contract.Snapshot{Incident: incident.Incident{Key: key, Room: incident.Room{ID: room}}}
		}
	}
	if id == contract.NumbersID {
		said = numbers
	}
	if said == nil {
		return nil, serviceerror.NewUnavailable("no poller")
	}
	raw, err := json.Marshal(said)
	return roomAnswer(raw), err
}

// DescribeWorkflowExecution knows no overrides.
func (housed) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return nil, serviceerror.NewNotFound("no such workflow")
}

// TestWhoseRoom: that a room is no incident's is said when every incident has answered, and not before: a refusal ends for
// good what somebody does there.
func TestWhoseRoom(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		of      map[incident.Key]string
		to      slack.Target
		want    incident.Key
		refused bool
		unknown bool
	}{
		{name: "by its name", of: map[incident.Key]string{"INC-1": "C1", "INC-2": ""}, to: slack.Target{Room: "C1", RoomName: "inc-1-x"}, want: "INC-1"},
		{name: "by its id", of: map[incident.Key]string{"INC-1": "C1", "INC-2": ""}, to: slack.Target{Room: "C1", RoomName: "privategroup"}, want: "INC-1"},
		{name: "nobody's", of: map[incident.Key]string{"INC-1": "C1"}, to: slack.Target{Room: "C9", RoomName: "general"}, refused: true},
		{name: "no incident", to: slack.Target{Room: "C9", RoomName: "inc-1-x"}, refused: true},
		{name: "its incident is silent", of: map[incident.Key]string{"INC-1": "", "INC-2": "C2"}, to: slack.Target{Room: "C1", RoomName: "inc-1-x"}, unknown: true},
		{name: "all are silent", of: map[incident.Key]string{"INC-1": ""}, to: slack.Target{Room: "C1", RoomName: "privategroup"}, unknown: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			incidents, err := gateway.New(gateway.Options{Client: housed{of: tt.of}})
			if err != nil {
				t.Fatal(err)
			}
			d := slackDoor{incidents: incidents, log: slog.New(slog.DiscardHandler)}
			key, err := d.keyOf(t.Context(), tt.to)
			var refusal *incident.Refusal
			if refused := errors.As(err, &refusal); key != tt.want || refused != tt.refused || (err != nil && !refused) != tt.unknown {
				t.Errorf("it is the room of %q, %v", key, err)
			}
			_, ours, err := d.Standing(t.Context(), tt.to)
			if ours != (tt.want != "") || (err != nil) != tt.unknown {
				t.Errorf("ours %t, %v", ours, err)
			}
		})
	}
}

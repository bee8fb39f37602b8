package file_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/file"
)

// TestTickets: opened once for an incident, kept in step, each comment once, after a restart too.
func TestTickets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() *file.Tickets {
		tickets, err := file.NewTickets(dir)
		if err != nil {
			t.Fatal(err)
		}
		return tickets
	}
	req := contract.OpenTicketRequest{Owner: "o1", Summary: "Down", Ticket: contract.Ticket{Key: "INC-1", Status: "identification"}}
	for range 2 {
		out, err := open().OpenTicket(t.Context(), req)
		if err != nil || out.Key != "INC-1" {
			t.Fatalf("%+v, %v", out, err)
		}
	}
	req.Owner = "o2"
	if _, err := open().OpenTicket(t.Context(), req); !contract.IsRefused(err) {
		t.Errorf("a stranger's ticket is adopted: %v", err)
	}
	sync := contract.SyncTicketRequest{
		ID: "INC-1", Ticket: contract.Ticket{Key: "INC-1", Status: "resolved", Severity: "SEV1"},
		Comments: []incident.Entry{{Seq: 4, At: time.Unix(0, 0), Text: "Ben sets SEV1"}},
	}
	for range 2 {
		if err := open().SyncTicket(t.Context(), sync); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "INC-1.json"))
	if err != nil || strings.Count(string(text), "Ben sets SEV1") != 1 || !strings.Contains(string(text), `"status": "resolved"`) {
		t.Errorf("%s, %v", text, err)
	}
	sync.ID = "INC-9"
	if err := open().SyncTicket(t.Context(), sync); !contract.IsRefused(err) {
		t.Errorf("a ticket that is gone: %v", err)
	}
}

// TestUpdates: one file an update, however often it is told.
func TestUpdates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	updates, err := file.NewUpdates(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, again := range []bool{false, true} {
		req := contract.UpdateRequest{Effect: contract.Effect{Key: "k", Again: again}, Incident: "INC-1", Audience: "customers", Message: "hello"}
		if _, err := updates.Publish(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%d files, %v", len(files), err)
	}
}

package file

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/musterbook/musterbook/contract"
)

// Tickets keeps tickets as files of a directory, one for each incident: the tracker of whoever has none. It may be used
// concurrently by one process.
type Tickets struct {
	archive *Archive
	mu      sync.Mutex
}

// NewTickets makes a tracker in a directory, which is created with the first ticket.
func NewTickets(dir string) (*Tickets, error) {
	a, err := New(dir)
	if err != nil {
		return nil, err
	}
	return &Tickets{archive: a}, nil
}

// ticketFile is what a ticket's file holds.
type ticketFile struct {
	Owner    string          `json:"owner"`
	Type     string          `json:"type,omitempty"`
	Summary  string          `json:"summary"`
	Fields   map[string]any  `json:"fields,omitempty"`
	Ticket   contract.Ticket `json:"ticket"`
	Comments []ticketComment `json:"comments,omitempty"`
}

// ticketComment is one line of the timeline, known by its number.
type ticketComment struct {
	Seq  int    `json:"seq"`
	At   string `json:"at"`
	Text string `json:"text"`
}

// OpenTicket is idempotent by Owner: a ticket of the incident's key that carries it is adopted; a stranger's is refused.
func (t *Tickets) OpenTicket(ctx context.Context, req contract.OpenTicketRequest) (contract.OpenTicketResult, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, err := t.read(string(req.Ticket.Key))
	switch {
	case err == nil && known.Owner != req.Owner:
		return contract.OpenTicketResult{}, &contract.Refused{What: fmt.Sprintf("there is a ticket %s of another incident", req.Ticket.Key), Hint: "move the old file away"}
	case err == nil:
		return t.result(req.Ticket), nil
	case !errors.Is(err, fs.ErrNotExist):
		return contract.OpenTicketResult{}, err
	}
	err = t.write(ctx, ticketFile{Owner: req.Owner, Type: req.Type, Summary: req.Summary, Fields: req.Fields, Ticket: req.Ticket})
	return t.result(req.Ticket), err
}

// SyncTicket sets what the ticket shows; each comment is added once, by its entry's number.
func (t *Tickets) SyncTicket(ctx context.Context, req contract.SyncTicketRequest) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, err := t.read(req.ID)
	if errors.Is(err, fs.ErrNotExist) {
		return &contract.Refused{What: fmt.Sprintf("the ticket %s is gone", req.ID)}
	}
	if err != nil {
		return err
	}
	f.Ticket = req.Ticket
	for _, e := range req.Comments {
		if !slices.ContainsFunc(f.Comments, func(c ticketComment) bool { return c.Seq == e.Seq }) {
			f.Comments = append(f.Comments, ticketComment{Seq: e.Seq, At: e.At.UTC().Format("2006-01-02T15:04:05Z"), Text: e.Text})
		}
	}
	return t.write(ctx, f)
}

// result names a ticket.
func (t *Tickets) result(ticket contract.Ticket) contract.OpenTicketResult {
	return contract.OpenTicketResult{Key: string(ticket.Key), URL: "file://" + filepath.Join(t.archive.dir, string(ticket.Key)+".json")}
}

// read reads a ticket's file.
func (t *Tickets) read(key string) (ticketFile, error) {
	if !nameForm.MatchString(key) {
		return ticketFile{}, &contract.Refused{What: fmt.Sprintf("%q is no ticket's key", key)}
	}
	text, err := os.ReadFile(filepath.Join(t.archive.dir, key+".json"))
	if err != nil {
		return ticketFile{}, fmt.Errorf("read the ticket: %w", err)
	}
	var f ticketFile
	if err := json.Unmarshal(text, &f); err != nil {
		return ticketFile{}, &contract.Refused{What: fmt.Sprintf("the ticket %s cannot be read: %v", key, err)}
	}
	return f, nil
}

// write replaces a ticket's file.
func (t *Tickets) write(ctx context.Context, f ticketFile) error {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("write the ticket: %w", err)
	}
	_, err = t.archive.Put(ctx, string(f.Ticket.Key)+".json", append(text, '\n'))
	return err
}

// Updates keeps what audiences were told as files, one for each update. It may be used concurrently.
type Updates struct{ archive *Archive }

// NewUpdates makes an outlet in a directory, which is created with the first update.
func NewUpdates(dir string) (*Updates, error) {
	a, err := New(dir)
	if err != nil {
		return nil, err
	}
	return &Updates{archive: a}, nil
}

// Publish is idempotent by Key, from which the file's name is made: a repetition replaces it by the same.
func (u *Updates) Publish(ctx context.Context, req contract.UpdateRequest) (contract.UpdateResult, error) {
	req.Again = false // the file is the same, whichever try has written it
	text, err := json.MarshalIndent(req, "", "  ")
	if err != nil {
		return contract.UpdateResult{}, fmt.Errorf("write the update: %w", err)
	}
	sum := sha256.Sum256([]byte(req.Key))
	place, err := u.archive.Put(ctx, fmt.Sprintf("%s-%s-%s.json", req.Incident, req.Audience, hex.EncodeToString(sum[:6])), append(text, '\n'))
	return contract.UpdateResult{URL: "file://" + place, Told: []string{"file"}}, err
}

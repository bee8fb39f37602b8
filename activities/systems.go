package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/record"
)

// RegisterSystems binds everything that touches systems besides chat and telephone. A port that is not there refuses, so
// that the incident says so and goes on.
func RegisterSystems(r Registry, p Ports) {
	register(r, contract.OpenBridge, p.openBridge)
	register(r, contract.OpenTicket, func(ctx context.Context, req contract.OpenTicketRequest) (contract.OpenTicketResult, error) {
		if p.Tracker == nil {
			return contract.OpenTicketResult{}, absent("tracker", "trackers")
		}
		req.Again = req.Again || repeated(ctx)
		return p.Tracker.OpenTicket(ctx, req)
	})
	register(r, contract.SyncTicket, func(ctx context.Context, req contract.SyncTicketRequest) (contract.None, error) {
		if p.Tracker == nil {
			return contract.None{}, absent("tracker", "trackers")
		}
		req.Again = req.Again || repeated(ctx)
		return contract.None{}, p.Tracker.SyncTicket(ctx, req)
	})
	register(r, contract.PublishUpdate, func(ctx context.Context, req contract.UpdateRequest) (contract.UpdateResult, error) {
		if p.Audiences == nil {
			return contract.UpdateResult{}, absent("audience", "audiences")
		}
		req.Again = req.Again || repeated(ctx)
		return p.Audiences.Publish(ctx, req)
	})
	register(r, contract.KeepEvidence, keepEvidence(p.Archive))
	register(r, contract.DraftPostmortem, draftPostmortem(p.Archive))
	register(r, contract.CallHTTP, p.callHTTP)
}

// RegisterCommands binds the commands alone, for the worker of their task queue.
func RegisterCommands(r Registry, p Ports) { register(r, contract.RunCommand, p.runCommand) }

// absent refuses what the configuration does not have.
func absent(what, key string) error {
	return &contract.Refused{What: fmt.Sprintf("no %s is configured", what), Hint: fmt.Sprintf("add %s to the configuration", key)}
}

// openBridge opens a bridge; where that is refused the standing one serves.
func (p Ports) openBridge(ctx context.Context, req contract.OpenBridgeRequest) (contract.OpenBridgeResult, error) {
	err := absent("bridge", "bridges")
	if p.Bridges != nil {
		req.Again = req.Again || repeated(ctx)
		var out contract.OpenBridgeResult
		if out, err = p.Bridges.OpenBridge(ctx, req); err == nil {
			return out, nil
		}
	}
	if p.StandingBridge == "" || !contract.IsRefused(err) {
		return contract.OpenBridgeResult{}, err
	}
	return contract.OpenBridgeResult{ID: "standing", URL: p.StandingBridge, Standing: true}, nil
}

// evidenceNote is what is kept of a piece of evidence.
type evidenceNote struct {
	Incident incident.Key `json:"incident"`
	Text     string       `json:"text"`
	File     string       `json:"file,omitempty"`
	SHA256   string       `json:"sha256,omitempty"`
	Link     string       `json:"link,omitempty"`
	By       string       `json:"by,omitempty"`
	At       string       `json:"at"`
}

// keepEvidence writes a note of evidence into the archive. Its file's name depends on the key alone and its content on
// the request alone, so a repetition replaces it by itself.
func keepEvidence(archive Archive) func(context.Context, contract.EvidenceRequest) (contract.EvidenceResult, error) {
	return func(ctx context.Context, req contract.EvidenceRequest) (contract.EvidenceResult, error) {
		note, err := json.MarshalIndent(evidenceNote{
			Incident: req.Incident, Text: req.Text, File: req.File, SHA256: req.SHA256, Link: req.Link, By: req.By,
			At: req.Intended.UTC().Format("2006-01-02T15:04:05Z"),
		}, "", "  ")
		if err != nil {
			return contract.EvidenceResult{}, fmt.Errorf("note the evidence: %w", err)
		}
		place, err := archive.Put(ctx, fmt.Sprintf("%s-evidence-%s.json", req.Incident, shortHash(req.Key)), append(note, '\n'))
		if err != nil {
			return contract.EvidenceResult{}, fmt.Errorf("keep the evidence: %w", err)
		}
		sum := sha256.Sum256(note)
		return contract.EvidenceResult{ID: hex.EncodeToString(sum[:]), Place: place}, nil
	}
}

// shortHash is a piece of a key's hash, for names of files.
func shortHash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:6])
}

// draftPostmortem writes the draft beside the record; a repetition replaces it.
func draftPostmortem(archive Archive) func(context.Context, contract.PostmortemRequest) (contract.PostmortemResult, error) {
	return func(ctx context.Context, req contract.PostmortemRequest) (contract.PostmortemResult, error) {
		place, err := archive.Put(ctx, string(req.Incident.Key)+"-postmortem.md", record.Markdown(req.Incident))
		if err != nil {
			return contract.PostmortemResult{}, fmt.Errorf("draft the postmortem: %w", err)
		}
		out := contract.PostmortemResult{URL: place}
		if req.Template != "" {
			out.Problems = append(out.Problems, fmt.Sprintf("the postmortem's template %q is not used: this version has its own", req.Template))
		}
		if len(req.Publish) > 0 {
			out.Problems = append(out.Problems, "the postmortem is not published anywhere but in the archive: "+strings.Join(req.Publish, ", "))
		}
		return out, nil
	}
}

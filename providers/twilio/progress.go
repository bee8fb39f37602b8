package twilio

import (
	"context"
	"fmt"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Progress is how far a call or a message got.
type Progress struct {
	Status incident.CallStatus
	Detail string // why it failed, where Twilio says so: of messages, never of calls
}

// Look asks how far a call or a message got, for installations that no callback reaches. It has no effect.
func (c *Client) Look(ctx context.Context, provider string) (incident.CallStatus, error) {
	p, err := c.Progress(ctx, provider)
	return p.Status, err
}

// Follow is Progress in the words of the port.
func (c *Client) Follow(ctx context.Context, provider string) (contract.FollowResult, error) {
	p, err := c.Progress(ctx, provider)
	return contract.FollowResult{Status: p.Status, Detail: p.Detail}, err
}

// Progress is Look with the reason of a failure. Its errors have the classes of every request.
func (c *Client) Progress(ctx context.Context, provider string) (Progress, error) {
	var status *string
	var code *int
	_, err := c.request(ctx, "look at "+provider, func(s *api.ApiService) error {
		if strings.HasPrefix(provider, "CA") {
			call, err := s.FetchCall(provider, &api.FetchCallParams{})
			if err == nil {
				status = call.Status
			}
			return err
		}
		message, err := s.FetchMessage(provider, &api.FetchMessageParams{})
		if err == nil {
			status, code = message.Status, message.ErrorCode
		}
		return err
	})
	if err != nil {
		return Progress{}, err
	}
	if status == nil {
		return Progress{}, fmt.Errorf("look at %s: Twilio's answer names no status", provider)
	}
	p := Progress{Status: callStatus(*status)}
	if p.Status == incident.CallFailed && code != nil && *code > 0 {
		p.Detail = errorDetail(*code)
	}
	return p, nil
}

// errorDetail says why an attempt failed, with what can be done about it.
func errorDetail(code int) string { return fmt.Sprintf("Twilio error %d (%s)", code, remedy(code)) }

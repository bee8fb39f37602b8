package twilio

import (
	"context"
	"fmt"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Follow asks how far a call or a message got, for installations that no callback reaches. It has no effect. Why something
// failed Twilio says of messages, never of calls. Its errors have the classes of every request.
func (c *Client) Follow(ctx context.Context, provider string) (contract.FollowResult, error) {
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
		return contract.FollowResult{}, err
	}
	if status == nil {
		return contract.FollowResult{}, fmt.Errorf("look at %s: Twilio's answer names no status", provider)
	}
	p := contract.FollowResult{Status: callStatus(*status)}
	if p.Status == incident.CallFailed && code != nil && *code > 0 {
		p.Detail = errorDetail(*code)
	}
	return p, nil
}

// errorDetail says why an attempt failed, with what can be done about it.
func errorDetail(code int) string { return fmt.Sprintf("Twilio error %d (%s)", code, remedy(code)) }

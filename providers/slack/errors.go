package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
)

// pause is how long to wait after a refusal for too many calls that does not
// say how long.
const pause = 30 * time.Second

// Slack's error codes that the client acts upon.
const (
	alreadyArchived  = "already_archived"
	alreadyInChannel = "already_in_channel"
	alreadyPinned    = "already_pinned"
	isArchived       = "is_archived"
	messageNotFound  = "message_not_found"
	missingScope     = "missing_scope"
	nameTaken        = "name_taken"
	notEnabled       = "not_enabled"
	notInChannel     = "not_in_channel"
	userDisabled     = "user_disabled"
	userNotFound     = "user_not_found"
	userNotVisible   = "user_not_visible"
	usersNotFound    = "users_not_found"
)

// fate is what an error code means for the effect.
type fate int

const (
	final        fate = iota // never for this object
	installation             // never for this installation
	limited                  // not done; after a while
	unknown                  // perhaps done; look first
)

// fateOf sorts Slack's error codes
// (https://docs.slack.dev/reference/methods, the errors of each method). A code
// that is not listed is final: Slack's refusals nearly always are, and
// repeating one for hours would hide it.
func fateOf(code string) fate {
	switch code {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired",
		"missing_scope", "not_allowed_token_type", "team_access_not_granted", "org_login_required",
		"ekm_access_denied", "app_access_restricted":
		return installation
	case "ratelimited", "rate_limited", "too_many_requests":
		return limited
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout",
		"team_added_to_org", "external_channel_migrating":
		return unknown
	}
	return final
}

// classify brings an error of the API to the contract's classes:
//
//   - *contract.Refused: repeating is pointless; with Installation set, for
//     every call of this installation.
//   - *contract.Later: not done, and Slack says to come back later.
//   - a plain error: the outcome is unknown, or Slack is away. Repeat with
//     Again set, and the client looks for the effect first.
func classify(doing string, err error) error {
	if err == nil {
		return nil
	}
	var limit *slack.RateLimitedError
	if errors.As(err, &limit) {
		return &contract.Later{After: max(limit.RetryAfter, time.Second), Err: fmt.Errorf("%s: %w", doing, err)}
	}
	var status slack.StatusCodeError
	if errors.As(err, &status) && status.Code == http.StatusTooManyRequests {
		return &contract.Later{After: pause, Err: fmt.Errorf("%s: %w", doing, err)}
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("%s: Slack's answer is no JSON (a maintenance page, or a proxy in between?): %w", doing, err)
	}
	var refusal slack.SlackErrorResponse
	if !errors.As(err, &refusal) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	switch fateOf(refusal.Err) {
	case limited:
		return &contract.Later{After: pause, Err: fmt.Errorf("%s: %w", doing, err)}
	case unknown:
		return fmt.Errorf("%s: %w", doing, err)
	case installation:
		return &contract.Refused{What: sentence(doing, refusal), Hint: remedy(refusal), Installation: true}
	case final:
	}
	return &contract.Refused{What: sentence(doing, refusal), Hint: remedy(refusal)}
}

// sentence says what Slack refused, with the details it gave.
func sentence(doing string, r slack.SlackErrorResponse) string {
	text := fmt.Sprintf("%s: Slack says %s", doing, r.Err)
	for _, m := range r.ResponseMetadata.Messages {
		text += "; " + m
	}
	return text
}

// remedy is what a person can do about a refusal; empty when nothing is known.
func remedy(r slack.SlackErrorResponse) string {
	switch r.Err {
	case "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive":
		return "the bot token is no longer good: install the app again and put its bot token (xoxb-…) into the configuration"
	case "not_allowed_token_type":
		return "the token must be a bot token (xoxb-…)"
	case missingScope:
		return fmt.Sprintf("add the scope %s to the app and install it again", r.Needed)
	case "team_access_not_granted", "org_login_required", "app_access_restricted":
		return "an administrator of the workspace must approve the app"
	case "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
		"restricted_action_non_threadable_channel", "restricted_action_thread_locked", "cannot_create_channel":
		return "a preference of the workspace forbids it: ask an administrator"
	case isArchived, "is_inactive":
		return "unarchive the room"
	case "channel_not_found":
		return "the room was deleted, or it is private and the app is no member"
	case notInChannel:
		return "the room is private: invite the app into it"
	case usersNotFound:
		return "correct the e-mail in the roster, or put the Slack user id there"
	case userDisabled:
		return "their Slack account is deactivated: correct the Slack user id in the roster"
	case userNotFound:
		return "correct the Slack user id in the roster"
	case notEnabled:
		return "enable the app's Home tab: print the manifest again (muster slack manifest) and paste it under App Manifest"
	case "message_limit_exceeded":
		return "the workspace's plan allows no more messages"
	}
	return ""
}

// code is Slack's error code; empty when the error is none of Slack's refusals.
func code(err error) string {
	var refusal slack.SlackErrorResponse
	if errors.As(err, &refusal) {
		return refusal.Err
	}
	return ""
}

// refusal picks a refusal that concerns one object only. Such a thing may be
// reported while the rest goes on; a refusal of the whole installation may not.
func refusal(err error) (*contract.Refused, bool) {
	var r *contract.Refused
	if errors.As(err, &r) && !r.Installation {
		return r, true
	}
	return nil, false
}

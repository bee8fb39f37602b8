package main

import (
	"context"

	"github.com/musterbook/musterbook/contract"
)

// absentChat stands in where no chat is configured.
type absentChat struct{}

// noChat refuses for ever: a configuration that changes needs a restart.
func noChat() error {
	return &contract.Refused{What: "no chat is configured", Hint: "add slack to the configuration"}
}

// OpenRoom refuses.
func (absentChat) OpenRoom(context.Context, contract.OpenRoomRequest) (contract.OpenRoomResult, error) {
	return contract.OpenRoomResult{}, noChat()
}

// Post refuses.
func (absentChat) Post(context.Context, contract.PostRequest) (contract.PostResult, error) {
	return contract.PostResult{}, noChat()
}

// ShowRoom refuses.
func (absentChat) ShowRoom(context.Context, contract.ShowRoomRequest) (contract.ShowRoomResult, error) {
	return contract.ShowRoomResult{}, noChat()
}

// Announce refuses.
func (absentChat) Announce(context.Context, contract.AnnounceRequest) (contract.AnnounceResult, error) {
	return contract.AnnounceResult{}, noChat()
}

// CloseRoom refuses.
func (absentChat) CloseRoom(context.Context, contract.CloseRoomRequest) error { return noChat() }

// absentPhone stands in where no telephone is configured.
type absentPhone struct{}

// noPhone refuses for ever, so that a page goes on at once to whoever can be reached another way.
func noPhone() error {
	return &contract.Refused{What: "no telephone is configured", Hint: "add twilio to the configuration"}
}

// Call refuses.
func (absentPhone) Call(context.Context, contract.CallRequest) (contract.CallResult, error) {
	return contract.CallResult{}, noPhone()
}

// HangUp has nothing to hang up.
func (absentPhone) HangUp(context.Context, contract.HangUpRequest) error { return nil }

// Text refuses.
func (absentPhone) Text(context.Context, contract.TextRequest) (contract.TextResult, error) {
	return contract.TextResult{}, noPhone()
}

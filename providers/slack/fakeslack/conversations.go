package fakeslack

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of rooms, in characters and people
// (https://docs.slack.dev/reference/methods/conversations.create and siblings).
const (
	maxRoomName = 80
	maxTopic    = 250
	maxInvite   = 100
)

// visible finds the room that a call names, as the bot sees it.
func (s *Server) visible(args arguments) (*room, error) {
	r := s.room(args.text("channel"))
	if r == nil || r.Private && !r.member(BotUser) {
		return nil, refuse("channel_not_found")
	}
	return r, nil
}

// entered is visible for calls that only a member may make.
func (s *Server) entered(args arguments) (*room, error) {
	r, err := s.visible(args)
	switch {
	case err != nil:
		return nil, err
	case !r.member(BotUser):
		return nil, refuse("not_in_channel")
	}
	return r, nil
}

// open is entered for calls that an archived room refuses.
func (s *Server) open(args arguments) (*room, error) {
	r, err := s.visible(args)
	switch {
	case err != nil:
		return nil, err
	case r.Archived:
		return nil, refuse("is_archived")
	case !r.member(BotUser):
		return nil, refuse("not_in_channel")
	}
	return r, nil
}

// conversation is a room as the API shows it.
func (s *Server) conversation(r *room) body {
	if r.Direct {
		return body{"id": r.ID, "created": r.Created.Unix(), "is_im": true, "is_archived": r.Archived, "user": r.Members[len(r.Members)-1]}
	}
	properties := body{}
	if r.Restricted {
		properties["posting_restricted_to"] = body{"type": []string{"admin"}, "user": []string{}}
	}
	return body{
		"properties": properties,
		"id":         r.ID, "name": r.Name, "name_normalized": r.Name,
		"is_channel": !r.Private, "is_group": r.Private, "is_private": r.Private, "is_im": false, "is_mpim": false,
		"created": r.Created.Unix(), "updated": r.Created.UnixMilli(), "creator": r.Creator,
		"is_archived": r.Archived, "is_general": false, "is_member": r.member(BotUser),
		"unlinked": 0, "is_shared": false, "is_ext_shared": false, "is_org_shared": false,
		"is_pending_ext_shared": false, "pending_shared": []string{}, "context_team_id": TeamID,
		"topic":          body{"value": r.Topic, "creator": "", "last_set": 0},
		"purpose":        body{"value": r.Purpose, "creator": "", "last_set": 0},
		"previous_names": []string{}, "num_members": len(r.Members),
	}
}

func (s *Server) conversationsCreate(args arguments) (body, error) {
	name := args.text("name")
	if err := checkRoomName(name); err != nil {
		return nil, err
	}
	// Archived rooms hold their names, and so do private rooms that the bot cannot see.
	if s.roomNamed(name) != nil {
		return nil, refuse("name_taken")
	}
	r := &room{Room: Room{
		ID: s.newID("C"), Name: name, Creator: BotUser, Created: s.now(), Private: args.truth("is_private"),
	}}
	s.rooms = append(s.rooms, r)
	s.happened(Event{Kind: RoomCreated, Room: r.ID, User: BotUser, Text: name})
	s.join(r, BotUser)
	return body{"channel": s.conversation(r)}, nil
}

// checkRoomName applies Slack's rules for names.
func checkRoomName(name string) error {
	if name == "" {
		return refuse("invalid_name_required")
	}
	if utf8.RuneCountInString(name) > maxRoomName {
		return refuse("invalid_name_maxlength")
	}
	wordy := false
	for _, c := range name {
		letter := unicode.IsLetter(c) || unicode.IsDigit(c)
		if unicode.IsUpper(c) || !letter && c != '-' && c != '_' {
			return refuse("invalid_name_specials")
		}
		wordy = wordy || letter
	}
	if !wordy {
		return refuse("invalid_name_punctuation")
	}
	return nil
}

func (s *Server) conversationsInvite(args arguments) (body, error) {
	r, err := s.open(args)
	if err != nil {
		return nil, err
	}
	ids := args.list("users")
	if len(ids) == 0 {
		return nil, refuse("no_user")
	}
	if len(ids) > maxInvite {
		return nil, refuseBecause("invalid_arguments", fmt.Sprintf("[ERROR] must provide at most %d users", maxInvite))
	}
	var good []string
	var bad []body
	for _, id := range ids {
		if code := s.invitable(r, id); code != "" {
			bad = append(bad, body{"user": id, "ok": false, "error": code})
			continue
		}
		good = append(good, id)
	}
	// One bad user spoils the whole call unless it was forced.
	if len(bad) > 0 && (!args.truth("force") || len(good) == 0) {
		return nil, &refusal{code: bad[0]["error"].(string), extra: body{"errors": bad}}
	}
	for _, id := range good {
		s.join(r, id)
	}
	answer := body{"channel": s.conversation(r)}
	if len(bad) > 0 {
		answer["errors"] = bad
	}
	return answer, nil
}

// invitable returns the error code for this user, or nothing.
func (s *Server) invitable(r *room, id string) string {
	u := s.user(id)
	switch {
	case u == nil:
		return "user_not_found"
	case id == BotUser:
		return "cant_invite_self"
	case u.Deleted:
		return "cant_invite"
	case u.Restricted:
		return "user_is_restricted"
	case r.member(id):
		return "already_in_channel"
	}
	return ""
}

func (s *Server) conversationsInfo(args arguments) (body, error) {
	r, err := s.visible(args)
	if err != nil {
		return nil, err
	}
	channel := s.conversation(r)
	if !args.truth("include_num_members") {
		delete(channel, "num_members")
	}
	return body{"channel": channel}, nil
}

func (s *Server) conversationsList(args arguments) (body, error) {
	kinds := args.list("types")
	if len(kinds) == 0 {
		kinds = []string{"public_channel"}
	}
	for _, k := range kinds {
		if !slices.Contains([]string{"public_channel", "private_channel", "im", "mpim"}, k) {
			return nil, refuse("invalid_types")
		}
	}
	var all []body
	for _, r := range s.rooms {
		hidden := r.Private && !r.member(BotUser) || r.Archived && args.truth("exclude_archived")
		if !hidden && slices.Contains(kinds, r.kind()) {
			all = append(all, s.conversation(r))
		}
	}
	page, next, err := paginate(all, args, 100, 1000)
	if err != nil {
		return nil, err
	}
	return body{"channels": page, "response_metadata": body{"next_cursor": next}}, nil
}

// kind is the room's type as conversations.list filters it.
func (r *room) kind() string {
	switch {
	case r.Direct:
		return "im"
	case r.Private:
		return "private_channel"
	}
	return "public_channel"
}

func (s *Server) conversationsMembers(args arguments) (body, error) {
	r, err := s.visible(args)
	if err != nil {
		return nil, err
	}
	page, next, err := paginate(r.Members, args, 100, 1000)
	if err != nil {
		return nil, err
	}
	return body{"members": page, "response_metadata": body{"next_cursor": next}}, nil
}

func (s *Server) conversationsSetTopic(args arguments) (body, error) {
	r, err := s.describe(args, "topic")
	if err != nil {
		return nil, err
	}
	r.Topic = args.text("topic")
	s.note(r, BotUser, "channel_topic", "set the channel topic: "+r.Topic)
	s.happened(Event{Kind: TopicSet, Room: r.ID, User: BotUser, Text: r.Topic})
	return body{"channel": s.conversation(r)}, nil
}

func (s *Server) conversationsSetPurpose(args arguments) (body, error) {
	r, err := s.describe(args, "purpose")
	if err != nil {
		return nil, err
	}
	r.Purpose = args.text("purpose")
	s.note(r, BotUser, "channel_purpose", "set the channel description: "+r.Purpose)
	s.happened(Event{Kind: PurposeSet, Room: r.ID, User: BotUser, Text: r.Purpose})
	return body{"channel": s.conversation(r), "purpose": r.Purpose}, nil
}

// describe checks a call that sets a room's topic or purpose.
func (s *Server) describe(args arguments, field string) (*room, error) {
	r, err := s.open(args)
	switch {
	case err != nil:
		return nil, err
	case r.Direct:
		return nil, refuse("method_not_supported_for_channel_type")
	case !args.has(field):
		return nil, args.require(field)
	case utf8.RuneCountInString(args.text(field)) > maxTopic:
		return nil, refuse("too_long")
	}
	return r, nil
}

func (s *Server) conversationsJoin(args arguments) (body, error) {
	r, err := s.visible(args)
	switch {
	case err != nil:
		return nil, err
	case r.Archived:
		return nil, refuse("is_archived")
	case r.Private || r.Direct:
		return nil, refuse("method_not_supported_for_channel_type")
	case r.member(BotUser):
		warning := "already_in_channel"
		return body{
			"channel": s.conversation(r), "warning": warning,
			"response_metadata": body{"warnings": []string{warning}},
		}, nil
	}
	s.join(r, BotUser)
	return body{"channel": s.conversation(r)}, nil
}

func (s *Server) conversationsArchive(args arguments) (body, error) {
	r, err := s.entered(args)
	switch {
	case err != nil:
		return nil, err
	case r.Archived:
		return nil, refuse("already_archived")
	case r.Direct:
		return nil, refuse("method_not_supported_for_channel_type")
	}
	r.Archived = true
	s.note(r, BotUser, "channel_archive", "archived the channel")
	s.happened(Event{Kind: RoomArchived, Room: r.ID, User: BotUser})
	return nil, nil
}

// conversationsOpen opens a direct message with one person.
func (s *Server) conversationsOpen(args arguments) (body, error) {
	if args.text("channel") != "" {
		r, err := s.visible(args)
		if err != nil {
			return nil, err
		}
		return body{"channel": body{"id": r.ID}, "no_op": true, "already_open": true}, nil
	}
	ids := args.list("users")
	switch {
	case len(ids) == 0:
		return nil, refuse("users_list_not_supplied")
	case len(ids) > 1:
		return nil, refuse("invalid_user_combination") // group conversations are not simulated
	case s.user(ids[0]) == nil:
		return nil, refuse("user_not_found")
	case s.user(ids[0]).Deleted:
		return nil, refuse("user_disabled")
	}
	r, old := s.direct(ids[0])
	channel := body{"id": r.ID}
	if args.truth("return_im") {
		channel = s.conversation(r)
	}
	return body{"channel": channel, "no_op": old, "already_open": old}, nil
}

// direct finds or makes the conversation of the bot with one person.
func (s *Server) direct(userID string) (_ *room, old bool) {
	for _, r := range s.rooms {
		if r.Direct && r.member(userID) {
			return r, true
		}
	}
	r := &room{Room: Room{
		ID: s.newID("D"), Direct: true, Private: true, Creator: BotUser, Created: s.now(),
		Members: []string{BotUser, userID},
	}}
	s.rooms = append(s.rooms, r)
	return r, false
}

// paginate cuts one page out of a list. The cursor is the index it starts at.
func paginate[T any](all []T, args arguments, preset, most int) (page []T, next string, err error) {
	size, err := args.limit(preset, most)
	if err != nil {
		return nil, "", err
	}
	start := 0
	if cursor := args.text("cursor"); cursor != "" {
		number, _ := strings.CutPrefix(cursor, "next:")
		start, err = strconv.Atoi(number)
		if err != nil || start < 0 || start > len(all) {
			return nil, "", refuse("invalid_cursor")
		}
	}
	end := min(start+size, len(all))
	if end < len(all) {
		next = fmt.Sprintf("next:%d", end)
	}
	page = all[start:end]
	if page == nil {
		page = []T{}
	}
	return page, next, nil
}

// target finds where a message is to go: a room's id, its name, or a person's
// id, which stands for the direct conversation with them.
func (s *Server) target(args arguments) (*room, error) {
	name := args.text("channel")
	if err := args.require("channel"); err != nil {
		return nil, err
	}
	if s.user(name) != nil {
		r, _ := s.direct(name)
		return r, nil
	}
	if r := s.roomNamed(strings.TrimPrefix(name, "#")); r != nil {
		args = arguments{"channel": {r.ID}}
	}
	r, err := s.open(args)
	if err == nil && r.Restricted {
		return nil, refuse("restricted_action_read_only_channel")
	}
	return r, err
}

package fakeslack

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of messages (https://docs.slack.dev/reference/methods/chat.postMessage).
const (
	maxText     = 40000 // characters
	maxMetadata = 16384 // bytes, a stand-in for the unpublished limit
	maxPins     = 100
)

func (s *Server) chatPostMessage(args arguments) (body, error) {
	r, err := s.target(args)
	if err != nil {
		return nil, err
	}
	m, err := content(args)
	if err != nil {
		return nil, err
	}
	if err := r.answers(&m.message, args.text("thread_ts")); err != nil {
		return nil, err
	}
	m.message.Broadcast = m.message.ThreadTS != "" && args.truth("reply_broadcast")
	posted := s.post(r, s.seal(m))
	return body{"channel": r.ID, "ts": posted.TS, "message": posted.wire(true)}, nil
}

func (s *Server) chatPostEphemeral(args arguments) (body, error) {
	r, err := s.target(args)
	if err != nil {
		return nil, err
	}
	if err := args.require("user"); err != nil {
		return nil, err
	}
	if !r.member(args.text("user")) {
		return nil, refuse("user_not_in_channel")
	}
	m, err := content(args)
	if err != nil {
		return nil, err
	}
	if err := r.answers(&m.message, args.text("thread_ts")); err != nil {
		return nil, err
	}
	m.message.Ephemeral, m.message.To = true, args.text("user")
	return body{"message_ts": s.post(r, s.seal(m)).TS}, nil
}

func (s *Server) chatUpdate(args arguments) (body, error) {
	if err := args.require("channel", "ts"); err != nil {
		return nil, err
	}
	r, err := s.visible(args)
	if err != nil {
		return nil, err
	}
	m := r.message(args.text("ts"))
	switch {
	case m == nil:
		return nil, refuse("message_not_found")
	case m.BotID != BotID || m.notice != "":
		return nil, refuse("cant_update_message")
	case r.Archived:
		return nil, refuse("is_inactive")
	}
	fresh, err := content(args)
	if err != nil {
		return nil, err
	}
	s.edit(r, m, s.seal(fresh), args)
	return body{"channel": r.ID, "ts": m.TS, "text": m.Text, "message": m.wire(true)}, nil
}

func (s *Server) chatGetPermalink(args arguments) (body, error) {
	r, err := s.visible(args)
	if err != nil {
		return nil, err
	}
	ts := args.text("message_ts")
	if r.message(ts) == nil {
		return nil, refuse("message_not_found")
	}
	link := s.base() + "/archives/" + r.ID + "/p" + strings.ReplaceAll(ts, ".", "")
	return body{"channel": r.ID, "permalink": link}, nil
}

// edit changes a message as far as the arguments say. A text without blocks
// removes the blocks; blocks alone keep the text; metadata stays unless given.
func (s *Server) edit(r *room, m *Message, fresh Message, args arguments) {
	m.Edits = append(m.Edits, Edit{At: s.now(), Text: m.Text, Blocks: m.Blocks})
	if args.has("text") || fresh.Blocks != nil {
		m.Blocks = fresh.Blocks
	}
	if args.has("text") {
		m.Text = fresh.Text
	}
	if args.has("metadata") {
		m.Metadata = fresh.Metadata
	}
	s.happened(Event{Kind: MessageUpdated, Room: r.ID, User: BotUser, TS: m.TS, Text: m.Text})
}

// draft is a message that is being checked, with its blocks still in pieces.
type draft struct {
	message Message
	blocks  []map[string]any
}

// seal makes the message: its pieces get their ids.
func (s *Server) seal(d draft) Message {
	if len(d.blocks) == 0 {
		return d.message
	}
	s.name(d.blocks)
	raw, err := json.Marshal(d.blocks)
	if err != nil { // cannot be: the blocks came from JSON
		panic(err)
	}
	d.message.Blocks = raw
	return d.message
}

// content reads and checks what a call wants to say.
func content(args arguments) (draft, error) {
	d := draft{message: Message{User: BotUser, BotID: BotID, Text: args.text("text")}}
	var err error
	if d.blocks, err = readBlocks(args.text("blocks")); err != nil {
		return d, err
	}
	if d.message.Text == "" && len(d.blocks) == 0 && args.text("attachments") == "" {
		return d, refuse("no_text")
	}
	if utf8.RuneCountInString(d.message.Text) > maxText {
		return d, refuse("msg_too_long")
	}
	d.message.Metadata, err = readMetadata(args.text("metadata"))
	return d, err
}

// readMetadata checks metadata; an empty object stands for none.
func readMetadata(raw string) (*Metadata, error) {
	if raw == "" || raw == "{}" {
		return nil, nil
	}
	if len(raw) > maxMetadata {
		return nil, refuse("metadata_too_large")
	}
	var m Metadata
	if json.Unmarshal([]byte(raw), &m) != nil {
		return nil, refuse("invalid_metadata_format")
	}
	if m.EventType == "" || m.EventPayload == nil {
		return nil, refuse("invalid_metadata_schema")
	}
	return &m, nil
}

// wire is a message as the API shows it.
func (m *Message) wire(metadata bool) body {
	out := body{"type": "message", "user": m.User, "text": m.Text, "ts": m.TS, "team": TeamID}
	if m.notice != "" {
		out["subtype"] = m.notice
		return out
	}
	if m.BotID != "" {
		out["bot_id"], out["app_id"] = m.BotID, AppID
		out["bot_profile"] = body{"id": BotID, "app_id": AppID, "name": botName, "team_id": TeamID, "deleted": false}
	}
	if m.Blocks != nil {
		out["blocks"] = m.Blocks
	}
	if m.ThreadTS != "" {
		out["thread_ts"] = m.ThreadTS
	}
	if n := len(m.Edits); n > 0 {
		out["edited"] = body{"user": m.User, "ts": strconv.FormatInt(m.Edits[n-1].At.Unix(), 10) + ".000000"}
	}
	m.extras(out)
	if m.Metadata != nil && metadata {
		out["metadata"] = m.Metadata
	}
	return out
}

// conversationsHistory lists a room's messages, newest first. Replies are not
// part of it unless they were broadcast.
func (s *Server) conversationsHistory(args arguments) (body, error) {
	r, err := s.entered(args)
	if err != nil {
		return nil, err
	}
	oldest, latest := args.text("oldest"), args.text("latest")
	if oldest != "" && !timestamp(oldest) && oldest != "0" {
		return nil, refuse("invalid_ts_oldest")
	}
	if latest != "" && !timestamp(latest) {
		return nil, refuse("invalid_ts_latest")
	}
	window := window{oldest: micros(oldest), latest: micros(latest), inclusive: args.truth("inclusive")}
	var found []body
	for i := len(r.messages) - 1; i >= 0; i-- {
		m := r.messages[i]
		if m.Ephemeral || m.ThreadTS != "" && !m.Broadcast || !window.holds(micros(m.TS)) {
			continue
		}
		found = append(found, m.wire(args.truth("include_all_metadata")))
	}
	page, next, err := paginate(found, args, 100, 999)
	if err != nil {
		return nil, err
	}
	return body{
		"messages": page, "has_more": next != "", "pin_count": len(r.Pins),
		"channel_actions_ts": nil, "channel_actions_count": 0,
		"response_metadata": body{"next_cursor": next},
	}, nil
}

// window is a span of time in microseconds; a zero bound is open.
type window struct {
	oldest, latest int64
	inclusive      bool
}

func (w window) holds(at int64) bool {
	if w.inclusive && (at == w.oldest || at == w.latest) {
		return true
	}
	return at > w.oldest && (w.latest == 0 || at < w.latest)
}

// timestamp tells whether the text is a message id or a Unix time.
func timestamp(text string) bool { return micros(text) > 0 }

// micros reads "seconds.fraction" as microseconds; 0 when it is not one.
func micros(ts string) int64 {
	whole, part, _ := strings.Cut(ts, ".")
	sec, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || len(part) > 6 {
		return 0
	}
	frac, err := strconv.ParseInt((part + "000000")[:6], 10, 64)
	if err != nil {
		return 0
	}
	return sec*1e6 + frac
}

func (s *Server) pinsAdd(args arguments) (body, error) {
	if err := args.require("channel"); err != nil {
		return nil, err
	}
	r, err := s.entered(args)
	if err != nil {
		return nil, err
	}
	ts := args.text("timestamp")
	if ts == "" {
		return nil, refuse("no_item_specified")
	}
	m := r.message(ts)
	switch {
	case !timestamp(ts):
		return nil, refuse("bad_timestamp")
	case m == nil:
		return nil, refuse("message_not_found")
	case m.notice != "":
		return nil, refuse("not_pinnable")
	}
	for _, pinned := range r.Pins {
		if pinned == ts {
			return nil, refuse("already_pinned")
		}
	}
	if len(r.Pins) == maxPins {
		return nil, refuse("too_many_pins")
	}
	r.Pins = append(r.Pins, ts)
	s.happened(Event{Kind: Pinned, Room: r.ID, User: BotUser, TS: ts, Text: m.Text})
	return nil, nil
}

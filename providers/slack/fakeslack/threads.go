package fakeslack

// conversationsReplies lists a thread, oldest first and its first message always
// (https://docs.slack.dev/reference/methods/conversations.replies). The ts may
// be that of the first message or of a reply.
func (s *Server) conversationsReplies(args arguments) (body, error) {
	if err := args.require("channel", "ts"); err != nil {
		return nil, err
	}
	r, err := s.entered(args)
	if err != nil {
		return nil, err
	}
	named := r.message(args.text("ts"))
	if named == nil {
		return nil, refuse("thread_not_found")
	}
	first := named.TS
	if named.ThreadTS != "" {
		first = named.ThreadTS
	}
	oldest, latest := args.text("oldest"), args.text("latest")
	if oldest != "" && !timestamp(oldest) && oldest != "0" || latest != "" && !timestamp(latest) {
		return nil, refuse("invalid_arguments")
	}
	span := window{oldest: micros(oldest), latest: micros(latest), inclusive: args.truth("inclusive")}
	var found []body
	for _, m := range r.messages {
		reply := m.ThreadTS == first && span.holds(micros(m.TS))
		if !m.Ephemeral && (m.TS == first || reply) {
			found = append(found, m.wire(args.truth("include_all_metadata")))
		}
	}
	page, next, err := paginate(found, args, 1000, 1000)
	if err != nil {
		return nil, err
	}
	return body{"messages": page, "has_more": next != "", "response_metadata": body{"next_cursor": next}}, nil
}

// answers puts a message into the thread that a call names.
func (r *room) answers(m *Message, thread string) error {
	if thread == "" {
		return nil
	}
	parent := r.message(thread)
	if parent == nil || parent.notice != "" {
		return refuse("cannot_reply_to_message")
	}
	m.ThreadTS = thread
	return nil
}

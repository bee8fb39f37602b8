package fakeslack

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Status is what stands beside a person's name. The zero value is none.
type Status struct {
	Text    string `json:"status_text"`
	Emoji   string `json:"status_emoji"`      // with its colons
	Expires int64  `json:"status_expiration"` // in seconds since 1970; 0 = never
}

// personal is a token with which somebody lets an app act for them
// (https://docs.slack.dev/authentication/tokens).
type personal struct {
	token   string
	user    *User
	scopes  []string
	revoked bool
}

// Connect gives out a token of a person with scopes, as their workspace does
// when they install an app that asks for them.
func (s *Server) Connect(userID string, scopes ...string) (token string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	user := s.user(userID)
	if user == nil {
		return "", fmt.Errorf("connect %q: no such user; add them with AddUser", userID)
	}
	s.counter++
	token = fmt.Sprintf("xoxp-%s-%d", userID, s.counter)
	s.personal = append(s.personal, &personal{token: token, user: user, scopes: scopes})
	return token, nil
}

// Revoke ends a person's token.
func (s *Server) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.personal {
		p.revoked = p.revoked || p.token == token
	}
}

// SetStatus is what a person writes beside their own name.
func (s *Server) SetStatus(userID string, status Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.user(userID); u != nil {
		u.Status = status
	}
}

// StatusOf is what stands beside a person's name now.
func (s *Server) StatusOf(userID string) Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.user(userID)
	if u == nil {
		return Status{}
	}
	u.expire(s.now())
	return u.Status
}

// expire takes a status away whose time is over.
func (u *User) expire(now time.Time) {
	if u.Status.Expires != 0 && u.Status.Expires <= now.Unix() {
		u.Status = Status{}
	}
}

// personalToken finds a person's token; nil = it is none. The caller holds the lock.
func (s *Server) personalToken(token string) *personal {
	for _, p := range s.personal {
		if p.token == token {
			return p
		}
	}
	return nil
}

// scopesOf are those of a token, the bot's where it is no person's.
func (s *Server) scopesOf(token string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.personalToken(token); p != nil {
		return p.scopes
	}
	return s.scopes
}

// run does a method for a person.
func (p *personal) run(m method, args arguments) (body, error) {
	switch {
	case p.revoked:
		return nil, refuse("token_revoked")
	case p.user.Deleted:
		return nil, refuse("account_inactive")
	case m.own == nil:
		return nil, refuse("not_allowed_token_type")
	}
	return m.own(p, args)
}

// may refuses what the token has no scope for.
func (p *personal) may(scope string) error {
	if slices.Contains(p.scopes, scope) {
		return nil
	}
	return &refusal{code: "missing_scope", extra: body{"needed": scope, "provided": strings.Join(p.scopes, ",")}}
}

func (s *Server) authTestPersonal(p *personal, _ arguments) (body, error) {
	return body{
		"url": s.base() + "/", "team": "Fake Slack", "team_id": TeamID,
		"user": p.user.Name, "user_id": p.user.ID, "is_enterprise_install": false,
	}, nil
}

func (s *Server) usersProfileGet(p *personal, args arguments) (body, error) {
	if err := p.may("users.profile:read"); err != nil {
		return nil, err
	}
	u := p.user
	if id := args.text("user"); id != "" {
		if u = s.user(id); u == nil {
			return nil, refuse("user_not_found")
		}
	}
	u.expire(s.now())
	return body{"profile": u.wire(s.now())["profile"]}, nil
}

// longestStatus is how long a status may be, in characters.
const longestStatus = 100

func (s *Server) usersProfileSet(p *personal, args arguments) (body, error) {
	if err := p.may("users.profile:write"); err != nil {
		return nil, err
	}
	if id := args.text("user"); id != "" && id != p.user.ID {
		return nil, refuse("not_admin")
	}
	next := p.user.Status
	if json.Unmarshal([]byte(args.text("profile")), &next) != nil {
		return nil, refuse("invalid_profile")
	}
	named := strings.HasPrefix(next.Emoji, ":") && strings.HasSuffix(next.Emoji, ":") && len(next.Emoji) > 2
	switch {
	case utf8.RuneCountInString(next.Text) > longestStatus:
		return nil, refuse("too_long")
	case next.Emoji == "" && next.Text != "":
		next.Emoji = ":speech_balloon:"
	case next.Emoji != "" && !named:
		return nil, refuse("profile_status_set_failed_not_valid_emoji")
	case next.Text == "" && next.Emoji == "":
		next.Expires = 0
	}
	p.user.Status = next
	p.user.expire(s.now())
	return body{"username": p.user.Name, "profile": p.user.wire(s.now())["profile"]}, nil
}

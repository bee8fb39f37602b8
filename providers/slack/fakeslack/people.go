package fakeslack

import (
	"strings"
	"time"
)

func (s *Server) authTest(arguments) (body, error) {
	return body{
		"url": s.base() + "/", "team": "Fake Slack", "team_id": TeamID,
		"user": botName, "user_id": BotUser, "bot_id": BotID, "is_enterprise_install": false,
	}, nil
}

func (s *Server) usersLookupByEmail(args arguments) (body, error) {
	if err := args.require("email"); err != nil {
		return nil, err
	}
	for _, u := range s.users {
		if u.Email != "" && strings.EqualFold(u.Email, args.text("email")) && !u.Deleted {
			return body{"user": u.wire(s.now())}, nil
		}
	}
	return nil, refuse("users_not_found")
}

func (s *Server) usersInfo(args arguments) (body, error) {
	if err := args.require("user"); err != nil {
		return nil, err
	}
	u := s.user(args.text("user"))
	if u == nil {
		return nil, refuse("user_not_found")
	}
	return body{"user": u.wire(s.now())}, nil
}

// wire is a person as the API shows them.
func (u *User) wire(now time.Time) body {
	_, offset := now.In(u.zone()).Zone()
	return body{
		"id": u.ID, "team_id": TeamID, "name": u.Name, "deleted": u.Deleted, "real_name": u.RealName,
		"tz": u.TZ, "tz_label": u.TZ, "tz_offset": offset,
		"profile": body{
			"real_name": u.RealName, "real_name_normalized": u.RealName,
			"display_name": u.Name, "display_name_normalized": u.Name, "email": u.Email, "team": TeamID,
			"status_text": u.Status.Text, "status_emoji": u.Status.Emoji, "status_expiration": u.Status.Expires,
		},
		"is_admin": false, "is_owner": false, "is_primary_owner": false,
		"is_restricted": u.Restricted, "is_ultra_restricted": false, "is_bot": u.Bot, "is_app_user": u.Bot,
	}
}

func (u *User) zone() *time.Location {
	zone, err := time.LoadLocation(u.TZ)
	if err != nil {
		return time.UTC
	}
	return zone
}

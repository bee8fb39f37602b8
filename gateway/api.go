package gateway

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// apiTime bounds one request to the API: finding the incident, asking it, and asking its review.
const apiTime = 20 * time.Second

// call is one request to the API by the holder of a token.
type call struct {
	*http.Request
	token Token
	body  []byte
}

// api lets only holders of a token in, reads the body, and sends what the handler gives or the problem that it has.
func (s *Server) api(handle func(call) (status int, body any, err error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var tokens []Token
		if s.tokens != nil {
			tokens = s.tokens()
		}
		token, ok := bearer(r, tokens)
		if !ok {
			s.unauthorised(w, r)
			return
		}
		body, err := readBody(r)
		if err != nil {
			s.failWith(w, r, err)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), apiTime)
		defer cancel()
		status, answer, err := handle(call{Request: r.WithContext(ctx), token: token, body: body})
		if err != nil {
			s.failWith(w, r, err)
			return
		}
		s.answer(w, r, status, answer)
	}
}

// key is the incident's key in the address.
func (c *call) key() incident.Key { return NormalKey(c.PathValue("key")) }

// list is GET /v1/incidents: those that are open, with ?all=true those that have ended too, with ?drills=true drills too.
func (s *Server) list(c call) (int, any, error) {
	var l Listing
	var err error
	if l.All, err = c.flag("all"); err != nil {
		return 0, nil, err
	}
	if l.Drills, err = c.flag("drills"); err != nil {
		return 0, nil, err
	}
	lines, err := s.incidents.List(c.Context(), l)
	return http.StatusOK, map[string]any{"incidents": lines}, err
}

// flag is a parameter of the address that is true or false; false where it is not given.
func (c *call) flag(name string) (bool, error) {
	text := c.URL.Query().Get(name)
	if text == "" {
		return false, nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return false, unreadable(http.StatusBadRequest, "use "+name+"=true", "%s=%q is neither true nor false", name, text)
	}
	return value, nil
}

// show is GET /v1/incidents/{key}.
func (s *Server) show(c call) (int, any, error) {
	snapshot, err := s.incidents.Show(c.Context(), c.key())
	return http.StatusOK, snapshot, err
}

// timeline is GET /v1/incidents/{key}/timeline, with ?after=N the entries after the Nth.
func (s *Server) timeline(c call) (int, any, error) {
	after := 0
	if text := c.URL.Query().Get("after"); text != "" {
		var err error
		if after, err = strconv.Atoi(text); err != nil || after < 0 {
			return 0, nil, unreadable(http.StatusBadRequest, "use the seq of the last entry that you have", "after=%q is no number from 0", text)
		}
	}
	part, err := s.incidents.Timeline(c.Context(), c.key(), after)
	return http.StatusOK, part, err
}

// declareRequest is the body of POST /v1/incidents.
type declareRequest struct {
	As          string            `json:"as"` // for whom; empty = the token itself
	Title       string            `json:"title"`
	Summary     string            `json:"summary"`
	Type        string            `json:"type"`
	Service     string            `json:"service"`
	Severity    incident.Severity `json:"severity"`
	Runbook     string            `json:"runbook"`
	Environment string            `json:"environment"`
	Labels      map[string]string `json:"labels"`
	Inputs      map[string]any    `json:"inputs"`
	Private     bool              `json:"private"` // although the runbook is not
	Drill       bool              `json:"drill"`
	DrillRoom   string            `json:"drill_room"`
	Telephones  bool              `json:"drill_telephones"`
}

// declare is POST /v1/incidents. It is idempotent by the Idempotency-Key, else by its content for a minute.
func (s *Server) declare(c call) (int, any, error) {
	var in declareRequest
	if err := decode(c.body, &in); err != nil {
		return 0, nil, err
	}
	by, id, err := s.asked(c, in.As)
	if err != nil {
		return 0, nil, err
	}
	out, err := s.incidents.Declare(c.Context(), NewIncident{
		Title: in.Title, Summary: in.Summary, Type: in.Type, Service: in.Service, Severity: in.Severity,
		Runbook: in.Runbook, Environment: in.Environment, Labels: in.Labels, Inputs: in.Inputs, Private: in.Private, Drill: in.Drill,
		DrillRoom: in.DrillRoom, Telephones: in.Telephones, By: by, RequestID: id,
	})
	if out.Again {
		return http.StatusOK, out, err
	}
	return http.StatusCreated, out, err
}

// actRequest is the body of POST /v1/incidents/{key}/{verb}; each verb reads the fields it needs, see contract.Act.
type actRequest struct {
	As       string        `json:"as"` // for whom; empty = the token itself
	Value    string        `json:"value"`
	Reason   string        `json:"reason"`
	Step     string        `json:"step"`
	Question string        `json:"question"`
	Role     incident.Role `json:"role"`
	Person   string        `json:"person"`
	Page     string        `json:"page"`
	All      bool          `json:"all"`

	Fields map[string]any `json:"fields"` // of a form, an edit or a signal
	Undo   string         `json:"undo"`   // of resolve and cancel: revert or leave
	YAML   string         `json:"yaml"`   // of step: the step, as a runbook has it
	Hash   string         `json:"hash"`   // of upgrade: the text that was looked at; empty = whichever the library has

	Quote *incident.Quote `json:"quote"` // of note and withdraw: a message of the chat
}

// act is POST /v1/incidents/{key}/{verb}. It is idempotent by the Idempotency-Key, else by its content for a minute. A
// receipt that is pending is 202: it is recorded, and no worker has answered yet.
func (s *Server) act(c call) (int, any, error) {
	var in actRequest
	if err := decode(c.body, &in); err != nil {
		return 0, nil, err
	}
	by, id, err := s.asked(c, in.As)
	if err != nil {
		return 0, nil, err
	}
	deed := Deed{
		Verb: contract.Verb(c.PathValue("verb")), Within: ActTime,
		Act: contract.Act{
			ID: id, By: by, Value: in.Value, Reason: in.Reason, Step: in.Step, Question: in.Question, Role: in.Role,
			Person: in.Person, Page: in.Page, All: in.All, Fields: in.Fields, Undo: in.Undo, Quote: in.Quote,
		},
	}
	if err := s.addRunbook(c, in, &deed); err != nil {
		return 0, nil, err
	}
	receipt, err := s.incidents.Act(c.Context(), c.key(), deed)
	if receipt.Pending {
		return http.StatusAccepted, receipt, err
	}
	return http.StatusOK, receipt, err
}

// addRunbook adds to a deed what it takes of the runbook language: a step that somebody has written, or the newer text
// that the library has.
func (s *Server) addRunbook(c call, in actRequest, deed *Deed) error {
	var err error
	switch deed.Verb {
	case contract.VerbStep:
		deed.Act.AdHoc, err = s.incidents.ParseStep(c.Context(), c.key(), StepText{Name: "yaml", Text: in.YAML})
		return err
	case contract.VerbUpgrade:
		u, err := s.incidents.PlanUpgrade(c.Context(), c.key(), nil)
		if err != nil {
			return err
		}
		deed.Act.Runbook, deed.Act.Hash = &u.Newer, u.To
		return u.acceptable(in.Hash)
	default:
		return nil
	}
}

// runbook is GET /v1/incidents/{key}/runbook: the one that the incident follows.
func (s *Server) runbook(c call) (int, any, error) {
	state, err := s.incidents.Runbook(c.Context(), c.key())
	return http.StatusOK, state, err
}

// upgrade is GET /v1/incidents/{key}/upgrade: what POST to the same address would change, and what stands in its way.
func (s *Server) upgrade(c call) (int, any, error) {
	u, err := s.incidents.PlanUpgrade(c.Context(), c.key(), nil)
	return http.StatusOK, u, err
}

// asked says for whom a request is made, and by which id it is recognised when it is repeated.
func (s *Server) asked(c call, as string) (by incident.Actor, id string, err error) {
	if by, err = apiActor(s.incidents.people, as, c.token.Name); err == nil {
		id, err = s.idempotency(c)
	}
	return by, id, err
}

// idempotency is the id by which a repeated request is recognised: the caller's own, else one for the same content
// twice within a minute. Either is the caller's alone.
func (s *Server) idempotency(c call) (string, error) {
	stream := c.token.Name + "\n" + c.Method + " " + strings.ToLower(c.URL.Path)
	key := c.Header.Get("Idempotency-Key")
	if key == "" {
		return "api-" + s.repeats.id(stream, digestOf(string(c.body)), s.incidents.now()), nil
	}
	if !sane(strings.Trim(key, `"`)) {
		return "", unreadable(http.StatusBadRequest, "a UUID is best", "the Idempotency-Key is not 1 to 128 visible characters")
	}
	return fmt.Sprintf("api-%s", digestOf(stream, key)), nil
}

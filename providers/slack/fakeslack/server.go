// Package fakeslack is a Slack workspace in memory that speaks Slack's real
// wire: the Web API at /api/<method>, response URLs at /response/<id>, a page
// to look at a room in a browser at /archives/<room>, and interactions, slash
// commands and events that it sends to an app: signed over HTTP, or through the
// app's socket (Socket Mode, at /link/). Tests and the demo run the real
// Slack client and the real handlers against it.
//
// It keeps state (rooms, members, messages, topics, pins, people), answers
// refusals as Slack does (HTTP 200 with "ok":false), and can be told to fail
// in the ways a real vendor fails; see Break. It knows nothing of incidents.
//
// Source of the wire: https://docs.slack.dev/reference/methods.
package fakeslack

import (
	"cmp"
	"net/http"
	"strings"
	"sync"
	"time"
)

// DefaultToken is the bot token that the server accepts when Options names none.
const DefaultToken = "xoxb-fakeslack"

// The identities of the workspace and of the app that talks to it.
const (
	TeamID  = "T0FAKETEAM"
	AppID   = "A0MUSTERAPP"
	BotUser = "U0MUSTERBOT" // the app's own user
	BotID   = "B0MUSTERBOT"

	teamDomain = "fakeslack"
	botName    = "musterbook"
	stranger   = "U0STRANGER0" // creates rooms that nobody else claims
)

// maxBody bounds a request's body in bytes. The longest message Slack takes,
// 50 blocks of 3,000 characters, stays below it even when it is form-encoded.
const maxBody = 4 << 20

// Options configure a Server. The zero value is useful.
type Options struct {
	Token         string           // bot token to accept; empty means DefaultToken
	AppToken      string           // app-level token to accept; empty means DefaultAppToken
	Patience      time.Duration    // how long an app may take to answer; zero means Slack's three seconds
	SigningSecret string           // signs what is sent to the app
	URL           string           // where the server is reached, without a trailing slash; see ServedAt
	Now           func() time.Time // clock for message ids and signatures; nil means time.Now
	OnEvent       func(Event)      // told of every change, in order, outside all locks; may call back
}

// Server is the workspace. It is an http.Handler and safe for concurrent use.
type Server struct {
	token    string
	secret   string
	patience time.Duration
	now      func() time.Time
	methods  map[string]method
	events   feed

	mu        sync.Mutex
	scopes    []string // of the token
	personal  []*personal
	url       string // as configured
	seenHost  string // Host of the latest request, when url is empty
	counter   int    // makes ids
	lastMicro int64  // makes message timestamps strictly increase
	users     []*User
	rooms     []*room
	views     []*View          // oldest first
	homes     map[string]*View // by user
	triggers  map[string]*trigger
	hooks     map[string]*hook
	faults    []*Fault
	requests  []Request
	responses []Response
	sockets   sockets
}

// defaultScopes are those of a token that was given all that an app of this
// kind may ask for.
func defaultScopes() []string {
	return []string{
		"app_mentions:read",
		"bookmarks:read", "bookmarks:write", "channels:history", "channels:join", "channels:manage", "channels:read", "chat:write", "commands", "groups:history",
		"groups:read", "groups:write", "im:history", "im:write", "pins:write", "reactions:read", "users:read", "users:read.email",
	}
}

// Grant replaces the scopes that the token has, as the header of each answer
// shows them. Methods do not ask for them.
func (s *Server) Grant(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scopes = scopes
}

// New returns an empty workspace in which only the app's bot exists.
func New(o Options) *Server {
	s := &Server{
		scopes:   defaultScopes(),
		token:    o.Token,
		secret:   o.SigningSecret,
		patience: cmp.Or(o.Patience, patience),
		sockets:  newSockets(o.AppToken),
		now:      o.Now,
		url:      strings.TrimSuffix(o.URL, "/"),
		triggers: map[string]*trigger{},
		hooks:    map[string]*hook{},
		homes:    map[string]*View{},
	}
	if s.token == "" {
		s.token = DefaultToken
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.events.deliver = o.OnEvent
	s.users = []*User{
		{ID: BotUser, Name: botName, RealName: "Musterbook", Bot: true},
		{ID: stranger, Name: "stranger", RealName: "A Stranger"},
	}
	s.methods = s.table()
	return s
}

// ServedAt tells the server its own address, for example an httptest.Server's
// URL. It stands in response URLs and permalinks. Without it the Host header of
// the latest request is used.
func (s *Server) ServedAt(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.url = strings.TrimSuffix(url, "/")
}

// base is the server's own address. The caller holds the lock.
func (s *Server) base() string {
	switch {
	case s.url != "":
		return s.url
	case s.seenHost != "":
		return "http://" + s.seenHost
	}
	return "http://" + teamDomain + ".invalid"
}

// ServeHTTP answers the Web API, response URLs and the page of a room.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.seenHost = r.Host
	s.mu.Unlock()

	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if name, ok := strings.CutPrefix(r.URL.Path, "/api/"); ok {
		s.serveAPI(w, r, name)
		return
	}
	if id, ok := strings.CutPrefix(r.URL.Path, "/response/"); ok {
		s.serveResponse(w, r, id)
		return
	}
	if r.URL.Path == "/link/" {
		s.serveLink(w, r)
		return
	}
	if path, ok := strings.CutPrefix(r.URL.Path, "/archives/"); ok {
		s.servePage(w, r, path)
		return
	}
	http.NotFound(w, r)
}

// table lists every method of the Web API that the workspace knows.
func (s *Server) table() map[string]method {
	return map[string]method{
		"apps.connections.open":    {run: s.appsConnectionsOpen, app: true},
		"auth.test":                {run: s.authTest, own: s.authTestPersonal},
		"bookmarks.add":            {run: s.bookmarksAdd},
		"bookmarks.edit":           {run: s.bookmarksEdit},
		"bookmarks.list":           {run: s.bookmarksList},
		"chat.getPermalink":        {run: s.chatGetPermalink, formOnly: true},
		"chat.postEphemeral":       {run: s.chatPostEphemeral},
		"chat.postMessage":         {run: s.chatPostMessage},
		"chat.update":              {run: s.chatUpdate},
		"conversations.archive":    {run: s.conversationsArchive},
		"conversations.create":     {run: s.conversationsCreate},
		"conversations.history":    {run: s.conversationsHistory},
		"conversations.info":       {run: s.conversationsInfo, formOnly: true},
		"conversations.invite":     {run: s.conversationsInvite},
		"conversations.join":       {run: s.conversationsJoin},
		"conversations.list":       {run: s.conversationsList, formOnly: true},
		"conversations.members":    {run: s.conversationsMembers, formOnly: true},
		"conversations.open":       {run: s.conversationsOpen},
		"conversations.replies":    {run: s.conversationsReplies},
		"conversations.setPurpose": {run: s.conversationsSetPurpose},
		"conversations.setTopic":   {run: s.conversationsSetTopic},
		"pins.add":                 {run: s.pinsAdd},
		"reactions.get":            {run: s.reactionsGet, formOnly: true},
		"users.info":               {run: s.usersInfo, formOnly: true},
		"users.lookupByEmail":      {run: s.usersLookupByEmail, formOnly: true},
		"users.profile.get":        {own: s.usersProfileGet, formOnly: true},
		"users.profile.set":        {own: s.usersProfileSet},
		"views.open":               {run: s.viewsOpen},
		"views.publish":            {run: s.viewsPublish},
		"views.push":               {run: s.viewsPush},
		"views.update":             {run: s.viewsUpdate},
	}
}

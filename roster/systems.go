package roster

import (
	"slices"
	"strings"
)

// Systems is what an installation has besides chat and telephone.
type Systems struct {
	Bridges        map[string]Bridge
	StandingBridge string // the address that serves where no bridge can be opened; empty = none
	Trackers       map[string]Outlet
	Outlets        map[string]Outlet
	Audiences      map[string][]string // outlets, by name
	Run            Run
}

// Bridge is a conference: a Jitsi host, or a fixed address.
type Bridge struct {
	Host string
	Link string
}

// Outlet is where tickets or updates go: a webhook, a directory, or the incident's room.
type Outlet struct {
	URL    string
	Secret Secret
	Repeat bool // the receiver recognises a repetition
	Dir    string
	Room   bool
}

// Run says which commands runbooks may run.
type Run struct {
	Allow     []string
	Container string
}

// fileBridge is one conference.
type fileBridge struct {
	At   place `json:"-"`
	Host text  `json:"host,omitempty" jsonschema_description:"Host of a Jitsi server, for example meet.jit.si. The room's address is made for each incident."`
	Link text  `json:"link,omitempty" jsonschema_description:"A fixed address instead."`
}

// fileWebhook is a receiver of our POSTs.
type fileWebhook struct {
	At      place     `json:"-"`
	URL     text      `json:"url" jsonschema_description:"Where to POST. May be ${NAME}."`
	Secret  secretRef `json:"secret,omitempty" jsonschema_description:"Signs each request (Musterbook-Signature)."`
	Unknown text      `json:"when_unknown,omitempty" jsonschema_description:"ask (default) or repeat: what happens when it is not known whether the receiver has got it. repeat is for receivers that know an Idempotency-Key again."`
}

// fileOutlet is where tickets or updates go.
type fileOutlet struct {
	At      place        `json:"-"`
	Webhook *fileWebhook `json:"webhook,omitempty" jsonschema_description:"A web service."`
	Dir     text         `json:"dir,omitempty" jsonschema_description:"A directory of files."`
	Room    text         `json:"room,omitempty" jsonschema_description:"incident: the incident's own chat room."`
}

// fileAudience is who is told together.
type fileAudience struct {
	At      place  `json:"-"`
	Outlets []name `json:"outlets" jsonschema:"minItems=1" jsonschema_description:"Names of outlets."`
}

// fileRun allows commands.
type fileRun struct {
	At        place  `json:"-"`
	Allow     []text `json:"allow" jsonschema:"minItems=1" jsonschema_description:"What the first word of a command may be: exactly, or a pattern of whole paths such as /opt/musterbook/*."`
	Container text   `json:"container,omitempty" jsonschema_description:"docker or podman, for steps with an image."`
}

// systems reads what an installation has besides chat and telephone.
func (b *builder) systems() {
	s := Systems{Bridges: map[string]Bridge{}, Trackers: map[string]Outlet{}, Outlets: map[string]Outlet{}, Audiences: map[string][]string{}}
	for _, e := range b.file.Bridges {
		s.Bridges[e.key.value] = b.bridge(e.key.value, e.what)
	}
	s.StandingBridge = b.webAddress(b.file.StandingBridge, "standing_bridge")
	for _, e := range b.file.Trackers {
		s.Trackers[e.key.value] = b.outlet("trackers."+e.key.value, e.what)
	}
	for _, e := range b.file.Outlets {
		s.Outlets[e.key.value] = b.outlet("outlets."+e.key.value, e.what)
	}
	for _, e := range b.file.Audiences {
		for _, outlet := range e.what.Outlets {
			if _, ok := s.Outlets[outlet.value]; !ok {
				b.fault(outlet.at, "add it to outlets", "audience %s: there is no outlet %s", quoted(e.key.value), quoted(outlet.value))
			}
			s.Audiences[e.key.value] = append(s.Audiences[e.key.value], outlet.value)
		}
	}
	if r := b.file.Run; r != nil {
		for _, pattern := range r.Allow {
			s.Run.Allow = append(s.Run.Allow, pattern.value)
			if strings.Contains(pattern.value, "*") && !strings.HasPrefix(pattern.value, "/") {
				b.fault(pattern.at, "write the whole path: /opt/musterbook/*", "run.allow: a pattern is one of whole paths")
			}
		}
		s.Run.Container = r.Container.value
		if r.Container.given() && !slices.Contains([]string{"docker", "podman"}, r.Container.value) {
			b.fault(r.Container.at, "docker or podman", "run.container cannot be %s", quoted(r.Container.value))
		}
	}
	b.config.Systems = s
}

// bridge reads one conference.
func (b *builder) bridge(key string, f fileBridge) Bridge {
	if f.Host.given() == f.Link.given() {
		b.fault(f.At, "write host: meet.jit.si, or link: https://…", "bridges.%s needs a host or a link, one of the two", key)
	}
	if strings.ContainsAny(f.Host.value, "/ :") {
		b.fault(f.Host.at, "the name alone: meet.example.com", "bridges.%s: this is no host", key)
	}
	return Bridge{Host: f.Host.value, Link: b.webAddress(f.Link, "bridges."+key+".link")}
}

// outlet reads where something goes.
func (b *builder) outlet(what string, f fileOutlet) Outlet {
	ways := 0
	for _, given := range []bool{f.Webhook != nil, f.Dir.given(), f.Room.given()} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		b.fault(f.At, "webhook, dir or room: incident", "%s needs one way to go", what)
	}
	out := Outlet{Dir: b.expand(f.Dir, what+".dir"), Room: f.Room.given()}
	if f.Room.given() && f.Room.value != "incident" {
		b.fault(f.Room.at, "write room: incident", "%s: there is no room %s", what, quoted(f.Room.value))
	}
	if f.Webhook != nil {
		out.URL, out.Secret = b.webAddress(f.Webhook.URL, what+".webhook.url"), b.secret(f.Webhook.Secret, what+".webhook.secret")
		out.Repeat = f.Webhook.Unknown.value == "repeat"
		if f.Webhook.Unknown.given() && !slices.Contains([]string{"ask", "repeat"}, f.Webhook.Unknown.value) {
			b.fault(f.Webhook.Unknown.at, "ask or repeat", "%s: when_unknown cannot be %s", what, quoted(f.Webhook.Unknown.value))
		}
	}
	return out
}

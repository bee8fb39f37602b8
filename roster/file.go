package roster

// The structs below are the shape of musterbook.yaml. Decoder and JSON Schema are both derived from them: the json tag
// names the key, a field without omitempty is required, and the description is what an editor shows.

// file is the whole document.
type file struct {
	People      table[filePerson]   `json:"people" jsonschema_description:"Everybody who can be told, by short name."`
	Teams       table[fileTeam]     `json:"teams,omitempty" jsonschema_description:"Named groups. Paging a team pages all of its members at once."`
	Schedules   table[fileSchedule] `json:"schedules,omitempty" jsonschema_description:"Who is on call when. Runbooks and policies call schedules by these names."`
	Policies    table[filePolicy]   `json:"policies,omitempty" jsonschema_description:"Whom a page calls, level after level, until somebody acknowledges."`
	Services    table[fileService]  `json:"services" jsonschema_description:"What can break, and who owns it."`
	Routes      []fileRoute         `json:"routes,omitempty" jsonschema_description:"From alert labels to services. The first route that matches wins."`
	Default     *fileDefault        `json:"default" jsonschema_description:"Fills in whatever a route and a service leave open, and takes alerts that match nothing. No alert is ever lost."`
	Fallback    []name              `json:"fallback" jsonschema:"minItems=1" jsonschema_description:"People who are told when everybody else was tried."`
	Permissions permissions         `json:"permissions,omitempty" jsonschema_description:"Who may do what to an incident, by verb. Default: whoever has command, or the deputy, lowers the severity, resolves and cancels; anyone does everything else."`

	Gateway   *fileGateway        `json:"gateway" jsonschema_description:"The door for alerts, callbacks and the API."`
	Slack     *fileSlack          `json:"slack,omitempty" jsonschema_description:"The Slack workspace."`
	Twilio    *fileTwilio         `json:"twilio,omitempty" jsonschema_description:"The telephone."`
	Email     *fileEmail          `json:"email,omitempty" jsonschema_description:"The mail server. Without it contact rules leave e-mail out."`
	Pager     *filePager          `json:"pager,omitempty" jsonschema_description:"A web service that calls and texts people: after the accounts of twilio, or in their place."`
	Temporal  *fileTemporal       `json:"temporal,omitempty" jsonschema_description:"An existing Temporal cluster. Without it the embedded engine is used."`
	Records   *fileRecords        `json:"records,omitempty" jsonschema_description:"Where finished records go."`
	Bridges   table[fileBridge]   `json:"bridges,omitempty" jsonschema_description:"Conferences, by the name that a runbook's bridge: gives. Without any, jitsi is meet.jit.si."`
	Trackers  table[fileOutlet]   `json:"trackers,omitempty" jsonschema_description:"Where tickets go, by the name that a runbook's ticket: gives."`
	Outlets   table[fileOutlet]   `json:"outlets,omitempty" jsonschema_description:"Where people outside are told."`
	Audiences table[fileAudience] `json:"audiences,omitempty" jsonschema_description:"Who is told together, by the name that a runbook's update: gives: customers, stakeholders, regulator."`
	Run       *fileRun            `json:"run,omitempty" jsonschema_description:"Which commands runbooks may run. Without it: none."`

	Heartbeat      text `json:"heartbeat,omitempty" jsonschema_description:"Address that is requested once a minute as long as engine and workers live, so that somebody outside notices when they do not. May be ${NAME}."`
	StandingBridge text `json:"standing_bridge,omitempty" jsonschema_description:"The address that serves where no bridge can be opened."`

	Data text `json:"data,omitempty" jsonschema_description:"Directory of everything that is kept. Default: musterbook-data."`
}

// filePerson is somebody. At least one contact is needed.
type filePerson struct {
	At    place `json:"-"`
	Name  text  `json:"name" jsonschema_description:"The name that is shown and spoken."`
	Email text  `json:"email,omitempty" jsonschema_description:"Also finds the person in Slack."`
	Phone phone `json:"phone,omitempty" jsonschema_description:"With country code, for calls and SMS."`
	Slack text  `json:"slack,omitempty" jsonschema_description:"Slack member id (U…). Not needed when the e-mail is the one of the Slack account."`
	Zone  text  `json:"zone,omitempty" jsonschema_description:"IANA time zone, for example Europe/Berlin."`

	Contact *fileContact `json:"contact,omitempty" jsonschema_description:"How the person wants to be told. Default: high urgency by call and SMS at once and by calls after 2 and 5 minutes, low urgency by Slack, else e-mail, else SMS."`
	Quiet   *fileQuiet   `json:"quiet,omitempty" jsonschema_description:"Hours in which pages of low urgency wait. Pages of high urgency never do. Needs zone."`

	SlackToken secretRef `json:"slack_token,omitempty" jsonschema_description:"The person's own Slack token (xoxp-…): while they command an incident their Slack status shows its key. See docs/slack.md."`
}

// fileTeam is a group.
type fileTeam struct {
	At      place  `json:"-"`
	Members []name `json:"members" jsonschema:"minItems=1" jsonschema_description:"People."`
}

// layer is what a route, a service and the default may each say about an incident. The first that says something wins,
// in this order.
type layer struct {
	Runbook     text    `json:"runbook,omitempty" jsonschema_description:"The runbook that is started."`
	Severity    text    `json:"severity,omitempty" jsonschema_description:"The severity to begin with. Without it the runbook asks."`
	Team        name    `json:"team,omitempty" jsonschema_description:"The team that is shown."`
	Type        text    `json:"type,omitempty" jsonschema_description:"Kind of incident, for example outage."`
	Environment text    `json:"environment,omitempty" jsonschema_description:"For example production."`
	Announce    channel `json:"announce,omitempty" jsonschema_description:"The channel that hears of the incident, in place of slack.announce; none: no channel."`
	Inputs      inputs  `json:"inputs,omitempty" jsonschema_description:"Inputs of the runbook. Those of a route go before those of its service, and these before the default's."`
}

// fileService is something that can break.
type fileService struct {
	At    place `json:"-"`
	Title text  `json:"title,omitempty" jsonschema_description:"The name for people. Default: the short name."`
	Owner name  `json:"owner" jsonschema_description:"A person, schedule, team or policy."`
	layer
}

// fileRoute leads alerts to a service.
type fileRoute struct {
	At      place  `json:"-"`
	Match   labels `json:"match" jsonschema_description:"Labels that must all match: a text exactly, or /a regular expression/ as a whole. A missing label counts as empty. {} matches every alert."`
	Service name   `json:"service,omitempty" jsonschema_description:"Default: the service that the alert's label service names, else that of default."`
	layer
}

// fileDefault is the last word.
type fileDefault struct {
	At      place `json:"-"`
	Service name  `json:"service" jsonschema_description:"Where an alert goes that names no service of this file."`
	layer
}

// fileGateway is the door.
type fileGateway struct {
	At        place       `json:"-"`
	Listen    text        `json:"listen,omitempty" jsonschema_description:"host:port. Default: 127.0.0.1:8080."`
	PublicURL text        `json:"public_url,omitempty" jsonschema_description:"How Slack and Twilio reach the gateway, for example https://muster.example.com."`
	MaxBody   text        `json:"max_body,omitempty" jsonschema_description:"Largest request, for example 512KiB. Default: 1MiB."`
	Tokens    *fileTokens `json:"tokens" jsonschema_description:"Bearer tokens, one for each caller."`
}

// fileTokens are the bearer tokens.
type fileTokens struct {
	At           place     `json:"-"`
	API          secretRef `json:"api" jsonschema_description:"Token of the JSON API."`
	Alertmanager secretRef `json:"alertmanager,omitempty" jsonschema_description:"Token of Alertmanager's webhook. Without it the webhook is closed."`
}

// fileSlack is the workspace.
type fileSlack struct {
	At            place     `json:"-"`
	Token         secretRef `json:"token" jsonschema_description:"Bot token (xoxb-…)."`
	AppToken      secretRef `json:"app_token,omitempty" jsonschema_description:"App-level token (xapp-…) with the scope connections:write: Slack reaches us through a socket that we open, without a public address."`
	SigningSecret secretRef `json:"signing_secret,omitempty" jsonschema_description:"From the app's Basic Information: Slack reaches us at gateway.public_url. Required where there is no app_token."`
	APIURL        text      `json:"api_url,omitempty" jsonschema_description:"Only for tests and proxies."`
	Announce      channel   `json:"announce,omitempty" jsonschema_description:"The channel that hears of every incident: one message each, which follows it. Quote it: \"#incidents\". Private incidents and drills are not announced. Default: none."`
	ArchiveAfter  days      `json:"archive_after,omitempty" jsonschema_description:"How long after an incident's review its room is archived, for example 14d. Default: never."`
}

// fileTwilio is the telephone.
type fileTwilio struct {
	At place `json:"-"`
	fileTwilioAccount
	Second *fileSecondTwilio `json:"second,omitempty" jsonschema_description:"Another account: it makes the attempt when this one is refused or cannot be reached."`
}

// fileSecondTwilio is the account behind the first one.
type fileSecondTwilio struct {
	At place `json:"-"`
	fileTwilioAccount
}

// fileTwilioAccount is one account.
type fileTwilioAccount struct {
	AccountSID      text      `json:"account_sid" jsonschema_description:"Starts with AC. May be ${NAME}."`
	AuthToken       secretRef `json:"auth_token" jsonschema_description:"Auth token of the account."`
	SecondAuthToken secretRef `json:"second_auth_token,omitempty" jsonschema_description:"Accepted in signatures as well, while the token is rotated."`
	From            text      `json:"from" jsonschema_description:"The number that calls, with country code. May be ${NAME}."`
	APIURL          text      `json:"api_url,omitempty" jsonschema_description:"Only for tests and proxies."`
}

// fileTemporal is the cluster.
type fileTemporal struct {
	At        place `json:"-"`
	Address   text  `json:"address,omitempty" jsonschema_description:"host:port of the frontend. May be ${NAME}."`
	Namespace text  `json:"namespace,omitempty" jsonschema_description:"Default: default."`
}

// fileRecords is the archive.
type fileRecords struct {
	At  place `json:"-"`
	Dir text  `json:"dir" jsonschema_description:"Directory. Default: records in the data directory."`
}

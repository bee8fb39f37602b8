package runbooks

import "github.com/musterbook/musterbook/expression"

// unknownOutputs says that a step's outputs are not declared anywhere: it is read as a map.
var unknownOutputs = []outputSpec{{"", expression.MapOf(expression.Dyn)}}

// everyField is the pause between two polls, untilField the condition that ends them.
func everyField(at func(s *Step) any) fieldSpec {
	return fieldSpec{name: "every", shape: shapeDuration, about: "The pause between two tries of a poll.", at: at}
}

func untilField(at func(s *Step) any) fieldSpec {
	return fieldSpec{name: "until", shape: shapeCondition, own: true, about: "Try again until this is true; it sees the step's own outputs.", at: at}
}

// systemKinds are the kinds that deal with systems and with people outside.
var systemKinds = []kindSpec{
	{
		kind: KindBridge, about: "Open the conference.", catchesUp: true,
		main: fieldSpec{shape: shapePlain, about: "The bridge, as the configuration names it (jitsi, zoom).", at: func(s *Step) any { return &s.Bridge.Provider }},
		fields: []fieldSpec{
			{name: "topic", shape: shapeText, about: "Its topic (the incident's key and title).", at: func(s *Step) any { return &s.Bridge.Topic }},
			{name: "invite", shape: shapeNames, about: "Who is told when it is open.", at: func(s *Step) any { return &s.Bridge.Invite }},
		},
		outputs: []outputSpec{{"id", expression.String}, {"url", expression.String}},
		timeout: timeoutOptional, defTimeout: "1m", onTimeout: []Do{DoContinue, DoAsk, DoSteps},
		onFailure: reactionsOnFailure(DoContinue), retry: 5,
		slot: func(s *Step) any { return &s.Bridge },
	},
	{
		kind: KindTicket, about: "Open the incident's ticket; afterwards it follows the incident.",
		main: fieldSpec{shape: shapePlain, about: "The tracker, as the configuration names it.", at: func(s *Step) any { return &s.Ticket.Tracker }},
		fields: []fieldSpec{
			{name: "type", shape: shapeText, about: "The tracker's type of ticket.", at: func(s *Step) any { return &s.Ticket.Type }},
			{name: "summary", shape: shapeText, about: "Its headline (the incident's title).", at: func(s *Step) any { return &s.Ticket.Summary }},
			{name: "fields", shape: shapeFields, about: "Further fields of the tracker.", at: func(s *Step) any { return &s.Ticket.Fields }},
		},
		outputs: []outputSpec{{"key", expression.String}, {"url", expression.String}},
		timeout: timeoutOptional, defTimeout: "1m", onTimeout: []Do{DoContinue, DoAsk, DoSteps},
		onFailure: reactionsOnFailure(DoContinue), retry: 5,
		slot: func(s *Step) any { return &s.Ticket },
	},
	{
		kind: KindAssess, about: "Ask the six questions, propose a severity, and set it when it is confirmed.", people: true,
		main: fieldSpec{shape: shapeRole, about: "The role that is asked.", at: func(s *Step) any { return &s.Assess.Who }},
		fields: []fieldSpec{
			{name: "remind", shape: shapeDuration, about: "How often those asked are reminded.", at: func(s *Step) any { return &s.Assess.Remind }},
		},
		outputs: []outputSpec{
			{"impact", expression.String},
			{"symptoms", expression.String},
			{"scope", expression.String},
			{"started_at", expression.String},
			{"support_cases", expression.String},
			{"factors", expression.ListOf(expression.String)},
			{"severity", expression.String},
		},
		timeout: timeoutRequired, onTimeout: []Do{DoAsk, DoContinue, DoEscalate, DoSteps},
		onFailure: reactionsOnFailure(DoAsk),
		slot:      func(s *Step) any { return &s.Assess },
	},
	{
		kind: KindUpdate, about: "Tell an audience outside.", catchesUp: true,
		main: fieldSpec{shape: shapePlain, about: "The audience, as the configuration names it (customers, stakeholders, regulator).", at: func(s *Step) any { return &s.Update.Audience }},
		fields: []fieldSpec{
			{name: "status", shape: shapeText, about: "investigating, identified, monitoring or resolved.", at: func(s *Step) any { return &s.Update.Status }},
			{name: "message", shape: shapeText, required: true, about: "The text.", at: func(s *Step) any { return &s.Update.Message }},
			{name: "components", shape: shapeTexts, about: "The components of the status page.", at: func(s *Step) any { return &s.Update.Components }},
			{name: "review", shape: shapeRole, about: "The role that must confirm the text before it leaves.", at: func(s *Step) any { return &s.Update.Review }},
		},
		outputs: []outputSpec{{"url", expression.String}},
		timeout: timeoutOptional, defTimeout: "15m", onTimeout: []Do{DoRepeat, DoAsk, DoContinue, DoEscalate, DoSteps},
		onFailure: reactionsOnFailure(DoAsk),
		slot:      func(s *Step) any { return &s.Update },
	},
	{
		kind: KindEvidence, about: "Keep a piece of evidence.",
		main: fieldSpec{shape: shapeText, about: "What it is.", at: func(s *Step) any { return &s.Evidence.Text }},
		fields: []fieldSpec{
			{name: "file", shape: shapeText, about: "Where it lies.", at: func(s *Step) any { return &s.Evidence.File }},
			{name: "sha256", shape: shapeText, about: "Its hash.", at: func(s *Step) any { return &s.Evidence.SHA256 }},
			{name: "link", shape: shapeText, about: "An address.", at: func(s *Step) any { return &s.Evidence.Link }},
		},
		outputs:   []outputSpec{{"id", expression.String}},
		onFailure: reactionsOnFailure(DoAsk),
		slot:      func(s *Step) any { return &s.Evidence },
	},
	{
		kind: KindHTTP, about: "Ask a web service.",
		main: fieldSpec{shape: shapeText, about: "METHOD and address.", at: func(s *Step) any { return &s.HTTP.Request }},
		fields: []fieldSpec{
			{name: "headers", shape: shapeFields, secrets: true, about: "Headers.", at: func(s *Step) any { return &s.HTTP.Headers }},
			{name: "body", shape: shapeBody, secrets: true, about: "The body: text, or a tree that is sent as JSON.", at: func(s *Step) any { return &s.HTTP.Body }},
			{name: "auth", shape: shapeFields, secrets: true, about: "{ bearer } or { user, password }.", at: func(s *Step) any { return &s.HTTP.Auth }},
			{name: "expect", shape: shapeCondition, own: true, about: "What the answer must be (a status below 400).", at: func(s *Step) any { return &s.HTTP.Expect }},
			everyField(func(s *Step) any { return &s.HTTP.Every }),
			untilField(func(s *Step) any { return &s.HTTP.Until }),
		},
		outputs: []outputSpec{{"status", expression.Int}, {"body", expression.Dyn}, {"headers", expression.MapOf(expression.String)}},
		timeout: timeoutOptional, defTimeout: "30s", onTimeout: []Do{DoAsk, DoContinue, DoSteps},
		onFailure: reactionsOnFailure(DoAsk), retry: 3,
		slot: func(s *Step) any { return &s.HTTP },
	},
	{
		kind: KindRun, about: "Run a command that the installation allows. Values come by env, never by ${{ }} in the command.",
		main: fieldSpec{shape: shapePlain, about: "The command, without a shell.", at: func(s *Step) any { return &s.Run.Command }},
		fields: []fieldSpec{
			{name: "env", shape: shapeFields, secrets: true, about: "The environment.", at: func(s *Step) any { return &s.Run.Env }},
			{name: "image", shape: shapePlain, about: "The container image to run it in.", at: func(s *Step) any { return &s.Run.Image }},
			{name: "queue", shape: shapePlain, about: "The task queue of the workers that run it.", at: func(s *Step) any { return &s.Run.Queue }},
			everyField(func(s *Step) any { return &s.Run.Every }),
			untilField(func(s *Step) any { return &s.Run.Until }),
		},
		outputs: []outputSpec{{"stdout", expression.String}, {"exit_code", expression.Int}},
		timeout: timeoutOptional, defTimeout: "5m", onTimeout: []Do{DoAsk, DoContinue, DoSteps},
		onFailure: reactionsOnFailure(DoAsk),
		slot:      func(s *Step) any { return &s.Run },
	},
	{
		kind: KindAction, about: "Run a Temporal activity of this name, written in any language.",
		main: fieldSpec{shape: shapePlain, about: "The action: namespace.name.", at: func(s *Step) any { return &s.Action.Name }},
		fields: []fieldSpec{
			{name: "with", shape: shapeFields, secrets: true, about: "What it takes.", at: func(s *Step) any { return &s.Action.With }},
			{name: "queue", shape: shapePlain, about: "The task queue of its workers (the manifest's).", at: func(s *Step) any { return &s.Action.Queue }},
			everyField(func(s *Step) any { return &s.Action.Every }),
			untilField(func(s *Step) any { return &s.Action.Until }),
		},
		given: func(s *Step) []outputSpec {
			if s.Action.Manifest == nil {
				return unknownOutputs
			}
			return typed("", s.Action.Manifest.Out)
		},
		timeout: timeoutOptional, defTimeout: "5m", onTimeout: []Do{DoAsk, DoContinue, DoSteps},
		onFailure: reactionsOnFailure(DoAsk),
		slot:      func(s *Step) any { return &s.Action },
	},
	{
		kind: KindPostmortem, about: "Draft the postmortem from the record.",
		main: fieldSpec{shape: shapeWord, words: []string{"draft"}, about: "What is made.", at: func(s *Step) any { return &s.Postmortem.Action }},
		fields: []fieldSpec{
			{name: "template", shape: shapeText, about: "The template's name.", at: func(s *Step) any { return &s.Postmortem.Template }},
			{name: "publish", shape: shapeTexts, about: "Where it is published.", at: func(s *Step) any { return &s.Postmortem.Publish }},
			{name: "review_within", shape: shapeDuration, about: "Until when it is to be reviewed.", at: func(s *Step) any { return &s.Postmortem.ReviewWithin }},
		},
		outputs: []outputSpec{{"url", expression.String}},
		timeout: timeoutOptional, defTimeout: "2m", onTimeout: []Do{DoAsk, DoContinue, DoSteps},
		onFailure: reactionsOnFailure(DoAsk),
		slot:      func(s *Step) any { return &s.Postmortem },
	},
}

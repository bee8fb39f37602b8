package roster_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/roster"
)

// TestProblems has one row for each fault that the reader knows. An edit replaces the first text of each pair by the
// second in the small file.
func TestProblems(t *testing.T) {
	t.Parallel()
	ana := `ana: {name: Ana Ruiz, email: ana@example.com, phone: "+34600000001", slack: U01ANA, zone: Europe/Madrid}`
	tests := []struct {
		name string
		edit []string
		want []string
	}{
		{
			name: "unknown field", edit: []string{"phone: \"+34600000002\"", "phnoe: \"+34600000002\""},
			want: []string{
				`m.yaml:3:3: people.ben cannot be told: there is no contact (give a phone, an email or a slack id)`,
				`m.yaml:3:24: people.ben has no field "phnoe" (did you mean "phone"?)`,
			},
		},
		{
			name: "a channel and days that are none", edit: []string{
				"slack: {token:", `slack: {announce: "#Our Incidents", archive_after: 2w, token:`, "{title: Checkout,", "{title: Checkout, announce: a/b,",
			},
			want: []string{
				`m.yaml:12:41: services.checkout.announce: "a/b" is no channel (for example "#incidents", or the channel's id, C0123456789)`,
				`m.yaml:29:19: slack.announce: "#Our Incidents" is no channel (for example "#incidents", or the channel's id, C0123456789)`,
				`m.yaml:29:52: slack.archive_after: "2w" is no number of days (write whole days, for example 14d, or leave the line out: then it never happens)`,
			},
		},
		{
			name: "unknown field at the top", edit: []string{"fallback: [ben]", "fallback: [ben]\nfellback: [ana]"},
			want: []string{`m.yaml:24:1: the file has no field "fellback" (did you mean "fallback"?)`},
		},
		{
			name: "missing fields", edit: []string{"fallback: [ben]\n", "", "{name: Ben Ito, ", "{"},
			want: []string{
				`m.yaml:1:1: fallback is missing (People who are told when everybody else was tried.)`,
				`m.yaml:3:8: people.ben.name is missing (The name that is shown and spoken.)`,
			},
		},
		{
			name: "no people at all", edit: []string{ana, "# all", `ben: {name: Ben Ito, phone: "+34600000002"}`, "# gone"},
			want: []string{
				`m.yaml:1:8: people is empty (give a value or remove the key; an unquoted # starts a comment)`,
				`m.yaml:5:19: teams.sre.members[0]: nobody is called "ana"`,
				`m.yaml:5:24: teams.sre.members[1]: nobody is called "ben"`,
				`m.yaml:9:26: schedules.checkout-oncall.rotation.members[0]: nobody is called "ana"`,
				`m.yaml:9:31: schedules.checkout-oncall.rotation.members[1]: nobody is called "ben"`,
				`m.yaml:10:17: schedules.cto.person: nobody is called "ben"`,
				`m.yaml:23:12: fallback[0]: nobody is called "ben"`,
			},
		},
		{
			name: "twice", edit: []string{ana, "ben: {name: Other}\n  " + ana},
			want: []string{
				`m.yaml:2:3: people.ben cannot be told: there is no contact (give a phone, an email or a slack id)`,
				`m.yaml:4:3: people.ben stands here twice, first in line 2 (keep one)`,
			},
		},
		{
			name: "names", edit: []string{"  cto: ", "  CTO_Berlin: ", "  platform: ", "  1st: "},
			want: []string{
				`m.yaml:10:3: "CTO_Berlin" is no name (write "cto-berlin")`,
				`m.yaml:13:3: "1st" is no name (small letters, digits and hyphens, a letter first; at most 63)`,
				`m.yaml:22:20: default.service: there is no service "platform" (known: checkout, 1st)`,
			},
		},
		{
			name: "one name in two kinds", edit: []string{"  sre: {", "  ana: {", "  cto: ", "  comms: ", "owner: sre", "owner: ana", "team: sre", "team: ana"},
			want: []string{
				`m.yaml:5:3: "ana" cannot name a team: it is a person already (people, teams, schedules, policies and roles share one name space: choose another name)`,
				`m.yaml:10:3: "comms" cannot name a schedule: it is a role of the runbook service-outage already (people, teams, schedules, policies and roles share one name space: choose another name)`,
				`m.yaml:18:11: routes[0].team: there is no team "ana"`,
			},
		},
		{
			name: "reserved name", edit: []string{"  cto: ", "  fallback: "},
			want: []string{`m.yaml:10:3: "fallback" cannot name a schedule: it is a reserved name already (people, teams, schedules, policies and roles share one name space: choose another name)`},
		},
		{
			name: "telephone numbers", edit: []string{`"+34600000001"`, `"0034 600 000-001"`, "+12025550100", "12025550100"},
			want: []string{
				`m.yaml:2:56: people.ana.phone: "0034 600 000-001" is no telephone number in E.164 (write "+34600000001")`,
				`m.yaml:30:77: twilio.from: "12025550100" is no telephone number in E.164 (write a plus sign, the country code and the number, digits only: "+4915112345678")`,
			},
		},
		{
			name: "YAML", edit: []string{"U01ANA", "@ana"},
			want: []string{`m.yaml:2:1: this is not YAML: found character that cannot start any token (usual culprits: a tab, a missing space after a colon, a text with : or # or, within {}, with ? that needs quotes)`},
		},
		{
			name: "on call without a telephone", edit: []string{`phone: "+34600000001", `, ""},
			want: []string{`m.yaml:2:3: people.ana is on checkout-oncall and has no telephone number to be called on (add phone: "+…", or contact: { high: … } with another way)`},
		},
		{
			name: "last resort without a telephone", edit: []string{`phone: "+34600000002"`, "slack: U02BEN", "cto: {person: ben}", "cto: {person: ana}", "rotation: {members: [ana, ben]", "rotation: {members: [ana]"},
			want: []string{`m.yaml:3:3: people.ben is on fallback and has no telephone number to be called on (add phone: "+…", or contact: { high: … } with another way)`},
		},
		{
			name: "contacts of the wrong form", edit: []string{"ana@example.com", "ana@localhost", "U01ANA", "ana", "Europe/Madrid", "Madrid"},
			want: []string{
				`m.yaml:2:32: people.ana.email: "ana@localhost" is no e-mail address (write ana@example.com)`,
				`m.yaml:2:77: people.ana.slack: "ana" is no member id (in Slack: profile, three dots, Copy member ID; or leave it out when the e-mail is known to Slack)`,
				`m.yaml:2:88: people.ana.zone: "Madrid" is no time zone (an IANA name, for example Europe/Berlin, America/New_York, UTC)`,
			},
		},
		{
			name: "texts", edit: []string{"name: Ana Ruiz", `name: "Ana\nRuiz"`, "title: Checkout", `title: " "`, "severity: SEV1", "severity: very bad", "team: sre", "team: cto"},
			want: []string{
				`m.yaml:2:15: people.ana.name holds a line break or a control character (keep it on one line)`,
				`m.yaml:12:21: services.checkout.title is empty (give a value or remove the key)`,
				`m.yaml:17:15: the runbook service-outage has no severity "very bad" (known: SEV1, SEV2, SEV3)`,
				`m.yaml:18:11: routes[0].team: there is no team "cto" (known: sre)`,
			},
		},
		{
			name: "shared contact", edit: []string{"+34600000002", "+34600000001"},
			want: []string{`m.yaml:3:31: people.ana and people.ben share "+34600000001" (give everybody a contact of their own)`},
		},
		{
			name: "a contact that nothing reaches", edit: []string{`twilio: {account_sid: "${TWILIO_SID}", auth_token: "${TWILIO_TOKEN}", from: +12025550100}`, ""},
			want: []string{`m.yaml:3:3: people.ben cannot be told: nothing that is configured reaches these contacts (configure slack for e-mail and Slack ids, email for e-mail, twilio or pager for telephones)`},
		},
		{
			name: "mail server", edit: []string{"fallback: [ben]", "fallback: [ben]\nemail: {smtp: mail.example.com, from: pager, username: pager, tls: ssl}"},
			want: []string{
				`m.yaml:24:15: email.smtp: "mail.example.com" is no address (write host:port, for example 127.0.0.1:8080)`,
				`m.yaml:24:39: email.from: "pager" is no e-mail address (write Musterbook <pager@example.com>)`,
				`m.yaml:24:56: email.username stands here without a password (add password: ${SMTP_PASSWORD}, or remove username)`,
				`m.yaml:24:68: email.tls cannot be "ssl" (known: starttls, tls, none)`,
			},
		},
		{
			name: "mail server, its secret", edit: []string{"fallback: [ben]", `fallback: [ben]` + "\n" + `email: {smtp: ":587", from: pager@example.com, password: hunter2, port: 25}`},
			want: []string{
				`m.yaml:24:15: email.smtp names no server (write host:port, for example mail.example.com:587)`,
				`m.yaml:24:58: email.password: a secret does not stand in this file (write ${EMAIL_PASSWORD} and set that variable, or write file:/run/secrets/email_password)`,
				`m.yaml:24:58: email.password stands here without a username (add username, or remove password)`,
				`m.yaml:24:67: email has no field "port" (known: smtp, from, username, password, tls)`,
			},
		},
		{
			name: "mail in the clear", edit: []string{"fallback: [ben]", "fallback: [ben]\nemail: {smtp: 'mail.example.com:25', from: pager@example.com, tls: none}"},
			want: []string{`m.yaml:24:68: email.tls: without TLS passwords and pages could be read on their way to mail.example.com (write starttls or tls)`},
		},
		{
			name: "mail over another port", edit: []string{"fallback: [ben]", "fallback: [ben]\nemail: {smtp: 'mail.example.com:465', from: pager@example.com}"},
			want: []string{`m.yaml:24:15: email.smtp: port 465 speaks TLS from the first byte, and email.tls is starttls (write tls: tls, or port 587)`},
		},
		{
			name: "pager", edit: []string{"fallback: [ben]", "fallback: [ben]\npager: {url: 'http://pager.example.com', secret: hunter2, retries: 3}"},
			want: []string{
				`m.yaml:24:14: pager.url: this is no address that pages can be posted to (write https://pager.example.com/hook, or ${NAME} where the address is a secret)`,
				`m.yaml:24:50: pager.secret: a secret does not stand in this file (write ${PAGER_SECRET} and set that variable, or write file:/run/secrets/pager_secret)`,
				`m.yaml:24:59: pager has no field "retries" (known: url, secret)`,
			},
		},
		{
			name: "nothing to tell with", edit: []string{
				`twilio: {account_sid: "${TWILIO_SID}", auth_token: "${TWILIO_TOKEN}", from: +12025550100}`, "",
				`slack: {token: "${SLACK_TOKEN}", signing_secret: "${SLACK_SECRET}"}`, "",
			},
			want: []string{`m.yaml:1:1: none of slack, twilio, pager and email is configured: nobody could be told (configure one of them; musterbook.example.yaml shows how)`},
		},
		{
			name: "members", edit: []string{"members: [ana, ben]}", "members: [anna, cto]}", "fallback: [ben]", "fallback: [sre]", "cto: {person: ben}", "cto: {person: bne}"},
			want: []string{
				`m.yaml:5:19: teams.sre.members[0]: nobody is called "anna" (did you mean "ana"?)`,
				`m.yaml:5:25: teams.sre.members[1]: "cto" is a schedule (only people can stand here)`,
				`m.yaml:10:17: schedules.cto.person: nobody is called "bne" (did you mean "ben"?)`,
				`m.yaml:23:12: fallback[0]: "sre" is a team (only people can stand here)`,
			},
		},
		{
			name: "empty lists", edit: []string{"sre: {members: [ana, ben]}", "sre: {members: []}", "fallback: [ben]", "fallback: ben"},
			want: []string{
				`m.yaml:5:18: teams.sre.members is empty (name at least one, or remove the key)`,
				`m.yaml:23:11: fallback must be a list (write it as [a, b], or one a line after "- ")`,
			},
		},
		{
			name: "schedules", edit: []string{"cto: {person: ben}", "cto: {zone: UTC}\n  cfo: {person: ben, zone: UTC, rotation: {members: [ana], start: 2026-01-05, at: \"09:00\"}}"},
			want: []string{
				`m.yaml:10:3: schedules.cto has nobody on it (give a person, a rotation with members, start and at, layers, or a calendar)`,
				`m.yaml:11:3: schedules.cfo has a person and a rotation (keep one of them)`,
			},
		},
		{
			name: "rotation", edit: []string{"    zone: Europe/Berlin\n", "", "2026-01-05", "5.1.2026", "09:00", "9am", "weeks: 2", "weeks: 0"},
			want: []string{
				`m.yaml:8:5: schedules.checkout-oncall.zone is missing (add the zone in which the hand-over is meant, for example zone: Europe/Berlin)`,
				`m.yaml:8:44: schedules.checkout-oncall.rotation.start: "5.1.2026" is no date (write year-month-day, for example 2026-01-05)`,
				`m.yaml:8:58: schedules.checkout-oncall.rotation.at: "9am" is no time of day (write hours and minutes, for example "09:00")`,
				`m.yaml:8:70: schedules.checkout-oncall.rotation.weeks: a turn cannot have 0 weeks (between 1 and 52)`,
			},
		},
		{
			name: "services", edit: []string{"owner: checkout-oncall, runbook: service-outage", "owner: chekout-oncall, runbook: service-outrage", "owner: sre", "owner: fallback"},
			want: []string{
				`m.yaml:12:38: services.checkout.owner: no person, schedule, team or policy is called "chekout-oncall" (did you mean "checkout-oncall"?)`,
				`m.yaml:12:63: services.checkout.runbook: there is no runbook "service-outrage" (did you mean "service-outage"?)`,
				`m.yaml:13:21: services.platform.owner: "fallback" is a reserved name (name a person, schedule, team or policy)`,
			},
		},
		{
			name: "no runbook", edit: []string{"service: platform, runbook: service-outage", "service: platform"},
			want: []string{`m.yaml:13:3: services.platform has no runbook (give one here or in default)`},
		},
		{
			name: "a severity that the runbook does not have", edit: []string{"severity: SEV1", "severity: critical", "{owner: sre}", "{owner: sre, severity: SEVV1}"},
			want: []string{
				`m.yaml:13:36: the runbook service-outage has no severity "SEVV1" (did you mean "SEV1"?)`,
				`m.yaml:17:15: the runbook service-outage has no severity "critical" (known: SEV1, SEV2, SEV3)`,
			},
		},
		{
			name: "inputs", edit: []string{"customers: false", "custmers: false", "inputs: {customers: true}", "inputs: {customers: perhaps}"},
			want: []string{
				`m.yaml:12:89: the runbook service-outage has no input "custmers" (did you mean "customers"?)`,
				`m.yaml:13:3: routes[1] with services.platform: the runbook service-outage does not take its inputs: customers must be a bool, not perhaps (correct inputs)`,
			},
		},
		{
			name: "an input that is needed", edit: []string{"{owner: sre}", "{owner: sre, runbook: data-loss}", "inputs: {customers: true}", "inputs: {table: t}"},
			want: []string{
				`m.yaml:13:3: services.platform: the runbook data-loss needs the input table (add it to inputs)`,
				`m.yaml:21:14: the runbook service-outage has no input "table" (known: service, customers)`,
			},
		},
		{
			name: "routes that nothing reaches", edit: []string{"default: ", "  - match: {severity: critical, tier: bronze, service: checkout}\n  - match: {}\n  - match: {service: any}\ndefault: "},
			want: []string{
				`m.yaml:22:5: routes[2] can never match: routes[0] takes all of its alerts (put it before the other one, or remove it)`,
				`m.yaml:24:5: routes[4] can never match: routes[3] takes all of its alerts (put it before the other one, or remove it)`,
			},
		},
		{
			name: "routes", edit: []string{"service: checkout\n", "service: chekout\n", "/gold|silver/", "/gold|(silver/"},
			want: []string{
				`m.yaml:16:14: routes[0].service: there is no service "chekout" (did you mean "checkout"?)`,
				"m.yaml:19:19: routes[1].match.tier is no regular expression: error parsing regexp: missing closing ): `gold|(silver` (the syntax is RE2, without look-ahead and back-references)",
			},
		},
		{
			name: "default", edit: []string{"default: {service: platform, ", "default: {service: search, "},
			want: []string{`m.yaml:22:20: default.service: there is no service "search" (known: checkout, platform)`},
		},
		{
			name: "a secret in the file", edit: []string{`token: "${SLACK_TOKEN}"`, "token: xoxb-plain-secret"},
			want: []string{`m.yaml:29:16: slack.token: a secret does not stand in this file (write ${SLACK_TOKEN} and set that variable, or write file:/run/secrets/slack_token)`},
		},
		{
			name: "no way back from Slack", edit: []string{`, signing_secret: "${SLACK_SECRET}"`, ""},
			want: []string{`m.yaml:29:8: slack: buttons and commands have no way back to us (add app_token (no public address is needed), or signing_secret)`},
		},
		{
			name: "app token", edit: []string{`signing_secret: "${SLACK_SECRET}"`, `app_token: "${SLACK_TOKEN}"`},
			want: []string{`m.yaml:29:45: slack.app_token is not an app's token (take an app-level token (xapp-…) from Basic Information, App-Level Tokens)`},
		},
		{
			name: "app token in the file", edit: []string{`signing_secret: "${SLACK_SECRET}"`, `app_token: xapp-plain`},
			want: []string{`m.yaml:29:45: slack.app_token: a secret does not stand in this file (write ${SLACK_APP_TOKEN} and set that variable, or write file:/run/secrets/slack_app_token)`},
		},
		{
			name: "secrets that are not there", edit: []string{"${API_TOKEN}", "${NO_TOKEN}", "file:/run/secrets/am", "file:/run/secrets/none", "${SLACK_SECRET}", "file:secret", "${TWILIO_TOKEN}", "file:/run/secrets/empty"},
			want: []string{
				`m.yaml:28:17: gateway.tokens.api: the environment variable NO_TOKEN is not set (set it before the start)`,
				`m.yaml:28:46: gateway.tokens.alertmanager: cannot read the secret: open /run/secrets/none: file does not exist (make the file readable for this user)`,
				`m.yaml:29:50: slack.signing_secret: "secret" is no absolute path (write the whole path: file:/run/secrets/…)`,
				`m.yaml:30:52: twilio.auth_token: "/run/secrets/empty" does not hold a secret (one line with the secret alone)`,
			},
		},
		{
			name: "secrets of the wrong form", edit: []string{"${API_TOKEN}", "${SHORT}", "${SLACK_TOKEN}", "${APP_TOKEN}", "${SLACK_SECRET}", "${LINES}", `"${TWILIO_SID}"`, "AC123"},
			want: []string{
				`m.yaml:28:17: gateway.tokens.api is shorter than 16 characters and can be guessed (make one with: openssl rand -hex 32)`,
				`m.yaml:29:16: slack.token is not a bot's token (take the Bot User OAuth Token (xoxb-…) from OAuth & Permissions)`,
				`m.yaml:29:48: slack.signing_secret: the environment variable LINES holds a line break or a control character (one line with the value alone)`,
				`m.yaml:30:23: twilio.account_sid is no account SID (AC and 32 hexadecimal digits, from the console's first page)`,
			},
		},
		{
			name: "settings", edit: []string{"0.0.0.0:8080", "8080", "https://muster.example.com/", "muster.example.com", "512KiB", "1GB", "temporal:7233", "temporal:${PORT}"},
			want: []string{
				`m.yaml:25:11: gateway.listen: "8080" is no address (write host:port, for example 127.0.0.1:8080)`,
				`m.yaml:26:15: gateway.public_url: this is no web address (write https://muster.example.com)`,
				`m.yaml:27:13: gateway.max_body: "1GB" is no size (write 512KiB or 2MiB)`,
				`m.yaml:31:21: temporal.address: a reference within a text is not followed (a reference is the whole value: ${NAME})`,
			},
		},
		{
			name: "sizes out of range", edit: []string{"512KiB", "65MiB"},
			want: []string{`m.yaml:27:13: gateway.max_body: "65MiB" is out of range (between 16KiB and 64MiB)`},
		},
		{
			name: "values of the wrong shape", edit: []string{"temporal: {address: \"temporal:7233\"}", "temporal: yes", "weeks: 2", "weeks: two", "name: Ben Ito", "name: [Ben, Ito]", "{tier: /gold|silver/, drill: \"\"}", "tier"},
			want: []string{
				`m.yaml:3:15: people.ben.name must be a text (write a plain text)`,
				`m.yaml:9:74: schedules.checkout-oncall.rotation.weeks must be a number (write a whole number)`,
				`m.yaml:19:12: routes[1].match must be a mapping from labels (write label: value)`,
				`m.yaml:31:11: temporal must be a mapping (write key: value)`,
			},
		},
		{
			name: "YAML that is not for configuration", edit: []string{"ana: {name", "ana: &a {name", "  platform: {owner: sre}", "  platform: *a\n  <<: {}\n  ? [x]\n  : {}", "name: Ben Ito", "name: !me Ben"},
			want: []string{
				`m.yaml:2:3: people.ana cannot be told: there is no contact (give a phone, an email or a slack id)`,
				`m.yaml:2:8: people.ana: anchors and aliases are not used here (write it out)`,
				`m.yaml:3:15: people.ben.name: the tag "!me" means nothing here (remove it)`,
				`m.yaml:13:13: services.platform: anchors and aliases are not used here (write it out)`,
				`m.yaml:14:3: services: merge keys are not used here (write it out)`,
				`m.yaml:15:5: services: this is no key (a key is a plain text)`,
				`m.yaml:25:20: default.service: there is no service "platform" (known: checkout)`,
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, problems := roster.Parse("m.yaml", edited(t, tt.edit...), outside())
			if c != nil {
				t.Error("there is a configuration in spite of problems")
			}
			var got []string
			for _, p := range problems {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	culprits := ` (usual culprits: a tab, a missing space after a colon, a text with : or # or, within {}, with ? that needs quotes)`
	tests := []struct{ name, data, want string }{
		{name: "empty", data: "", want: "m.yaml:1:1: the file is empty (start from musterbook.example.yaml)"},
		{name: "comments only", data: "# later\n", want: "m.yaml:1:1: the file is empty (start from musterbook.example.yaml)"},
		{name: "null", data: "~\n", want: "m.yaml:1:1: the file is empty (start from musterbook.example.yaml)"},
		{name: "a list", data: "- a\n", want: "m.yaml:1:1: the file must be a mapping (write key: value)"},
		{name: "a text", data: "hello", want: "m.yaml:1:1: the file must be a mapping (write key: value)"},
		{name: "an anchor alone", data: "&a\n", want: "m.yaml:1:1: the file is empty (start from musterbook.example.yaml)"},
		{name: "a tab", data: "people:\n\tana: {}\n", want: "m.yaml:2:1: this is not YAML: found character that cannot start any token" + culprits},
		{name: "not text", data: "\xff\xfe\x00", want: "m.yaml:1:1: this is not YAML: incomplete UTF-16 character" + culprits},
		{name: "too large", data: strings.Repeat("#", 1<<20+1), want: "m.yaml:1:1: the file is larger than 1048576 bytes (split off what is not configuration)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, problems := roster.Parse("m.yaml", []byte(tt.data), outside())
			if len(problems) != 1 || problems[0].String() != tt.want {
				t.Errorf("got %v, want %s", problems, tt.want)
			}
		})
	}
}

// TestSeverityWithoutRunbooks checks the form at least, when nobody knows the runbooks' own severities.
func TestSeverityWithoutRunbooks(t *testing.T) {
	t.Parallel()
	from := outside()
	from.Runbooks = nil
	_, problems := roster.Parse("m.yaml", edited(t, "severity: SEV1", "severity: very bad"), from)
	if want := `m.yaml:17:15: routes[0].severity: "very bad" is no severity (for example SEV2)`; len(problems) != 1 || problems[0].String() != want {
		t.Errorf("got %v, want %s", problems, want)
	}
}

func TestTwoDocuments(t *testing.T) {
	t.Parallel()
	_, problems := roster.Parse("m.yaml", []byte(small+"---\npeople: {}\n"), outside())
	if len(problems) != 1 || !strings.Contains(problems[0].String(), "the file holds more than one document") {
		t.Errorf("got %v", problems)
	}
}

// TestProblemsNeverShowSecrets puts a secret into every place where somebody could put one by mistake.
func TestProblemsNeverShowSecrets(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-hunter2-hunter2"
	for _, place := range []string{"${API_TOKEN}", "file:/run/secrets/am", "${SLACK_TOKEN}", "${SLACK_SECRET}", "${TWILIO_TOKEN}"} {
		_, problems := roster.Parse("m.yaml", edited(t, place, secret), outside())
		if len(problems) != 1 || strings.Contains(problems.Err().Error(), secret) {
			t.Errorf("in place of %s: %v", place, problems)
		}
	}
}

package roster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/roster"
)

// TestOnCallProblems has one row for each fault of schedules, policies and contact rules. What is given takes the place
// of the last schedule, stands before the services, or stands among Ben's fields.
func TestOnCallProblems(t *testing.T) {
	t.Parallel()
	rotation := `{members: [ana], start: 2026-01-05, at: "09:00"%s}`
	turn := func(length string) string { return "{zone: UTC, rotation: " + fmt.Sprintf(rotation, length) + "}" }
	tests := []struct {
		name                           string
		schedule, policies, ben, extra string
		want                           []string
	}{
		{
			name: "every kind at once", schedule: `{person: ana, rotation: ` + fmt.Sprintf(rotation, "") + `, calendar: {file: a.ics}}`,
			want: []string{
				`m.yaml:10:3: schedules.cto has a person and a rotation and a calendar (keep one of them)`,
				`m.yaml:10:8: schedules.cto.zone is missing (add the zone in which entries for whole days are meant, for example zone: Europe/Berlin)`,
			},
		},
		{
			name: "two lengths", schedule: turn(", days: 3, weeks: 1"),
			want: []string{`m.yaml:10:95: schedules.cto.rotation: a turn has its length in both days and weeks (keep one of the two)`},
		},
		{
			name: "too many hours", schedule: turn(", hours: 169"),
			want: []string{`m.yaml:10:86: schedules.cto.rotation.hours: a turn cannot have 169 hours (between 1 and 168)`},
		},
		{
			name: "no days", schedule: turn(", days: 0"),
			want: []string{`m.yaml:10:85: schedules.cto.rotation.days: a turn cannot have 0 days (between 1 and 366)`},
		},
		{
			name: "empty calendar", schedule: `{zone: UTC, calendar: []}`,
			want: []string{`m.yaml:10:30: schedules.cto.calendar must be a mapping (write key: value)`},
		},
		{
			name: "empty layers", schedule: `{zone: UTC, layers: []}`,
			want: []string{`m.yaml:10:28: schedules.cto.layers is empty: nobody would ever be on call (list at least one layer with a rotation, or give the schedule a rotation or a person)`},
		},
		{
			name: "layers that are none", schedule: `{zone: UTC, layers: [{name: a}, ana]}`,
			want: []string{
				`m.yaml:10:29: schedules.cto.layers[0].rotation is missing (One person after another: members, start and at.)`,
				`m.yaml:10:40: schedules.cto.layers[1] must be a mapping (write key: value)`,
			},
		},
		{
			name: "a layer never in force", schedule: `{zone: UTC, layers: [{only: [], rotation: ` + fmt.Sprintf(rotation, "") + `}]}`,
			want: []string{`m.yaml:10:36: schedules.cto.layers[0].only is empty: the layer would never be in force (list times, or remove the key: a layer without it is always in force)`},
		},
		{
			name: "layers of one name, and of nobody in no zone", schedule: `{layers: [{name: a, rotation: ` + fmt.Sprintf(rotation, "") + `}, {name: a, rotation: {members: [olga], start: 2026-01-05, at: "09:00"}}]}`,
			want: []string{
				`m.yaml:10:8: schedules.cto.zone is missing (add the zone in which the hand-over is meant, for example zone: Europe/Berlin)`,
				`m.yaml:10:96: schedules.cto.layers[1].name: another layer is called "a" already (give each layer a name of its own)`,
				`m.yaml:10:120: schedules.cto.layers[1].rotation.members[0]: nobody is called "olga" (known: ana, ben)`,
			},
		},
		{
			name: "times that leave nothing out", schedule: layered(`{}`),
			want: []string{`m.yaml:10:61: schedules.cto.layers[0].only[0] leaves nothing out (name the days or the hours, or remove "only": a layer without it is always in force)`},
		},
		{
			name: "every day, whole days", schedule: layered(`{days: mon-sun}`),
			want: []string{`m.yaml:10:61: schedules.cto.layers[0].only[0] leaves nothing out (name the days or the hours, or remove "only": a layer without it is always in force)`},
		},
		{
			name: "a begin without an end", schedule: layered(`{days: mon, from: "09:00"}`),
			want: []string{`m.yaml:10:61: schedules.cto.layers[0].only[0] has only one of from and to (give both, or none of them for whole days)`},
		},
		{
			name: "the end of the day", schedule: layered(`{from: "18:00", to: "24:00"}`),
			want: []string{`m.yaml:10:81: schedules.cto.layers[0].only[0].to: "24:00" is no time of day (write "00:00": a time that ends then ends with the day)`},
		},
		{
			name: "no days of the week", schedule: layered(`{days: [mon, Tuesday]}, {days: mon-mon}, {days: [mon-wed, tue]}, {days: []}, {days: {}}`),
			want: []string{
				`m.yaml:10:74: schedules.cto.layers[0].only[0].days: "Tuesday" is no day of the week (write mon, tue, wed, thu, fri, sat, sun, or mon-fri)`,
				`m.yaml:10:92: schedules.cto.layers[0].only[1].days: "mon-mon" is no day of the week (write mon, tue, wed, thu, fri, sat, sun, or mon-fri)`,
				`m.yaml:10:119: schedules.cto.layers[0].only[2].days: Tuesday stands here twice (keep one)`,
				`m.yaml:10:133: schedules.cto.layers[0].only[3].days is empty (name at least one day, or remove the key, which means every day)`,
				`m.yaml:10:145: schedules.cto.layers[0].only[4].days must be a text (write a plain text)`,
			},
		},
		{
			name: "members", schedule: `{zone: UTC, rotation: {members: [{who: ana, from: 2026-05-01, until: 2026-05-01}, {who: bne}, {from: 2026-05-01}, [ana]], start: 2026-01-05, at: "09:00"}}`,
			want: []string{
				`m.yaml:10:77: schedules.cto.rotation.members[0] leaves on 2026-05-01 and joins on 2026-05-01 (until is the day on which the next member takes over: give a later one)`,
				`m.yaml:10:96: schedules.cto.rotation.members[1]: nobody is called "bne" (did you mean "ben"?)`,
				`m.yaml:10:102: schedules.cto.rotation.members[2].who is missing (A person.)`,
				`m.yaml:10:122: schedules.cto.rotation.members[3] is no person (write ana, or { who: ana, from: 2026-05-01, until: 2026-09-01 })`,
			},
		},
		{
			name: "too many members", schedule: `{zone: UTC, rotation: {members: [` + strings.Repeat("ana, ", 100) + `ben], start: 2026-01-05, at: "09:00"}}`,
			want: []string{`m.yaml:10:30: schedules.cto.rotation.members has 101 entries (at most 100)`},
		},
		{
			name: "a calendar from nowhere", schedule: `{zone: UTC, calendar: {people: {Ana: ana, ana: ben, Bob: bob, "": ana, sre: sre}}}`,
			want: []string{
				`m.yaml:10:30: schedules.cto.calendar needs a url or a file (give one of the two: url: https://…, or file: path.ics)`,
				`m.yaml:10:50: schedules.cto.calendar.people.ana stands here twice, first in line 10 (keep one; upper and lower case make no difference)`,
				`m.yaml:10:65: schedules.cto.calendar.people.bob: nobody is called "bob" (known: ana, ben)`,
				`m.yaml:10:70: schedules.cto.calendar.people: a name is empty (write what the calendar calls the person)`,
				`m.yaml:10:84: schedules.cto.calendar.people.sre: "sre" is a team (only people can stand here)`,
			},
		},
		{
			name: "a calendar from two places", schedule: `{zone: UTC, calendar: {url: "https://me:hunter2@example.com/a.ics", file: a.ics, people: [ana]}}`,
			want: []string{
				`m.yaml:10:30: schedules.cto.calendar needs a url or a file (give one of the two: url: https://…, or file: path.ics)`,
				`m.yaml:10:36: schedules.cto.calendar.url: a password does not stand in this file (put the whole address into a variable and write ${NAME})`,
				`m.yaml:10:97: schedules.cto.calendar.people must be a mapping from the calendar's names to people (write "Ana Ruiz": ana)`,
			},
		},
		{
			name: "targets", policies: `{p: {levels: [{targets: [ana, ana, olga, q, comms, commander, fallback]}]}, q: {levels: [{targets: [cto]}]}}`,
			want: []string{
				`m.yaml:11:41: policies.p.levels[0].targets[1]: "ana" is called by this level already (keep one)`,
				`m.yaml:11:46: policies.p.levels[0].targets[2]: no person, schedule or team is called "olga" (known: ana, ben, checkout-oncall, cto, sre)`,
				`m.yaml:11:52: policies.p.levels[0].targets[3]: "q" is a policy (name its people, schedules and teams here: levels within levels would not say who is called when)`,
				`m.yaml:11:55: policies.p.levels[0].targets[4]: "comms" is a role (name a schedule: only a running incident knows who has a role, and a policy is there before it)`,
				`m.yaml:11:62: policies.p.levels[0].targets[5]: "commander" is a role (name a schedule: only a running incident knows who has a role, and a policy is there before it)`,
				`m.yaml:11:73: policies.p.levels[0].targets[6]: "fallback" is no target (leave it out: when the rounds of a policy are through, the fallback is called anyway)`,
			},
		},
		{
			name: "an acknowledgement that holds too shortly", policies: `{p: {levels: [{targets: [sre]}], ack_timeout: 1m}}`,
			want: []string{
				`m.yaml:11:57: policies.p.ack_timeout: nobody is called again after 1m (between 5m, because people look before they write, and 24h; or 0s, which is never)`,
			},
		},
		{
			name: "levels", policies: `{p: {levels: [{targets: [sre], strategy: round_robin, ack: 29s}, {targets: [], ack: 25h}, {targets: [ana], strategy: roundrobin, ack: 5}], repeat: 10, urgency: lo}}`,
			want: []string{
				`m.yaml:11:52: policies.p.levels[0].strategy: there are no turns to take with one target (list the people themselves: targets take turns, not the members of a team)`,
				`m.yaml:11:70: policies.p.levels[0].ack: nobody is given 29s to acknowledge (between 30s, because a telephone rings that long, and 24h)`,
				`m.yaml:11:86: policies.p.levels[1].targets is empty (name at least one, or remove the key)`,
				`m.yaml:11:95: policies.p.levels[1].ack: nobody is given 25h to acknowledge (between 30s, because a telephone rings that long, and 24h)`,
				`m.yaml:11:128: policies.p.levels[2].strategy cannot be "roundrobin" (did you mean "round_robin"?)`,
				`m.yaml:11:145: policies.p.levels[2].ack: "5" is no duration (write 30s, 5m or 1h30m)`,
				`m.yaml:11:158: policies.p.repeat: the levels cannot be gone through 10 times more (between 0 and 9; after that the fallback is called until somebody acknowledges)`,
				`m.yaml:11:171: policies.p.urgency cannot be "lo" (did you mean "low"?)`,
			},
		},
		{
			name: "names of policies", policies: `{sre: {levels: [{targets: [ana]}]}, P: {levels: []}}`,
			want: []string{
				`m.yaml:11:12: "sre" cannot name a policy: it is a team already (people, teams, schedules, policies and roles share one name space: choose another name)`,
				`m.yaml:11:47: "P" is no name (write "p")`,
				`m.yaml:11:59: policies.P.levels is empty (name at least one, or remove the key)`,
			},
		},
		{
			name: "rules without an address", ben: `contact: {high: [{via: [call, slack]}, {via: email, after: 1m}]}`,
			want: []string{
				`m.yaml:3:77: people.ben.contact.high[0]: there is no Slack id and no e-mail address for slack (add email, or slack: U…)`,
				`m.yaml:3:92: people.ben.contact.high[1]: there is no e-mail address for email (add email)`,
			},
		},
		{
			name: "rules", ben: `contact: {high: [{via: [call, call, fax], after: 1m}, {via: sms, after: 30s}, {via: [], after: 25h}, {via: sms, after: -1m}, {via: sms, after: 25h}, {after: 26h}]}`,
			want: []string{
				`m.yaml:3:77: people.ben.contact.high[0].via: call stands here twice (keep one)`,
				`m.yaml:3:83: people.ben.contact.high[0].via cannot be "fax" (known: call, sms, slack, email)`,
				`m.yaml:3:96: people.ben.contact.high begins only after 1m (remove after from the first rule: while nobody is told, the next level may be called)`,
				`m.yaml:3:101: people.ben.contact.high[1] comes before the rule that stands before it (put the rules in the order of their times; each is counted from the beginning of the page)`,
				`m.yaml:3:131: people.ben.contact.high[2].via is empty (name at least one of call, sms, slack and email, or remove the rule)`,
				`m.yaml:3:142: people.ben.contact.high[2].after: a page does not wait for 25h (at most 24h)`,
				`m.yaml:3:166: people.ben.contact.high[3].after: "-1m" is no duration (write 30s, 5m or 1h30m)`,
				`m.yaml:3:190: people.ben.contact.high[4].after: a page does not wait for 25h (at most 24h)`,
				`m.yaml:3:196: people.ben.contact.high[5].via is missing (call, sms, slack, email; a list is all of them at once.)`,
				`m.yaml:3:204: people.ben.contact.high[5].after: a page does not wait for 26h (at most 24h)`,
			},
		},
		{
			name: "contact that says nothing", ben: `contact: {}, quiet: {from: "22:00", to: "22:00"}`,
			want: []string{
				`m.yaml:3:56: people.ben.contact says nothing (give high, low or both, or remove the key)`,
				`m.yaml:3:67: people.ben.quiet needs a zone (add the person's zone, for example zone: Europe/Berlin)`,
				`m.yaml:3:74: people.ben.quiet is the whole day: pages of low urgency would wait for ever (leave some of the day; whoever wants no pages of low urgency is not put on their policies)`,
			},
		},
		{
			name: "ways that nothing here has", ben: `email: ben@example.com, zone: UTC, contact: {high: [{via: email}], low: [{via: email}]}`,
			want: []string{
				`m.yaml:3:91: people.ben.contact.high: nothing that is configured can tell the person in these ways (configure slack, twilio, pager or email, or add a way that is configured)`,
				`m.yaml:3:91: people.ben.contact.low: nothing that is configured can tell the person in these ways (configure slack, twilio, pager or email, or add a way that is configured)`,
			},
		},
		{
			name: "on a policy by a team, without a telephone", policies: `{p: {levels: [{targets: [office]}]}}`, extra: "dan: {name: Dan, email: dan@example.com}",
			want: []string{`m.yaml:4:3: people.dan is on p and has no telephone number to be called on (add phone: "+…", or contact: { high: … } with another way)`},
		},
		{
			name: "in a calendar, without a telephone", schedule: `{zone: UTC, calendar: {file: a.ics, people: {D: dan}}}`, extra: "dan: {name: Dan, email: dan@example.com}",
			want: []string{`m.yaml:4:3: people.dan is on cto and has no telephone number to be called on (add phone: "+…", or contact: { high: … } with another way)`},
		},
		{
			name: "in a layer, without a telephone", schedule: strings.Replace(layered(`{days: sat}`), "ana, ben", "dan, ben", 1), extra: "dan: {name: Dan, email: dan@example.com}",
			want: []string{`m.yaml:4:3: people.dan is on cto and has no telephone number to be called on (add phone: "+…", or contact: { high: … } with another way)`},
		},
		{
			name: "without a telephone, by another way", policies: `{p: {levels: [{targets: [dan]}]}}`,
			extra: "dan: {name: Dan, email: dan@example.com, contact: {high: [{via: slack}]}}",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var pairs []string
			replace := func(given, old, by string) {
				if given != "" {
					pairs = append(pairs, old, by)
				}
			}
			replace(tt.schedule, "cto: {person: ben}", "cto: "+tt.schedule)
			replace(tt.policies, "services:\n", "policies: "+tt.policies+"\nservices:\n")
			replace(tt.ben, `phone: "+34600000002"`, `phone: "+34600000002", `+tt.ben)
			replace(tt.extra, "teams:\n", "  "+tt.extra+"\nteams:\n  office: {members: [dan]}\n")
			_, problems := roster.Parse("m.yaml", edited(t, pairs...), outside())
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

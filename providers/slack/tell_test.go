package slack_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/slack"
)

// TestEveryVerbIsSaidOrExplained: a verb is offered, or it is said why not and what to do instead; never both.
func TestEveryVerbIsSaidOrExplained(t *testing.T) {
	t.Parallel()
	for _, verb := range contract.Verbs() {
		word, offered := slack.Offered()[verb]
		why, explained := slack.NotOffered()[verb]
		if offered == explained || offered && word == "" || explained && !strings.Contains(why, "muster "+string(verb)) {
			t.Errorf("%s: word %q, reason %q; want one of them, and the reason with the command", verb, word, why)
		}
	}
	if known := len(slack.Offered()) + len(slack.NotOffered()); known != len(contract.Verbs()) {
		t.Errorf("%d verbs are spoken of, there are %d", known, len(contract.Verbs()))
	}
}

// TestWordsOfTheRunbook are the words by which people take the runbook into their hands.
func TestWordsOfTheRunbook(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	fields := func(pairs ...string) map[string]any {
		out := map[string]any{}
		for pair := range slices.Chunk(pairs, 2) {
			out[pair[0]] = pair[1]
		}
		return out
	}
	tests := []struct {
		text string
		verb contract.Verb
		want contract.Act
	}{
		{"pause the vendor is looking", contract.VerbPause, contract.Act{Reason: "the vendor is looking"}},
		{"pause", contract.VerbPause, contract.Act{}},
		{"resume inc-2", contract.VerbResume, contract.Act{Key: "INC-2"}},
		{"retry rollback", contract.VerbRetry, contract.Act{Step: "rollback"}},
		{"skip rollback nobody needs it", contract.VerbSkip, contract.Act{Step: "rollback", Reason: "nobody needs it"}},
		{"stop INC-2 rollback", contract.VerbStop, contract.Act{Key: "INC-2", Step: "rollback"}},
		{"reassign cause <@" + h.ben.ID + ">", contract.VerbReassign, contract.Act{Step: "cause", Person: "ben", PersonName: "Ben Okoye"}},
		{"edit fetch with.service=checkout timeout=5m", contract.VerbEdit, contract.Act{Step: "fetch", Fields: fields("with.service", "checkout", "timeout", "5m")}},
		{"advance", contract.VerbAdvance, contract.Act{}},
		{"advance Lessons-Learned", contract.VerbAdvance, contract.Act{Value: "lessons_learned"}},
		{"advance the traffic has moved", contract.VerbAdvance, contract.Act{Reason: "the traffic has moved"}},
		{"return containment the errors are back", contract.VerbReturn, contract.Act{Value: "containment", Reason: "the errors are back"}},
		{"revert containment", contract.VerbRevert, contract.Act{Value: "containment"}},
		{"revert moved edr[2]", contract.VerbRevert, contract.Act{Fields: map[string]any{"what": []string{"moved", "edr[2]"}}}},
		{"send restored", contract.VerbSend, contract.Act{Value: "restored"}},
		{"send restored region=eu note=all is well", contract.VerbSend, contract.Act{Value: "restored", Fields: fields("region", "eu", "note", "all is well")}},
		{"answer impact customers=3 scope=all", contract.VerbAnswer, contract.Act{Step: "impact", Value: incident.ChoiceFilled, Fields: fields("customers", "3", "scope", "all")}},
		{"done drain a bad deploy", contract.VerbDone, contract.Act{Step: "drain", Reason: "a bad deploy"}},
		{"sev1", contract.VerbSeverity, contract.Act{Value: "SEV1"}},
		{"SEV2 inc-3 one region", contract.VerbSeverity, contract.Act{Key: "INC-3", Value: "SEV2", Reason: "one region"}},
		{"page payments", contract.VerbPage, contract.Act{Value: "payments"}},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			before := len(h.door.all())
			if got := h.command(t, test.text); got != "done &amp; noted" {
				t.Fatalf("the answer is %q", got)
			}
			got := h.door.all()[before]
			got.Act.ID, got.Act.By = "", incident.Actor{}
			if diff := cmp.Diff(test.want, got.Act); diff != "" || got.Verb != test.verb {
				t.Errorf("%s (-want +got):\n%s", got.Verb, diff)
			}
		})
	}
}

func TestWordsThatAreNotUnderstood(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	for text, want := range map[string]string{
		"step say: hello":                   "step is not offered here: a step is YAML",
		"upgrade":                           "upgrade is not offered here: what changes must be read",
		"retry":                             "write it so: retry [INC-1] step [reason]",
		"resume now":                        "write it so: resume",
		"return containment":                "write it so: return [INC-1] phase reason",
		"return somewhere it burns":         "write it so: return",
		"revert":                            "write it so: revert",
		"reassign cause":                    "write it so: reassign",
		"edit fetch":                        "write it so: edit",
		"send restored eu":                  "write it so: send",
		"send restored region=eu region=us": "write it so: send",
		"status everything":                 "write it so: status [INC-1]",
		"who is it":                         "write it so: who [INC-1|service]",
	} {
		if got := h.command(t, text); !strings.Contains(got, want) {
			t.Errorf("%q: the answer is %q, want %q", text, got, want)
		}
	}
	if got := h.door.all(); len(got) != 0 {
		t.Errorf("something was done: %+v", got)
	}
}

// TestTelling: what is told is for the person alone, mentions nobody, and is one message.
func TestTelling(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	room := h.room(t)
	for text, want := range map[string]acted{
		"status":       {To: slack.Target{Room: room}, Told: &slack.Topic{Subject: slack.SubjectStatus}},
		"status inc-4": {To: slack.Target{Room: room, Key: "INC-4"}, Told: &slack.Topic{Subject: slack.SubjectStatus}},
		"who":          {To: slack.Target{Room: room}, Told: &slack.Topic{Subject: slack.SubjectWho}},
		"who INC-4":    {To: slack.Target{Room: room, Key: "INC-4"}, Told: &slack.Topic{Subject: slack.SubjectWho}},
		"who payments": {To: slack.Target{Room: room}, Told: &slack.Topic{Subject: slack.SubjectWho, Service: "payments"}},
	} {
		before := len(h.door.all())
		h.command(t, text)
		got := h.door.all()[before]
		got.To.RoomName = ""
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	h.door.answer.Text = "<!channel> @here " + strings.Repeat("<&> ", 2000)
	got := h.command(t, "status")
	if n := utf8.RuneCountInString(got); n > 3000 || n < 2500 {
		t.Errorf("%d characters, want almost 3000", n)
	}
	if strings.Contains(got, "<!channel>") || strings.Contains(got, "@here") || !strings.HasSuffix(got, "…") {
		t.Errorf("told: %.80q … %.20q", got, got[len(got)-20:])
	}
	h.door.refusal = &incident.Refusal{What: "INC-9 is unknown"}
	if got := h.command(t, "who"); got != "INC-9 is unknown" {
		t.Errorf("told: %q", got)
	}
}

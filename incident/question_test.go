package incident_test

import (
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// choices are rollback and restart.
func choices() []incident.Choice {
	return []incident.Choice{{Key: "rollback", Label: "Roll back"}, {Key: "restart", Label: "Restart"}}
}

// verdicts are the choices of an approval.
func verdicts() []incident.Choice {
	return []incident.Choice{{Key: incident.ChoiceYes, Label: "Approve"}, {Key: incident.ChoiceNo, Label: "Reject"}}
}

// asked is an incident with one question; Dan has command and Cem the role of comms.
func asked(t *testing.T, q incident.Question) *incident.Incident {
	t.Helper()
	i := declared()
	must(t, i.Assign(start, person("dan"), incident.Commander, holder("dan", true)))
	must(t, i.Assign(start, person("dan"), "comms", holder("cem", true)))
	q.Key, q.Step = "containment/0/1", "stop"
	if q.Choices == nil {
		q.Choices = choices()
	}
	i.Ask(start, q)
	return i
}

func TestAsk(t *testing.T) {
	t.Parallel()
	i := declared()
	q := i.Ask(start, incident.Question{Key: "k", Step: "stop", Text: "How?", Who: []string{"sre", "boss"}, Choices: choices()})
	if again := i.Ask(at(time.Hour), incident.Question{Key: "k", Text: "Why?"}); again != q || !q.OpenedAt.Equal(start) {
		t.Errorf("the same question was asked anew: %+v", again)
	}
	i.Ask(start, incident.Question{Key: "l", Step: "check", Kind: incident.QuestionTask, Text: "Look"})
	differs(t, "lines", []string{"question: sre, boss: How? [Roll back] [Restart]", "question: Look"}, news(i, 1))
	if i.Question("k") != q || i.Question("none") != nil || len(i.OpenQuestions()) != 2 {
		t.Errorf("questions are %+v", i.Questions)
	}
}

// TestWhoMayAnswer: the chain and the commander; anybody where nobody was found to ask; an approval only its own people.
func TestWhoMayAnswer(t *testing.T) {
	t.Parallel()
	task := []incident.Choice{{Key: incident.ChoiceDone, Label: "Done"}}
	tests := []struct {
		name    string
		q       incident.Question
		by      incident.Actor
		choice  string
		refusal string
	}{
		{name: "of the chain", q: incident.Question{Kind: incident.QuestionAsk, Chain: ids("ana", "ben")}, by: person("ben")},
		{name: "escalated to", q: incident.Question{Kind: incident.QuestionAsk, Chain: ids("ana"), Also: ids("eve")}, by: person("eve")},
		{name: "the commander", q: incident.Question{Kind: incident.QuestionAsk, Chain: ids("ana")}, by: person("dan")},
		{name: "the commander, a task", q: incident.Question{Kind: incident.QuestionTask, Chain: ids("ana"), Choices: task}, by: person("dan"), choice: incident.ChoiceDone},
		{name: "somebody else", q: incident.Question{Kind: incident.QuestionAsk, Chain: ids("ana"), Also: ids("ben")}, by: person("cem"), refusal: "Cem may not answer stop (it is for ana, ben)"},
		{name: "a visitor", q: incident.Question{Kind: incident.QuestionAsk, Chain: ids("ana")}, by: visitor("ana", "ana"), refusal: "ana may not answer stop (it is for ana)"},
		{name: "whoever holds the role now", q: incident.Question{Kind: incident.QuestionAsk, Who: []string{"comms"}, Chain: ids("ana")}, by: person("cem")},
		{name: "whoever holds the role now, an approval", q: incident.Question{Kind: incident.QuestionApprove, Who: []string{"comms"}, Chain: ids("ana"), Choices: verdicts()}, by: person("cem"), choice: incident.ChoiceYes},
		{name: "whoever holds another role", q: incident.Question{Kind: incident.QuestionAsk, Who: []string{"lead"}, Chain: ids("ana")}, by: person("cem"), refusal: "Cem may not answer stop (it is for ana)"},
		{name: "a visitor and a role that nobody holds", q: incident.Question{Kind: incident.QuestionAsk, Who: []string{"lead"}, Chain: ids("ana")}, by: visitor("Zoe", "zoe"), refusal: "Zoe may not answer stop (it is for ana)"},
		{name: "anybody, a visitor too", q: incident.Question{Kind: incident.QuestionAsk}, by: visitor("Zoe", "zoe")},
		{name: "an approver", q: incident.Question{Kind: incident.QuestionApprove, Chain: ids("ana"), Choices: verdicts()}, by: person("ana"), choice: incident.ChoiceYes},
		{name: "an approver after it has escalated", q: incident.Question{Kind: incident.QuestionApprove, Chain: ids("ana"), Also: ids("eve"), Choices: verdicts()}, by: person("eve"), choice: incident.ChoiceYes},
		{name: "the commander, an approval of others", q: incident.Question{Kind: incident.QuestionApprove, Chain: ids("ana"), Choices: verdicts()}, by: person("dan"), choice: incident.ChoiceYes, refusal: "Dan may not answer stop (it is for ana)"},
		{name: "an approval for nobody", q: incident.Question{Kind: incident.QuestionApprove, Choices: verdicts()}, by: person("dan"), choice: incident.ChoiceYes, refusal: "Dan may not answer stop (it is for nobody who could be found)"},
		{name: "barred by a role", q: incident.Question{Kind: incident.QuestionApprove, Chain: ids("ana", "cem"), Not: []incident.Role{"comms"}, Choices: verdicts()}, by: person("cem"), choice: incident.ChoiceYes, refusal: "Cem holds comms and may not approve this"},
		{name: "barred by a role that nobody holds", q: incident.Question{Kind: incident.QuestionApprove, Chain: ids("cem"), Not: []incident.Role{"lead"}, Choices: verdicts()}, by: person("cem"), choice: incident.ChoiceYes},
		{name: "barred, and may reject no more than approve", q: incident.Question{Kind: incident.QuestionApprove, Chain: ids("cem"), Not: []incident.Role{"comms"}, Choices: verdicts()}, by: person("cem"), choice: incident.ChoiceNo, refusal: "Cem holds comms and may not approve this"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := asked(t, test.q)
			a := incident.Answer{Step: "stop", Choice: test.choice}
			if a.Choice == "" {
				a.Choice = "rollback"
			}
			before := frozen(t, i)
			checked := i.CheckAnswer(test.by, a)
			if frozen(t, i) != before {
				t.Error("the check has changed something")
			}
			q, err := i.Answer(at(time.Minute), test.by, a)
			if test.refusal != "" {
				refused(t, checked, test.refusal)
				refused(t, err, test.refusal)
				if frozen(t, i) != before {
					t.Error("a refused answer has changed something")
				}
				return
			}
			must(t, checked)
			must(t, err)
			if q.State != incident.QuestionAnswered || q.Choice != a.Choice || q.By != test.by || !q.ClosedAt.Equal(at(time.Minute)) || len(q.Votes) != 1 {
				t.Errorf("the question is %+v", q)
			}
		})
	}
}

// TestAnswerRefuses what does not fit the question.
func TestAnswerRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		kind   incident.QuestionKind
		answer incident.Answer
		want   string
	}{
		{name: "no such choice", answer: incident.Answer{Step: "stop", Choice: "pray"}, want: `"pray" is no choice of stop (one of: rollback, restart)`},
		{name: "no choice", answer: incident.Answer{Step: "stop"}, want: `"" is no choice of stop (one of: rollback, restart)`},
		{name: "a label is no key", answer: incident.Answer{Step: "stop", Choice: "Roll back"}, want: `"Roll back" is no choice of stop (one of: rollback, restart)`},
		{name: "unknown step", answer: incident.Answer{Step: "start", Choice: "rollback"}, want: `no question "start" (open: stop)`},
		{name: "unknown key", answer: incident.Answer{Key: "containment/0/9", Step: "stop", Choice: "rollback"}, want: "this question does not exist any more"},
		{
			name: "the wrong verb", kind: incident.QuestionAsk,
			answer: incident.Answer{Step: "stop", Choice: "yes", Kinds: []incident.QuestionKind{incident.QuestionApprove}},
			want:   "stop is not answered this way (it waits for: answer)",
		},
		{
			name: "done is for tasks", kind: incident.QuestionApprove,
			answer: incident.Answer{Step: "stop", Choice: "done", Kinds: []incident.QuestionKind{incident.QuestionTask}},
			want:   "stop is not answered this way (it waits for: approve, reject)",
		},
		{
			name: "answer is not for tasks", kind: incident.QuestionTask,
			answer: incident.Answer{Step: "stop", Choice: "done", Kinds: []incident.QuestionKind{incident.QuestionAsk}},
			want:   "stop is not answered this way (it waits for: done)",
		},
		{
			name: "the severity has its own verb", kind: incident.QuestionSeverity,
			answer: incident.Answer{Step: "stop", Choice: "SEV1", Kinds: []incident.QuestionKind{incident.QuestionAsk}},
			want:   "stop is not answered this way (it waits for: severity)",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := asked(t, incident.Question{Kind: test.kind})
			before := frozen(t, i)
			_, err := i.Answer(at(time.Minute), person("ana"), test.answer)
			refused(t, err, test.want)
			if frozen(t, i) != before {
				t.Error("a refused answer has changed something")
			}
		})
	}
	_, err := declared().Answer(start, person("ana"), incident.Answer{Step: "stop", Choice: "rollback"})
	refused(t, err, `no question "stop" (nothing waits for an answer)`)
}

// TestAnswerTooLate says what has become of the question.
func TestAnswerTooLate(t *testing.T) {
	t.Parallel()
	settle := func(s incident.Settlement) func(*incident.Incident) {
		return func(i *incident.Incident) { i.Settle(at(time.Minute), person("ben"), "containment/0/1", s) }
	}
	tests := []struct {
		name string
		do   func(*incident.Incident)
		want string
	}{
		{"answered", settle(incident.Settlement{State: incident.QuestionAnswered, Choice: "rollback"}), "stop is answered already: Roll back by Ben"},
		{"timed out", settle(incident.Settlement{State: incident.QuestionTimedOut}), "nobody answered stop in time"},
		{"timed out with a choice", settle(incident.Settlement{State: incident.QuestionTimedOut, Choice: "restart"}), "nobody answered stop in time; it went on with Restart"},
		{"withdrawn", settle(incident.Settlement{State: incident.QuestionWithdrawn}), "stop was withdrawn; nobody waits for an answer any more"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := asked(t, incident.Question{Kind: incident.QuestionAsk})
			test.do(i)
			before := frozen(t, i)
			for _, a := range []incident.Answer{{Step: "stop", Choice: "restart"}, {Key: "containment/0/1", Choice: "restart"}} {
				_, err := i.Answer(at(time.Hour), person("ana"), a)
				refused(t, err, test.want)
			}
			if frozen(t, i) != before {
				t.Error("a late answer has changed something")
			}
		})
	}
}

// TestAnswerAfterTheEnd: an ended incident is closed, and its review may ask.
func TestAnswerAfterTheEnd(t *testing.T) {
	t.Parallel()
	i := asked(t, incident.Question{Kind: incident.QuestionAsk})
	must(t, i.Finish(at(time.Hour), person("dan"), incident.End{Ending: incident.Resolved}))
	a := incident.Answer{Step: "stop", Choice: "rollback"}
	refused(t, i.CheckAnswer(person("dan"), a), "INC-1 is closed (resolved) (declare a new one if the trouble is back)")
	i.Reviewing = true
	refused(t, i.CheckAnswer(person("dan"), a), "stop was withdrawn; nobody waits for an answer any more")
	i.Ask(at(2*time.Hour), incident.Question{Key: "review/0/1", Step: "why", Choices: choices()})
	_, err := i.Answer(at(2*time.Hour), person("dan"), incident.Answer{Step: "why", Choice: "rollback"})
	must(t, err)
}

// TestAnotherPassAsksAnew: an address means the newest question, a button the one that it stands under.
func TestAnotherPassAsksAnew(t *testing.T) {
	t.Parallel()
	i := asked(t, incident.Question{Kind: incident.QuestionAsk})
	i.Settle(at(time.Minute), incident.RunbookActor(), "containment/0/1", incident.Settlement{State: incident.QuestionWithdrawn})
	i.Ask(at(time.Minute), incident.Question{Key: "containment/0/2", Step: "stop", Choices: choices()})
	_, err := i.Answer(at(time.Hour), person("ana"), incident.Answer{Key: "containment/0/1", Choice: "restart"})
	refused(t, err, "stop was withdrawn; nobody waits for an answer any more")
	q, err := i.Answer(at(time.Hour), person("ana"), incident.Answer{Step: "stop", Choice: "restart"})
	must(t, err)
	if q.Key != "containment/0/2" || i.Question("containment/0/1").Choice != "" {
		t.Errorf("the answer went to %+v", q)
	}
}

// vote is one word on an approval.
type vote struct {
	by      incident.Actor
	choice  string
	refusal string
	state   incident.QuestionState
}

// TestQuorum counts distinct people, and one no rejects.
func TestQuorum(t *testing.T) {
	t.Parallel()
	open, closed := incident.QuestionOpen, incident.QuestionAnswered
	tests := []struct {
		name   string
		quorum int
		votes  []vote
		choice string
		lines  []string
	}{
		{
			name: "one is enough", quorum: 1, choice: "yes",
			votes: []vote{{by: person("ana"), choice: "yes", state: closed}},
			lines: []string{"answer: Ana: Approve – why not"},
		},
		{
			name: "no quorum means one", quorum: 0, choice: "yes",
			votes: []vote{{by: person("ana"), choice: "yes", state: closed}},
			lines: []string{"answer: Ana: Approve – why not"},
		},
		{
			name: "two of three", quorum: 2, choice: "yes",
			votes: []vote{{by: person("ana"), choice: "yes", state: open}, {by: person("cem"), choice: "yes", state: closed}},
			lines: []string{"answer: Ana approves (1 of 2)", "answer: Cem: Approve – why not"},
		},
		{
			name: "nobody counts twice", quorum: 2, choice: "yes",
			votes: []vote{
				{by: person("ana"), choice: "yes", state: open},
				{by: person("ana"), choice: "yes", refusal: "Ana has approved already (another person must approve)", state: open},
				{by: incident.Actor{Person: "ana", Name: "Ana", Door: incident.DoorPhone}, choice: "no", refusal: "Ana has approved already (another person must approve)", state: open},
				{by: person("ben"), choice: "yes", state: closed},
			},
			lines: []string{"answer: Ana approves (1 of 2)", "answer: Ben: Approve – why not"},
		},
		{
			name: "one no rejects", quorum: 3, choice: "no",
			votes: []vote{
				{by: person("ana"), choice: "yes", state: open},
				{by: person("ben"), choice: "no", state: closed},
				{by: person("cem"), choice: "yes", refusal: "stop is answered already: Reject by Ben", state: closed},
			},
			lines: []string{"answer: Ana approves (1 of 3)", "answer: Ben: Reject – why not"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := asked(t, incident.Question{Kind: incident.QuestionApprove, Chain: ids("ana", "ben", "cem"), Quorum: test.quorum, Choices: verdicts()})
			lines := len(i.Timeline)
			for n, v := range test.votes {
				_, err := i.Answer(at(time.Duration(n)*time.Minute), v.by, incident.Answer{Step: "stop", Choice: v.choice, Reason: "why not"})
				if v.refusal != "" {
					refused(t, err, v.refusal)
				} else {
					must(t, err)
				}
				if q := i.Question("containment/0/1"); q.State != v.state {
					t.Errorf("after word %d the question is %q, want %q", n, q.State, v.state)
				}
			}
			if q := i.Question("containment/0/1"); q.Choice != test.choice {
				t.Errorf("the verdict is %q, want %q", q.Choice, test.choice)
			}
			differs(t, "lines", test.lines, news(i, lines))
		})
	}
}

// TestSettle closes a question once, and says how.
func TestSettle(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		s    incident.Settlement
		line string // empty = silent
	}{
		{"an answer", incident.Settlement{State: incident.QuestionAnswered, Choice: "rollback"}, "answer: Ben: Roll back"},
		{"an answer with a reason", incident.Settlement{State: incident.QuestionAnswered, Choice: "restart", Reason: "faster"}, "answer: Ben: Restart – faster"},
		{"a choice without a label", incident.Settlement{State: incident.QuestionAnswered, Choice: "other"}, "answer: Ben: other"},
		{"time", incident.Settlement{State: incident.QuestionTimedOut}, "timeout: nobody answered in time: How?"},
		{"time chooses", incident.Settlement{State: incident.QuestionTimedOut, Choice: "restart"}, "timeout: nobody answered in time: How? → Restart"},
		{"withdrawn", incident.Settlement{State: incident.QuestionWithdrawn}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := asked(t, incident.Question{Kind: incident.QuestionAsk, Text: "How?"})
			lines := len(i.Timeline)
			i.Settle(at(time.Minute), person("ben"), "containment/0/1", test.s)
			var want []string
			if test.line != "" {
				want = []string{test.line}
			}
			differs(t, "lines", want, news(i, lines))
			q := i.Question("containment/0/1")
			if q.State != test.s.State || q.Choice != test.s.Choice || q.By != person("ben") || !q.ClosedAt.Equal(at(time.Minute)) || len(i.OpenQuestions()) != 0 {
				t.Errorf("the question is %+v", q)
			}
			after := frozen(t, i)
			i.Settle(at(time.Hour), person("ana"), "containment/0/1", incident.Settlement{State: incident.QuestionAnswered, Choice: "rollback"})
			i.Settle(at(time.Hour), person("ana"), "none", incident.Settlement{State: incident.QuestionAnswered})
			if frozen(t, i) != after {
				t.Error("a closed or unknown question was settled again")
			}
		})
	}
}

// A text that is reviewed may be approved in other words; a rejection and an approval as it is carry none.
func TestApprovalInOtherWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		choice string
		fields map[string]any
		want   any // the text that is left in the question
		bad    bool
	}{
		{name: "as it is", choice: incident.ChoiceYes},
		{name: "in other words", choice: incident.ChoiceYes, fields: map[string]any{"message": "We know."}, want: "We know."},
		{name: "in no words", choice: incident.ChoiceYes, fields: map[string]any{"message": " "}},
		{name: "an unknown field", choice: incident.ChoiceYes, fields: map[string]any{"text": "x"}, bad: true},
	}
	for _, test := range tests {
		i := asked(t, incident.Question{
			Kind: incident.QuestionApprove, Quorum: 1, Chain: []oncall.PersonID{"ana"}, Choices: verdicts(),
			Form: []incident.FormField{{Name: "message", Type: "string", Required: true, Default: "We look."}},
		})
		a := incident.Answer{Key: "containment/0/1", Choice: test.choice, Fields: test.fields}
		if err := i.CheckAnswer(person("ana"), a); (err != nil) != test.bad {
			t.Errorf("%s: %v", test.name, err)
		}
		q, err := i.Answer(start, person("ana"), a)
		if (err != nil) != test.bad || !test.bad && q.Fields["message"] != test.want {
			t.Errorf("%s: %+v, %v", test.name, q, err)
		}
	}
}

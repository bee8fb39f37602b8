package workflows

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// actOn carries out a verb on an incident: one domain method, and the sentence that answers the person. Validators run
// it on a copy, so it touches nothing but the incident it is given.
func actOn(inc *incident.Incident, at time.Time, verb contract.Verb, act contract.Act) (contract.Receipt, error) {
	if act.Key != "" && inc.Key != "" && act.Key != inc.Key {
		return contract.Receipt{}, &incident.Refusal{
			What: fmt.Sprintf("%s is closed", act.Key), Hint: fmt.Sprintf("the trouble is back as %s", inc.Key),
		}
	}
	switch verb {
	case contract.VerbAck:
		return acknowledge(inc, at, act)
	case contract.VerbSeverity:
		err := inc.SetSeverity(at, act.By, incident.SeverityChange{To: incident.Severity(act.Value), Reason: act.Reason})
		return contract.Receipt{Text: fmt.Sprintf("%s is %s", inc.Key, act.Value)}, err
	case contract.VerbAssign:
		err := inc.Assign(at, act.By, act.Role, incident.Holder{
			Person: oncall.PersonID(act.Person), Name: orElse(act.PersonName, act.Person), Accepted: true,
		})
		return contract.Receipt{Text: fmt.Sprintf("%s: %s", act.Role, orElse(act.PersonName, act.Person))}, err
	case contract.VerbNote:
		return note(inc, at, act)
	case contract.VerbWithdraw:
		return withdraw(inc, at, act)
	case contract.VerbAnswer, contract.VerbApprove, contract.VerbReject, contract.VerbDone:
		return answer(inc, at, verb, act)
	case contract.VerbPage, contract.VerbEscalate, contract.VerbQuiet:
		return page(inc, at, verb, act)
	case contract.VerbResolve:
		return end(inc, at, act, incident.End{Ending: incident.Resolved, Reason: act.Reason})
	case contract.VerbCancel:
		return end(inc, at, act, incident.End{Ending: incident.Cancelled, Reason: orElse(act.Reason, act.Value)})
	}
	return contract.Receipt{}, &incident.Refusal{What: fmt.Sprintf("unknown verb %q", verb)}
}

// acknowledge ends pages and says what still rings, or who was first.
func acknowledge(inc *incident.Incident, at time.Time, act contract.Act) (contract.Receipt, error) {
	done, err := inc.Acknowledge(at, act.By, incident.AckScope{Page: act.Page, All: act.All})
	if err != nil {
		return contract.Receipt{}, err
	}
	text := fmt.Sprintf("%s is acknowledged", inc.Key)
	switch {
	case len(done.Ended) == 0 && done.Before.String() != "":
		text = fmt.Sprintf("already acknowledged by %s", done.Before)
	case len(done.Ended) == 0:
		text = "no page is open"
	}
	if len(done.Rings) > 0 {
		text += "; still calling " + strings.Join(done.Rings, ", ")
	}
	return contract.Receipt{Text: text, Rings: done.Rings}, nil
}

// answer is a person's word on a question; each verb answers its own kinds.
func answer(inc *incident.Incident, at time.Time, verb contract.Verb, act contract.Act) (contract.Receipt, error) {
	a := incident.Answer{Key: act.Question, Step: act.Step, Choice: act.Value, Reason: act.Reason, Fields: act.Fields}
	switch verb {
	case contract.VerbApprove:
		a.Choice, a.Kinds = incident.ChoiceYes, []incident.QuestionKind{incident.QuestionApprove}
	case contract.VerbReject:
		a.Choice, a.Kinds = incident.ChoiceNo, []incident.QuestionKind{incident.QuestionApprove}
	case contract.VerbDone:
		a.Choice, a.Kinds = incident.ChoiceDone, []incident.QuestionKind{incident.QuestionTask}
	default:
		a.Kinds = []incident.QuestionKind{
			incident.QuestionAsk, incident.QuestionAssign, incident.QuestionHold, incident.QuestionForm,
		}
	}
	q, err := inc.Answer(at, act.By, a)
	if err != nil {
		return contract.Receipt{}, err
	}
	if q.State == incident.QuestionOpen {
		return contract.Receipt{Text: fmt.Sprintf("%s: %d of %d approve", q.Step, len(q.Votes), q.Quorum)}, nil
	}
	return contract.Receipt{Text: fmt.Sprintf("%s: %s", q.Step, q.Label(orElse(a.Choice, q.Choice)))}, nil
}

// page calls somebody by hand, sends the open pages on, or takes a person off the calls.
func page(inc *incident.Incident, at time.Time, verb contract.Verb, act contract.Act) (contract.Receipt, error) {
	switch verb {
	case contract.VerbQuiet:
		return contract.Receipt{Text: "you will not be called again for " + string(inc.Key) + "; others are"}, inc.StopCalling(at, act.By)
	case contract.VerbEscalate:
		return contract.Receipt{Text: "the next level is being called"}, inc.EscalateNow(at, act.By, act.Page)
	default:
		err := inc.PageByHand(at, act.By, act.Value, act.Reason)
		return contract.Receipt{Text: "calling " + act.Value}, err
	}
}

// end ends the incident.
func end(inc *incident.Incident, at time.Time, act contract.Act, e incident.End) (contract.Receipt, error) {
	err := inc.Finish(at, act.By, e)
	return contract.Receipt{Text: fmt.Sprintf("%s is %s", inc.Key, e.Ending)}, err
}

// note writes a person's words on the timeline, or a message of the chat.
func note(inc *incident.Incident, at time.Time, act contract.Act) (contract.Receipt, error) {
	if act.Quote == nil {
		err := inc.Note(at, act.By, act.Value)
		return contract.Receipt{Text: fmt.Sprintf("noted, as line %d", inc.Seq)}, err
	}
	line, fresh, err := inc.Pin(at, act.By, act.Value, *act.Quote)
	if err != nil {
		return contract.Receipt{}, err
	}
	command := "muster withdraw"
	if act.By.Door == incident.DoorSlack {
		command = "/muster withdraw"
	}
	text := fmt.Sprintf("it is on the timeline, as line %d", line)
	if !fresh {
		text = fmt.Sprintf("it is on the timeline already, as line %d; %s %s %d takes it away", line, command, inc.Key, line)
	}
	return contract.Receipt{Text: text}, nil
}

// withdraw takes the words of a line away, or the person's pin of a message.
func withdraw(inc *incident.Incident, at time.Time, act contract.Act) (contract.Receipt, error) {
	if act.Quote != nil {
		return contract.Receipt{Text: inc.Unpin(at, act.By, act.Quote.Message)}, nil
	}
	line, err := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(act.Value), "#"))
	if err != nil {
		return contract.Receipt{}, &incident.Refusal{
			What: fmt.Sprintf("%q is no number of a line", act.Value), Hint: "muster timeline shows which lines can be withdrawn, and their numbers",
		}
	}
	return contract.Receipt{Text: fmt.Sprintf("line %d is withdrawn", line)}, inc.Withdraw(at, act.By, line)
}

// orElse is the first text that is not empty.
func orElse(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}

package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// control is what people may do to the run of the runbook itself. Each has a check that touches nothing, which is the
// update's validator, and an act that cannot fail any more.
type control struct {
	check func(r *run, act contract.Act) error
	act   func(r *run, at time.Time, act contract.Act) (string, error)
}

// controls lists them. The verbs on the incident alone are in acts.go.
func controls() map[contract.Verb]control {
	return map[contract.Verb]control{
		contract.VerbPause:    {(*run).checkPause, (*run).pause},
		contract.VerbResume:   {(*run).checkResume, (*run).resume},
		contract.VerbRetry:    {(*run).checkVerdict, (*run).retry},
		contract.VerbSkip:     {(*run).checkVerdict, (*run).skip},
		contract.VerbStop:     {(*run).checkVerdict, (*run).stopStep},
		contract.VerbReassign: {(*run).checkReassign, (*run).reassign},
		contract.VerbAdvance:  {(*run).checkAdvanceAct, (*run).advanceAct},
		contract.VerbReturn:   {(*run).checkReturnAct, (*run).returnAct},
		contract.VerbStep:     {(*run).checkStep, (*run).addStep},
		contract.VerbEdit:     {(*run).checkEdit, (*run).edit},
		contract.VerbRevert:   {(*run).checkRevertAct, (*run).revertAct},
		contract.VerbSend:     {(*run).checkSend, (*run).send},
		contract.VerbUpgrade:  {(*run).checkUpgrade, (*run).upgradeAct},
	}
}

// mustRun refuses what concerns the run of an incident that has ended.
func (r *run) mustRun() error {
	if r.over() {
		return &incident.Refusal{What: fmt.Sprintf("%s is closed (%s)", r.inc.Key, r.inc.Ending)}
	}
	return nil
}

func (r *run) checkPause(contract.Act) error {
	if r.st.Paused != nil {
		return &incident.Refusal{What: fmt.Sprintf("the runbook is paused already, by %s", r.st.Paused.By)}
	}
	return r.mustRun()
}

// pause lets no further step begin. Waits for people and pages go on: nobody is forgotten while the runbook rests.
func (r *run) pause(at time.Time, act contract.Act) (string, error) {
	r.st.Paused = &contract.Pause{By: act.By, At: at, Reason: act.Reason}
	r.inc.Log(at, incident.Entry{Kind: incident.EntryNote, By: act.By, Text: nonEmptyJoin(act.By.String()+" pauses the runbook", act.Reason)})
	return "the runbook is paused; pages and questions go on", nil
}

func (r *run) checkResume(contract.Act) error {
	if r.st.Paused == nil {
		return &incident.Refusal{What: "the runbook is not paused"}
	}
	return r.mustRun()
}

func (r *run) resume(at time.Time, act contract.Act) (string, error) {
	r.st.Paused = nil
	r.inc.Log(at, incident.Entry{Kind: incident.EntryNote, By: act.By, Text: act.By.String() + " resumes the runbook"})
	return "the runbook goes on", nil
}

// stepOf finds the step that an act means.
func (r *run) stepOf(act contract.Act) (*node, error) {
	if err := r.mustRun(); err != nil {
		return nil, err
	}
	if n := r.find(act.Step); n != nil && act.Step != "" {
		return n, nil
	}
	var open []string
	r.eachNode(func(n *node) {
		if n.sr.State != contract.StepPending && !n.sr.State.Terminal() {
			open = append(open, n.address())
		}
	})
	return nil, &incident.Refusal{What: fmt.Sprintf("there is no step %q", act.Step), Hint: "under way: " + orElse(strings.Join(open, ", "), "none")}
}

// verdicts are the choices of a hold by the verbs that name them.
var verdicts = map[contract.Verb]string{
	contract.VerbRetry: incident.ChoiceRetry, contract.VerbSkip: incident.ChoiceSkip, contract.VerbStop: incident.ChoiceStop,
}

func (r *run) checkVerdict(act contract.Act) error {
	n, err := r.stepOf(act)
	if err != nil {
		return err
	}
	verdict := act.Value
	switch {
	case n.sr.State.Terminal():
		return &incident.Refusal{What: fmt.Sprintf("%s is over (%s)", n.address(), n.sr.State)}
	case n.sr.State == contract.StepPending && verdict != incident.ChoiceSkip:
		return &incident.Refusal{What: n.address() + " has not begun", Hint: "it can be skipped"}
	case n.sr.State == contract.StepHolding:
		return r.inc.CheckAnswer(act.By, r.holdAnswer(n, verdict, act))
	}
	return nil
}

// holdAnswer is the answer to the question of a step that holds.
func (r *run) holdAnswer(n *node, verdict string, act contract.Act) incident.Answer {
	return incident.Answer{Key: fmt.Sprintf("%s/hold/%d", n.key, n.sr.Tries), Choice: verdict, Reason: act.Reason}
}

func (r *run) retry(at time.Time, act contract.Act) (string, error) {
	return r.decide(at, act, incident.ChoiceRetry)
}

func (r *run) skip(at time.Time, act contract.Act) (string, error) {
	return r.decide(at, act, incident.ChoiceSkip)
}

func (r *run) stopStep(at time.Time, act contract.Act) (string, error) {
	return r.decide(at, act, incident.ChoiceStop)
}

// decide does what a person wants with one step: a step that holds hears it as its answer, one that runs or waits is
// withdrawn, and one that has not begun is skipped in advance.
func (r *run) decide(at time.Time, act contract.Act, verdict string) (string, error) {
	n, err := r.stepOf(act)
	if err != nil {
		return "", err
	}
	said := map[string]string{incident.ChoiceRetry: "is tried again", incident.ChoiceSkip: "is skipped", incident.ChoiceStop: "is stopped"}[verdict]
	text := n.address() + " " + said
	switch n.sr.State {
	case contract.StepHolding:
		_, err := r.inc.Answer(at, act.By, r.holdAnswer(n, verdict, act))
		return text, err
	case contract.StepPending:
		n = r.node(n.frame, n.s)
		n.sr.State, n.sr.Ended = contract.StepSkipped, at
	default:
		withdraw := r.active[n.key]
		if withdraw == nil {
			return "", &incident.Refusal{What: n.address() + " cannot be reached at this moment", Hint: "again in a moment"}
		}
		n.sr.Verdict = verdict
		withdraw()
	}
	n.sr.By, n.sr.Problem = act.By.String(), act.Reason
	r.inc.Log(at, incident.Entry{Kind: incident.EntrySkipped, By: act.By, Step: n.address(), Text: nonEmptyJoin(fmt.Sprintf("%s (%s)", text, act.By), act.Reason)})
	return text, nil
}

func (r *run) checkReassign(act contract.Act) error {
	if err := r.mustRun(); err != nil {
		return err
	}
	if act.Person == "" {
		return &incident.Refusal{What: "say whose it is now", Hint: "muster reassign KEY STEP PERSON"}
	}
	_, err := r.openQuestion(act)
	return err
}

// openQuestion finds the open question of a step.
func (r *run) openQuestion(act contract.Act) (*incident.Question, error) {
	for i := len(r.inc.Questions) - 1; i >= 0; i-- {
		q := r.inc.Questions[i]
		if q.State == incident.QuestionOpen && (q.Step == act.Step || q.Key == act.Question && act.Question != "") {
			return q, nil
		}
	}
	return nil, &incident.Refusal{What: fmt.Sprintf("nothing of %q waits for anybody", act.Step)}
}

// reassign gives a question or a task to another person, who may answer it besides those who could before.
func (r *run) reassign(at time.Time, act contract.Act) (string, error) {
	q, err := r.openQuestion(act)
	if err != nil {
		return "", err
	}
	person := oncall.PersonID(act.Person)
	q.Who = []string{act.Person}
	q.Addressed = []oncall.PersonID{person}
	if !slices.Contains(q.Asked, person) {
		q.Asked = append(q.Asked, person)
	}
	if !slices.Contains(q.Chain, person) && !slices.Contains(q.Also, person) {
		q.Also = append(q.Also, person)
	}
	q.Handed++
	name := orElse(act.PersonName, act.Person)
	r.inc.Log(at, incident.Entry{Kind: incident.EntryRole, By: act.By, Step: q.Step, Text: fmt.Sprintf("%s gives “%s” to %s", act.By, q.Text, name)})
	return fmt.Sprintf("%s: %s", q.Step, name), nil
}

func (r *run) checkAdvanceAct(act contract.Act) error {
	if err := r.mustRun(); err != nil {
		return err
	}
	_, err := r.checkAdvance(act.Value)
	return err
}

func (r *run) advanceAct(at time.Time, act contract.Act) (string, error) {
	p, err := r.advance(at, act.By, act.Value, act.Reason)
	return fmt.Sprintf("%s is over", p), err
}

func (r *run) checkReturnAct(act contract.Act) error {
	if err := r.mustRun(); err != nil {
		return err
	}
	if strings.TrimSpace(act.Reason) == "" {
		return &incident.Refusal{What: "going back needs a reason", Hint: "say why with --reason"}
	}
	return r.checkReturn(incident.Phase(act.Value))
}

func (r *run) returnAct(at time.Time, act contract.Act) (string, error) {
	err := r.goBack(at, incident.Phase(act.Value), incident.Entry{By: act.By, Text: act.Reason})
	return "back to " + act.Value, err
}

func (r *run) checkEdit(act contract.Act) error {
	n, err := r.stepOf(act)
	if err != nil {
		return err
	}
	switch {
	case n.sr.State != contract.StepHolding:
		return &incident.Refusal{What: n.address() + " does not hold", Hint: "only a step that holds can be edited"}
	case len(act.Fields) == 0:
		return &incident.Refusal{What: "say what to change", Hint: "muster edit KEY STEP field=value"}
	}
	known := []string{"timeout"}
	for _, u := range n.s.Uses() {
		if !u.Condition {
			known = append(known, u.Name)
		}
	}
	for _, field := range sortedKeys(act.Fields) {
		if !slices.Contains(known, field) {
			return &incident.Refusal{What: fmt.Sprintf("%s has no parameter %q", n.address(), field), Hint: "it has: " + strings.Join(known, ", ")}
		}
	}
	if text, ok := act.Fields["timeout"]; ok {
		d, err := expression.ParseDuration(expression.Format(text))
		if err != nil {
			return &incident.Refusal{What: "timeout: " + err.Error()}
		}
		if d <= 0 && r.since(versionMends) {
			return &incident.Refusal{What: "timeout: no time at all would end the step at once", Hint: "write 30s, 5m, 4h, 5d or 2w"}
		}
	}
	return nil
}

// edit gives a step that holds other parameters; they count when it is tried again.
func (r *run) edit(at time.Time, act contract.Act) (string, error) {
	n, err := r.stepOf(act)
	if err != nil {
		return "", err
	}
	if n.sr.Edits == nil {
		n.sr.Edits = map[string]any{}
	}
	var words []string
	for _, field := range sortedKeys(act.Fields) {
		n.sr.Edits[field] = act.Fields[field]
		words = append(words, fmt.Sprintf("%s = %s", field, expression.Format(act.Fields[field])))
	}
	r.inc.Log(at, incident.Entry{Kind: incident.EntryNote, By: act.By, Step: n.address(), Text: fmt.Sprintf("%s edits %s: %s", act.By, n.address(), strings.Join(words, ", "))})
	return "edited; answer retry to run it with that", nil
}

// wantedOf is what a revert by hand means.
func wantedOf(act contract.Act) []string {
	if list, ok := act.Fields["what"].([]any); ok {
		return nameList(list)
	}
	return nonEmpty(act.Value, act.Step)
}

func (r *run) checkRevertAct(act contract.Act) error {
	if err := r.mustRun(); err != nil {
		return err
	}
	return r.checkRevert(wantedOf(act))
}

func (r *run) revertAct(at time.Time, act contract.Act) (string, error) {
	what := wantedOf(act)
	if _, err := r.addAdHoc(at, act.By, revertByHand(what, len(r.st.AdHoc))); err != nil {
		return "", err
	}
	return "taking back " + strings.Join(what, ", "), nil
}

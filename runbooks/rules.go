package runbooks

import "slices"

// Rule is one rule of the language, as people read about it. Every problem carries the code of one.
type Rule struct {
	Code    Code
	Title   string // a few words
	Warning bool   // breaking it is a warning by default: the runbook runs all the same
	About   string // one sentence: what goes wrong where it is broken
	Remedy  string // one sentence: what to write instead
}

// Rules lists all rules in the order of their codes: for `muster check`, for documents and for the tests, which have a
// runbook that breaks each.
func Rules() []Rule {
	return slices.Concat(parseRules, nameRules, typeRules, flowRules, safetyRules, rehearsalRules)
}

// RuleOf finds the rule of a code.
func RuleOf(code Code) (Rule, bool) {
	all := Rules()
	i := slices.IndexFunc(all, func(r Rule) bool { return r.Code == code })
	if i < 0 {
		return Rule{}, false
	}
	return all[i], true
}

// parseRules are about the text itself.
var parseRules = []Rule{
	{CodeYAML, "not YAML", false, "The file cannot be read at all, or holds more than one document.", "Look at the place for a tab, or for an unquoted ?, : or #."},
	{CodeDuplicateKey, "a key stands twice", false, "Of two equal keys only one would count, and readers see the other.", "Keep one of them."},
	{CodeUnknownKey, "unknown key or word", false, "A misspelt key would otherwise be passed over in silence.", "Use a key that this place knows."},
	{CodeEmpty, "nothing where a value is needed", false, "The value is missing, often because an unquoted # began a comment.", "Write the value, in quotes if it holds a #."},
	{CodeKindKeys, "no kind of step, or two", false, "A step is what its one kind key says; without it nothing can be done.", "Give the step exactly one kind key."},
	{CodeAnchor, "anchor or merge key", true, "Whoever reads the place at night does not see what it says.", "Write it out."},
	{CodeBooleanWord, "yes, no, on or off", false, "Many tools read these words as true and false.", "Choose another word, or quote it."},
	{CodeNoUnit, "duration without a unit", false, "A bare number may mean seconds or minutes.", "Write 30s, 5m, 4h, 5d or 2w."},
	{CodeSize, "too large", false, "The runbook travels with every incident and must stay small.", "Split it, or flatten its blocks."},
}

// nameRules are about names.
var nameRules = []Rule{
	{CodeBadName, "bad name", false, "Expressions could not spell the name.", "Use a-z, 0-9 and _, a letter first."},
	{CodeTaken, "id is taken", false, "The outputs of two steps could not be told apart.", "Give each step an id of its own."},
	{CodeUnknownName, "unknown name", false, "There is no role, severity, phase, action, runbook, audience or step of this name.", "Use a name that exists, or declare it."},
	{CodeUnused, "unused name", true, "Nothing refers to the role, input or id, so it may be misspelt where it should.", "Use it, or remove it."},
	{CodeCycle, "import cycle", false, "Runbooks that import one another never end.", "Remove one of the imports."},
	{CodePhase, "misspelt phase", false, "The phases are fixed and stand in their order.", "Use identification, containment, eradication, recovery or lessons_learned."},
}

// typeRules are about expressions and values.
var typeRules = []Rule{
	{CodeSyntax, "broken expression", false, "The expression cannot be read.", "Repair it at the place."},
	{CodeUndeclared, "undeclared reference", false, "The expression reads a name that does not exist, or that this place may not read.", "Use a name that exists."},
	{CodeMismatch, "type mismatch", false, "Values of these types do not go together.", "Compare like with like."},
	{CodeWrongType, "wrong type for this place", false, "A condition must be true or false, a timeout a duration.", "Write an expression of the type that is wanted."},
	{CodeWrapped, "${{ }} where it does not belong", false, "The place is an expression already, or is taken as it stands.", "Write it without ${{ }}."},
	{CodeLoop, "loop over a map", false, "The order of a map is not defined, and a replay would see another.", "Name its keys one by one."},
	{CodeWith, "with does not suit", false, "The action or runbook does not take what it is given, or lacks what it needs.", "Give what its declaration asks for."},
	{CodeInput, "input contradicts itself", false, "The default, the alternatives or the pattern do not suit the input's type.", "Bring them in line."},
	{CodeColumns, "rows differ", false, "Every severity has the same columns, each with one type.", "Fill the missing column in."},
	{CodeClock, "waits for the clock", false, "Conditions are evaluated when something changes, and the passing of time is no change.", "Use timeout, timebox, or a watch with every."},
}

// flowRules are about the order of things.
var flowRules = []Rule{
	{CodeTooEarly, "reads what is not known", false, "The expression reads a step that cannot have run, or (a warning) may have been skipped; the step would hold.", "Read it below that step, under the same condition, or test its state first."},
	{CodeUnreachable, "unreachable step", false, "The step never runs.", "Remove it, or give what ends the run above it a condition."},
	{CodeChoice, "case without a choice", false, "The case, or what the timeout chooses, is none of the choices; or (a warning) a choice has no case.", "Spell it as the choice is spelt."},
	{CodeEndless, "repeat without max", false, "The rounds would never end by themselves.", "Write max."},
	{CodeForward, "return that goes forward", false, "A return goes back; going on is what happens by itself.", "Name this phase or an earlier one."},
	{CodeSelfTrigger, "watch triggers itself", false, "The watch changes what it watches, and would fire again and again.", "Write limit: once, or make the change elsewhere."},
	{CodeSetBeside, "set where steps run side by side", false, "Which value stays would depend on chance.", "Set it after the block."},
	{CodeNoUndo, "revert without undo", false, "Nothing was recorded that could be taken back.", "Give the step an undo."},
}

// safetyRules are about what can hurt.
var safetyRules = []Rule{
	{CodeNoTimeout, "wait without an end", false, "Nobody may answer, and then the incident stands still.", "Write timeout and on_timeout."},
	{CodeSilentYes, "approval by silence", false, "Nobody said yes, and it would be done all the same.", "Write on_timeout: reject or escalate."},
	{CodeLonePage, "page without a second level", true, "Where one person sleeps through it nobody else is called.", "Write escalate, or give the server a fallback."},
	{CodeNoWayBack, "no way back", true, "The step changes a system during containment, and nothing takes the change back.", "Give it an undo, or an approve above it."},
	{CodeSecret, "secret in the open", false, "Everybody who reads the incident would read the secret.", "Use secrets in headers, body and auth of http, env of run and with of action only."},
	{CodeOutside, "private incident told outside", false, "The text would reach customers before anybody has looked at it.", "Name the role that must confirm it: review."},
	{CodeShrug, "failure is passed over", true, "The action fails and the runbook goes on as if it had not.", "Let it ask, or rescue it with steps."},
	{CodeTwice, "action may happen twice", false, "The action is not idempotent, and a retry repeats it.", "Remove retry, or declare the action idempotent where it is."},
	{CodeNoReview, "no review", true, "No path reaches lessons_learned, so nothing is learned.", "End with lessons_learned."},
	{CodeNoCommander, "no commander", false, "Whoever is asked when something fails is the commander.", "Fill the role commander."},
	{CodeNobody, "severity without a page", true, "Nobody is called at this severity.", "Page somebody, or remove the severity."},
	{CodeShellInjection, "${{ }} in a command", false, "What stands in the value could run anything.", "Pass the value through env."},
	{CodeLatePage, "first page comes late", true, "At the worst severity more than ten minutes may pass before anybody is called.", "Page first, and ask afterwards."},
	{CodeFinallyWaits, "finally waits for people", false, "The incident is closed; nobody is there to answer.", "Put the step into lessons_learned."},
	{CodeFewTargets, "need is more than there are targets", true, "Each target gives one acknowledgement, so the step ends with fewer than it says.", "Name more targets, or write need: all."},
}

// rehearsalRules are about tests and scripts; what is wrong with their text and their names breaks the rules above.
var rehearsalRules = []Rule{
	{CodeAct, "no act, or two", false, "An act of a script is what its one verb says; without it nothing happens.", "Give the act exactly one verb, and what that verb takes."},
	{CodeHollow, "check that decides nothing", false, "It passes, or fails, whatever the runbook does.", "Expect something that can go either way."},
	{CodeInstant, "no such instant", false, "The clock never shows this time, or (a warning) shows it twice.", "Write the offset: 2026-10-25T02:30+01:00."},
	{CodeBackwards, "script goes back in time", true, "Acts happen in the order of their times, and whoever reads the script sees another order.", "Sort the acts by their times."},
}

package runbooks

import (
	"encoding/json"
	"fmt"

	"github.com/invopop/jsonschema"
)

// RehearsalSchemaFile is the name under which the schema of tests lies beside the shipped runbooks; editors find it by
// the first line of a test.
const RehearsalSchemaFile = "test.v1.schema.json"

// RehearsalSchema is the JSON Schema of one document of a `*.test.yaml`, or of a script, for editors: it completes what
// each verb takes. It is made from the table of verbs. What needs the runbook is left to Rehearsal.Check.
func RehearsalSchema() ([]byte, error) {
	root := &jsonschema.Schema{
		Version: jsonschema.Version, Title: "Musterbook test", Description: "An incident that is played in skipped time, and what must come of it.",
		Definitions: jsonschema.Definitions{
			"text":     {Type: "string", Pattern: `\S`},
			"duration": {Type: "string", Pattern: `^ *([0-9]+[wdhms] *)+$`, Description: "30s, 5m, 4h, 5d or 2w."},
			"fields":   dictionary("Names and values.", jsonschema.TrueSchema),
			"outcome":  outcomeSchema(),
			"bound":    boundSchema(),
			"expect":   expectSchema(),
		},
	}
	act := &jsonschema.Schema{Description: "One act: when, its verb, and what that verb takes."}
	for i := range scriptVerbs {
		name := "act_" + scriptVerbs[i].name
		root.Definitions[name] = scriptVerbs[i].schema()
		act.OneOf = append(act.OneOf, ref(name))
	}
	root.Definitions["act"] = act
	object(root, rehearsalProperties()...)
	root.DependentRequired = map[string][]string{"test": {"expect"}}
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("make the schema of tests: %w", err)
	}
	return append(text, '\n'), nil
}

// rehearsalProperties are the keys of a document.
func rehearsalProperties() []property {
	habit := &jsonschema.Schema{AnyOf: []*jsonschema.Schema{words("", []string{PhoneSilent, PhoneBusy, PhoneOff}), described("duration", "Answers after so long and acknowledges.")}}
	return []property{
		{"test", described("text", "What it shows, in words.")},
		{"runbook", &jsonschema.Schema{Type: "string", Pattern: `^[a-z0-9-]+$`, Description: "The runbook's id (as the file's name says)."}},
		{"config", described("text", "The configuration whose people, schedules and services are used, relative to this file (made up).")},
		{"with", described("fields", "The inputs.")},
		{"service", described("text", "The service that burns (the input service).")},
		{"severity", described("text", "The severity of the declaration (not set).")},
		{"at", described("text", "When it begins: 2026-10-25T01:30 Europe/Berlin.")},
		{"people", dictionary("Who is behind a schedule, a team or a policy: name → person.", ref("text"))},
		{"phones", dictionary("What people do when their telephone rings: person → 20s, silent, busy or off.", habit)},
		{"everybody_answers_in", described("duration", "Whoever is told something acts on it after this.")},
		{"for", described("duration", "How much is played at most (72h).")},
		{"mock", dictionary("What systems answer, in the order of the requests: a step, an action or a kind → outcomes.", oneOrMany(ref("outcome"), ""))},
		{"script", &jsonschema.Schema{Type: "array", Items: ref("act"), Description: "What happens from outside, in the order of time."}},
		{"expect", ref("expect")},
	}
}

func outcomeSchema() *jsonschema.Schema {
	s := object(&jsonschema.Schema{Description: "One answer of a system."},
		property{"ok", described("fields", "It works: status, body and headers of http, stdout and exit_code of run, the outputs of an action.")},
		property{"fail", described("text", "It fails and may be tried again; timeout: it does not answer in time.")},
		property{"refuse", described("text", "It refuses; trying again is no use.")},
		property{"after", described("duration", "How long the answer takes.")})
	s.OneOf = []*jsonschema.Schema{{Required: []string{"ok"}}, {Required: []string{"fail"}}, {Required: []string{"refuse"}}}
	return s
}

// schema is the schema of acts with one verb.
func (v *scriptVerb) schema() *jsonschema.Schema {
	properties := []property{{"at", described("duration", "When: since the declaration.")}, {v.name, v.valueSchema()}}
	required := []string{"at", v.name}
	if !v.nobody {
		properties = append(properties, property{"by", described("text", "Who does it.")}, property{"refused", &jsonschema.Schema{
			Description: "It must be refused: a piece of the reason, or true.",
			AnyOf:       []*jsonschema.Schema{ref("text"), {Const: true}},
		}})
		required = append(required, "by")
	}
	for _, name := range v.fields {
		properties = append(properties, property{name, actFieldSchema(name)})
	}
	s := object(&jsonschema.Schema{Description: v.about, Required: append(required, v.needs...)}, properties...)
	if v.either {
		for _, name := range v.fields {
			s.OneOf = append(s.OneOf, &jsonschema.Schema{Required: []string{name}})
		}
	}
	return s
}

// valueSchema is the schema of what stands behind the verb.
func (v *scriptVerb) valueSchema() *jsonschema.Schema {
	switch v.takes {
	case valueWord:
		return words(v.about, v.words)
	case valueMany:
		return oneOrMany(ref("text"), v.about)
	case valueMaybe:
		return &jsonschema.Schema{Description: v.about, AnyOf: []*jsonschema.Schema{{Const: true}, ref("text")}}
	default:
		return described("text", v.about)
	}
}

// actFieldSchema is the schema of a field beside a verb.
func actFieldSchema(name string) *jsonschema.Schema {
	switch name {
	case "fields":
		return described("fields", "Names and values.")
	case "undo":
		return words("What becomes of what can be taken back.", undoWords())
	case "to":
		return described("text", "The person.")
	case "choice":
		return described("text", "The key of the answer.")
	case "note":
		return described("text", "What is noted.")
	default:
		return described("text", "Why.")
	}
}

func boundSchema() *jsonschema.Schema {
	when := object(&jsonschema.Schema{MinProperties: positive(1)},
		property{"within", described("duration", "Not later, since the declaration.")},
		property{"after", described("duration", "Not earlier, since the declaration.")})
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Const: true}, when}}
}

// expectSchema is the schema of what must come of it.
func expectSchema() *jsonschema.Schema {
	within := property{"within", described("duration", "Not later, since the declaration.")}
	after := property{"after", described("duration", "Not earlier, since the declaration.")}
	either := func(one, long *jsonschema.Schema) *jsonschema.Schema {
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{one, long}}
	}
	person := either(ref("text"), object(&jsonschema.Schema{Required: []string{"who"}},
		property{"who", described("text", "A person, schedule or team.")}, property{"via", words("How (any).", reachedVia())}, within, after))
	message := either(ref("text"), object(&jsonschema.Schema{Required: []string{"text"}},
		property{"text", described("text", "A piece of what is said.")}, property{"to", described("text", "room, call, sms, or an audience (anywhere).")}, within))
	acknowledged := either(&jsonschema.Schema{Const: true}, object(&jsonschema.Schema{MinProperties: positive(1)},
		property{"by", described("text", "Who.")}, within, after))
	ends := either(words("", endStates()), object(&jsonschema.Schema{Required: []string{"state"}}, property{"state", words("How.", endStates())}, within, after))
	paged := &jsonschema.Schema{Description: "Who is called: exactly these, in the order of their first call.", AnyOf: []*jsonschema.Schema{person, {Type: "array", Items: person}}}
	steps := dictionary("The states of steps in the end.", words("", StepStates()))
	steps.MinProperties = positive(1)
	acknowledged.Description, ends.Description = "When, and by whom, it is acknowledged; true: at all.", "How the incident ends; open: it does not."
	return object(&jsonschema.Schema{Description: "What must come of it; the rest is not checked.", MinProperties: positive(1)},
		property{"steps", steps},
		property{"severity", described("text", "The severity in the end.")},
		property{"paged", paged},
		property{"not_paged", oneOrMany(ref("text"), "Who must not be called.")},
		property{"messages", oneOrMany(message, "What is said, in this order.")},
		property{"never", oneOrMany(ref("text"), "What is never said.")},
		property{"first_page", described("bound", "When somebody is first called; true: at all.")},
		property{"acknowledged", acknowledged},
		property{"waits", oneOrMany(ref("text"), "Steps that still wait for people in the end.")},
		property{"ends", ends})
}

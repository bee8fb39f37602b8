package runbooks

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/musterbook/musterbook/incident"
)

// SchemaFile is the name under which the schema lies beside the shipped runbooks; editors find it by the first line of
// a runbook.
const SchemaFile = "runbook.v1.schema.json"

// Schema is the JSON Schema of runbook files, for editors: it completes exactly the fields of each kind of step. It is
// made from the table of kinds. What needs expressions or the whole file is left to Parse.
func Schema() ([]byte, error) {
	root := &jsonschema.Schema{
		Version: jsonschema.Version, Title: "Musterbook runbook", Description: "What happens when something burns, in phases and steps.",
		Definitions: jsonschema.Definitions{
			"text":      {Type: "string", MinLength: positive(1), Description: "Text; ${{ }} is filled in."},
			"duration":  {Type: "string", Pattern: `^ *([0-9]+[wdhms] *)+$|\$\{\{`, Description: "30s, 5m, 4h, 5d, 2w, or ${{ }}."},
			"condition": {Type: "string", MinLength: positive(1), Description: "A CEL expression without ${{ }}."},
			"name":      {Type: "string", Pattern: `^[a-z][a-z0-9_]*$`},
			"steps":     {Type: "array", Items: ref("step")},
			"retry":     retrySchema(),
			"phase":     phaseSchema(),
			"input":     inputSchema(),
			"watch":     watchSchema(),
		},
	}
	step := &jsonschema.Schema{Description: "One step: its kind's key, and the fields of that kind."}
	for i := range kindTable {
		name := "step_" + string(kindTable[i].kind)
		root.Definitions[name] = kindTable[i].schema()
		step.OneOf = append(step.OneOf, ref(name))
	}
	root.Definitions["step"] = step
	object(root, documentProperties()...)
	root.Required = []string{"runbook", "roles", "phases"}
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("make the runbook schema: %w", err)
	}
	return append(text, '\n'), nil
}

// property is one key of an object and its schema.
type property struct {
	name   string
	schema *jsonschema.Schema
}

// object makes a schema an object that has these keys and no others.
func object(s *jsonschema.Schema, properties ...property) *jsonschema.Schema {
	s.Type, s.AdditionalProperties, s.Properties = "object", jsonschema.FalseSchema, jsonschema.NewProperties()
	for _, p := range properties {
		s.Properties.Set(p.name, p.schema)
	}
	return s
}

func ref(name string) *jsonschema.Schema { return &jsonschema.Schema{Ref: "#/$defs/" + name} }

func positive(n uint64) *uint64 { return &n }

// described points to a shared schema and says what the value is for here.
func described(name, about string) *jsonschema.Schema {
	s := ref(name)
	s.Description = about
	return s
}

func words(about string, allowed []string) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string", Description: about}
	for _, word := range allowed {
		s.Enum = append(s.Enum, word)
	}
	return s
}

// oneOrMany takes a value or a list of them.
func oneOrMany(one *jsonschema.Schema, about string) *jsonschema.Schema {
	return &jsonschema.Schema{
		Description: about,
		AnyOf:       []*jsonschema.Schema{one, {Type: "array", Items: one, MinItems: positive(1)}},
	}
}

// dictionary is an object with free keys of one pattern.
func dictionary(about string, value *jsonschema.Schema) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", Description: about, AdditionalProperties: value}
}

func documentProperties() []property {
	text := func(about string) *jsonschema.Schema { return &jsonschema.Schema{Type: "string", Description: about} }
	phases := &jsonschema.Schema{Description: "The phases, in their fixed order.", MinProperties: positive(1)}
	var names []property
	for _, p := range incident.Phases() {
		names = append(names, property{string(p), ref("phase")})
	}
	roles := dictionary("Who fills each role until somebody is assigned.", ref("text"))
	roles.Required = []string{string(incident.Commander)}
	return []property{
		{"runbook", &jsonschema.Schema{Type: "string", Pattern: `^[a-z0-9-]+$`, Description: "The runbook's id, the same as the file's name."}},
		{"title", text("For people.")},
		{"description", text("For people: when to use it.")},
		{"owner", text("Who keeps the runbook up to date.")},
		{"tags", &jsonschema.Schema{Type: "array", Items: text("A tag.")}},
		{"links", dictionary("Name → address.", text("An address."))},
		{"language", &jsonschema.Schema{Type: "integer", Const: Language, Description: "The language's version."}},
		{"match", described("condition", "Which new incidents get this runbook; reads incident.* only.")},
		{"inputs", dictionary("What the declarer gives, read as inputs.<name>.", ref("input"))},
		{"vars", dictionary("Constants, computed once at the start, read as vars.<name>.", ref("condition"))},
		{"roles", roles},
		{"severities", dictionary("The table of severities, worst first; the row in force is policy.", &jsonschema.Schema{
			AnyOf: []*jsonschema.Schema{dictionary("The columns, the same in every row.", jsonschema.TrueSchema), {Type: "null"}},
		})},
		{"phases", object(phases, names...)},
		{"private", &jsonschema.Schema{Type: "boolean", Description: "A room by invitation only, a codename outside, and nothing leaves the team by itself."}},
		{"assess", object(&jsonschema.Schema{Description: "Which answers to the six questions speak for which severity; the worst that matches wins."},
			property{"rules", dictionary("Severity → condition over answers.*.", ref("condition"))})},
		{"watch", &jsonschema.Schema{Type: "array", Items: ref("watch"), Description: "Reactions beside the phases: to a condition that becomes true, or to the clock."}},
		{"outputs", dictionary("What this runbook gives to one that imports it.", ref("condition"))},
		{"finally", described("steps", "Runs once when the incident closes, whatever the reason.")},
	}
}

func phaseSchema() *jsonschema.Schema {
	long := object(&jsonschema.Schema{},
		property{"goal", &jsonschema.Schema{Type: "string", Description: "One line for people."}},
		property{"start", described("condition", "Begin as soon as this is true, or when all earlier phases have ended.")},
		property{"steps", ref("steps")},
		property{"exit", described("condition", "What must hold before the phase ends by itself.")},
		property{"timebox", described("duration", "After this the commander is reminded; nothing is forced.")})
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{ref("steps"), long}}
}

func watchSchema() *jsonschema.Schema {
	phase := phaseWords("One of the phases.")
	s := object(&jsonschema.Schema{Required: []string{"steps"}},
		property{"name", &jsonschema.Schema{Type: "string", Description: "How people read it."}},
		property{"when", described("condition", "Fires when this becomes true.")},
		property{"every", described("duration", "Fires again and again, counted from the start of the run before.")},
		property{"if", &jsonschema.Schema{AnyOf: []*jsonschema.Schema{described("condition", "Evaluated at each firing."), {Type: "boolean"}}}},
		property{"during", oneOrMany(phase, "Only in these phases.")},
		property{"limit", words("each: on every edge. once: only the first.", []string{string(LimitEach), string(LimitOnce)})},
		property{"steps", ref("steps")})
	s.OneOf = []*jsonschema.Schema{{Required: []string{"when"}}, {Required: []string{"every"}}}
	return s
}

func phaseWords(about string) *jsonschema.Schema {
	var names []string
	for _, p := range incident.Phases() {
		names = append(names, string(p))
	}
	return words(about, names)
}

func inputSchema() *jsonschema.Schema {
	s := object(&jsonschema.Schema{Required: []string{"type"}},
		property{"type", typeSchema()},
		property{"required", &jsonschema.Schema{Type: "boolean"}},
		property{"default", jsonschema.TrueSchema},
		property{"enum", &jsonschema.Schema{Type: "array", Items: jsonschema.TrueSchema, Description: "The only values allowed."}},
		property{"pattern", &jsonschema.Schema{Type: "string", Format: "regex"}},
		property{"description", &jsonschema.Schema{Type: "string"}})
	return s
}

func typeSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: `^(list< *)*(string|int|number|bool|duration|user|map) *>*$`, Description: "One of " + strings.Join(inputTypes(), ", ") + "."}
}

func retrySchema() *jsonschema.Schema {
	count := &jsonschema.Schema{Type: "integer", Minimum: "0", Maximum: "1000"}
	long := object(&jsonschema.Schema{Required: []string{"max"}},
		property{"max", count},
		property{"every", described("duration", "The first pause.")},
		property{"backoff", &jsonschema.Schema{Type: "number", Minimum: "1", Maximum: "100", Description: "How many times longer each pause is."}},
		property{"cap", described("duration", "The longest pause.")})
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{count, long}}
}

// schema is the schema of one kind of step.
func (k *kindSpec) schema() *jsonschema.Schema {
	properties := []property{{string(k.kind), k.main.schema()}}
	required := []string{string(k.kind)}
	for i := range k.fields {
		properties = append(properties, property{k.fields[i].name, k.fields[i].schema()})
		if k.fields[i].required {
			required = append(required, k.fields[i].name)
		}
	}
	for _, name := range commonFields(k) {
		properties = append(properties, property{name, k.commonSchema(name)})
	}
	if k.timeout == timeoutRequired {
		required = append(required, "timeout")
		if k.kind != KindApprove {
			required = append(required, "on_timeout")
		}
	}
	return object(&jsonschema.Schema{Description: k.about, Required: required}, properties...)
}

func (k *kindSpec) commonSchema(name string) *jsonschema.Schema {
	switch name {
	case "id":
		return described("name", "The name that expressions and people use.")
	case "name":
		return &jsonschema.Schema{Type: "string", Description: "How people read the step."}
	case "if":
		s := described("condition", "Run the step only if this is true when it is reached.")
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{s, {Type: "boolean"}}}
	case "undo":
		return described("steps", "How the step is taken back; recorded when it is done, run by revert.")
	case "catch_up":
		return &jsonschema.Schema{Type: "boolean", Description: fmt.Sprintf("Evaluate it again when it was skipped and the severity rises (%t).", k.catchesUp)}
	case "background":
		return &jsonschema.Schema{Type: "boolean", Description: "Do not wait for it; reading its output waits."}
	case "timeout":
		about := "How long to wait."
		if k.defTimeout != "" {
			about = "How long to wait (" + k.defTimeout + ")."
		}
		return described("duration", about)
	case "on_timeout":
		return reactionSchema("What silence leads to", k.onTimeout, k.timeout == timeoutRequired && k.kind != KindApprove)
	case "on_failure":
		return reactionSchema("What a failure leads to", k.onFailure, false)
	default:
		return described("retry", fmt.Sprintf("How often a failed effect is repeated (%d).", k.retry))
	}
}

// reactionSchema takes a word, `{ choose: x }` or steps, as far as the kind allows; the first word is the default
// unless it must be written.
func reactionSchema(about string, allowed []Do, must bool) *jsonschema.Schema {
	s := &jsonschema.Schema{Description: about + "."}
	if !must {
		s.Description = fmt.Sprintf("%s (%s).", about, allowed[0])
	}
	var simple []string
	for _, do := range allowed {
		switch do {
		case DoSteps:
			s.AnyOf = append(s.AnyOf, ref("steps"))
		case DoChoose:
			s.AnyOf = append(s.AnyOf, object(&jsonschema.Schema{Required: []string{"choose"}}, property{"choose", &jsonschema.Schema{Type: "string"}}))
		default:
			simple = append(simple, string(do))
		}
	}
	s.AnyOf = append([]*jsonschema.Schema{words("", simple)}, s.AnyOf...)
	return s
}

// schema is the schema of one field, by its shape.
func (f *fieldSpec) schema() *jsonschema.Schema {
	switch f.shape {
	case shapeText, shapeName:
		return described("text", f.about)
	case shapeDuration:
		return described("duration", f.about)
	case shapeTexts, shapeNames, shapeTargets:
		return oneOrMany(ref("text"), f.about)
	case shapeBool:
		return &jsonschema.Schema{Type: "boolean", Description: f.about}
	case shapeCount:
		return &jsonschema.Schema{Type: "integer", Minimum: "1", Maximum: "1000", Description: f.about}
	case shapeWord:
		return words(f.about, f.words)
	case shapeWords:
		return oneOrMany(words("", f.words), f.about)
	case shapeNeed:
		return &jsonschema.Schema{Description: f.about, AnyOf: []*jsonschema.Schema{words("", []string{"any", "all"}), {Type: "integer", Minimum: "1", Maximum: "1000"}}}
	case shapeRoles:
		return oneOrMany(&jsonschema.Schema{Type: "string"}, f.about)
	case shapeChoices:
		list := &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{Type: "string"}, MinItems: positive(1)}
		return &jsonschema.Schema{Description: f.about, AnyOf: []*jsonschema.Schema{dictionary("Key and label.", ref("text")), list}}
	case shapeCases:
		return dictionary(f.about, ref("steps"))
	case shapeSteps:
		return described("steps", f.about)
	case shapeCondition, shapeExpression, shapeList:
		return &jsonschema.Schema{Description: f.about, AnyOf: []*jsonschema.Schema{ref("condition"), {Type: "boolean"}, {Type: "number"}}}
	case shapeTitle:
		return &jsonschema.Schema{Description: f.about, AnyOf: []*jsonschema.Schema{{Type: "string"}, {Type: "null"}}}
	case shapeFields:
		return dictionary(f.about, jsonschema.TrueSchema)
	case shapeBody:
		return &jsonschema.Schema{Description: f.about}
	case shapeForm:
		return dictionary(f.about, &jsonschema.Schema{AnyOf: []*jsonschema.Schema{ref("input"), typeSchema()}})
	case shapePayload:
		return dictionary(f.about, typeSchema())
	case shapeBranches:
		return dictionary(f.about, ref("steps"))
	case shapeSettings:
		return dictionary(f.about, &jsonschema.Schema{AnyOf: []*jsonschema.Schema{ref("condition"), {Type: "boolean"}, {Type: "number"}}})
	case shapePhase:
		return phaseWords(f.about)
	case shapeReverts:
		return oneOrMany(ref("text"), f.about)
	case shapeMaybe:
		return &jsonschema.Schema{Type: "boolean", Description: f.about}
	default:
		return &jsonschema.Schema{Type: "string", Description: f.about}
	}
}

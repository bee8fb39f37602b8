package runbooks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/expression"
)

// kindOf finds a kind's declaration.
func kindOf(kind Kind) *kindSpec {
	for i := range kindTable {
		if kindTable[i].kind == kind {
			return &kindTable[i]
		}
	}
	return nil
}

// kindNames lists the kinds for messages.
func kindNames() []string {
	names := make([]string, len(kindTable))
	for i, k := range kindTable {
		names[i] = string(k.kind)
	}
	return names
}

// commonFields lists the fields that every step may have, as far as its kind has a use for them.
func commonFields(k *kindSpec) []string {
	fields := []string{"id", "name", "if", "background", "undo", "catch_up"}
	if k.timeout != timeoutNever {
		fields = append(fields, "timeout")
	}
	if len(k.onTimeout) > 0 {
		fields = append(fields, "on_timeout")
	}
	if len(k.onFailure) > 0 {
		fields = append(fields, "on_failure", "retry")
	}
	return fields
}

// fieldNames lists all fields of a kind for messages.
func (k *kindSpec) fieldNames() []string {
	var names []string
	for _, f := range k.fields {
		names = append(names, f.name)
	}
	return append(names, commonFields(k)...)
}

func (k *kindSpec) field(name string) *fieldSpec {
	for i := range k.fields {
		if k.fields[i].name == name {
			return &k.fields[i]
		}
	}
	return nil
}

// steps reads a block of steps whose place in the tree is path.
func (r *reader) steps(n *yaml.Node, path string, depth int) []Step {
	items, ok := r.items(n, "a block of steps")
	if !ok {
		return nil
	}
	if depth > maxNesting {
		r.report(n, Problem{Code: CodeSize, Message: fmt.Sprintf("blocks of steps nested deeper than %d", maxNesting), Hint: "flatten the runbook"})
		return nil
	}
	var steps []Step
	for i, item := range items {
		b := stepReader{reader: r, depth: depth, step: Step{Path: fmt.Sprintf("%s/%d", path, i)}}
		if b.read(item) {
			steps = append(steps, b.step)
		}
	}
	return steps
}

// stepReader reads one step.
type stepReader struct {
	*reader
	depth int
	kind  *kindSpec
	step  Step
}

// at is the name of a field's place.
func (b *stepReader) at(field string) string { return b.step.Path + "." + field }

// read reads the step; false when its kind is not known.
func (b *stepReader) read(n *yaml.Node) bool {
	b.places[b.step.Path] = n
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" && slices.Contains(kindNames(), n.Value) {
		b.report(n, Problem{Code: CodeEmpty, Message: fmt.Sprintf("%s has no value", n.Value), Hint: fmt.Sprintf("write %s: and what it takes", n.Value)})
		return false
	}
	entries, ok := b.entries(n, "a step")
	if !ok {
		return false
	}
	main, ok := b.findKind(n, entries)
	if !ok {
		b.lose(n)
		return false
	}
	b.places[b.step.Path] = main.keyNode
	b.step.Kind = b.kind.kind
	b.kind.fill(&b.step)
	b.places[b.at(main.key)] = main.value
	b.value(&b.kind.main, main.value, main.key)
	for _, e := range entries {
		if e.keyNode != main.keyNode {
			b.field(e)
		}
	}
	b.askOneWay(main)
	for _, f := range b.kind.fields {
		if f.required && !slices.ContainsFunc(entries, func(e entry) bool { return e.key == f.name }) {
			b.report(main.keyNode, Problem{Code: CodeEmpty, Message: fmt.Sprintf("%s needs %s", b.kind.kind, f.name)})
		}
	}
	return true
}

// askOneWay reports a question that has neither choices nor a form, or both.
func (b *stepReader) askOneWay(main entry) {
	if b.step.Ask == nil {
		return
	}
	_, choices := b.places[b.at("choices")]
	_, form := b.places[b.at("form")]
	switch {
	case !choices && !form:
		b.report(main.keyNode, Problem{Code: CodeEmpty, Message: "ask needs choices", Hint: "or a form"})
	case choices && form:
		b.report(b.places[b.at("form")], Problem{Code: CodeUnknownKey, Message: "a question has choices or a form, not both", Hint: "make two questions"})
	}
}

// findKind finds the one key that names the step's kind.
func (b *stepReader) findKind(n *yaml.Node, entries []entry) (entry, bool) {
	var found []entry
	for _, e := range entries {
		if kindOf(Kind(e.key)) != nil {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 1:
		b.kind = kindOf(Kind(found[0].key))
		return found[0], true
	case 0:
		b.noKind(n, entries)
	default:
		b.report(found[1].keyNode, Problem{Code: CodeKindKeys, Message: fmt.Sprintf("two kinds in one step: %s and %s", found[0].key, found[1].key), Hint: "make two steps"})
	}
	return entry{}, false
}

// lose remembers the ids within a step that could not be read, so that reading their outputs is not reported as well.
func (r *reader) lose(n *yaml.Node) {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 && n.Content[i-1].Value == "id" {
			r.lost = append(r.lost, "'steps."+child.Value+".")
		}
		r.lose(child)
	}
}

// noKind reports a step without a known kind, at the key that was probably meant to be one.
func (b *stepReader) noKind(n *yaml.Node, entries []entry) {
	all := "the kinds are " + strings.Join(kindNames(), ", ")
	common := []string{"id", "name", "if", "background", "undo", "catch_up", "timeout", "on_timeout", "on_failure", "retry"}
	for _, e := range entries {
		if slices.Contains(common, e.key) {
			continue
		}
		p := Problem{Code: CodeKindKeys, Message: fmt.Sprintf("%q is not a kind of step", e.key), Hint: all}
		if near, ok := expression.Nearest(e.key, kindNames()); ok {
			p.Hint = fmt.Sprintf("did you mean %q?; %s", near, all)
		}
		b.report(e.keyNode, p)
		return
	}
	b.report(n, Problem{Code: CodeKindKeys, Message: "a step needs a kind", Hint: all})
}

// field reads a field that is not the kind's own key.
func (b *stepReader) field(e entry) {
	if f := b.kind.field(e.key); f != nil {
		b.places[b.at(e.key)] = e.value
		if f.present != nil {
			f.present(&b.step)
		}
		b.value(f, e.value, e.key)
		return
	}
	if !slices.Contains(commonFields(b.kind), e.key) {
		b.unknown(e.keyNode, fmt.Sprintf("unknown field %q of %s", e.key, b.kind.kind), e.key, b.kind.fieldNames())
		return
	}
	b.places[b.at(e.key)] = e.value
	switch e.key {
	case "id":
		if n, ok := b.scalar(e.value, "id"); ok {
			b.step.ID, _ = b.name(n, "a step")
		}
	case "name":
		b.step.Name, _ = b.plain(e.value, "name")
	case "if":
		b.step.If, _ = b.text(e.value, "if")
	case "background":
		b.step.Background = b.flag(e.value, "background")
	case "timeout":
		b.step.Timeout, _ = b.lapse(e.value, "timeout")
	case "on_timeout":
		b.step.OnTimeout = b.reaction(e.value, e.key, b.kind.onTimeout)
	case "on_failure":
		b.step.OnFailure = b.reaction(e.value, e.key, b.kind.onFailure)
	case "retry":
		b.step.Retry = b.retry(e.value)
	case "undo":
		b.step.Undo = b.steps(e.value, b.step.Path+"/"+BlockUndo, b.depth+1)
	case "catch_up":
		wanted := b.flag(e.value, "catch_up")
		b.step.CatchUp = &wanted
	}
}

// reaction reads what a timeout or a failure leads to.
func (b *stepReader) reaction(n *yaml.Node, key string, allowed []Do) *Reaction {
	n = b.visit(n)
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.SequenceNode:
		path := b.step.Path + "/" + key
		return &Reaction{Do: DoSteps, Steps: b.steps(n, path, b.depth+1)}
	case n.Kind == yaml.MappingNode:
		return b.choose(n, key, allowed)
	}
	word, ok := b.plain(n, key)
	if !ok {
		return nil
	}
	if do := Do(word); slices.Contains(allowed, do) && do != DoSteps && do != DoChoose {
		return &Reaction{Do: do}
	}
	if b.silentYes(n, key, Do(word), "") {
		return nil
	}
	b.unknown(n, fmt.Sprintf("%s of %s cannot be %q", key, b.kind.kind, word), word, reactionWords(allowed))
	return nil
}

// reactionWords spells the allowed reactions for messages.
func reactionWords(allowed []Do) []string {
	var words []string
	for _, do := range allowed {
		switch do {
		case DoSteps:
			words = append(words, "[steps]")
		case DoChoose:
			words = append(words, "{ choose: … }")
		default:
			words = append(words, string(do))
		}
	}
	return words
}

// choose reads `{ choose: x }`.
func (b *stepReader) choose(n *yaml.Node, key string, allowed []Do) *Reaction {
	entries, ok := b.entries(n, key)
	if !ok {
		return nil
	}
	if len(entries) != 1 || entries[0].key != string(DoChoose) {
		b.report(n, Problem{Code: CodeUnknownKey, Message: fmt.Sprintf("%s takes a word, a list of steps, or { choose: x }", key)})
		return nil
	}
	choice, ok := b.plain(entries[0].value, "choose")
	if !ok || b.silentYes(n, key, DoChoose, choice) {
		return nil
	}
	b.places[b.at(key+".choose")] = entries[0].value
	if !slices.Contains(allowed, DoChoose) {
		b.unknown(n, fmt.Sprintf("%s of %s cannot choose", key, b.kind.kind), "", reactionWords(allowed))
		return nil
	}
	return &Reaction{Do: DoChoose, Choice: choice}
}

// silentYes reports an approval that would be granted by nobody's answer.
func (b *stepReader) silentYes(n *yaml.Node, key string, do Do, choice string) bool {
	if b.kind.kind != KindApprove || key != "on_timeout" || (do != DoContinue && do != DoChoose) {
		return false
	}
	word := string(do)
	if do == DoChoose {
		word = "{ choose: " + choice + " }"
	}
	b.report(n, Problem{Code: CodeSilentYes, Message: fmt.Sprintf("on_timeout: %s would let silence decide an approval", word), Hint: "write reject, escalate, ask or steps"})
	return true
}

// retry reads `3`, or `{max, every, backoff, cap}`.
func (b *stepReader) retry(n *yaml.Node) *Retry {
	if n = b.visit(n); n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return &Retry{Max: b.count(n, "retry", 0)}
	}
	entries, ok := b.entries(n, "retry")
	out := &Retry{Max: 1}
	for _, e := range entries {
		b.places[b.at("retry."+e.key)] = e.value
		switch e.key {
		case "max":
			out.Max = b.count(e.value, "max", 0)
		case "every":
			out.Every, _ = b.lapse(e.value, "every")
		case "cap":
			out.Cap, _ = b.lapse(e.value, "cap")
		case "backoff":
			out.Backoff = b.factor(e.value)
		default:
			b.unknown(e.keyNode, fmt.Sprintf("unknown field %q of retry", e.key), e.key, []string{"max", "every", "backoff", "cap"})
		}
	}
	if ok && !slices.ContainsFunc(entries, func(e entry) bool { return e.key == "max" }) {
		b.report(n, Problem{Code: CodeEmpty, Message: "retry needs max"})
	}
	return out
}

// factor reads how much longer each pause of a retry is.
func (b *stepReader) factor(n *yaml.Node) float64 {
	text, ok := b.plain(n, "backoff")
	if !ok {
		return 0
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || !(value >= 1 && value <= 100) {
		b.report(n, Problem{Code: CodeMismatch, Message: fmt.Sprintf("backoff is a factor from 1 to 100, found %s", text)})
		return 0
	}
	return value
}

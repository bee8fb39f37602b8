package runbooks

import "github.com/musterbook/musterbook/expression"

// blockKinds are the kinds that hold other steps or direct the run.
var blockKinds = []kindSpec{
	{
		kind: KindRunbook, about: "Run another runbook inline, with its own inputs and names.",
		main: fieldSpec{shape: shapePlain, about: "The runbook's id.", at: func(s *Step) any { return &s.Runbook.ID }},
		fields: []fieldSpec{
			{name: "with", shape: shapeFields, about: "Its inputs.", at: func(s *Step) any { return &s.Runbook.With }},
		},
		given: func(s *Step) []outputSpec {
			if s.Runbook.Body == nil {
				return unknownOutputs
			}
			var out []outputSpec
			for _, v := range s.Runbook.Body.Outputs {
				out = append(out, outputSpec{v.Name, expression.Dyn})
			}
			return out
		},
		onFailure: reactionsOnFailure(DoAsk),
		slot:      func(s *Step) any { return &s.Runbook },
	},
	{
		kind: KindParallel, about: "Run branches side by side.",
		main: fieldSpec{shape: shapeBranches, about: "Name → steps.", at: func(s *Step) any { return &s.Parallel.Branches }},
		fields: []fieldSpec{
			{name: "join", shape: shapeWord, words: []string{string(JoinAll), string(JoinAny)}, about: "all: wait for every branch. any: the first that succeeds; the others are withdrawn and undone.", at: func(s *Step) any { return &s.Parallel.Join }},
			{name: "limit", shape: shapeCount, about: "How many at once (all).", at: func(s *Step) any { return &s.Parallel.Limit }},
		},
		onFailure: reactionsOnFailure(DoStop),
		slot:      func(s *Step) any { return &s.Parallel },
	},
	{
		kind: KindForEach, about: "Run steps for each item of a list.",
		main: fieldSpec{shape: shapeList, about: "The list.", at: func(s *Step) any { return &s.ForEach.List }},
		fields: []fieldSpec{
			{name: "as", shape: shapePlain, required: true, about: "The item's name in expressions.", at: func(s *Step) any { return &s.ForEach.As }},
			{name: "limit", shape: shapeCount, about: "How many at once (5).", at: func(s *Step) any { return &s.ForEach.Limit }},
			{name: "steps", shape: shapeSteps, required: true, about: "The steps.", at: func(s *Step) any { return &s.ForEach.Steps }},
		},
		outputs:   []outputSpec{{"results", expression.ListOf(expression.Dyn)}},
		onFailure: reactionsOnFailure(DoAsk),
		slot:      func(s *Step) any { return &s.ForEach },
	},
	{
		kind: KindRepeat, about: "Run steps again until a condition holds.",
		main: fieldSpec{shape: shapeTitle, about: "A title, or nothing.", at: func(s *Step) any { return &s.Repeat.Title }},
		fields: []fieldSpec{
			{name: "steps", shape: shapeSteps, required: true, about: "The steps.", at: func(s *Step) any { return &s.Repeat.Steps }},
			{name: "every", shape: shapeDuration, about: "From the start of one round to the start of the next.", at: func(s *Step) any { return &s.Repeat.Every }},
			{name: "until", shape: shapeCondition, own: true, about: "Evaluated after each round.", at: func(s *Step) any { return &s.Repeat.Until }},
			{name: "max", shape: shapeCount, about: "How many rounds at most.", at: func(s *Step) any { return &s.Repeat.Max }},
		},
		outputs:   []outputSpec{{"rounds", expression.Int}},
		onFailure: reactionsOnFailure(DoAsk),
		slot:      func(s *Step) any { return &s.Repeat },
	},
	{
		kind: KindSwitch, about: "Run the case of a value.",
		main: fieldSpec{shape: shapeExpression, about: "The value.", at: func(s *Step) any { return &s.Switch.Value }},
		fields: []fieldSpec{
			{name: "case", shape: shapeCases, about: "What follows each value.", at: func(s *Step) any { return &s.Switch.Cases }},
			{name: "else", shape: shapeSteps, about: "What follows every other.", at: func(s *Step) any { return &s.Switch.Else }, present: func(s *Step) { s.Switch.HasElse = true }},
		},
		onFailure: reactionsOnFailure(DoStop),
		slot:      func(s *Step) any { return &s.Switch },
	},
	{
		kind: KindGroup, about: "Steps under one title, with one on_failure or one undo.",
		main: fieldSpec{shape: shapeText, about: "The title.", at: func(s *Step) any { return &s.Group.Title }},
		fields: []fieldSpec{
			{name: "steps", shape: shapeSteps, required: true, about: "The steps.", at: func(s *Step) any { return &s.Group.Steps }},
		},
		onFailure: reactionsOnFailure(DoStop),
		slot:      func(s *Step) any { return &s.Group },
	},
	{
		kind: KindSet, about: "Give vars new values.",
		main:      fieldSpec{shape: shapeSettings, about: "Name → value.", at: func(s *Step) any { return &s.Set.Values }},
		onFailure: reactionsOnFailure(DoAsk),
		slot:      func(s *Step) any { return &s.Set },
	},
	{
		kind: KindRevert, about: "Run the recorded undo of a phase or of steps, newest first.",
		main:      fieldSpec{shape: shapeReverts, about: "A phase, or a list of ids.", at: func(s *Step) any { return s.Revert }},
		outputs:   []outputSpec{{"list", expression.ListOf(expression.String)}},
		onFailure: reactionsOnFailure(DoAsk),
		slot:      func(s *Step) any { return &s.Revert },
	},
	{
		kind: KindReturn, about: "Go back to a phase: a new pass of it and of every later one.",
		main: fieldSpec{shape: shapePhase, about: "The phase.", at: func(s *Step) any { return &s.Return.Phase }},
		fields: []fieldSpec{
			{name: "reason", shape: shapeText, about: "Why.", at: func(s *Step) any { return &s.Return.Reason }},
		},
		slot: func(s *Step) any { return &s.Return },
	},
}

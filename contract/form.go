package contract

import (
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// FormOf is what a runbook asks for, as a form for people: the fields of a question, or what a declarer gives. It is the
// one place where a runbook's inputs become fields.
func FormOf(inputs []runbooks.Input) []incident.FormField {
	fields := make([]incident.FormField, 0, len(inputs))
	for _, in := range inputs {
		fields = append(fields, incident.FormField{
			Name: in.Name, Type: in.Type, Required: in.Required, Default: in.Default, Enum: in.Enum, Description: in.Description,
		})
	}
	return fields
}

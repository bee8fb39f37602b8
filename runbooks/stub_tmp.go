package runbooks

import "strings"

type Use struct {
	Name, Source string
	Condition    bool
}

func (s *Step) Uses() []Use { return nil }

func (p *Plan) At(path string) *Step {
	return p.paths[path]
}
func (p *Plan) Import(path string) *Plan   { return p.imports[path] }
func (p *Plan) Loops(path string) []string { return p.loops[path] }
func (p *Plan) UndoReads(s *Step) []string { return nil }
func (p *Plan) References(s *Step) []string {
	var out []string
	for _, u := range s.uses() {
		out = append(out, p.reads(u)...)
	}
	return out
}
func CatchesUp(s *Step) bool {
	if s.CatchUp != nil {
		return *s.CatchUp
	}
	return strings.Contains("channel bridge page assign say update", string(s.Kind))
}
func CompileWith(rb *Runbook, extra []Step) (*Plan, error) { return Compile(rb) }

type Change struct{ Path, Address, What string }

func UpgradeBlockers(old, new *Runbook, started []string) []Change { return nil }

package runbooks

import (
	"fmt"
	"sync"
)

// Plans caches compiled runbooks by their hash. It is safe for concurrent use.
type Plans struct {
	mu    sync.Mutex
	plans map[string]*Plan
}

// NewPlans makes an empty cache.
func NewPlans() *Plans { return &Plans{plans: map[string]*Plan{}} }

// maxPlans bounds the cache; a fresh start of it costs a few milliseconds a runbook.
const maxPlans = 200

// Plan gives the compiled form of a runbook, and of the steps that people have added to one incident. Those are not
// kept: they are few, and each incident has its own.
func (p *Plans) Plan(hash string, rb *Runbook, extra []Step) (*Plan, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if plan, ok := p.plans[hash]; ok && len(extra) == 0 {
		return plan, nil
	}
	plan, err := CompileWith(rb, extra)
	if err != nil {
		return nil, fmt.Errorf("compile runbook %s: %w", rb.ID, err)
	}
	if len(p.plans) >= maxPlans {
		clear(p.plans)
	}
	if len(extra) == 0 {
		p.plans[hash] = plan
	}
	return plan, nil
}

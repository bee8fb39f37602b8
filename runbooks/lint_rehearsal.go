package runbooks

// Check finds what only the runbook can tell.
func (r *Rehearsal) Check(rb *Runbook) Problems { return nil }

package roster_test

import (
	"slices"
	"testing"
)

// TestOwner: a service is paged by its owner's name; a name that means somebody already stays as it is.
func TestOwner(t *testing.T) {
	t.Parallel()
	c := parseOnCall(t)
	services := c.Services()
	if len(services) == 0 {
		t.Fatal("the example has no services")
	}
	for _, service := range services {
		to, _ := c.Service(service)
		owner, ok := c.Owner(service)
		if taken := slices.Contains(c.Book.Names(), service); ok == taken || ok && owner != to.Owner {
			t.Errorf("%s is owned by %q (%v), want %q", service, owner, ok, to.Owner)
		}
	}
	for _, name := range append(c.Book.Names(), "nothing", "") {
		if owner, ok := c.Owner(name); ok {
			t.Errorf("%q is no service, and is owned by %q", name, owner)
		}
	}
}

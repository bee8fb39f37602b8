package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

// mostShown is how many problems of one kind are shown; the rest is counted.
const mostShown = 3

// checkFile says whether the file can be used at all.
func (d *doctor) checkFile(context.Context) []diagnosis {
	if d.config == nil {
		return append(mistakes(d.problems, d.path), warned("correct the file first",
			"people, telephone, Slack, Temporal, gateway and heartbeat could not be looked at"))
	}
	folder := serverSources(d.sh, d.flags.files).books
	books, faults, err := openShelf(folder)
	if err != nil {
		what, hint := explain(err)
		return []diagnosis{failed(hint, "%s", what)}
	}
	_, problems := roster.Load(d.path, roster.Outside{ReadFile: os.ReadFile, Runbooks: books.list})
	if len(problems) > 0 {
		return mistakes(problems, d.path)
	}
	out := []diagnosis{well("%s has no mistake", d.path)}
	for _, p := range faults {
		if !p.Warning {
			return append(out, warned("muster check "+folder, "%s is faulty and left aside: %s", p.File, p.Message))
		}
	}
	return out
}

// mistakes shows the first problems of a file.
func mistakes(problems roster.Problems, path string) []diagnosis {
	var out []diagnosis
	for n, p := range problems {
		if n == mostShown {
			out = append(out, failed("muster check "+path, "and %s more in this file", counted(len(problems)-n, "mistake")))
			break
		}
		remedy := p.Remedy
		p.Remedy = ""
		out = append(out, failed(remedy, "%s", p.String()))
	}
	return out
}

// checkSecrets says which references of the file lead nowhere. They are followed by this user, in this environment; the
// server may run in another one.
func (d *doctor) checkSecrets(context.Context) []diagnosis {
	if d.config == nil {
		return nil
	}
	_, problems := d.read(func(string) bool { return true })
	if len(problems) == 0 {
		return []diagnosis{well("every secret that it names can be read here")}
	}
	var out []diagnosis
	var unset []string
	for _, p := range problems {
		if m := unsetVariable.FindStringSubmatch(p.Message); m != nil {
			if !slices.Contains(unset, m[1]) {
				unset = append(unset, m[1])
			}
			continue
		}
		out = append(out, failed(p.Remedy, "%s", p.Message))
	}
	if len(unset) > 0 {
		out = append(out, failed("set them where the server starts, and here: run this as its user, with its environment",
			"not set in the environment: %s", listed(unset)))
	}
	return out
}

// unsetVariable is how the roster says that a reference leads nowhere.
var unsetVariable = regexp.MustCompile(`: the environment variable (\S+) is not set$`)

// checkReadiness says in short what a faultless file does to somebody's night.
func (d *doctor) checkReadiness(context.Context) []diagnosis {
	if d.config == nil {
		return nil
	}
	books, _, err := openShelf(serverSources(d.sh, d.flags.files).books)
	if err != nil {
		return nil
	}
	remedy := "muster check " + d.path + " tells each, with what to do"
	var out []diagnosis
	if strangers := checkNames(d.path, d.config, books); len(strangers) > 0 {
		out = append(out, failed(remedy, "%s", inShort(strangers)))
	}
	if found := checkReadiness(d.config, d.now()); len(found) > 0 {
		out = append(out, warned(remedy, "%s", inShort(found)))
	}
	if len(out) == 0 {
		out = append(out, well("no gap within eight weeks; everybody on call can be called"))
	}
	return out
}

// inShort is the first of several findings, and how many more there are.
func inShort(found []finding) string {
	if len(found) == 1 {
		return found[0].Message
	}
	return fmt.Sprintf("%s; and %d more", found[0].Message, len(found)-1)
}

// checkFallback says whether those who are called last can be called.
func (d *doctor) checkFallback(context.Context) []diagnosis {
	if d.config == nil {
		return nil
	}
	ways := d.config.Ways()
	var out []diagnosis
	var names []string
	for _, id := range d.config.Book.Fallback {
		p, known := d.config.Person(id)
		rules := p.Rules(oncall.UrgencyHigh, ways...)
		switch {
		case !known || len(rules) == 0:
			out = append(out, failed("add phone: \"+…\" to people."+string(id), "fallback: nothing that is configured reaches %s", id))
		case !slices.ContainsFunc(rules, wakes):
			out = append(out, warned("add phone: \"+…\" to people."+string(id), "fallback: %s is told by message only; no telephone rings", p.Name))
			names = append(names, p.Name)
		default:
			names = append(names, p.Name)
		}
	}
	if len(names) == 1 && len(out) == 0 {
		return []diagnosis{warned("add a second person to fallback: in "+d.path, "fallback: %s alone is called when everybody else was tried", names[0])}
	}
	if len(out) == 0 {
		out = append(out, well("fallback: %s can be called", listed(names)))
	}
	return out
}

// wakes says whether a rule makes a telephone ring.
func wakes(r oncall.ContactRule) bool { return slices.Contains(r.Via, oncall.WayCall) }

// withheld says that a vendor could not be asked for want of a secret.
func withheld(vendor string, problems roster.Problems) diagnosis {
	settings := map[string]bool{}
	for _, p := range problems {
		setting, _, _ := strings.Cut(p.Message, ":")
		settings[setting] = true
	}
	return failed("see configuration, above", "%s could not be asked without %s", vendor, listed(slices.Sorted(maps.Keys(settings))))
}

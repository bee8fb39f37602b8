package runbooks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// address gives every step the name that people type: its id, else its kind where that is unique in the file and no
// step's id, else its place counted from 1 ("containment/2", "containment/2/case/rollback/1").
func (rb *Runbook) address() {
	kinds, taken := map[Kind]int{}, map[string]bool{}
	rb.Walk(func(_ Place, s *Step) {
		kinds[s.Kind]++
		taken[s.ID] = true
	})
	rb.Walk(func(_ Place, s *Step) {
		switch {
		case s.ID != "":
			s.Address = s.ID
		case kinds[s.Kind] == 1 && !taken[string(s.Kind)]:
			s.Address = string(s.Kind)
		default:
			s.Address = countFromOne(s.Path)
		}
	})
}

// countFromOne adds one to the positions of a path, which stand at its end and before its words. A choice may be a
// number too; it follows the word "case" and is left alone.
func countFromOne(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if n, err := strconv.Atoi(part); err == nil && parts[i-1] != "case" {
			parts[i] = strconv.Itoa(n + 1)
		}
	}
	return strings.Join(parts, "/")
}

// JSON is the normalised runbook, byte for byte the same for the same runbook: what an incident carries for life.
func (rb *Runbook) JSON() ([]byte, error) {
	text, err := json.Marshal(rb)
	if err != nil {
		return nil, fmt.Errorf("normalise runbook %s: %w", rb.ID, err)
	}
	return text, nil
}

// Hash is the SHA-256 of the normalised runbook in hexadecimal: the key of compiled plans, and what the record names.
func (rb *Runbook) Hash() (string, error) {
	text, err := rb.JSON()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// itemsOfLists are the items of lists at the end of an address.
var itemsOfLists = regexp.MustCompile(`(\[\d+\])+$`)

// WithoutItems is the address of a step without the items of the lists around it: "isolate[2]" is an item of isolate.
func WithoutItems(address string) string { return itemsOfLists.ReplaceAllString(address, "") }

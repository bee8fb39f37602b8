//go:build !noengine && !windows

package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"go.temporal.io/server/common/headers"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	sqliteschema "go.temporal.io/server/schema/sqlite"
)

// stamp says which server wrote a store. Temporal has no schema migration for SQLite, and a server reads only what
// itself or its neighbour wrote, so the stamp decides whether a store may be opened.
type stamp struct {
	Server string `json:"server"` // version of the Temporal server, as in "1.32.1"
	Schema string `json:"schema"` // SHA-256 of all statements that build its SQLite schema
}

// currentStamp is the stamp of this binary.
func currentStamp() (stamp, error) {
	hash := sha256.New()
	err := sqliteschema.SetupSchemaOnDB(&statements{each: func(text string) error {
		_, err := io.WriteString(hash, text+";\n")
		return err
	}})
	if err != nil {
		return stamp{}, fmt.Errorf("read the schema of the store: %w", err)
	}
	return stamp{Server: headers.ServerVersion, Schema: hex.EncodeToString(hash.Sum(nil))}, nil
}

func parseStamp(content []byte) (stamp, error) {
	var s stamp
	if err := json.Unmarshal(content, &s); err != nil {
		return stamp{}, fmt.Errorf("not a version stamp: %w", err)
	}
	if _, err := parseVersion(s.Server); err != nil {
		return stamp{}, err
	}
	return s, nil
}

func (s stamp) bytes() ([]byte, error) {
	content, err := json.Marshal(s)
	return append(content, '\n'), err
}

// reading is what may be done with a store.
type reading int

const (
	readRefuse  reading = iota // another binary must open it
	readAsIs                   // this very server wrote it
	readUpgrade                // the neighbour below wrote it: back up first, then open
)

// reads says what a binary with stamp s may do with a store stamped old. Temporal supports going up by a patch or by
// one minor version, never down, and only the schema that it was built with.
func (s stamp) reads(old stamp) (reading, error) {
	if s == old {
		return readAsIs, nil
	}
	mine, err := parseVersion(s.Server)
	if err != nil {
		return readRefuse, err
	}
	theirs, err := parseVersion(old.Server)
	if err != nil {
		return readRefuse, err
	}
	sameMinor := mine.major == theirs.major && mine.minor == theirs.minor && mine.patch >= theirs.patch
	nextMinor := mine.major == theirs.major && mine.minor == theirs.minor+1
	if s.Schema == old.Schema && (sameMinor || nextMinor) {
		return readUpgrade, nil
	}
	return readRefuse, nil
}

type version struct{ major, minor, patch int }

func parseVersion(text string) (version, error) {
	var v version
	if _, err := fmt.Sscanf(text, "%d.%d.%d", &v.major, &v.minor, &v.patch); err != nil {
		return version{}, fmt.Errorf("%q is not a version of the Temporal server", text)
	}
	return v, nil
}

// statements stands in for a database while the server's schema is laid out: the server's own connections cannot be
// used, because it keeps them open for the life of the process and the file is to be renamed.
type statements struct {
	sqlplugin.AdminDB // nil: building the schema only executes statements
	each              func(text string) error
}

func (s *statements) Exec(text string, _ ...any) error { return s.each(text) }

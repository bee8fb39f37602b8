//go:build !noengine && !windows

package engine

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"go.temporal.io/server/common/config"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	sqliteschema "go.temporal.io/server/schema/sqlite"
)

// Files of a data directory. Everything begins with "engine." so that other parts may keep their own files there.
const (
	lockFile     = "engine.lock"
	stampFile    = "engine.version"
	databaseFile = "engine.db"
	buildingFile = "engine.db.building"
)

// sqlDriver is the name under which the server's SQLite plugin registers its driver with database/sql.
const sqlDriver = "sqlite"

// store is the SQLite database of an engine: a file in a locked data directory, or memory.
type store struct {
	dir         string // "" in memory
	memory      string // name of the database in memory
	synchronous Synchronous
	lock        *dirLock
}

// openStore leaves a database with its schema in place, which nobody else has open. It is safe to be killed at any
// moment: the database appears under its name only when complete, after its stamp.
func openStore(ctx context.Context, o Options) (*store, error) {
	if o.DataDir == "" {
		return &store{memory: "engine-" + rand.Text()}, nil
	}
	dir, err := filepath.Abs(o.DataDir)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w; choose another with %s", err, o.Flags.DataDir)
	}
	s := &store{dir: dir, synchronous: o.Synchronous}
	s.lock, err = lockDir(s.path(lockFile))
	var inUse *inUseError
	if errors.As(err, &inUse) {
		return nil, fmt.Errorf("data directory %s: %w; stop that process, or choose another directory with %s", dir, inUse, o.Flags.DataDir)
	}
	if err != nil {
		return nil, fmt.Errorf("data directory %s: %w; choose another with %s", dir, err, o.Flags.DataDir)
	}
	if err := s.prepare(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("data directory %s: %w", dir, err), s.lock.release())
	}
	return s, nil
}

// sql is how the server opens the store.
func (s *store) sql() *config.SQL {
	if s.dir == "" {
		return &config.SQL{
			PluginName:        sqliteplugin.PluginName,
			DatabaseName:      s.memory,
			ConnectAttributes: map[string]string{"mode": "memory", "cache": "shared"},
		}
	}
	return &config.SQL{
		PluginName: sqliteplugin.PluginName,
		// The plugin puts the name into a URI as it stands.
		DatabaseName: (&url.URL{Path: s.path(databaseFile)}).EscapedPath(),
		ConnectAttributes: map[string]string{
			"mode":         "rw", // never an empty database in place of a lost one
			"busy_timeout": "10000",
			"journal_mode": "wal",
			"synchronous":  s.synchronous.String(),
		},
	}
}

// close folds the write-ahead log into the database, so that a copy of the one file is complete, and gives the
// directory free. Nobody may use the store any more.
func (s *store) close(ctx context.Context) error {
	if s.dir == "" {
		return nil
	}
	// Not under the caller's deadline: it is short work, and the last there is.
	err := s.withDatabase(databaseFile, func(db *sql.DB) error {
		_, err := db.ExecContext(context.WithoutCancel(ctx), "PRAGMA wal_checkpoint(TRUNCATE)")
		return err
	})
	if err != nil {
		err = fmt.Errorf("fold the write-ahead log of %s: %w (nothing is lost: the next start does it)", s.path(databaseFile), err)
	}
	return errors.Join(err, s.lock.release())
}

func (s *store) path(name string) string { return filepath.Join(s.dir, name) }

func (s *store) exists(name string) (bool, error) {
	_, err := os.Stat(s.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (s *store) prepare(ctx context.Context, o Options) error {
	current, err := currentStamp()
	if err != nil {
		return err
	}
	present, err := s.exists(databaseFile)
	if err != nil {
		return err
	}
	if present {
		return s.admit(ctx, current, o)
	}
	orphan, err := s.exists(databaseFile + "-wal")
	if err != nil {
		return err
	}
	if orphan {
		return fmt.Errorf("%s is missing while its write-ahead log %s-wal is there: put the database back from a backup, "+
			"or move the directory away to begin with an empty one", databaseFile, databaseFile)
	}
	return s.build(ctx, current)
}

// build creates the database beside its final name. The server builds its schema in many steps without a transaction,
// so a half-built file must never be found under the name.
func (s *store) build(ctx context.Context, current stamp) error {
	leftovers, err := filepath.Glob(s.path(buildingFile) + "*")
	if err != nil {
		return err
	}
	for _, leftover := range leftovers {
		if err := os.Remove(leftover); err != nil {
			return fmt.Errorf("remove a database that was never finished: %w", err)
		}
	}
	// The database inherits these permissions; histories hold names and telephone numbers.
	if err := writeFile(s.path(buildingFile), nil); err != nil {
		return err
	}
	err = s.withDatabase(buildingFile, func(db *sql.DB) error {
		return sqliteschema.SetupSchemaOnDB(&statements{each: func(text string) error {
			_, err := db.ExecContext(ctx, text)
			return err
		}})
	})
	if err != nil {
		return fmt.Errorf("build the database: %w", err)
	}
	// The stamp comes first: a stamp without a database is built over, a database without a stamp is refused.
	if err := s.writeStamp(current); err != nil {
		return err
	}
	return s.rename(buildingFile, databaseFile)
}

// admit opens the way to a database that an earlier process left, or says why not.
func (s *store) admit(ctx context.Context, current stamp, o Options) error {
	content, err := os.ReadFile(s.path(stampFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s has no %s beside it, so nobody can tell which version wrote it: put both back from the same backup, "+
			"or choose an empty directory with %s", databaseFile, stampFile, o.Flags.DataDir)
	}
	if err != nil {
		return err
	}
	old, err := parseStamp(content)
	if err != nil {
		return fmt.Errorf("%s: %w: put it back from a backup, or choose an empty directory with %s", stampFile, err, o.Flags.DataDir)
	}
	verdict, err := current.reads(old)
	if err != nil {
		return err
	}
	switch verdict {
	case readAsIs:
		return nil
	case readUpgrade:
		return s.upgrade(ctx, old, current, o)
	case readRefuse:
	}
	return fmt.Errorf("it was written by engine version %s, and this binary has engine version %s, which cannot read it: "+
		"run the version that wrote it until its incidents are closed, then move the directory away or choose an empty one with %s; "+
		"if a newer version was tried here, put back the backup %s that it made",
		describe(old, current), current.Server, o.Flags.DataDir, backupName("VERSION"))
}

// upgrade keeps a copy that the old version can still read, then takes the database over.
func (s *store) upgrade(ctx context.Context, old, current stamp, o Options) error {
	backup := backupName(old.Server)
	o.Logger.Warn("the data directory was written by an older engine; it is backed up and taken over",
		"directory", s.dir, "from", old.Server, "to", current.Server, "backup", backup)
	if err := os.Remove(s.path(buildingFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeFile(s.path(buildingFile), nil); err != nil {
		return err
	}
	err := s.withDatabase(databaseFile, func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "VACUUM INTO ?", s.path(buildingFile))
		return err
	})
	if err != nil {
		return fmt.Errorf("back up to %s before the upgrade: %w", backup, err)
	}
	if err := s.rename(buildingFile, backup); err != nil {
		return err
	}
	return s.writeStamp(current)
}

func backupName(server string) string { return "engine." + server + ".backup.db" }

// describe names the old version so that two that differ in the schema alone can be told apart.
func describe(old, current stamp) string {
	if old.Server == current.Server {
		return old.Server + " with another schema"
	}
	return old.Server
}

func (s *store) writeStamp(current stamp) error {
	content, err := current.bytes()
	if err != nil {
		return err
	}
	if err := os.Remove(s.path(stampFile + ".new")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeFile(s.path(stampFile+".new"), content); err != nil {
		return err
	}
	return s.rename(stampFile+".new", stampFile)
}

// rename makes a complete file appear under its name, and waits until the disk knows.
func (s *store) rename(from, to string) error {
	if err := os.Rename(s.path(from), s.path(to)); err != nil {
		return err
	}
	return syncPath(s.dir)
}

// withDatabase lends a connection of our own, which is closed afterwards.
func (s *store) withDatabase(name string, use func(*sql.DB) error) error {
	uri := url.URL{Scheme: "file", OmitHost: true, Path: s.path(name), RawQuery: "mode=rw&_pragma=busy_timeout(10000)&_pragma=synchronous(full)"}
	db, err := sql.Open(sqlDriver, uri.String())
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	return errors.Join(use(db), db.Close())
}

// writeFile creates a file that only the owner can read, and waits until the disk has it.
func writeFile(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Sync(), file.Close())
}

func syncPath(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

package feeds

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Folder is where the copies lie within the data directory.
const Folder = "calendars"

// unusedFor is how long the copy of a calendar is kept that no schedule has any more, in case the schedule returns.
const unusedFor = 7 * 24 * time.Hour

// kept is the copy of a calendar, with all that belongs to it in one file, so that it is replaced as a whole.
type kept struct {
	Schedule string    `json:"schedule"`
	Read     time.Time `json:"read"`               // when the source last said so
	Source   string    `json:"source"`             // fingerprint
	ETag     string    `json:"etag,omitempty"`     // of the source
	Modified string    `json:"modified,omitempty"` // Last-Modified, as the source wrote it
	Data     []byte    `json:"data"`
}

// path is where the copy of a schedule lies. The names of schedules are small letters, digits and hyphens.
func (r Reader) path(schedule string) string { return filepath.Join(r.Dir, schedule+".json") }

// load reads a copy; an error says that there is none, or none that can be read.
func (r Reader) load(schedule string) (kept, error) {
	if r.Dir == "" {
		return kept{}, os.ErrNotExist
	}
	data, err := os.ReadFile(r.path(schedule))
	if err != nil {
		return kept{}, err
	}
	var k kept
	if err := json.Unmarshal(data, &k); err != nil {
		return kept{}, fmt.Errorf("read the copy of the calendar of %s: %w", schedule, err)
	}
	if k.Schedule != schedule {
		return kept{}, fmt.Errorf("%s is the copy of another calendar", r.path(schedule))
	}
	return k, nil
}

// save keeps a copy. Who reads it meanwhile, or after a crash, has the one before or this one, and nobody else can read it.
func (r Reader) save(k kept) (err error) {
	if r.Dir == "" {
		return nil
	}
	data, err := json.Marshal(k)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(r.Dir, "."+k.Schedule+"-*") // made with 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), r.path(k.Schedule))
}

// tidy marks the copies in use, and removes those that none of the schedules has used for a week. A copy's time of
// modification is when a server last used it: whatever the source does, what is in use is not removed. It is idempotent.
func (r Reader) tidy(used []string) error {
	if r.Dir == "" {
		return nil
	}
	files, err := os.ReadDir(r.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	problems := []error{err}
	now := r.now()
	for _, f := range files {
		about, err := f.Info()
		if err != nil || !about.Mode().IsRegular() {
			continue // it went meanwhile, or is none of ours
		}
		path := filepath.Join(r.Dir, f.Name())
		schedule, isCopy := strings.CutSuffix(f.Name(), ".json")
		isRest := strings.HasPrefix(f.Name(), ".") // of a process that was killed while it wrote
		switch {
		case isCopy && slices.Contains(used, schedule):
			problems = append(problems, os.Chtimes(path, time.Time{}, now))
		case (isCopy || isRest) && now.Sub(about.ModTime()) > unusedFor:
			problems = append(problems, os.Remove(path))
		}
	}
	return errors.Join(problems...)
}

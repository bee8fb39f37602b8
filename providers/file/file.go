// Package file keeps finished records as files in one directory. It knows bytes and names, and nothing of what they
// mean.
package file

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"syscall"

	"github.com/musterbook/musterbook/contract"
)

// Permissions of what is made: records name people and are for the installation's own users.
const (
	dirMode  = 0o750
	fileMode = 0o640
)

// nameForm is what a file may be called: one element of a path that every file system takes, and never hidden.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$`)

// Archive is a directory of records. It may be used concurrently, by several processes too.
type Archive struct {
	dir string
}

// New makes an archive in a directory, which is created with the first record. A relative directory is that of the
// working directory now.
func New(dir string) (*Archive, error) {
	if dir == "" {
		return nil, errors.New("the archive needs a directory")
	}
	whole, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the directory of records %s: %w", dir, err)
	}
	return &Archive{dir: whole}, nil
}

// Dir is the whole path of the directory.
func (a *Archive) Dir() string { return a.dir }

// Put writes a file and answers with its whole path. It is idempotent by the name: writing again replaces the file. A
// reader, and a machine that loses its power, sees the old content or the new one and never a part; when Put has
// returned, the content is on the disk. A name that is no plain file name is refused for ever; all else may be repeated.
func (a *Archive) Put(ctx context.Context, name string, content []byte) (place string, err error) {
	if !nameForm.MatchString(name) {
		return "", &contract.Refused{
			What: fmt.Sprintf("record not kept: %q is no file name", name), Hint: "letters, digits, dots, hyphens and underscores, at most 100",
		}
	}
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("keep %s: %w", name, context.Cause(ctx))
	}
	if err := os.MkdirAll(a.dir, dirMode); err != nil {
		return "", fmt.Errorf("make the directory of records: %w", err)
	}
	place = filepath.Join(a.dir, name)
	written, err := a.write(name, content)
	if err != nil {
		return "", fmt.Errorf("keep %s: %w", place, err)
	}
	if err := os.Rename(written, place); err != nil {
		return "", fmt.Errorf("keep %s: %w", place, errors.Join(err, os.Remove(written)))
	}
	if err := syncDir(a.dir); err != nil {
		return "", fmt.Errorf("keep %s: %w", place, err)
	}
	return place, nil
}

// write puts the content into a file beside the one it is for, and onto the disk.
func (a *Archive) write(name string, content []byte) (path string, err error) {
	f, err := os.CreateTemp(a.dir, "."+name+".*.tmp")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(fileMode), f.Sync(), f.Close())
	return f.Name(), err
}

// syncDir puts the directory's new entry onto the disk. Some network file systems do that by themselves and refuse to
// be asked.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, dir.Close())
}

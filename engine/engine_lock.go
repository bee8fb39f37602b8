//go:build !noengine && !windows

package engine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// dirLock keeps other processes, and other engines of this one, off a data directory. It is the kernel's lock on a
// file, so it goes with the process however that ends, and a file left behind locks nothing.
type dirLock struct {
	file *os.File
}

// lockDir takes the lock or says who has it. The file holds the process id of its owner, for people.
func lockDir(path string) (*dirLock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errors.Join(&inUseError{owner: readOwner(file)}, file.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	lock := &dirLock{file: file}
	if err := lock.writeOwner(); err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", path, err), file.Close())
	}
	return lock, nil
}

// release gives the directory free. The file stays: removing it would let two processes lock two different files of
// the same name.
func (l *dirLock) release() error { return l.file.Close() }

func (l *dirLock) writeOwner() error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	return err
}

// inUseError says which process has the data directory.
type inUseError struct {
	owner string
}

func (e *inUseError) Error() string { return "process " + e.owner + " uses it" }

// readOwner is for the message only, so an unreadable file is no failure of its own.
func readOwner(file *os.File) string {
	content, err := io.ReadAll(io.NewSectionReader(file, 0, 32))
	owner := strings.TrimSpace(string(content))
	if err != nil || owner == "" {
		return "of unknown id"
	}
	return owner
}

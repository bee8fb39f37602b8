//go:build !windows

package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// errLocked says that another process, or another part of this one, has the lock.
var errLocked = errors.New("it is locked")

// lockFile takes the kernel's lock on a file, which is made where it is missing. The lock goes with the process however
// that ends, and a file left behind locks nothing. Where somebody else has it the error is errLocked.
func lockFile(path string) (release func() error, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errors.Join(errLocked, file.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	return file.Close, nil
}

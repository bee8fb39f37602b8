//go:build !windows

package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockDemo takes the kernel's lock on a file; it goes with the process however that ends.
func lockDemo(path string) (release func() error, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errors.Join(errors.New("another demo runs in this directory"), file.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	return file.Close, nil
}

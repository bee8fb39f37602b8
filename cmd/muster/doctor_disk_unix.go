//go:build linux || darwin

package main

import "syscall"

// diskSpace is the space of the disk that holds a directory, in bytes: what this user may still take, and all of it.
func diskSpace(dir string) (free, total uint64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	return s.Bavail * uint64(s.Bsize), s.Blocks * uint64(s.Bsize), nil
}

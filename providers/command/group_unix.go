//go:build !windows

package command

import (
	"os/exec"
	"syscall"
)

// ownGroup lets a command lead a group of processes, which is killed as a whole when its time is over.
func ownGroup(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
}

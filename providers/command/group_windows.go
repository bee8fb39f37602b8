package command

import "os/exec"

// ownGroup leaves it at the process itself: there are no groups to kill.
func ownGroup(*exec.Cmd) {}

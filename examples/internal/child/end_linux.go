package child

import "syscall"

// EndWithUs has the system end a program when this process is gone, however that went: a test that runs out of time
// does no cleaning up, and a program that stands still does not see its standard input close. A group of its own keeps
// the terminal's interrupt from it: it is stopped in order.
func EndWithUs() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

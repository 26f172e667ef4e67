package issuers_test

import "syscall"

// endWithUs has the system end a program when the process of the tests is gone, however that went: a test that runs out
// of time does no cleaning up. A group of its own keeps the terminal's interrupt from it: it is stopped in order.
func endWithUs() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

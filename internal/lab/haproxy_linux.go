package lab

import "syscall"

// haproxyAttributes let haproxy end with us, whatever ends us, and keep the terminal's Ctrl-C from
// it: the run decides when its balancer stops.
func haproxyAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

//go:build unix && !linux

package lab

import "syscall"

// haproxyAttributes keep the terminal's Ctrl-C from haproxy: the run decides when its balancer
// stops.
func haproxyAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

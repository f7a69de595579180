//go:build unix

package lab

import "syscall"

// haproxyMaxConn is the `maxconn` to configure, or 0 for HAProxy's own. It sizes its tables by the
// hard limit of open files, and containers often have one of 10⁹, which takes gigabytes.
func haproxyMaxConn() int {
	const plenty = 50_000
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err == nil && limit.Max > 4*plenty {
		return plenty
	}
	return 0
}

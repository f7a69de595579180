//go:build !linux

package loadgen

import "syscall"

// bindLate does nothing where the system chooses local ports only before it knows where to.
func bindLate(_, _ string, _ syscall.RawConn) error { return nil }

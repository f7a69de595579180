package loadgen

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// bindLate lets the system choose the local port when it knows where the connection goes: the same port
// then serves connections to several targets. Without it, all connections from one local address share
// its ports.
func bindLate(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1) // old kernels do without
	})
}

//go:build !unix

package wire

import (
	"net"
	"syscall"
)

// socket needs the system's sockets for the idle check. Without them a request is a write and a read, and what
// came between two requests is not noticed.
type socket struct {
	timed
	polling bool // Read returns errIdle instead of waiting
}

func newSocket(c net.Conn) *socket { return &socket{timed: timed{Conn: c}} }

func (s *socket) exchange(_, _ []byte) exchanged { return exchanged{} }

func (s *socket) Read(b []byte) (int, error) {
	if s.polling {
		return 0, errIdle
	}
	return s.timed.Read(b)
}

func bindLate(_, _ string, _ syscall.RawConn) error { return nil }

//go:build unix

package lab

import (
	"net"
	"syscall"
)

// alive reports whether an idle connection still is one: that its other end has neither closed it nor
// sent anything. HAProxy watches its idle connections for the same.
func alive(conn net.Conn) bool {
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	err = raw.Read(func(fd uintptr) bool {
		var one [1]byte
		_, err := syscall.Read(int(fd), one[:])
		quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
		return true
	})
	return err == nil && quiet
}

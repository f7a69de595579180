//go:build unix

package lab

import (
	"net/netip"
	"os"
	"syscall"
)

// reserve binds a socket to addr and does not listen on it: who connects there is refused, as by a node
// that is stopped, and nobody else is given the port meanwhile. Without it another laboratory's node may
// come to listen where this one's balancer looks for its own.
func reserve(addr string) (release func() error, err error) {
	at, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	family, to := syscall.AF_INET, syscall.Sockaddr(&syscall.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().Unmap().As4()})
	if !at.Addr().Unmap().Is4() {
		family, to = syscall.AF_INET6, &syscall.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()}
	}
	syscall.ForkLock.RLock()
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	// The node's last connections may linger on the port.
	err = os.NewSyscallError("setsockopt", syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1))
	if err == nil {
		err = os.NewSyscallError("bind", syscall.Bind(fd, to))
	}
	if err != nil {
		syscall.Close(fd)
		return nil, err
	}
	return func() error { return os.NewSyscallError("close", syscall.Close(fd)) }, nil
}

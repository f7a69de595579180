//go:build unix

package wire

import (
	"io"
	"net"
	"runtime"
	"syscall"
)

// socket is a network connection that makes a whole exchange in no more system calls than a plain write and
// read: it checks whether the connection was idle, writes, and waits.
//
//	net.Conn:  write, read (nothing yet), wait, read
//	exchange:  read (nothing, as it must be), write, wait, read
//
// A read of net.Conn always tries before it waits, which right after a write is in vain. Here that try comes
// before the write, where it finds what must not be taken for the response: an unsolicited one, or the end of a
// connection that the peer closed while the user was thinking. It may wait without trying again because all of it
// happens within one call of RawConn.Read: what arrives after the check wakes it.
//
// Leaving out the check for 50 µs after a response, and finding out afterwards what it would have found, was
// rejected: it saved 1 to 7 % of the CPU of a request, and a server that ended its side of a connection and went on
// reading got some requests twice.
type socket struct {
	timed
	raw     syscall.RawConn       // nil if Conn is no socket of the system
	step    func(fd uintptr) bool // the method next, bound once
	polling bool                  // Read returns errIdle instead of waiting
	phase   phase
	out, in []byte
	exchanged
}

type phase byte

const (
	phaseCheck phase = iota
	phaseRead
	phasePoll
)

func newSocket(c net.Conn) *socket {
	s := &socket{timed: timed{Conn: c}}
	if t, ok := c.(syscall.Conn); ok {
		s.raw, _ = t.SyscallConn() // fails only on a closed connection, as what follows will
	}
	s.step = s.next
	return s
}

// exchange writes out and reads what comes back first into in. It may write less than all of out, and then reads
// nothing.
func (s *socket) exchange(out, in []byte) exchanged {
	s.exchanged = exchanged{}
	if s.raw == nil {
		return s.exchanged
	}
	s.phase, s.out, s.in = phaseCheck, out, in
	if err := s.turns(); err != nil {
		s.readErr = err
	}
	s.before = s.phase == phaseCheck
	s.out, s.in = nil, nil
	return s.exchanged
}

// Read is for TLS, and for what follows the beginning of a response.
func (s *socket) Read(b []byte) (int, error) {
	if !s.polling {
		return s.timed.Read(b)
	}
	s.exchanged = exchanged{}
	s.phase, s.in = phasePoll, b
	err := s.turns()
	s.in = nil
	if err == nil {
		err = s.readErr
	}
	return s.n, err
}

// turns goes on until a turn is the last one, or the deadline passes.
func (s *socket) turns() error {
	for {
		if err := s.raw.Read(s.step); !s.early(err) {
			return err
		}
	}
}

// next is one turn of RawConn.Read, which waits for something to read whenever it returns false.
func (s *socket) next(fd uintptr) (done bool) {
	switch s.phase {
	case phaseCheck:
		if s.read(fd) {
			return true
		}
		s.phase = phaseRead
		s.write(fd)
		return s.sent < len(s.out) // what is left is written first
	case phasePoll:
		if !s.read(fd) {
			s.readErr = errIdle
		}
		return true
	}
	return s.read(fd)
}

// read reports whether there was something: bytes, the end, or an error.
func (s *socket) read(fd uintptr) bool {
	for {
		n, err := readNow(fd, s.in)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return false
		case err != nil:
			n, s.readErr = 0, err
		case n == 0:
			s.readErr = io.EOF
		}
		s.n = n
		return true
	}
}

func (s *socket) write(fd uintptr) {
	for {
		n, err := writeNow(fd, s.out)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			n = 0
		case err != nil:
			n, s.writeErr = 0, err
		}
		s.sent = n
		return
	}
}

// bindLate lets the system choose the local port when it knows where the connection goes: the same port then
// serves connections to several targets. Without it, all connections from one local address share its ports.
func bindLate(_, _ string, c syscall.RawConn) error {
	const bindAddressNoPort = 24 // IP_BIND_ADDRESS_NO_PORT of Linux, ip(7)
	if runtime.GOOS != "linux" {
		return nil
	}
	return c.Control(func(fd uintptr) {
		syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, bindAddressNoPort, 1) // old kernels do without
	})
}

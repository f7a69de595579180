//go:build unix

package loadgen

import (
	"io"
	"net"
	"syscall"
)

// exchange does what a request on a kept connection needs in no more system calls than a plain write and
// read: it checks whether the connection was idle, writes, and waits.
//
//	net.Conn:  write, read (nothing yet), wait, read
//	exchange:  read (idle, as it must be), write, wait, read
//	           write, wait, read, where the last response has only just ended
//
// A read of net.Conn always tries before it waits, which right after a write is in vain. Here that try
// comes before the write, where it finds what must not be taken for the response: an unsolicited one, or
// the end of a connection that the peer closed while the user was thinking.
//
// It may wait without trying again because all of it happens within one call of RawConn.Read: what
// arrives after the check wakes it. Without a check, what came since the last response may not wake it, which is
// what socket.recheck is for.
type exchange struct {
	raw  syscall.RawConn
	step func(fd uintptr) bool // what RawConn calls: the method next, bound once

	idleCheck idleCheck
	phase     phase
	out, in   []byte
	n         int // bytes read
	sent      int
	readErr   error
	writeErr  error
}

type phase byte

const (
	phaseCheck phase = iota
	phaseWrite
	phaseRead
	phasePoll
)

// newExchange is nil if c is no socket of the system.
func newExchange(c net.Conn) *exchange {
	s, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	x := &exchange{raw: raw}
	x.step = x.next
	return x
}

// do writes out and reads what comes back first into in. It may write less than all of out, and then
// reads nothing. If the connection had ended before, or is seen not to be idle, its error is errUnsent.
func (x *exchange) do(s *socket, out, in []byte, before idleCheck) error {
	x.phase, x.idleCheck, x.out, x.in = phaseWrite, before, out, in
	x.n, x.sent, x.readErr, x.writeErr = 0, 0, nil, nil
	if x.idleCheck == checkDone {
		x.phase = phaseCheck
	}
	err := x.raw.Read(x.step)
	for err != nil && s.early(err) {
		if x.phase == phaseWrite && x.idleCheck == checkSkipped { // too much time has passed for that
			x.phase, x.idleCheck = phaseCheck, checkDone
		}
		err = x.raw.Read(x.step)
	}
	size := len(out)
	x.out, x.in = nil, nil
	switch {
	case err != nil:
		x.readErr = err
	case x.phase == phaseCheck && x.n > 0:
		return errStray
	case x.phase == phaseCheck:
		return gone(x.readErr)
	case x.idleCheck == checkNeedless:
	case x.sent == 0 && x.writeErr != nil:
		return gone(x.writeErr)
	case x.readErr == io.EOF && x.untaken(size):
		return errGone
	}
	return nil
}

// untaken says, of a connection that the peer has ended, that it did so before any of the size bytes last
// written reached it: every segment of TCP acknowledges all that came before it was sent (RFC 9293 §3.4),
// the one with the end too, and none of them is acknowledged. (A peer that goes on reading after it ended its
// own side may acknowledge them later; then this is not told.)
func (x *exchange) untaken(size int) (all bool) {
	x.raw.Control(func(fd uintptr) { all = unacknowledged(fd) >= size })
	return all
}

// poll reads what is there and does not wait for more; errIdle says that nothing is.
func (x *exchange) poll(in []byte) (int, error) {
	x.phase, x.in = phasePoll, in
	x.n, x.readErr = 0, nil
	err := x.raw.Read(x.step)
	x.in = nil
	if err != nil {
		return 0, err
	}
	return x.n, x.readErr
}

// next is one turn of RawConn.Read, which waits for something to read whenever it returns false.
func (x *exchange) next(fd uintptr) (done bool) {
	checked := false
	switch x.phase {
	case phaseCheck:
		if !x.read(fd) {
			x.phase, checked = phaseWrite, true
			break
		}
		return true
	case phasePoll:
		if !x.read(fd) {
			x.readErr = errIdle
		}
		return true
	}
	if x.phase == phaseWrite {
		x.phase = phaseRead
		if x.write(fd); x.sent < len(x.out) && x.writeErr == nil {
			return true
		}
		if (checked || x.idleCheck == checkSkipped) && x.writeErr == nil {
			return false
		}
	}
	return x.read(fd)
}

// read reports whether there was something: bytes, the end, or an error.
func (x *exchange) read(fd uintptr) bool {
	for {
		n, err := readNow(fd, x.in)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return false
		case err != nil:
			n, x.readErr = 0, err
		case n == 0:
			x.readErr = io.EOF
		}
		x.n = n
		return true
	}
}

func (x *exchange) write(fd uintptr) {
	for {
		n, err := writeNow(fd, x.out)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			n = 0
		case err != nil:
			n, x.writeErr = 0, err
		}
		x.sent = n
		return
	}
}

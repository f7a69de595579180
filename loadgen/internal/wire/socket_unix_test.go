//go:build unix

package wire

import (
	"testing"

	"golang.org/x/sys/unix"
)

// readable waits until something has come on the connection: bytes, its end or a reset. It takes nothing away.
func readable(t *testing.T, c *http1) {
	t.Helper()
	c.socket.raw.Control(func(fd uintptr) {
		for {
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10_000)
			if err == unix.EINTR {
				continue
			}
			if n != 1 {
				t.Fatalf("nothing came: %v", err)
			}
			return
		}
	})
}

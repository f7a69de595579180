package loadgen

import "golang.org/x/sys/unix"

const canSkipCheck = true

// unacknowledged is how many bytes were written to a TCP socket that its peer has not acknowledged, -1 if
// that is not known (tcp(7), SIOCOUTQ).
func unacknowledged(fd uintptr) int {
	n, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
	if err != nil {
		return -1
	}
	return n
}

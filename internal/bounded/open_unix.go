//go:build unix

package bounded

import "syscall"

// nonblocking makes opening a pipe not wait for a writer.
const nonblocking = syscall.O_NONBLOCK

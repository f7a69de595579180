//go:build !unix

package bounded

// nonblocking is for pipes in the file system, which are of Unix.
const nonblocking = 0

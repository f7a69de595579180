//go:build race

package compare

// raced says that the race detector is on, under which the audit takes six times as long.
const raced = true

//go:build linux && race

package probe_test

// everySetup: the race detector sees the same goroutines in each of the set-ups; every third will do.
const everySetup = 3

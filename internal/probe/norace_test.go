//go:build linux && !race

package probe_test

const everySetup = 1

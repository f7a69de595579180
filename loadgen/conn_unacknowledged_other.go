//go:build !linux

package loadgen

const canSkipCheck = false

func unacknowledged(uintptr) int { return -1 }

//go:build !linux

package loadgen

const canAssumeSilence = false

func unacknowledged(uintptr) int { return -1 }

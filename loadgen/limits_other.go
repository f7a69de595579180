//go:build !unix

package loadgen

import "time"

func openFiles() uint64 { return 0 }

func localPorts() int { return 0 }

func processorTime() time.Duration { return 0 }

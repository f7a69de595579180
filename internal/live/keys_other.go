//go:build !linux && !darwin && !freebsd

package live

import "io"

// Keys are none here.
type Keys struct{}

// ReadKeys reads no keys.
func ReadKeys(io.Reader, *Notices, func(rune)) *Keys { return nil }

// Stop does nothing.
func (k *Keys) Stop() {}

package sampletest

import "errors"

type BrokenWriter struct{ After int }

var ErrBroken = errors.New("no space left")

func (w *BrokenWriter) Write(p []byte) (int, error) {
	if w.After--; w.After < 0 {
		return 0, ErrBroken
	}
	return len(p), nil
}

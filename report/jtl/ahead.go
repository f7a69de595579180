package jtl

import (
	"errors"
	"slices"
	"sync/atomic"

	"stickbench/loadgen"
)

// Samples are handed on in batches, which grow to some 1.3 MB in all. Each wakes the other goroutine, which takes as long as to fold a
// hundred samples.
const (
	batchSamples = 1024
	batches      = 4
)

var errUnwanted = errors.New("the samples are not wanted any more")

// ahead parses in a goroutine of its own while each works on the samples before: both take about as long, so that a
// second core halves the time. Batches of samples go over, and come back empty.
//
//	parse ─▶ batch ──full──▶ each
//	           ▲              │
//	           └─────free─────┘
//
// It returns when both have ended. The error of each ends parse.
func ahead(parse func(each func(*loadgen.Sample) error) (Info, error), each func(*loadgen.Sample) error) (info Info, err error) {
	full, free := make(chan []loadgen.Sample, batches), make(chan []loadgen.Sample, batches)
	for range batches {
		free <- nil
	}
	var unwanted atomic.Bool
	go func() {
		defer close(full)
		batch := <-free
		info, err = parse(func(s *loadgen.Sample) error {
			n := len(batch)
			batch = slices.Grow(batch, 1)[:n+1]
			batch[n] = *s
			if n+1 < batchSamples {
				return nil
			}
			full <- batch
			batch = (<-free)[:0]
			if unwanted.Load() {
				return errUnwanted
			}
			return nil
		})
		full <- batch
	}()
	var failed error
	for batch := range full {
		for i := 0; i < len(batch) && failed == nil; i++ {
			failed = each(&batch[i])
		}
		unwanted.Store(failed != nil)
		free <- batch
	}
	if failed != nil {
		err = failed
	}
	return info, err
}

package loadgen

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// The collector comes as often as it takes for batches of this size, within these bounds. While it works
	// through a batch on the only processor, users wait, and what they wait is in the times they measure.
	batch      = 100
	mostOften  = time.Millisecond
	leastOften = 10 * time.Millisecond
	// shardRoom is how many samples a shard takes before its users wait for the sink: what a sink that
	// stalls may cost in memory, and in time that is then counted.
	shardRoom = 16 << 10
)

// recorder carries samples from the users to the sink. Users write to shards, each behind a lock that
// only its own users share; a collector empties all shards a hundred to a thousand times a second, while what
// they hold is still in the processor's cache, merges them by time of completion and hands them on. A channel
// for all users would be one lock for all of them.
type recorder struct {
	shards []*shard
	sink   Sink
	outage outage
	failed func(error) // told the sink's first error, at once
	wake   chan struct{}
	err    error
	stalls atomic.Int64 // times a user waited for the sink
	waited atomic.Int64 // nanoseconds they waited, all together
	frozen Generator    // the collector's own freezes
}

type shard struct {
	mu    sync.Mutex
	room  sync.Cond
	full  []Sample // written by users
	spare []Sample // read by the collector
	_     [64]byte // keeps neighbours' locks off this cache line
}

func newRecorder(sink Sink, failed func(error)) *recorder {
	r := &recorder{sink: sink, failed: failed, wake: make(chan struct{}, 1)}
	for range 4 * runtime.GOMAXPROCS(0) {
		s := &shard{}
		s.room.L = &s.mu
		r.shards = append(r.shards, s)
	}
	return r
}

// add records a copy of s for the user of that number.
func (r *recorder) add(user int, s *Sample) {
	sh := r.shards[user%len(r.shards)]
	sh.mu.Lock()
	if len(sh.full) >= shardRoom {
		r.wait(sh)
	}
	n := len(sh.full)
	sh.full = slices.Grow(sh.full, 1)[:n+1] // append would copy the sample twice
	sh.full[n] = *s
	sh.mu.Unlock()
}

func (r *recorder) wait(sh *shard) {
	r.stalls.Add(1)
	began := time.Now()
	for len(sh.full) >= shardRoom {
		select {
		case r.wake <- struct{}{}:
		default:
		}
		sh.room.Wait()
	}
	r.waited.Add(int64(time.Since(began)))
}

// collect empties the shards until done is closed, and once more then.
func (r *recorder) collect(done <-chan struct{}) error {
	timer := time.NewTimer(leastOften)
	defer timer.Stop()
	last := time.Now()
	for {
		select {
		case <-timer.C:
		case <-r.wake:
		case <-done:
			r.frozen.slept(time.Since(last))
			r.drain()
			return r.err
		}
		r.frozen.slept(time.Since(last))
		n, now := r.drain(), time.Now()
		timer.Reset(min(max(now.Sub(last)*batch/time.Duration(max(n, 1)), mostOften), leastOften))
		last = now
	}
}

// drain empties the shards and says how many samples they held.
func (r *recorder) drain() (n int) {
	for _, sh := range r.shards {
		sh.mu.Lock()
		sh.full, sh.spare = sh.spare[:0], sh.full
		sh.mu.Unlock()
		sh.room.Broadcast()
		n += len(sh.spare)
	}
	if n > 0 {
		r.merge()
		r.note(r.sink.Flush())
	}
	return n
}

// merge hands on the samples of all shards, each of which is in order of completion, in that order. A run
// of samples from one shard is handed on without looking at the others again.
func (r *recorder) merge() {
	heads := make([]int, len(r.shards))
	for {
		first, second := -1, -1
		for i, sh := range r.shards {
			if heads[i] == len(sh.spare) {
				continue
			}
			switch {
			case first < 0 || r.end(i, heads) < r.end(first, heads):
				first, second = i, first
			case second < 0 || r.end(i, heads) < r.end(second, heads):
				second = i
			}
		}
		if first < 0 {
			return
		}
		for sh := r.shards[first]; heads[first] < len(sh.spare); heads[first]++ {
			if second >= 0 && r.end(first, heads) > r.end(second, heads) {
				break
			}
			r.outage.see(&sh.spare[heads[first]])
			r.note(r.sink.Record(&sh.spare[heads[first]]))
		}
	}
}

// end is when the next sample of shard i was complete, in microseconds since 1970.
func (r *recorder) end(i int, heads []int) int64 {
	s := &r.shards[i].spare[heads[i]]
	return s.Start + s.Elapsed.Microseconds()
}

func (r *recorder) note(err error) {
	if err != nil && r.err == nil {
		r.err = err
		r.failed(err)
	}
}

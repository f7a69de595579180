package loadgen

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Samples reach the sink in order of completion, whichever shard they went through, and each user's own
// in their order even where the clock gave two the same microsecond.
func TestRecorderOrder(t *testing.T) {
	m := &memory{}
	r := newRecorder(m, func(error) {})
	done := make(chan struct{})
	var users sync.WaitGroup
	for user := range 37 {
		users.Go(func() {
			for i := range 500 {
				r.add(user, &Sample{User: user, Iteration: i, Start: int64(i * 10), Elapsed: time.Duration(user%7) * time.Microsecond})
			}
		})
	}
	users.Wait()
	close(done)
	if err := r.collect(done); err != nil {
		t.Fatal(err)
	}
	if len(m.samples) != 37*500 {
		t.Fatalf("%d samples", len(m.samples))
	}
	next := map[int]int{}
	for _, s := range m.samples {
		if s.Iteration != next[s.User] {
			t.Fatalf("user %d: iteration %d, want %d", s.User, s.Iteration, next[s.User])
		}
		next[s.User]++
	}
}

// pulse notes the sizes of batches.
type pulse struct{ now, batches []int }

func (p *pulse) Record(s *Sample) error { p.now = append(p.now, s.Iteration); return nil }
func (p *pulse) Flush() error {
	p.batches, p.now = append(p.batches, len(p.now)), nil
	return nil
}
func (p *pulse) Close() error { return nil }

// A full disk must not cost the report a sample, and is what the run is told.
func TestSinks(t *testing.T) {
	full, after := &memory{fail: errors.New("full")}, &memory{}
	all := Sinks{&memory{}, full, after, &memory{fail: errors.New("later")}}
	var first error
	for i := range 150 {
		if err := all.Record(&Sample{Iteration: i}); err != nil && first == nil {
			first = err
		}
	}
	if first != full.fail || len(after.samples) != 150 {
		t.Errorf("%v, %d samples behind it", first, len(after.samples))
	}
}

// A collector that came a hundred times a second only held up the users that shared its processor for a
// millisecond each time, and the wait was in what they measured.
func TestRecorderComesAsOftenAsNeeded(t *testing.T) {
	for _, tt := range []struct {
		name        string
		perSecond   int
		least, most int // batches a second, once it knows the rate
	}{
		{"idle", 20, 20, 20},
		{"calm", 2000, 90, 100},
		{"busy", 40_000, 350, 450},
		{"full", 150_000, 900, 1000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, done := &pulse{}, make(chan struct{})
				r := newRecorder(p, func(error) {})
				var collector sync.WaitGroup
				collector.Go(func() { r.collect(done) })
				for i := range 2 * tt.perSecond {
					time.Sleep(time.Second / time.Duration(tt.perSecond))
					r.add(i, &Sample{Iteration: i})
				}
				close(done)
				collector.Wait()
				sum := 0
				for _, n := range p.batches {
					sum += n
				}
				if n := len(p.batches) / 2; sum != 2*tt.perSecond || n < tt.least || n > tt.most {
					t.Errorf("%d samples in %d batches a second, want %d to %d", sum, n, tt.least, tt.most)
				}
			})
		})
	}
}

// A sink that stalls makes users wait instead of filling the memory, and the wait is counted.
func TestRecorderBackpressure(t *testing.T) {
	m := &memory{}
	r := newRecorder(m, func(error) {})
	done, added := make(chan struct{}), make(chan struct{})
	go func() {
		for i := range 3 * shardRoom {
			r.add(0, &Sample{Iteration: i})
		}
		close(added)
	}()
	go func() { <-added; close(done) }()
	if err := r.collect(done); err != nil {
		t.Fatal(err)
	}
	if len(m.samples) != 3*shardRoom {
		t.Errorf("%d samples, stalls %d", len(m.samples), r.stalls.Load())
	}
}

package cluster

import (
	"fmt"

	"stickbench/loadgen"
)

// inbox puts the batches of one agent in order: those that come again are dropped, and those that are early wait.
type inbox struct {
	next  uint64 // number of the batch that is due
	early map[uint64]*batch
}

// take takes a batch as it came, and returns those that are due with it, in order.
func (i *inbox) take(b *batch) (due []*batch) {
	if b.number < i.next {
		return nil
	}
	if i.early == nil {
		i.early = map[uint64]*batch{}
	}
	i.early[b.number] = b
	for b := i.early[i.next]; b != nil; b = i.early[i.next] {
		delete(i.early, i.next)
		i.next++
		due = append(due, b)
	}
	return due
}

// source gives the batches of one agent, in order; nil after the last one. It waits for the next one.
type source func() *batch

// stream is a source with the batch that is being merged.
type stream struct {
	source
	agent int
	*batch
	decoder
	left   int            // samples of the batch that are still to be merged
	sample loadgen.Sample // the first of them
	key    int64          // nothing that comes ended before, in microseconds since 1970
}

// merge puts the samples of all sources into one order, that of their completion, and those that ended together in
// that of their users, and gives them to the sink. A source that has none for now holds the others up no longer than to
// its next batch, which says through when it is complete. done is told of each batch that was merged, after the sink
// was flushed.
//
//	agent 0   ──●──●────●────▷ through
//	agent 1   ─●─────●──▷         next: the sample with the least end, or the batch of the one with the least through
//	agent 2   ────●───────●──▷
//
// The error is the sink's first, or that a batch is damaged; either way all that can be read is merged.
func merge(sources []source, sink loadgen.Sink, done func(agent int, b *batch)) (first error) {
	note := func(err error) {
		if first == nil {
			first = err
		}
	}
	var heap streams
	for i, s := range sources {
		heap = append(heap, &stream{source: s, agent: i, key: -1 << 63})
	}
	for len(heap) > 0 {
		s := heap[0]
		if s.left > 0 {
			note(sink.Record(&s.sample))
			note(s.next())
		} else {
			if s.batch != nil {
				note(sink.Flush())
				done(s.agent, s.batch)
			}
			if s.batch = s.source(); s.batch == nil {
				heap[0] = heap[len(heap)-1]
				heap = heap[:len(heap)-1]
			} else {
				note(s.open())
			}
		}
		if len(heap) > 0 {
			heap.settle()
		}
	}
	note(sink.Flush())
	return first
}

// open begins the batch.
func (s *stream) open() error {
	if err := s.decoder.open(s.batch); err != nil {
		s.left, s.key = 0, s.through
		return fmt.Errorf("agent %s: %w", s.batch.agent, err)
	}
	s.left = s.count + 1
	return s.next()
}

// next reads the next sample; behind the last one the key is the time through which the batch is complete.
func (s *stream) next() error {
	if s.left--; s.left == 0 {
		s.key = s.through
		if err := s.decoder.close(); err != nil {
			return fmt.Errorf("agent %s: %w", s.batch.agent, err)
		}
		return nil
	}
	s.decoder.next(&s.sample)
	s.key = end(&s.sample)
	return nil
}

// end is when a sample was complete, in microseconds since 1970.
func end(s *loadgen.Sample) int64 { return s.Start + s.Elapsed.Microseconds() }

// streams are a heap: the one whose turn it is comes first.
type streams []*stream

// settle moves the first one to its place.
func (h streams) settle() {
	for i := 0; ; {
		least := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < len(h) && h[child].before(h[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

func (s *stream) before(t *stream) bool {
	if s.key != t.key {
		return s.key < t.key
	}
	// A batch that is still to come may have samples that end just then.
	waits, others := s.left == 0, t.left == 0
	if waits != others {
		return waits
	}
	if waits {
		return s.agent < t.agent
	}
	return s.sample.User < t.sample.User
}

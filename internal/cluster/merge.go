package cluster

import "stickbench/loadgen"

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
	at  int
	key int64 // nothing that comes ended before, in microseconds since 1970
}

// merge puts the samples of all sources into one order, that of their completion, and those that ended together in
// that of their users, and gives them to the sink. A source that has none for now holds the others up no longer than to
// its next batch, which says through when it is complete. done is told of each batch that was merged, after the sink
// was flushed.
//
//	agent 0   ──●──●────●────▷ through
//	agent 1   ─●─────●──▷         next: the sample with the least end, or the batch of the one with the least through
//	agent 2   ────●───────●──▷
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
		if s.batch != nil && s.at < len(s.samples) {
			note(sink.Record(&s.samples[s.at]))
			s.at++
		} else {
			if s.batch != nil {
				note(sink.Flush())
				done(s.agent, s.batch)
			}
			if s.batch, s.at = s.source(), 0; s.batch == nil {
				heap[0] = heap[len(heap)-1]
				heap = heap[:len(heap)-1]
			}
		}
		if len(heap) > 0 {
			heap[0].rekey()
			heap.settle()
		}
	}
	note(sink.Flush())
	return first
}

// rekey sets the key to the end of the next sample, or to when the batch is complete through.
func (s *stream) rekey() {
	switch {
	case s.batch == nil:
	case s.at < len(s.samples):
		s.key = end(&s.samples[s.at])
	default:
		s.key = s.through
	}
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
	waits, others := s.batch == nil || s.at == len(s.samples), t.batch == nil || t.at == len(t.samples)
	if waits != others {
		return waits
	}
	if waits {
		return s.agent < t.agent
	}
	return s.samples[s.at].User < t.samples[t.at].User
}

package loadgen

// Sink takes what a run records: samples in order of completion, from one goroutine. A Sample is only
// valid during the call. Flush follows each batch of samples, and Close is for whoever made the sink, once
// the run has ended.
type Sink interface {
	Record(*Sample) error
	Flush() error
	Close() error
}

// Sinks are a run's sinks: each is given every sample, also after another one has failed. The error is the
// first one's that fails. No sinks at all are a sink that keeps nothing.
type Sinks []Sink

// Record gives s to all.
func (l Sinks) Record(s *Sample) (first error) {
	for _, sink := range l {
		if err := sink.Record(s); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Flush flushes all.
func (l Sinks) Flush() error { return l.each(Sink.Flush) }

// Close closes all.
func (l Sinks) Close() error { return l.each(Sink.Close) }

func (l Sinks) each(do func(Sink) error) (first error) {
	for _, sink := range l {
		if err := do(sink); err != nil && first == nil {
			first = err
		}
	}
	return first
}

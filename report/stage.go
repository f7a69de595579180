package report

import "time"

// Begin says when the run began. It is called before the first sample.
func (b *Builder) Begin(start time.Time) {}

// Event tells of an event.
func (b *Builder) Event(e Event) Event { return e }

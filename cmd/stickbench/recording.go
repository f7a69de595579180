package main

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report"
)

// recording is where samples and events go: into the report, into the live view, and into the folder.
type recording struct {
	mu      sync.Mutex // samples and events come from different goroutines
	builder *report.Builder
	record  *record // as it was at the start; events are added to it as they happen
	live    *live
	meter   *meter // nil unless metrics are served
	first   firstExchanges
	folder  *folder
	file    io.Closer
	jtl     *report.JTLWriter
}

// open makes the folder, unless none is wanted.
func (s *recording) open(plan *plans.Plan, o *runFlags, r *record) error {
	s.record = r
	if o.NoOut {
		return nil
	}
	f, err := newFolder(o.Out, r.Plan, r.Start)
	if err != nil {
		return err
	}
	err = f.write(planFile, plan.Source)
	if err == nil {
		err = f.writeRecord(r)
	}
	if err != nil {
		return cannotRun("the folder of the run: %w", err)
	}
	file, err := os.Create(f.path(samplesFile))
	if err != nil {
		return cannotRun("the folder of the run: %w", err)
	}
	s.folder, s.file, s.jtl = f, file, report.NewJTLWriter(file)
	if plan.Load.Open() {
		s.jtl.WithLate()
	}
	return nil
}

// Record takes a sample (loadgen.Sink). The report has it even if the disk is full.
func (s *recording) Record(sample *loadgen.Sample) error {
	s.mu.Lock()
	s.builder.Add(sample)
	s.mu.Unlock()
	s.first.add(sample)
	s.live.add(sample)
	s.meter.add(sample)
	if s.jtl == nil {
		return nil
	}
	return s.jtl.Write(sample)
}

// begin notes the start of the run, from which events are timed.
func (s *recording) begin() time.Time {
	s.record.Start = time.Now().UTC()
	s.builder.Begin(s.record.Start)
	return s.record.Start
}

// happened takes an event that was done or seen. Events are written at once: the report of a run that was
// killed must know them.
func (s *recording) happened(e report.Event) {
	s.mu.Lock()
	e = s.builder.Event(e)
	s.live.happened(e)
	s.mu.Unlock()
	s.record.Events = append(s.record.Events, e)
	if s.folder != nil {
		s.folder.writeRecord(s.record) // and again at the end, where an error is told
	}
}

// Flush ends a batch (loadgen.Sink).
func (s *recording) Flush() error {
	if s.jtl == nil {
		return nil
	}
	return s.jtl.Flush()
}

func (s *recording) close(r *record) error {
	if s.folder == nil {
		return nil
	}
	return errors.Join(s.jtl.Flush(), s.file.Close(), s.folder.writeRecord(r), s.folder.writeHTML(r, &s.first))
}

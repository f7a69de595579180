package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"stickbench/internal/live"
	"stickbench/internal/steer"
	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report"
	"stickbench/report/fold"
	"stickbench/report/jtl"
)

// recording is a run's sinks, and the door through which its events come in. The report's is the first: it has
// every sample even if the disk is full.
type recording struct {
	loadgen.Sinks
	results *results
	live    *live.Model
	first   *firstExchanges
	record  *record // as it was at the start; events are added to it as they happen
	folder  *folder // nil for none

	control   steer.Control // by which the run is steered by hand
	happening sync.Mutex    // one event at a time
}

func newRecording(plan *plans.Plan) *recording {
	s := &recording{results: &results{Builder: newBuilder(plan.Apdex)}, live: live.NewModel(&plan.Load), first: &firstExchanges{}}
	s.results.Expect(slices.Concat(plan.Expect, plan.Stops))
	s.Sinks = loadgen.Sinks{s.results, s.live, s.first}
	return s
}

// newBuilder makes a report's builder; the times of Apdex are its own where nothing is said of them.
func newBuilder(times *plans.Apdex) *fold.Builder {
	b := fold.NewBuilder()
	if times != nil {
		b.Apdex = report.Apdex(*times)
	}
	return b
}

// open makes the folder, unless none is wanted.
func (s *recording) open(plan *plans.Plan, o *runFlags, r *record, notices io.Writer) error {
	s.record = r
	if o.summary != nil {
		s.Sinks = append(s.Sinks, o.summary)
	}
	if o.Log != "" {
		log, err := o.openLog(plan.Load.Open())
		if err != nil {
			return err
		}
		s.Sinks = append(s.Sinks, log)
	}
	if len(r.Names) > 0 {
		s.Sinks = append(loadgen.Sinks{&serverNames{servers: r.Names, told: map[string]bool{}, notices: notices}}, s.Sinks...)
	}
	if o.NoOut {
		return nil
	}
	f, err := newFolder(o.Out, r.Plan, r.Start)
	if err != nil {
		return err
	}
	err = f.write(planFile, plan.Source, planMode)
	if err == nil {
		err = f.writeRecord(r)
	}
	if err != nil {
		return cannotRun("the folder of the run: %w", err)
	}
	samples, err := newSamples(f.path(samplesFile), plan.Load.Open())
	if err != nil {
		return cannotRun("the folder of the run: %w", err)
	}
	s.folder, s.Sinks = f, append(s.Sinks, samples)
	return nil
}

// begin notes the start of the run, from which all is timed by a clock that does not jump: the time that it
// returns has its monotonic reading, which UTC would take away.
func (s *recording) begin(began time.Time) time.Time {
	s.record.began, s.record.Start = began, began.UTC()
	s.results.Begin(began)
	s.live.Begin(began)
	return began
}

// steered notes how the run is steered.
func (s *recording) steered(history []loadgen.Steering) {
	s.happening.Lock()
	defer s.happening.Unlock()
	s.results.mu.Lock()
	defer s.results.mu.Unlock()
	s.record.Steered = history
}

// happened takes an event that was done or seen, by whomever. Events are written at once: the report of a run that was
// killed must know them.
func (s *recording) happened(e report.Event) {
	s.happening.Lock()
	defer s.happening.Unlock()
	e = s.results.event(e)
	s.live.Event(e)
	s.record.Events = append(s.record.Events, e)
	if s.folder != nil {
		s.folder.writeRecord(s.record) // and again at the end, where an error is told
	}
}

// close ends the recording and completes the folder.
func (s *recording) close(r *record) error {
	err := s.Close()
	if s.folder == nil {
		return err
	}
	return errors.Join(err, s.folder.writeRecord(r), s.folder.writeHTML(r, s.first))
}

// serverNames gives nodes the names of the balancer's servers, by those that responses give them: before the
// other sinks, so that all that is counted and recorded goes by one name. It says so of each node once.
type serverNames struct {
	servers map[string]string
	told    map[string]bool
	notices io.Writer
}

func (n *serverNames) Record(s *loadgen.Sample) error {
	server, ok := n.servers[s.Node]
	if !ok {
		return nil
	}
	if !n.told[s.Node] {
		n.told[s.Node] = true
		fmt.Fprintf(n.notices, "node %s is the balancer's server %s, and goes by that name\n", s.Node, server)
	}
	s.Node = server
	return nil
}

func (n *serverNames) Flush() error { return nil }
func (n *serverNames) Close() error { return nil }

// results folds the report: samples come from one goroutine, events from another.
type results struct {
	mu sync.Mutex
	*fold.Builder
}

func (r *results) Record(s *loadgen.Sample) error {
	r.mu.Lock()
	r.Add(s)
	r.mu.Unlock()
	return nil
}

// Freeze makes the results so far.
func (r *results) Freeze(run report.Run) *report.Results {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Builder.Freeze(run)
}

// event takes an event and returns it as it counts.
func (r *results) event(e report.Event) report.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Event(e)
}

func (r *results) Flush() error { return nil }
func (r *results) Close() error { return nil }

// samples writes samples.jtl.
type samples struct {
	*jtl.Writer
	file *os.File
}

// newSamples makes the file; late says that the run has arrivals, whose lateness it keeps.
func newSamples(path string, late bool) (*samples, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	s := &samples{jtl.NewWriter(file), file}
	if late {
		s.WithLate()
	}
	return s, nil
}

func (s *samples) Record(sample *loadgen.Sample) error { return s.Write(sample) }

func (s *samples) Close() error { return errors.Join(s.Flush(), jtl.CloseFile(s.file)) }

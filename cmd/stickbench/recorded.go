package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"stickbench/internal/bounded"
	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report"
	"stickbench/report/compare"
	"stickbench/report/fold"
	"stickbench/report/jtl"
)

// recorded is a recording to be folded: a run's folder, or a file of samples.
type recorded struct {
	name  string // for messages
	in    io.ReadCloser
	start time.Time // zero where it is not known
	run   report.Run
	// events are those of the run, as they counted.
	events  []report.Event
	setup   compare.Setup
	reading jtl.Reading
	apdex   *plans.Apdex // nil where nothing is said of its times
}

// recorded opens the recording at path, - for samples on standard input.
func (a *app) recorded(path string) (*recorded, error) {
	if path == "-" {
		return &recorded{name: "standard input", in: io.NopCloser(a.stdin), run: report.Run{Plan: "standard input"}, reading: a.reading, apdex: a.apdex}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%s: no such run or file; the runs here are in results/", path)
	}
	if info.IsDir() {
		return a.recordedRun(&folder{path})
	}
	f, err := bounded.Open(path)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	return &recorded{name: path, in: f, run: report.Run{Plan: name}, reading: a.reading, apdex: a.apdex}, nil
}

// recordedRun opens a run's samples, with what run.json and plan.toml know beside them.
func (a *app) recordedRun(f *folder) (*recorded, error) {
	r, err := f.readRecord()
	if err != nil {
		return nil, err
	}
	source, err := readNamed(f.path(planFile), plans.Largest)
	if err != nil {
		return nil, err
	}
	r.Override.Replay = true // the certificates that the plan names need not be there any more
	plan, err := plans.Read(f.path(planFile), source, r.Override)
	if err != nil {
		return nil, err
	}
	run := r.facts(plan)
	if r.End == nil {
		run.Warnings = append(slices.Clone(run.Warnings), "the run was killed: this is what it had recorded")
		if r.Cluster != nil {
			run.Warnings = append(run.Warnings, fmt.Sprintf("its agents (%s) keep what had not been recorded: `stickbench report --merge %s AGENT-FILE...` adds it", strings.Join(r.Cluster.Names, ", "), f.dir))
		}
	}
	file, err := bounded.Open(f.path(samplesFile))
	if err != nil {
		return nil, err
	}
	return &recorded{name: f.path(samplesFile), in: file, start: r.Start, run: run, events: r.Events, setup: r.setup(plan), apdex: cmp.Or(a.apdex, plan.Apdex)}, nil
}

// fold folds the samples into b by way of add, and closes the recording. What happened during its run is
// told beforehand.
func (r *recorded) fold(b *fold.Builder, add func(*loadgen.Sample)) (*report.Results, error) {
	defer r.in.Close()
	if !r.start.IsZero() {
		b.Begin(r.start)
	}
	b.Expect(r.run.Expectations)
	for _, e := range r.events {
		b.Event(e)
	}
	b.NoMoreEvents()
	requests := int64(0)
	info, err := r.reading.Read(r.in, func(s *loadgen.Sample) error {
		if s.IsRequest() {
			requests++
		}
		add(s)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.name, err)
	}
	run := r.run
	run.Warnings = append(slices.Clone(run.Warnings), leftOut(info)...)
	if q := run.Requests; q != nil && requests != q.OK+q.Failed {
		if requests > q.OK+q.Failed { // of fewer the report warns by itself
			run.Warnings = append(run.Warnings, fmt.Sprintf("The recording has %d requests, the run had %d: it is another run's, or was written to twice.", requests, q.OK+q.Failed))
		}
		run.Stopped = cmp.Or(run.Stopped, stoppedByFailure)
	}
	return b.Freeze(run), nil
}

// leftOut are the warnings of a recording, and what of it is in no figure.
func leftOut(info jtl.Info) []string {
	warnings := slices.Clone(info.Warnings)
	if info.Incomplete > 0 {
		warnings = append(warnings, "The last row was cut short and is left out: the file is copied in part, or what wrote it was killed or still runs.")
	}
	if info.Empty > 0 {
		warnings = append(warnings, "Rows with SampleCount 0 stand for no sample and are left out: "+strconv.FormatInt(info.Empty, 10)+".")
	}
	return warnings
}

// readingFlags are the options that say where a recording of another tool names its nodes.
func (a *app) readingFlags(f *pflag.FlagSet) {
	f.Func("node", "where a JTL file of JMeter names the node: `column:NAME`, a variable's; label:REGEX, a marker behind the sample in its thread; or regex:REGEX in the sample's texts", a.reading.NodeFrom)
	f.Func("counter", "the column of a JTL file with the session's counter, `column:NAME`", a.reading.CounterFrom)
}

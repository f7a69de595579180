package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"stickbench/internal/bounded"
	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report"
)

// The files of a run's folder.
const (
	planFile    = "plan.toml"
	recordFile  = "run.json"
	samplesFile = "samples.jtl"
)

// record is run.json: what ran where and when, and the results. It is written at the start of the run
// without results, so that a run that was killed can still be reported, and again at its end.
type record struct {
	Schema   string         `json:"schema"`
	Version  string         `json:"version"`
	Plan     string         `json:"plan"`
	PlanFile string         `json:"plan_file"`
	Seed     uint64         `json:"seed"`
	Target   string         `json:"target"`
	Override plans.Override `json:"override"`
	Host     host           `json:"host"`
	Start    time.Time      `json:"start"` // when the users began to start, from which events are timed
	began    time.Time      // the same, with its monotonic reading; zero in a record that was read
	End      *time.Time     `json:"end"` // null while it runs, and for ever if it was killed
	// Stopped is "interrupted" or "failed" for a run that ended before its plan was done; "" if it did not,
	// or if the plan itself stopped it (on_error), which is among the warnings; "stopped" if a condition to stop was
	// met or the target was gone, which StopReason says.
	Stopped    string `json:"stopped"`
	StopReason string `json:"stop_reason,omitempty"`

	NodeSource string             `json:"node_source"`
	Names      map[string]string  `json:"names,omitempty"` // of servers, by others that responses give them
	Weights    map[string]float64 `json:"weights,omitempty"`
	States     map[string]string  `json:"states,omitempty"` // of the servers that were not ready at the start
	Algorithm  string             `json:"algorithm,omitempty"`
	ServerIDs  map[string]int     `json:"server_ids,omitempty"` // HAProxy's, by which random places requests
	// PlacedAll says that the balancer's algorithm placed every request: nothing stuck.
	PlacedAll   bool              `json:"placed_all,omitempty"`
	Requests    *report.Requests  `json:"requests"`
	Arrivals    *report.Arrivals  `json:"arrivals,omitempty"`
	Generator   *report.Generator `json:"generator,omitempty"`
	Agents      []report.Agent    `json:"agents,omitempty"` // of a run on many machines
	Asked       *report.Asked     `json:"asked,omitempty"`
	Coordinator *report.Generator `json:"coordinator,omitempty"`
	Cluster     *agentsRecord     `json:"cluster,omitempty"`
	Events      []report.Event    `json:"events"`
	// Steered is how the load was steered by hand, in place of the plan.
	Steered  []loadgen.Steering `json:"steered,omitempty"`
	Warnings []string           `json:"warnings"` // those that did not come from the samples
	Results  *report.Results    `json:"results"`
}

// largestRecord bounds a run.json that is read, in bytes.
const largestRecord = 256 << 20

const recordSchema = "stickbench.run/1"

type host struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"`
	Go   string `json:"go"`
}

func thisHost() host {
	return host{runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.Version()}
}

// A run's folder is its user's alone, and so is its plan, which may hold passwords (the other files hold none).
const (
	folderMode = 0o700
	planMode   = 0o600
	fileMode   = 0o666
)

// folder is where a run is recorded; nil records nothing.
type folder struct{ dir string }

// newFolder makes the folder of a run: dir itself if it is given, or else results/<plan>-<UTC time>.
func newFolder(dir, plan string, now time.Time) (*folder, error) {
	if dir != "" {
		for _, name := range []string{planFile, recordFile, samplesFile} {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				return nil, fmt.Errorf("--out %s already holds a run (%s): name another folder, or remove this one", dir, name)
			}
		}
		if err := os.MkdirAll(dir, folderMode); err != nil {
			return nil, cannotRun("--out: %w", err)
		}
		return &folder{dir}, nil
	}
	base := filepath.Join("results", slug(plan)+"-"+now.UTC().Format("20060102-150405"))
	if err := os.MkdirAll("results", 0o777); err != nil {
		return nil, cannotRun("the folder of the run cannot be made: %w; name one with --out, or leave it out with --no-out", err)
	}
	for i := 1; ; i++ {
		dir := base
		if i > 1 {
			dir = fmt.Sprintf("%s-%d", base, i)
		}
		err := os.Mkdir(dir, folderMode)
		if err == nil {
			return &folder{dir}, nil
		}
		if !errors.Is(err, fs.ErrExist) || i == 100 {
			return nil, cannotRun("the folder of the run cannot be made: %w; name one with --out, or leave it out with --no-out", err)
		}
	}
}

// slug is a plan's name as part of a file's name.
func slug(name string) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '_':
			return r
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, name)
	s = strings.Trim(s, "-")
	if s == "" {
		return "run"
	}
	return s[:min(len(s), 80)]
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

// write replaces a file as a whole: a kill leaves the old one or the new one.
func (f *folder) write(name string, content []byte, mode os.FileMode) error {
	tmp := f.path("." + name + ".tmp")
	err := os.WriteFile(tmp, content, mode)
	if err == nil {
		err = os.Rename(tmp, f.path(name))
	}
	if err != nil {
		os.Remove(tmp)
	}
	return err
}

func (f *folder) writeRecord(r *record) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", recordFile, err)
	}
	return f.write(recordFile, append(b, '\n'), fileMode)
}

// readNamed is the content of a file, of at most so many bytes; an error begins with its name.
func readNamed(name string, most int64) ([]byte, error) {
	content, err := bounded.File(name, most)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return content, err
}

// readRecord reads run.json; a folder without one is no run's.
func (f *folder) readRecord() (*record, error) {
	b, err := readNamed(f.path(recordFile), largestRecord)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not the folder of a run: it has no %s", f.dir, recordFile)
	}
	if err != nil {
		return nil, err
	}
	var r record
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", f.path(recordFile), err)
	}
	if r.Schema != recordSchema {
		return nil, fmt.Errorf("%s: schema %q, this version reads %q", f.path(recordFile), r.Schema, recordSchema)
	}
	return &r, nil
}

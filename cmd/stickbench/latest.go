package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// keptRun is a run in results/, or the runs of a --repeat in a folder of their own.
type keptRun struct {
	path   string    // of the run's folder, or of the one with the runs in it
	newest string    // the run's folder, or that of its newest run
	ended  time.Time // when run.json was written last
}

var errNoRuns = errors.New("no run in results/: name a run's folder or a file, or run a plan first")

// keptRuns are the runs in results/, the newest one first.
func keptRuns() []keptRun {
	var all []keptRun
	alone, _ := filepath.Glob(filepath.Join("results", "*", recordFile)) // the pattern is a good one
	repeated, _ := filepath.Glob(filepath.Join("results", "*", "*", recordFile))
	for _, file := range slices.Concat(alone, repeated) {
		info, err := os.Stat(file)
		if err != nil {
			continue
		}
		run := keptRun{path: filepath.Dir(file), newest: filepath.Dir(file), ended: info.ModTime()}
		if parent := filepath.Dir(run.path); parent != "results" {
			run.path = parent
		}
		switch i := slices.IndexFunc(all, func(k keptRun) bool { return k.path == run.path }); {
		case i < 0:
			all = append(all, run)
		case run.ended.After(all[i].ended):
			all[i] = run
		}
	}
	slices.SortStableFunc(all, func(a, b keptRun) int { return b.ended.Compare(a.ended) })
	return all
}

// latest is the folder of the newest run.
func (a *app) latest() (string, error) {
	all := keptRuns()
	if len(all) == 0 {
		return "", errNoRuns
	}
	fmt.Fprintf(a.stderr, "the latest run is %s\n", all[0].newest)
	return all[0].newest, nil
}

// latestTwo are the newest run, which comes after, and the one of the same plan before it.
func (a *app) latestTwo() (before, after string, err error) {
	all := keptRuns()
	if len(all) == 0 {
		return "", "", errNoRuns
	}
	after = all[0].path
	plan, err := planOf(all[0])
	if err != nil {
		return "", "", err
	}
	for _, k := range all[1:] {
		if other, err := planOf(k); err == nil && other == plan {
			fmt.Fprintf(a.stderr, "comparing %s, before, with %s, after\n", k.path, after)
			return k.path, after, nil
		}
	}
	return "", "", fmt.Errorf("%s is the only run of %q in results/: name what to compare it with", after, plan)
}

func planOf(k keptRun) (string, error) {
	r, err := (&folder{k.newest}).readRecord()
	if err != nil {
		return "", err
	}
	return r.Plan, nil
}

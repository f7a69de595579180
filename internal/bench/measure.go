package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"
)

// rig is what measuring needs: the server, the tools that are there, and where to run them.
type rig struct {
	dir      string
	server   *server
	pin      pinning
	paths    map[*tool]string
	files    uint64 // open files that a child may have; 0 if that is not known
	progress io.Writer
	warnings []string
}

func (b *rig) warn(format string, args ...any) {
	w := fmt.Sprintf(format, args...)
	fmt.Fprintln(b.progress, "warning:", w)
	b.warnings = append(b.warnings, w)
}

// measure runs each contender so many times, in turn, so that what else the machine does meets all of
// them alike, and each round begins with another one. A contender that fails is warned about; the rest
// goes on.
func (b *rig) measure(ctx context.Context, all []contender, l load, runs int) ([]Row, error) {
	measured := make([][]measurement, len(all))
	for i := range measured {
		measured[i] = make([]measurement, runs) // the zero one for a run that failed
	}
	for round := range runs {
		for k := range all {
			i := (k + round) % len(all)
			m, err := b.once(ctx, all[i], l)
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if err != nil {
				b.warn("%s, run %d: %v", all[i].name, round+1, err)
				continue
			}
			measured[i][round] = m
			fmt.Fprintf(b.progress, "run %d/%d  %-31s %8.2f µs/request %9.0f requests/s\n", round+1, runs, all[i].name, m.cpuMicros(), m.PerSecond)
		}
	}
	return b.rows(ctx, all, measured), nil
}

// rows are those of the contenders that had a run, the cheapest first.
func (b *rig) rows(ctx context.Context, all []contender, measured [][]measurement) []Row {
	var base []measurement
	if i := slices.IndexFunc(all, func(c contender) bool { return c.tool == wrk }); i >= 0 {
		base = measured[i]
	}
	var rows []Row
	for i, c := range all {
		if runs := slices.DeleteFunc(slices.Clone(measured[i]), measurement.failed); len(runs) > 0 {
			r := newRow(c.name, versionOf(ctx, c.tool, b.paths[c.tool]), runs)
			r.CPURatio = ratio(measured[i], base)
			rows = append(rows, r)
		}
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(a.CPUMicros, b.CPUMicros) })
	return rows
}

// once runs a contender and asks the server how many requests came.
func (b *rig) once(ctx context.Context, c contender, l load) (measurement, error) {
	dir, remove, err := fresh(b.dir)
	if err != nil {
		return measurement{}, err
	}
	defer remove()
	inv, err := c.invoke(dir, l)
	if err != nil {
		return measurement{}, err
	}
	before, err := b.server.requests()
	if err != nil {
		return measurement{}, err
	}
	output, u, err := b.call(ctx, c.tool, dir, inv, l)
	if err != nil {
		return measurement{}, err
	}
	after, err := b.server.requests()
	if err != nil {
		return measurement{}, err
	}
	f, err := c.parse(output)
	if err == nil && f.Requests == 0 {
		err = errors.New("made no requests")
	}
	if err != nil {
		return measurement{}, err
	}
	m := measurement{f, u, after - before - 1} // the question itself counts
	for _, warning := range m.warnings(l.Connections) {
		b.warn("%s: %s", c.name, warning)
	}
	return m, nil
}

// call runs the tool, and what it needs to make its report. Neither may take much longer than the load.
func (b *rig) call(ctx context.Context, t *tool, dir string, inv invocation, l load) ([]byte, usage, error) {
	p := child{
		args: slices.Concat(b.pin.on(b.pin.Client), []string{b.paths[t]}, inv.args),
		env:  inv.env, dir: dir, input: inv.input, limit: 2*l.Duration + 30*time.Second,
	}
	output, u, err := p.run(ctx)
	if err != nil || inv.then == nil {
		return output, u, err
	}
	p.args = append([]string{filepath.Clean(b.paths[t])}, inv.then...)
	output, _, err = p.run(ctx)
	return output, u, err
}

// warnings are the reasons not to believe a run. A request that is cut at the end is counted by the server
// and not by the tool: one for each connection.
func (m measurement) warnings(connections int) []string {
	var all []string
	if m.Failed > 0 {
		all = append(all, fmt.Sprintf("%d of %d requests failed", m.Failed, m.Requests))
	}
	if d := m.Served - m.Requests; d < -2 || d > int64(connections)+2 {
		all = append(all, fmt.Sprintf("says that it made %d requests, the server counted %d", m.Requests, m.Served))
	}
	return all
}

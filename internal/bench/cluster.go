package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// clusterMain measures what a run on many agents costs beside a plain one: `just bench-cluster`. All of them are on this
// machine, against one server.
func clusterMain(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseOptions(args, stderr)
	if err != nil {
		return err
	}
	b := &rig{files: raiseFiles(), progress: stderr, paths: map[*tool]string{}}
	if b.dir, err = os.MkdirTemp("", "stickbench-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if b.paths[stickbench], err = b.locate(ctx, stickbench, o); err != nil {
		return err
	}
	nginx, err := o.nginx()
	if err != nil {
		return err
	}
	if b.server, err = startServer(ctx, nginx, b.dir, nil); err != nil {
		return err
	}
	defer b.server.stop()
	rows := make(map[int][]clusterRun)
	for round := range o.Runs {
		for _, agents := range []int{0, 1, 2, 4} {
			r, err := b.clusterRun(ctx, agents, load{Address: b.server.address, Connections: o.Connections, Duration: o.Duration})
			if err != nil {
				return err
			}
			rows[agents] = append(rows[agents], r)
			fmt.Fprintf(stderr, "run %d/%d  %d agents  %.2f µs/request\n", round+1, o.Runs, agents, r.agents)
		}
	}
	return writeCluster(stdout, rows)
}

// clusterRun is what a run cost. CPU is in microseconds, while the load lasted: of the agents per request, and of the
// coordinator per sample.
type clusterRun struct {
	agents, coordinator, perSecond, skew, wire, peak float64
}

func (b *rig) clusterRun(ctx context.Context, agents int, l load) (r clusterRun, err error) {
	dir, remove, err := fresh(b.dir)
	if err != nil {
		return r, err
	}
	defer remove()
	inv, err := stickbenchWith(true, true)(dir, l)
	if err != nil {
		return r, err
	}
	if agents > 0 {
		inv.args = append(inv.args, "--agents", strconv.Itoa(agents))
	}
	out, u, err := child{args: append([]string{b.paths[stickbench]}, inv.args...), dir: filepath.Clean(dir), limit: l.Duration + time.Minute}.run(ctx)
	if err != nil {
		return r, err
	}
	type generator struct {
		CPU  float64 `json:"cpu_ms"`
		Wall float64 `json:"wall_ms"`
	}
	var results struct {
		Generator, Coordinator generator
		Requests               struct{ OK, Failed float64 }
		Agents                 []struct {
			Generator generator
			Skew      float64 `json:"skew_ms"`
			Wire      float64 `json:"wire_bytes"`
		}
	}
	if err := json.Unmarshal(out, &results); err != nil {
		return r, err
	}
	n := results.Requests.OK + results.Requests.Failed
	if n == 0 {
		return r, errors.New("made no requests")
	}
	cpu := results.Generator.CPU
	if agents > 0 {
		cpu = 0
		for _, a := range results.Agents {
			cpu += a.Generator.CPU
			r.skew = max(r.skew, math.Abs(a.Skew))
			r.wire += a.Wire / n
		}
		r.coordinator = results.Coordinator.CPU * 1000 / n
	}
	r.agents, r.perSecond, r.peak = cpu*1000/n, n/results.Generator.Wall*1000, float64(u.Peak)/(1<<20)
	return r, nil
}

// writeCluster writes the medians.
func writeCluster(w io.Writer, rows map[int][]clusterRun) error {
	of := func(agents int, what func(clusterRun) float64) float64 {
		var all []float64
		for _, r := range rows[agents] {
			all = append(all, what(r))
		}
		return median(all)
	}
	beside := func(agents int, cost func(clusterRun) float64) string { // within each round, as the machine is as busy then
		var all []float64
		for round, r := range rows[agents] {
			all = append(all, cost(r)/rows[0][round].agents)
		}
		return fmt.Sprintf("%.2f", median(all))
	}
	text := "| agents | requests/s | CPU of the load, µs/request | × a plain run | coordinator, µs/sample | both, × a plain run | bytes/sample | clocks, ms | coordinator, MB |\n|---|---|---|---|---|---|---|---|---|\n"
	for _, agents := range []int{0, 1, 2, 4} {
		name, load, coordinator, both, wire, skew := "none: a plain run", "", "", "", "", ""
		cpu := of(agents, func(r clusterRun) float64 { return r.agents })
		if agents > 0 {
			name, load = strconv.Itoa(agents), beside(agents, func(r clusterRun) float64 { return r.agents })
			both = beside(agents, func(r clusterRun) float64 { return r.agents + r.coordinator })
			coordinator = fmt.Sprintf("%.2f", of(agents, func(r clusterRun) float64 { return r.coordinator }))
			wire = fmt.Sprintf("%.1f", of(agents, func(r clusterRun) float64 { return r.wire }))
			skew = fmt.Sprintf("%.3f", of(agents, func(r clusterRun) float64 { return r.skew }))
		}
		text += fmt.Sprintf("| %s | %.0f | %.2f | %s | %s | %s | %s | %s | %.0f |\n", name, of(agents, func(r clusterRun) float64 { return r.perSecond }), cpu, load, coordinator, both, wire, skew, of(agents, func(r clusterRun) float64 { return r.peak }))
	}
	_, err := io.WriteString(w, text)
	return err
}

package main

import (
	"slices"
	"time"
)

// schema names the layout of Results as JSON.
const schema = "stickbench.bench/1"

// Results is everything that was measured: plain data, ready to be printed.
type Results struct {
	Schema  string  `json:"schema"`
	Machine machine `json:"machine"`
	Server  string  `json:"server"`
	Pinned  bool    `json:"pinned"` // server and client on different cores

	Connections int     `json:"connections"`
	Seconds     float64 `json:"seconds"` // of one run
	Runs        int     `json:"runs"`    // of each row

	Rows     []Row       `json:"rows"`    // the cheapest first
	Memory   []MemoryRow `json:"memory"`  // of users with open connections
	Missing  []Missing   `json:"missing"` // tools that are not installed
	Warnings []string    `json:"warnings"`
}

// Row is what a tool costs: medians over its runs.
type Row struct {
	Name    string `json:"name"`
	Version string `json:"version"` // "" if the tool does not say
	Runs    int    `json:"runs"`    // those that succeeded

	CPUMicros float64  `json:"cpu_us"` // of the client, user and system, per request
	CPUMin    float64  `json:"cpu_us_min"`
	CPUMax    float64  `json:"cpu_us_max"`
	CPURatio  *float64 `json:"cpu_ratio"` // to wrk in the same round, the median; null without wrk
	PerSecond float64  `json:"requests_per_s"`
	PeakBytes int64    `json:"peak_bytes"`
	P99MS     *float64 `json:"p99_ms"` // as the tool says; null if it does not
	Requests  int64    `json:"requests"`
}

// MemoryRow is the memory of so many users. Bytes per user are those above the memory of a single user.
type MemoryRow struct {
	Name         string  `json:"name"`
	Users        int     `json:"users"`
	PeakBytes    int64   `json:"peak_bytes"`
	BytesPerUser float64 `json:"bytes_per_user"`
}

// Missing is a tool that is not installed.
type Missing struct {
	Name    string `json:"name"`
	Install string `json:"install"`
}

// measurement is one run of a contender.
type measurement struct {
	figures
	usage
	Served int64 // requests that the server counted
}

// failed says that the run came to nothing.
func (m measurement) failed() bool { return m.Requests == 0 }

// cpuMicros is the CPU time per request, in microseconds.
func (m measurement) cpuMicros() float64 {
	return float64(m.CPU) / float64(time.Microsecond) / float64(m.Requests)
}

// newRow takes the median of each figure by itself: the middle run by CPU need not be that by p99.
func newRow(name, version string, runs []measurement) Row {
	cpu := each(runs, measurement.cpuMicros)
	r := Row{
		Name: name, Version: version, Runs: len(runs),
		CPUMicros: median(cpu), CPUMin: slices.Min(cpu), CPUMax: slices.Max(cpu),
		PerSecond: median(each(runs, func(m measurement) float64 { return m.PerSecond })),
		PeakBytes: int64(median(each(runs, func(m measurement) float64 { return float64(m.Peak) }))),
		Requests:  int64(median(each(runs, func(m measurement) float64 { return float64(m.Requests) }))),
	}
	said := slices.DeleteFunc(slices.Clone(runs), func(m measurement) bool { return m.P99 == notSaid })
	if len(said) > 0 {
		p99 := median(each(said, func(m measurement) float64 { return float64(m.P99) / float64(time.Millisecond) }))
		r.P99MS = &p99
	}
	return r
}

// ratio is the median of the ratios to the run of base in the same round: what the machine does for minutes
// falls on both. nil if they share no round.
func ratio(runs, base []measurement) *float64 {
	var all []float64
	for i := range base {
		if !runs[i].failed() && !base[i].failed() {
			all = append(all, runs[i].cpuMicros()/base[i].cpuMicros())
		}
	}
	if len(all) == 0 {
		return nil
	}
	r := median(all)
	return &r
}

func each[A, B any](all []A, f func(A) B) []B {
	out := make([]B, len(all))
	for i, a := range all {
		out[i] = f(a)
	}
	return out
}

// median is the middle of the values, or the mean of the two in the middle; 0 of none.
func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	if len(v) == 0 {
		return 0
	}
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

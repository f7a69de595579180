package main

import (
	"context"
	"fmt"
	"time"
)

// think is the pause of the users whose memory is measured.
const think = 2 * time.Second

// measureMemory measures the memory of so many users with open connections and think time, beside that of
// a single user, for the contenders that can pause.
func (b *rig) measureMemory(ctx context.Context, all []contender, address string, users []int) ([]MemoryRow, error) {
	var rows []MemoryRow
	if len(users) == 0 {
		return nil, nil
	}
	for _, c := range all {
		single, err := b.once(ctx, c, thinking(address, 1))
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			b.warn("memory of %s: %v", c.name, err)
			continue
		}
		for _, n := range users {
			r, err := b.memoryOf(ctx, c, address, n, single.Peak, lastOf(rows, c.name))
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if err != nil {
				b.warn("memory of %s with %d users: %v", c.name, n, err)
				break
			}
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// memoryOf measures n users, unless that could take the machine's memory or its open files.
func (b *rig) memoryOf(ctx context.Context, c contender, address string, n int, single int64, last *MemoryRow) (MemoryRow, error) {
	const other = 100 // files beside the connections
	if b.files > 0 && uint64(n+other) > b.files {
		return MemoryRow{}, fmt.Errorf("not measured: only %d files may be open (ulimit -n)", b.files)
	}
	if last != nil {
		need, available := last.BytesPerUser*float64(n), 1024*text(read("/proc/meminfo")).number(`MemAvailable:\s+(\d+)`)
		if available > 0 && need > available/2 {
			return MemoryRow{}, fmt.Errorf("not measured: it would take about %.1f GB, more than half of what is free", need/1e9)
		}
	}
	m, err := b.once(ctx, c, thinking(address, n))
	if err != nil {
		return MemoryRow{}, err
	}
	if m.Requests < int64(n) {
		return MemoryRow{}, fmt.Errorf("only %d requests were made: not every user was there", m.Requests)
	}
	r := MemoryRow{c.name, n, m.Peak, float64(m.Peak-single) / float64(max(n-1, 1))}
	fmt.Fprintf(b.progress, "memory   %-31s %6d users %7.1f MB %7.1f KB/user\n", c.name, n, float64(r.PeakBytes)/1e6, r.BytesPerUser/1e3)
	return r, nil
}

// thinking is the load of n users: they come within a time that makes 2500 a second at the most, and stay
// for two rounds more.
func thinking(address string, n int) load {
	ramp := max(time.Second, time.Duration(n)*time.Second/2500)
	return load{Address: address, Connections: n, RampUp: ramp, Think: think, Duration: ramp + 2*think}
}

// lastOf is the last row of that name, nil if there is none.
func lastOf(rows []MemoryRow, name string) *MemoryRow {
	if n := len(rows); n > 0 && rows[n-1].Name == name {
		return &rows[n-1]
	}
	return nil
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// usage is what a child cost.
type usage struct {
	CPU  time.Duration // user and system, of the child and of those it waited for
	Peak int64         // bytes of resident memory at the most
}

// child is a program to be run, bounded in time.
type child struct {
	args  []string // with the program
	env   []string
	dir   string
	input string
	limit time.Duration
}

// run returns what the child wrote to standard output. A child that does not end in time is killed with
// its process group, and so it is when ctx ends.
func (c child) run(ctx context.Context) ([]byte, usage, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.limit, fmt.Errorf("did not end within %s", c.limit))
	defer cancel()
	var out, complaint bytes.Buffer
	p := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	p.Dir, p.Env = c.dir, append(os.Environ(), c.env...)
	p.Stdin, p.Stdout, p.Stderr = strings.NewReader(c.input), &out, &complaint
	p.WaitDelay = time.Second
	ownGroup(p)
	p.Cancel = func() error { return killGroup(p.Process) }
	if err := p.Start(); err != nil {
		return nil, usage{}, err
	}
	seen := watchPeak(p.Process.Pid)
	err := p.Wait()
	watched := seen()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, usage{}, c.failed(err, complaint.String(), out.String())
	}
	u := usage{CPU: p.ProcessState.UserTime() + p.ProcessState.SystemTime()}
	u.Peak = peak(maxRSS(p.ProcessState), highWater("self"), watched)
	return out.Bytes(), u, nil
}

// failed says what a child complained of, by the end of it.
func (c child) failed(err error, streams ...string) error {
	for _, s := range streams {
		if s = strings.TrimSpace(s); s != "" {
			return fmt.Errorf("%s: %w: …%s", filepath.Base(c.args[0]), err, s[max(0, len(s)-300):])
		}
	}
	return fmt.Errorf("%s: %w", filepath.Base(c.args[0]), err)
}

// peak is the child's peak of resident memory, from what wait4 says of it, the parent's own peak, and
// what was watched while it ran. Linux starts a child's ru_maxrss with the parent's resident memory at
// the time of the fork: below that it says nothing of the child, and only what was watched does.
func peak(maxRSS, own, watched int64) int64 {
	if maxRSS > own || watched == 0 {
		return maxRSS
	}
	return watched
}

// watchPeak looks at a process's peak of memory until the returned function is called, which returns it.
func watchPeak(pid int) func() int64 {
	const every = 50 * time.Millisecond
	stop, result := make(chan struct{}), make(chan int64, 1)
	go func() {
		t := time.NewTicker(every)
		defer t.Stop()
		for most := int64(0); ; {
			most = max(most, highWater(strconv.Itoa(pid)))
			select {
			case <-t.C:
			case <-stop:
				result <- most
				return
			}
		}
	}()
	return func() int64 {
		close(stop)
		return <-result
	}
}

// highWater is a process's peak of resident memory in bytes, 0 if it is not known.
func highWater(pid string) int64 {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0
	}
	return 1024 * text(status).count(`VmHWM:\s+(\d+) kB`)
}

package main

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// machine is where it was measured.
type machine struct {
	CPU     string  `json:"cpu"`
	Cores   int     `json:"cores"`
	System  string  `json:"system"` // such as linux/amd64
	Kernel  string  `json:"kernel"`
	Go      string  `json:"go"`
	LoadAvg float64 `json:"load_average"` // of the minute before the start
}

func thisMachine() machine {
	m := machine{Cores: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
	m.CPU = text(read("/proc/cpuinfo")).match(`model name\s*: (.+)`)
	m.Kernel = strings.TrimSpace(string(read("/proc/sys/kernel/osrelease")))
	m.LoadAvg = text(read("/proc/loadavg")).number(`^([\d.]+) `)
	return m
}

// String is such as "2 cores (AMD EPYC), linux/amd64 6.1.0, go1.26.0".
func (m machine) String() string {
	s := plural(m.Cores, "core")
	if m.CPU != "" {
		s += " (" + m.CPU + ")"
	}
	return s + ", " + strings.TrimSpace(m.System+" "+m.Kernel) + ", " + m.Go
}

// busy reports whether the machine had something else to do before the start.
func (m machine) busy() bool { return m.LoadAvg > float64(m.Cores)/2 }

// read is a file's content, nothing if there is none.
func read(path string) []byte {
	b, _ := os.ReadFile(path)
	return b
}

// pinning says where server and client run. The zero value pins nothing.
type pinning struct {
	Taskset string
	Server  int // numbers of cores
	Client  int
}

// errNotPinned explains why nothing can be pinned.
var errNotPinned = errors.New("server and client cannot be kept on different cores, so that one would take the other's time; --unpinned measures nevertheless")

// findPinning takes the first and the last core that this process may use, unless cores ("S,C") names
// them.
func findPinning(cores string) (pinning, error) {
	taskset, err := exec.LookPath("taskset")
	if err != nil {
		return pinning{}, fmt.Errorf("taskset is missing (apt-get install util-linux): %w", errNotPinned)
	}
	allowed, err := parseCores(text(read("/proc/self/status")).match(`Cpus_allowed_list:\s+(\S+)`))
	if err != nil {
		return pinning{}, fmt.Errorf("%w: %w", err, errNotPinned)
	}
	if len(allowed) < 2 {
		return pinning{}, fmt.Errorf("there is only one core to run on: %w", errNotPinned)
	}
	p := pinning{taskset, allowed[0], allowed[len(allowed)-1]}
	if cores == "" {
		return p, nil
	}
	chosen, err := parseCores(cores)
	if err != nil || len(chosen) != 2 || chosen[0] == chosen[1] {
		return pinning{}, fmt.Errorf("--cores %q: two different numbers are needed, the server's and the client's, such as 0,1", cores)
	}
	return pinning{taskset, chosen[0], chosen[1]}, nil
}

// on is what comes before a command so that it runs on a core.
func (p pinning) on(core int) []string {
	if p.Taskset == "" {
		return nil
	}
	return []string{p.Taskset, "-c", strconv.Itoa(core)}
}

// parseCores reads a list of cores as Linux writes it, such as 0-3,8.
func parseCores(list string) ([]int, error) {
	var cores []int
	for part := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		a, errA := strconv.Atoi(first)
		b, errB := strconv.Atoi(last)
		if errA != nil || errB != nil || a < 0 || b < a || b > 1<<16 {
			return nil, fmt.Errorf("%q is no list of cores", list)
		}
		for ; a <= b; a++ {
			cores = append(cores, a)
		}
	}
	return cores, nil
}

var (
	versionWord   = regexp.MustCompile(`(?i)version[ /]+v?(\d+\.\d+(?:\.\d+)?)`)
	versionNumber = regexp.MustCompile(`(\d+\.\d+(?:\.\d+)?)`)
)

// versionOf is the number in what a program says of its version, or in what the Go linker wrote into it;
// "" if neither knows one.
func versionOf(ctx context.Context, t *tool, path string) string {
	if info, err := buildinfo.ReadFile(path); err == nil && strings.HasPrefix(info.Main.Version, "v") {
		return info.Main.Version[1:]
	}
	if t.version == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	out, _ := exec.CommandContext(ctx, path, t.version...).CombinedOutput() // wrk ends with 1
	return versionIn(out)
}

// versionIn is the number behind the word version, or the first one with a dot in it.
func versionIn(output []byte) string {
	for _, r := range []*regexp.Regexp{versionWord, versionNumber} {
		if m := r.FindSubmatch(output); m != nil {
			return string(m[1])
		}
	}
	return ""
}

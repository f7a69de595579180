// Command bench measures stickbench beside other load generators on the machine at hand: `just bench`.
//
//	contenders ─▶ once (pinned child, wait4) ─▶ measurement ─▶ newRow (medians) ─▶ Results ─▶ Markdown | JSON | documents
//	                 │                               ▲
//	                 └──▶ server (pinned) ── its own count of requests
//
// The figure that counts is the client's CPU time per request. Unlike throughput it does not depend on
// what the server can take, and hardly on what else the machine does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// The exit codes, as stickbench's own.
const (
	exitUsage       = 2
	exitCannotRun   = 3
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "serve" {
		return serveMain(args[1:], stdin, stderr)
	}
	if len(args) > 0 && args[0] == "cluster" {
		if err := clusterMain(ctx, args[1:], stdout, stderr); err != nil {
			fmt.Fprintln(stderr, "bench:", err)
			return exitCannotRun
		}
		return 0
	}
	o, err := parseOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return exitUsage
	}
	r, err := bench(ctx, o, stderr)
	if err == nil {
		err = show(o, r, stdout)
	}
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil:
		return exitInterrupted
	}
	fmt.Fprintln(stderr, "bench:", err)
	return exitCannotRun
}

// show prints the results, and puts them into the documents if that is asked for.
func show(o *options, r *Results, stdout io.Writer) error {
	write := writeMarkdown
	if o.JSON {
		write = writeJSON
	}
	if err := write(stdout, r); err != nil {
		return err
	}
	if !o.Docs {
		return nil
	}
	return rewriteDocs(".", r)
}

// bench measures everything that is asked for.
func bench(ctx context.Context, o *options, progress io.Writer) (_ *Results, err error) {
	r := &Results{
		Schema: schema, Machine: thisMachine(), Connections: o.Connections, Seconds: o.Duration.Seconds(), Runs: o.Runs,
		Rows: []Row{}, Memory: []MemoryRow{}, Missing: []Missing{}, Warnings: []string{},
	}
	b := &rig{files: raiseFiles(), progress: progress, paths: map[*tool]string{}}
	if b.pin, err = o.pinning(b); err != nil {
		return nil, err
	}
	if r.Machine.busy() {
		b.warn("the machine was busy before the start (load average %.1f on %s): all figures are worse than on a free one, and noisier", r.Machine.LoadAvg, plural(r.Machine.Cores, "core"))
	}
	r.Pinned = b.pin.Taskset != ""
	if b.dir, err = os.MkdirTemp("", "stickbench-bench-"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(b.dir)
	all, err := b.findTools(ctx, o, r)
	if err != nil {
		return nil, err
	}
	nginx, err := o.nginx()
	if err != nil {
		return nil, err
	}
	r.Server = serverName(ctx, nginx)
	if b.server, err = startServer(ctx, nginx, b.dir, b.pin.on(b.pin.Server)); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.server.stop()) }()
	return r, b.fill(ctx, o, all, r)
}

// fill measures the contenders and fills the results with them.
func (b *rig) fill(ctx context.Context, o *options, all []contender, r *Results) error {
	rows, err := b.measure(ctx, all, load{Address: b.server.address, Connections: o.Connections, Duration: o.Duration}, o.Runs)
	if err != nil {
		return err
	}
	r.Rows = append(r.Rows, rows...)
	memory, err := b.measureMemory(ctx, pausing(all), b.server.address, o.Memory)
	r.Memory = append(r.Memory, memory...)
	r.Warnings = append(r.Warnings, b.warnings...)
	return err
}

// pausing are the contenders whose memory is measured: those whose users can pause, as they are used in
// earnest.
func pausing(all []contender) []contender {
	var some []contender
	for _, c := range all {
		if c.name == "stickbench, everything on" || c.name == "k6, JSON checks" {
			some = append(some, c)
		}
	}
	return some
}

// pinning is where client and server run. Without the means it is an error, unless that is accepted.
func (o *options) pinning(b *rig) (pinning, error) {
	p, err := findPinning(o.Cores)
	if err != nil && o.Unpinned {
		b.warn("%v", err)
		return pinning{}, nil
	}
	return p, err
}

// nginx is the path of the server; "" for our own.
func (o *options) nginx() (string, error) {
	if o.Server == "own" {
		return "", nil
	}
	path := find("nginx", o.Tools)
	if path == "" && o.Server == "nginx" {
		return "", errors.New("nginx is missing (apt-get install nginx); --server own needs none")
	}
	return path, nil
}

// findTools finds the tools, builds stickbench, and returns the contenders that can be measured.
func (b *rig) findTools(ctx context.Context, o *options, r *Results) ([]contender, error) {
	var all []contender
	missing := map[*tool]bool{}
	for _, c := range contenders {
		if !o.wants(c.tool) || missing[c.tool] {
			continue
		}
		if b.paths[c.tool] == "" {
			path, err := b.locate(ctx, c.tool, o)
			if err != nil {
				return nil, err
			}
			if path == "" {
				missing[c.tool] = true
				r.Missing = append(r.Missing, Missing{c.tool.name, c.tool.install})
				fmt.Fprintf(b.progress, "missing  %s: %s\n", c.tool.name, c.tool.install)
				continue
			}
			b.paths[c.tool] = path
		}
		all = append(all, c)
	}
	return all, nil
}

// locate is the path of a tool, "" if it is not installed. stickbench is built, unless it is given.
func (b *rig) locate(ctx context.Context, t *tool, o *options) (string, error) {
	if t != stickbench {
		return find(t.name, o.Tools), nil
	}
	if o.Stickbench != "" {
		return filepath.Abs(o.Stickbench)
	}
	path := filepath.Join(b.dir, "stickbench")
	build := child{args: []string{"go", "build", "-o", path, "stickbench/cmd/stickbench"}, limit: 10 * time.Minute}
	if _, err := exec.LookPath("go"); err != nil {
		return "", fmt.Errorf("stickbench cannot be built: %w; --stickbench names a program", err)
	}
	if _, _, err := build.run(ctx); err != nil {
		return "", fmt.Errorf("stickbench cannot be built: %w; --stickbench names a program", err)
	}
	return path, nil
}

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options are what the user asks for.
type options struct {
	Runs        int
	Duration    time.Duration
	Connections int
	Only        []string // names of tools; nil for all
	Memory      []int    // users
	JMeter      bool
	Tools       string
	Stickbench  string
	Server      string
	Cores       string
	Unpinned    bool
	JSON        bool
	Docs        bool
}

const usageText = `usage: bench [flags]

Measures what load generators cost: CPU time per request, throughput, memory and p99 of stickbench, wrk,
h2load, ab, hey, vegeta and k6, those that are installed, against the same server, with client and server
on different cores. The server is nginx if it is installed, or else one that this program has. Everything
happens on loopback addresses.

`

// parseOptions reads the command line. flag.ErrHelp means that the usage was asked for and printed.
func parseOptions(args []string, stderr io.Writer) (*options, error) {
	o := &options{Memory: []int{100, 1000, 10000}}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usageText)
		f.PrintDefaults()
	}
	f.IntVar(&o.Runs, "runs", 3, "`number` of runs of each tool, in turn; the median counts")
	f.DurationVar(&o.Duration, "duration", 5*time.Second, "`time` of each run, in whole seconds")
	f.IntVar(&o.Connections, "connections", 50, "`number` of connections")
	f.Func("only", "measure these `tools` only, such as stickbench,wrk,k6", o.setOnly)
	f.Func("memory", "measure memory with so many `users` (default 100,1000,10000; 0 for none)", o.setMemory)
	f.BoolVar(&o.JMeter, "jmeter", false, "measure JMeter too")
	f.StringVar(&o.Tools, "tools", "", "look for tools in this `folder` before PATH")
	f.StringVar(&o.Stickbench, "stickbench", "", "measure this `program` instead of building stickbench")
	f.StringVar(&o.Server, "server", "auto", "nginx, own, or auto: nginx if it is installed")
	f.StringVar(&o.Cores, "cores", "", "the server's and the client's core, as `S,C` (default the first and the last)")
	f.BoolVar(&o.Unpinned, "unpinned", false, "measure even where client and server cannot be kept on different cores")
	f.BoolVar(&o.JSON, "json", false, "print one JSON document instead of tables")
	f.BoolVar(&o.Docs, "docs", false, "also put the results into README.md and internal/bench/help_cost.md, between their marks")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("unknown argument %q", f.Arg(0))
	}
	return o, o.validate()
}

func (o *options) setOnly(s string) error {
	o.Only = strings.Split(s, ",")
	for _, name := range o.Only {
		if !slices.ContainsFunc(contenders, func(c contender) bool { return c.tool.name == name }) {
			return fmt.Errorf("no tool %q", name)
		}
	}
	return nil
}

func (o *options) setMemory(s string) error {
	o.Memory = nil
	if s == "0" {
		return nil
	}
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return fmt.Errorf("invalid number of users %q", part)
		}
		o.Memory = append(o.Memory, n)
	}
	slices.Sort(o.Memory)
	return nil
}

// validate names everything that is wrong at once. Whole seconds, since wrk, ab and h2load take no others.
func (o *options) validate() error {
	var all []error
	if o.Runs < 1 || o.Runs > 100 {
		all = append(all, errors.New("--runs must be 1 to 100"))
	}
	if o.Duration < time.Second || o.Duration > time.Hour || o.Duration%time.Second != 0 {
		all = append(all, errors.New("--duration must be whole seconds, from 1s to 1h"))
	}
	if o.Connections < 1 || o.Connections > 10000 {
		all = append(all, errors.New("--connections must be 1 to 10000"))
	}
	if !slices.Contains([]string{"auto", "nginx", "own"}, o.Server) {
		all = append(all, fmt.Errorf("--server must be auto, nginx or own, not %q", o.Server))
	}
	return errors.Join(all...)
}

// wants reports whether a tool is to be measured.
func (o *options) wants(t *tool) bool {
	if o.Only != nil {
		return slices.Contains(o.Only, t.name)
	}
	return t != jmeter || o.JMeter
}

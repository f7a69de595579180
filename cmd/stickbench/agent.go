package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"stickbench/internal/cluster"
	"stickbench/loadgen"
)

func (a *app) agentCommand() *cobra.Command {
	w := cluster.Agent{Version: version(), Patience: time.Minute}
	var local, kubernetes bool
	fleet := cluster.Fleet{}
	c := &cobra.Command{
		Use:   "agent NATS-URL",
		Short: "Join a run from another machine: make a part of its load",
		Long: `Join a run that ` + "`stickbench run PLAN --wait-for N`" + ` coordinates, make a part of its load, and end with it. The address
and the token are those of the join command that the coordinator prints; the token may also be in STICKBENCH_TOKEN.

The agent is sent the plan and all files that belong to it, and reads no other. Its samples go to the coordinator. What
that one has not recorded is kept, in memory and then in a file, and is still there when the coordinator is gone:
` + "`stickbench report --merge FOLDER FILE`" + ` adds it to the run.

Exit codes: 0 the run is over; 2 wrong usage; 3 it could not join, or lost the coordinator; 130 interrupted.`,
		Example: "  stickbench agent nats://10.0.0.1:4222/sha256-… --token …",
		Args:    one("NATS-URL"),
		RunE: func(c *cobra.Command, args []string) error {
			w.URL = args[0]
			if w.Token == "" {
				w.Token = os.Getenv(tokenVariable)
			}
			if kubernetes {
				fleet.URL, fleet.Token = w.URL, w.Token
				return fleet.Write(a.stdout)
			}
			if w.Name == "" {
				host, _ := os.Hostname()
				w.Name = fmt.Sprintf("%s-%d", host, os.Getpid())
			}
			if err := checkAgent(&w); err != nil {
				return err
			}
			return a.agent(&w, local)
		},
	}
	f := c.Flags()
	f.StringVar(&w.Token, "token", "", "the `token` of the coordinator's join command")
	f.StringVar(&w.Name, "name", "", "the agent's `name`, single in its run (default: host and process)")
	f.IntVar(&w.Weight, "weight", 1, "what it can do, compared with others: twice the `weight` runs twice the users")
	f.StringVar(&w.CA, "tls-ca", "", "`FILE` of the authorities that vouch for the server, where its address has no fingerprint")
	f.StringVar(&w.Credentials, "nats-creds", "", "`FILE` of credentials for an existing NATS server")
	f.StringVar(&w.File, "keep", "", "`FILE` for samples that the coordinator has not recorded (default stickbench-RUN-NAME.samples)")
	f.Var((*durationFlag)(&w.Patience), "wait", "how long to look for a coordinator")
	f.BoolVar(&kubernetes, "kubernetes", false, "join nothing: print a Job of --count agents and its Secret, for kubectl apply -f -")
	f.IntVar(&fleet.Count, "count", 1, "so many `agents`, with --kubernetes")
	f.StringVar(&fleet.Image, "image", "", "`IMAGE` of theirs, which has stickbench as its entry point")
	f.StringVar(&fleet.CPU, "cpu", "1", "processors that each asks for, as a `quantity`")
	f.StringVar(&fleet.Memory, "memory", "1Gi", "memory that each asks for, as a `quantity`")
	f.BoolVar(&local, "local", false, "a coordinator on this machine decides when it ends")
	f.MarkHidden("local")
	return c
}

func checkAgent(w *cluster.Agent) error {
	switch {
	case w.Name == "" || strings.ContainsFunc(w.Name, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}):
		return fmt.Errorf("--name %q: want letters, digits, - and _", w.Name)
	case w.Weight < 1 || w.Weight > 1000:
		return fmt.Errorf("--weight %d: want 1 to 1000", w.Weight)
	}
	return nil
}

// agent is one agent's work.
func (a *app) agent(w *cluster.Agent, local bool) error {
	if local { // Ctrl-C in a terminal goes to all its processes: the coordinator decides
		signal.Ignore(os.Interrupt, syscall.SIGHUP)
	}
	stops := watchSignals(a.notices)
	defer stops.release()
	w.Say = func(format string, args ...any) {
		if !local {
			fmt.Fprintf(a.stderr, format+"\n", args...)
		}
	}
	w.Prepare = func(content []byte, target string, segment loadgen.Segment, sink loadgen.Sink) (*loadgen.Runner, error) {
		return preparePart(stops.graceful, content, target, segment, sink)
	}
	err := w.Work(stops.graceful, stops.hard)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled) && stops.graceful.Err() != nil:
		return &exitError{exitInterrupted, errors.New("interrupted")}
	}
	return cannotRun("%w", err)
}

// preparePart makes the run of a segment of the plan that came.
func preparePart(ctx context.Context, content []byte, target string, segment loadgen.Segment, sink loadgen.Sink) (*loadgen.Runner, error) {
	var b bundle
	if err := json.Unmarshal(content, &b); err != nil {
		return nil, err
	}
	plan, err := b.plan()
	if err != nil {
		return nil, err
	}
	if target != "" {
		plan.Load.Target = target
	}
	plan.Load.UserAgent = "stickbench/" + version()
	r, err := loadgen.NewSegment(&plan.Load, segment, sink)
	if err == nil {
		err = r.CheckLimits()
	}
	if err == nil {
		err = r.Probe(ctx)
	}
	if err == nil {
		err = r.Preconnect(ctx)
	}
	return r, err
}

package main

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/spf13/cobra"

	"stickbench/internal/probe"
	"stickbench/internal/starter"
)

// newFlags are the options of `stickbench new`.
type newFlags struct {
	plan         starter.Options
	probe        probeFlags
	lab, noProbe bool
}

func (a *app) newCommand() *cobra.Command {
	var o newFlags
	c := &cobra.Command{
		Use:   "new [FILE]",
		Short: "Write a commented plan to start from",
		Long: fmt.Sprintf(`Write a commented plan to start from, to standard output or to a FILE that does not exist yet. It runs as it is:
in the laboratory, or with --url against a target that is probed first (stickbench help probe), so that the
plan says where responses name their node and their session, and expects what was found.

Templates are what users do: by default they make a few requests each, else one of %s.`, strings.Join(starter.Templates(), ", ")),
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if o.lab && o.plan.URL != "" {
				return fmt.Errorf("--lab and --url exclude each other: a plan has one target")
			}
			return a.newPlan(args, &o)
		},
	}
	f := c.Flags()
	f.BoolVar(&o.lab, "lab", false, "in the laboratory, which is the default")
	f.StringVar(&o.plan.URL, "url", "", "against this `URL`")
	f.BoolVar(&o.noProbe, "no-probe", false, "with --url: send nothing, and leave open what a probe would find")
	f.StringVarP(&o.plan.Template, "template", "t", "", "`"+strings.Join(starter.Templates(), "|")+"`")
	o.probe.leaveFlags(f)
	return c
}

// newPlan writes the plan.
func (a *app) newPlan(args []string, o *newFlags) error {
	if _, err := starter.Plan(o.plan); err != nil { // before any request
		return err
	}
	if o.plan.URL != "" && !o.noProbe {
		f := &o.probe
		f.Requests, f.Duration, f.Seed, f.UserAgent = probe.DefaultRequests, probe.DefaultDuration, rand.Uint64(), probeAgent()
		record, interrupted, err := a.experiment(o.plan.URL, f)
		if err != nil {
			return err
		}
		if interrupted {
			return errInterrupted
		}
		o.plan.Found = probe.Judge(record)
	}
	text, err := starter.Plan(o.plan)
	if err != nil {
		return err
	}
	if len(args) == 1 && args[0] != "-" {
		return save("new", args[0], []byte(text))
	}
	if _, err := fmt.Fprint(a.stdout, text); err != nil {
		return cannotRun("the plan could not be printed: %w", err)
	}
	return nil
}

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"stickbench/plans"
)

// overrides are the options that set something over a plan.
type overrides struct {
	Target, Balancer string
	Users            int
	Iterations       int
	Duration, RampUp time.Duration
	Seed             uint64
	Insecure         bool
	Preconnect       bool
	Source, Resolve  []string
	ConnectTo, Proxy string
	Set              map[string]string
	Apdex            *plans.Apdex
}

func (o *overrides) flags(c *cobra.Command) {
	o.planFlags(c.Flags())
	o.loadFlags(c.Flags())
	o.routeFlags(c.Flags())
	apdexVar(c.Flags(), &o.Apdex)
}

// planFlags say which plan it is: with what target, balancer and values.
func (o *overrides) planFlags(f *pflag.FlagSet) {
	f.StringVar(&o.Target, "target", "", "send the plan to `URL` instead of its laboratory or target")
	f.StringVar(&o.Balancer, "balancer", "", "the laboratory's balancer: `embedded|haproxy`")
	f.BoolVarP(&o.Insecure, "insecure", "k", false, "accept any certificate of an https target")
	f.Var((*setFlag)(&o.Set), "set", "`NAME=VALUE`: a variable's value instead of the one in [vars]; may be repeated")
	f.Uint64Var(&o.Seed, "seed", 0, "seed of think times and random arrivals")
}

// loadFlags say how much load it makes.
func (o *overrides) loadFlags(f *pflag.FlagSet) {
	f.IntVarP(&o.Users, "users", "u", 0, "users of every group")
	f.IntVarP(&o.Iterations, "iterations", "n", 0, "iterations of every user; lifts the plan's duration")
	f.VarP((*durationFlag)(&o.Duration), "duration", "d", "how long every group runs, such as 30s; lifts the plan's iterations")
	f.Var((*durationFlag)(&o.RampUp), "ramp-up", "time over which the users of a group start")
}

// routeFlags say on which way the requests go to the target.
func (o *overrides) routeFlags(f *pflag.FlagSet) {
	f.BoolVar(&o.Preconnect, "preconnect", false, "open each user's first connection before the run begins")
	f.StringSliceVar(&o.Source, "source", nil, "local `addresses` to connect from, in turns: 127.0.0.2,127.0.0.3")
	f.StringVar(&o.ConnectTo, "connect-to", "", "connect to `HOST:PORT` where the target's URL says otherwise")
	f.StringArrayVar(&o.Resolve, "resolve", nil, "`HOST:PORT:ADDRESS`: the address of a name, in place of a name service; may be repeated")
	f.StringVar(&o.Proxy, "proxy", "", "send everything through the HTTP proxy at `URL`, such as http://127.0.0.1:3128")
}

// over is what was given on the command line.
func (o *overrides) over(c *cobra.Command) plans.Override {
	p := plans.Override{Insecure: o.Insecure, Preconnect: o.Preconnect, Source: o.Source, ConnectTo: o.ConnectTo, Resolve: o.Resolve, Proxy: o.Proxy, Set: o.Set, Apdex: o.Apdex}
	f := c.Flags()
	given(f.Changed("target"), &p.Target, &o.Target)
	given(f.Changed("balancer"), &p.Balancer, &o.Balancer)
	given(f.Changed("users"), &p.Users, &o.Users)
	given(f.Changed("iterations"), &p.Iterations, &o.Iterations)
	given(f.Changed("duration"), &p.Duration, &o.Duration)
	given(f.Changed("ramp-up"), &p.RampUp, &o.RampUp)
	given(f.Changed("seed"), &p.Seed, &o.Seed)
	return p
}

func given[T any](changed bool, to **T, value *T) {
	if changed {
		*to = value
	}
}

// alias makes a flag count as given if another name for it was; both share their variable.
func alias(c *cobra.Command, name, other string) {
	if c.Flags().Changed(other) {
		c.Flags().Lookup(name).Changed = true
	}
}

// apdexFlag are the times of Apdex, T or T,F; nil where they are not given.
type apdexFlag struct{ to **plans.Apdex }

func apdexVar(f *pflag.FlagSet, to **plans.Apdex) {
	f.Var(&apdexFlag{to}, "apdex", "`T[,F]`: how long a request may take to satisfy its user, and to be put up with (500ms,1500ms; F is 4 T without)")
}

func (f *apdexFlag) Set(s string) error {
	satisfied, tolerated, both := strings.Cut(s, ",")
	t, err := plans.ParseDuration(satisfied)
	if err != nil {
		return err
	}
	a := plans.ApdexOf(t)
	if both {
		if a.Tolerated, err = plans.ParseDuration(tolerated); err != nil {
			return err
		}
	}
	if t <= 0 || a.Tolerated < t {
		return fmt.Errorf("want T,F with 0 < T ≤ F, such as 500ms,1500ms")
	}
	*f.to = &a
	return nil
}

func (f *apdexFlag) String() string { return "" }
func (f *apdexFlag) Type() string   { return "T[,F]" }

// setFlag are values of variables, by name.
type setFlag map[string]string

func (f *setFlag) Set(s string) error {
	name, value, found := strings.Cut(s, "=")
	if !found || name == "" {
		return fmt.Errorf("invalid variable %q: want NAME=VALUE", s)
	}
	if *f == nil {
		*f = setFlag{}
	}
	(*f)[name] = value
	return nil
}

func (f *setFlag) String() string { return "" }
func (f *setFlag) Type() string   { return "NAME=VALUE" }

// durationFlag is a duration that is read as those of plans are.
type durationFlag time.Duration

func (d *durationFlag) Set(s string) error {
	v, err := plans.ParseDuration(s)
	*d = durationFlag(v)
	return err
}

// String is "" without one, so that the help shows no default.
func (d *durationFlag) String() string {
	if *d == 0 {
		return ""
	}
	return time.Duration(*d).String()
}

func (d *durationFlag) Type() string { return "duration" }

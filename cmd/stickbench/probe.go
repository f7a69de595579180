package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"stickbench/internal/bounded"
	"stickbench/internal/probe"
	"stickbench/internal/redact"
)

// probeFlags are the options of `stickbench probe`.
type probeFlags struct {
	probe.Options
	headers          []string
	plan, out        string
	json, yes, quiet bool
}

func (a *app) probeCommand() *cobra.Command {
	var o probeFlags
	c := &cobra.Command{
		Use:   "probe URL|FILE",
		Short: "Explain an unknown balancer: its nodes, what makes sessions stick, how they are placed",
		Long: fmt.Sprintf(`Explain an unknown balancer with some %d requests and no plan: how its nodes can be told apart, what makes
a session stick, how new sessions are placed, and whether a session lives when it moves. Each verdict comes
from an experiment; what cannot be told from here is said, with what would tell.

With the FILE of samples that --out wrote, the same is judged again without a request.

Exit codes: 0 found out; 1 nothing sticks, or sessions get lost; 2 wrong usage or an invalid file;
3 no response; 130 interrupted.`, probe.DefaultRequests),
		Args: one("URL or FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			if !c.Flags().Changed("seed") {
				o.Seed = rand.Uint64()
			}
			return a.probe(args[0], &o)
		},
	}
	f := c.Flags()
	o.Requests, o.Duration = probe.DefaultRequests, probe.DefaultDuration
	f.IntVar(&o.Requests, "requests", o.Requests, "at most so many requests")
	f.VarP((*durationFlag)(&o.Duration), "duration", "d", "at most so long")
	f.StringArrayVarP(&o.headers, "header", "H", nil, "a `'Name: value'` field of every request; repeat for more")
	f.StringArrayVar(&o.Sources, "source", nil, "an `address` of this machine to come from as well; repeat for more (a target on 127.0.0.0/8 needs none)")
	f.StringArrayVar(&o.Paths, "path", nil, "another `path` of the site, for a balancer that goes by the URL; repeat for more")
	f.StringVar(&o.SlowPath, "slow-path", "", "a `path` that takes a second or more: least connections show while it lasts")
	f.BoolVar(&o.Deep, "deep", false, "also send invented values of the application's session cookie, which may raise an alarm")
	o.leaveFlags(f)
	f.Uint64Var(&o.Seed, "seed", 0, "of the order of trials and the invented values (default a random one)")
	f.StringVar(&o.plan, "plan", "", "write a plan to go on with to `FILE`")
	f.StringVarP(&o.out, "out", "o", "", "keep the samples in `FILE`; probe FILE judges them again")
	f.BoolVar(&o.json, "json", false, "print the report as one JSON document, and nothing else")
	return c
}

// leaveFlags say what a probe may do, and whether it says so.
func (o *probeFlags) leaveFlags(f *pflag.FlagSet) {
	f.BoolVarP(&o.Insecure, "insecure", "k", false, "accept any certificate")
	f.BoolVar(&o.yes, "yes", false, "probe an address that is neither loopback nor private: you may")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no notices on standard error")
}

// probe probes a URL, or judges a file of samples.
func (a *app) probe(what string, o *probeFlags) error {
	if err := o.check(); err != nil {
		return err
	}
	if !strings.Contains(what, "://") {
		record, err := readSamples(what)
		if err != nil {
			return err
		}
		return a.explain(record, o)
	}
	record, interrupted, err := a.experiment(what, o)
	if record == nil {
		return err
	}
	notKept := err
	err = a.explain(record, o)
	if notKept != nil {
		return notKept
	}
	if interrupted {
		return &exitError{code: exitInterrupted, err: err}
	}
	return err
}

// check says what is wrong with the options.
func (o *probeFlags) check() error {
	var wrong []error
	if o.Requests < 1 {
		wrong = append(wrong, fmt.Errorf("invalid --requests %d: want 1 or more", o.Requests))
	}
	if o.Duration <= 0 {
		wrong = append(wrong, fmt.Errorf("invalid --duration %v: want more than 0s", o.Duration))
	}
	for _, h := range o.headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok || strings.TrimSpace(name) == "" || strings.ContainsAny(h, "\r\n") {
			wrong = append(wrong, fmt.Errorf("invalid --header %q: want 'Name: value'", h))
			continue
		}
		o.Header = append(o.Header, probe.Pair{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	if _, err := os.Lstat(o.plan); o.plan != "" && err == nil { // before any request
		wrong = append(wrong, fmt.Errorf("--plan: %s exists already: remove it, or choose another name", o.plan))
	}
	o.UserAgent = probeAgent()
	return errors.Join(wrong...)
}

// probeAgent is how a probe names itself.
func probeAgent() string { return "stickbench-probe/" + version() }

// readSamples reads a file of samples. What is no file may have been meant for a URL.
func readSamples(path string) (*probe.Record, error) {
	f, err := bounded.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		_, invalid := probe.ParseURL(path)
		return nil, fmt.Errorf("%w (and there is no such file)", invalid)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	record, err := probe.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return record, nil
}

// experiment makes the requests. With a record the error is that it could not be kept in o.out.
func (a *app) experiment(url string, o *probeFlags) (record *probe.Record, interrupted bool, err error) {
	stops := watchSignals(a.notices)
	defer stops.release()
	o.URL = url
	if err := a.mayProbe(stops.graceful, o); err != nil {
		return nil, false, err
	}
	finish, err := o.keepSamples()
	if err != nil {
		return nil, false, err
	}
	record, err = probe.Run(stops.graceful, o.Options)
	stopped := ""
	if record != nil {
		stopped = record.Stopped
	}
	if kept := finish(stopped); kept != nil {
		err = errors.Join(err, cannotRun("the samples could not be kept: %w", kept))
	}
	interrupted = stops.graceful.Err() != nil
	switch {
	case interrupted && record == nil:
		return nil, true, errInterrupted
	case errors.Is(err, probe.ErrUnreachable):
		return nil, false, cannotRun("%s: %w", url, err)
	}
	return record, interrupted, err
}

// mayProbe says what the probe will do, and holds it back from addresses that may be somebody else's.
func (a *app) mayProbe(ctx context.Context, o *probeFlags) error {
	u, err := probe.ParseURL(o.URL)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	addresses, err := probe.Resolve(ctx, u)
	if err != nil {
		return cannotRun("%s: %w", o.URL, err)
	}
	if at := addresses[0].Addr(); !o.yes && !own(at) {
		return fmt.Errorf("%s is at %s, neither a loopback nor a private address: %d requests would begin as many sessions there; with --yes you say that you may", u.Host, at, o.Requests)
	}
	if o.quiet {
		return nil
	}
	fmt.Fprintf(a.stderr, "probing %s at %s: at most %d requests in %v, most of which begin a session of the application\n", redact.URL(u.String()), addresses[0], o.Requests, o.Duration)
	return nil
}

// own reports whether an address is one of this machine or of a private network.
func own(a netip.Addr) bool { return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() }

// keepSamples lets the exchanges be written to o.out while the probe lasts. finish ends the file. It holds
// the cookies that the probe was given, so that only its owner may read it.
func (o *probeFlags) keepSamples() (finish func(stopped string) error, err error) {
	if o.out == "" {
		return func(string) error { return nil }, nil
	}
	f, err := create("--out", o.out, 0o600)
	if err != nil {
		return nil, err
	}
	var w *probe.Writer
	o.Begun = func(r *probe.Record) { w = probe.NewWriter(f, r) }
	o.Seen = func(e *probe.Exchange) { w.Exchange(e) }
	return func(stopped string) error {
		if w == nil { // no response
			return errors.Join(f.Close(), os.Remove(o.out))
		}
		err := errors.Join(w.Close(stopped), f.Close())
		if info, _ := os.Stat(o.out); err != nil && info != nil && info.Size() == 0 { // a full disk
			os.Remove(o.out)
		}
		return err
	}, nil
}

// explain prints what a record shows, and writes the plan.
func (a *app) explain(record *probe.Record, o *probeFlags) error {
	r := probe.Judge(record)
	if err := a.printProbe(r, o.json); err != nil {
		return cannotRun("the report could not be printed: %w", err)
	}
	if o.plan != "" {
		if err := save("--plan", o.plan, []byte(r.Plan())); err != nil {
			return err
		}
		if !o.quiet {
			fmt.Fprintf(a.stderr, "the plan to go on with: stickbench run %s\n", o.plan)
		}
	}
	if r.Failed() {
		return &exitError{code: exitFailed}
	}
	return nil
}

func (a *app) printProbe(r *probe.Report, asJSON bool) error {
	if !asJSON {
		t := a.textOptions()
		return probe.WriteText(a.stdout, r, probe.TextOptions{Width: min(t.Width, 140), Color: t.Color})
	}
	e := json.NewEncoder(a.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

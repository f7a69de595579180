package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
	"time"

	"stickbench/internal/format"
	"stickbench/internal/live"
	"stickbench/internal/steer"
	"stickbench/loadgen"
	"stickbench/plans"
	"stickbench/report/html"
)

// webAddress is where --web alone serves the page.
const webAddress = "127.0.0.1:8089"

// webArguments takes the address that stands behind --web out of the arguments, as `--web 127.0.0.1:9000` has it; plans have
// other names.
func (o *runFlags) webArguments(args []string) []string {
	if o.Web != webAddress {
		return args
	}
	at := slices.IndexFunc(args, func(arg string) bool {
		_, err := os.Stat(arg)
		return isAddress(arg) && err != nil
	})
	if at < 0 {
		return args
	}
	o.Web = args[at]
	return slices.Delete(slices.Clone(args), at, at+1)
}

// isAddress reports whether s is a host, or none, and a port.
func isAddress(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// checkWeb refuses what --web and --linger cannot do.
func (o *runFlags) checkWeb() error {
	switch {
	case o.Web == "" && o.Linger != 0:
		return errors.New("--linger is how long the page of --web stays: add --web")
	case o.Web == "":
		return nil
	case !isAddress(o.Web):
		return fmt.Errorf("invalid --web %s: want an address and a port, such as %s", o.Web, webAddress)
	case o.Repeat > 1:
		return errors.New("--web is for one run: leave it out with --repeat")
	case o.Linger < 0:
		return fmt.Errorf("invalid --linger %v: want 0 or more, such as 10m", o.Linger)
	}
	return nil
}

// webPage is the run's page while it lasts; nil if none is wanted, which does nothing.
type webPage struct {
	*live.Web
	linger time.Duration // 0 for until it is interrupted
}

// listenWeb begins to serve the page.
func (a *app) listenWeb(o *runFlags, control *steer.Control) (*webPage, error) {
	if o.Web == "" {
		return nil, nil
	}
	w := &webPage{live.NewWeb(control.Handler(func(string) string { return "page" })), o.Linger}
	if err := w.Listen(o.Web); err != nil {
		return nil, cannotRun("--web: %w; name another address, such as --web 127.0.0.1:0", err)
	}
	fmt.Fprintf(a.notices, "live page at %s\n", w.URL())
	return w, nil
}

func (w *webPage) close() {
	if w != nil {
		w.Close()
	}
}

// begin shows the run that runner does and s records.
func (w *webPage) begin(runner engine, plan *plans.Plan, s *recording) {
	if w == nil {
		return
	}
	r := s.record
	run, facts := r.facts(plan), r.htmlFacts(plan.Source)
	run.Stopped = ""
	w.Begin(func() (*html.Page, error) {
		now := time.Now()
		f := facts
		f.Running = runningText(runner.Progress(now), now.Sub(r.began))
		return html.NewPage(s.results.Freeze(run), f)
	})
}

// runningText says how far a run is.
func runningText(groups []loadgen.Progress, elapsed time.Duration) string {
	active, users := 0, 0
	for _, g := range groups {
		active, users = active+g.Active, users+g.Users
	}
	return fmt.Sprintf("for %s, %d of %s active.", format.Span(elapsed.Truncate(time.Second).Milliseconds()), active, format.Plural(int64(users), "user"))
}

// stay shows the report until it is interrupted or has lingered. It stays not after a run that was cut by its user.
func (w *webPage) stay(a *app, s *recording, r *record, plan *plans.Plan, stops *stops) {
	if w == nil {
		return
	}
	facts := r.htmlFacts(plan.Source)
	facts.Diagram = s.first.diagram()
	page, err := html.NewPage(r.Results, facts)
	if err != nil || stops.hard.Err() != nil {
		return
	}
	w.Finish(page)
	signal.Stop(stops.signals) // a Ctrl-C stops no run any more
	ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer release()
	said := "until Ctrl-C"
	if w.linger > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, w.linger)
		defer cancel()
		said = fmt.Sprintf("for %v, or until Ctrl-C", w.linger)
	}
	fmt.Fprintf(a.notices, "the page stays at %s %s\n", w.URL(), said)
	<-ctx.Done()
}

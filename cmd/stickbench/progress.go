package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"stickbench/loadgen"
	"stickbench/plans"
)

const (
	lookEvery  = 100 * time.Millisecond
	printEvery = 10 * time.Second
	// spareColumns keep a bar on its line when the terminal echoes a Ctrl-C in front of it.
	spareColumns = 4
)

// progress shows how far the run is, on stderr: a bar per group on a terminal, else a line per group
// every ten seconds.
type progress struct {
	done chan struct{}
	wait sync.WaitGroup
}

func (a *app) showProgress(runner *loadgen.Runner, plan *plans.Plan, l *live, quiet bool) *progress {
	p := &progress{done: make(chan struct{})}
	if quiet {
		return p
	}
	w := &watch{runner: runner, live: l, rates: make([]rate, len(plan.Load.Groups))}
	if _, ok := terminal(a.stderr); ok {
		p.wait.Go(func() { bars(a.stderr, a.notices, w, p.done) })
	} else {
		p.wait.Go(func() { lines(a.stderr, w, p.done) })
	}
	return p
}

func (p *progress) stop() {
	close(p.done)
	p.wait.Wait()
}

// watch looks at a run.
type watch struct {
	runner *loadgen.Runner
	live   *live
	rates  []rate
}

// status is what is shown of one group.
type status struct {
	loadgen.Progress
	requests, errors int64
	perSecond        float64
	shares           []share
}

func (w *watch) look(now time.Time) []status {
	all := make([]status, len(w.rates))
	for i, p := range w.runner.Progress(now) {
		s := status{Progress: p}
		s.requests, s.errors, s.shares = w.live.look(p.Group)
		s.perSecond = w.rates[i].at(now, s.requests)
		all[i] = s
	}
	return all
}

// part is how much of the group is done, 0 to 1: of its iterations or of its time, whatever is further.
func (s *status) part() float64 {
	part := 0.0
	if s.OfIterations > 0 {
		part = float64(s.Iterations) / float64(s.OfIterations)
	}
	if s.OfDuration > 0 {
		part = max(part, s.Elapsed.Seconds()/s.OfDuration.Seconds())
	}
	return min(1, part)
}

// left is how long the group will take at its pace so far; negative where that cannot be told yet.
func (s *status) left() time.Duration {
	part := s.part()
	if part <= 0 || s.Elapsed < time.Second/2 {
		return -1
	}
	return time.Duration(float64(s.Elapsed) * (1 - part) / part)
}

// lines prints each group every ten seconds, for logs.
func lines(out io.Writer, w *watch, done <-chan struct{}) {
	tick := time.NewTicker(printEvery)
	defer tick.Stop()
	began := time.Now()
	w.look(began) // the first rate is over the first ten seconds
	for {
		select {
		case <-done:
			return
		case now := <-tick.C:
			for _, s := range w.look(now) {
				fmt.Fprintf(out, "%4.0fs  %s\n", now.Sub(began).Seconds(), s.line())
			}
		}
	}
}

// line is the status in words.
func (s *status) line() string {
	parts := []string{
		fmt.Sprintf("%s: %d of %d users", s.Group, s.Active, s.Users),
		fmt.Sprintf("%.0f%%", 100*s.part()),
		fmt.Sprintf("%d requests", s.requests),
		fmt.Sprintf("%.1f/s", s.perSecond),
		fmt.Sprintf("%d errors", s.errors),
	}
	if len(s.shares) > 0 {
		parts = append(parts, s.nodes())
	}
	if left := s.left(); left >= 0 && s.Ended < s.Users {
		parts = append(parts, clock(left)+" left")
	}
	return strings.Join(parts, ", ")
}

func (s *status) nodes() string {
	var parts []string
	for _, x := range s.shares {
		parts = append(parts, fmt.Sprintf("%s %.0f%%", x.node, 100*x.part))
	}
	return strings.Join(parts, " ")
}

// bars draws a bar per group until done is closed. What is noticed meanwhile appears above them.
func bars(out io.Writer, notices *notices, w *watch, done <-chan struct{}) {
	p := mpb.New(mpb.WithOutput(out), mpb.WithRefreshRate(lookEvery), mpb.WithAutoRefresh())
	notices.to(p)
	defer notices.to(out)
	const whole = 1000
	var mu sync.Mutex
	shown := w.look(time.Now())
	drawn := make([]*mpb.Bar, len(shown))
	for i := range shown {
		filler := mpb.BarFillerFunc(func(out io.Writer, stat decor.Statistics) error {
			mu.Lock()
			defer mu.Unlock()
			_, err := io.WriteString(out, shown[i].bar(stat.AvailableWidth-spareColumns))
			return err
		})
		drawn[i] = p.MustAdd(whole, filler, mpb.BarFillerTrim())
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for running := true; running; {
		select {
		case <-done:
			running = false
		case <-tick.C:
		}
		now := w.look(time.Now())
		mu.Lock()
		shown = now
		mu.Unlock()
	}
	for _, b := range drawn {
		b.SetCurrent(whole) // mpb waits for its bars to be complete; what they show is ours
	}
	p.Wait()
}

// bar is the status as one line of that many columns: the bar takes what the words leave, and words that
// do not fit are left out from the right.
func (s *status) bar(columns int) string {
	head := fmt.Sprintf("%s %d/%d users ", runewidth.Truncate(s.Group, 20, "…"), s.Active, s.Users)
	tails := []string{fmt.Sprintf(" %3.0f%%", 100*s.part()), fmt.Sprintf("  %.0f/s", s.perSecond), fmt.Sprintf("  %d errors", s.errors)}
	if len(s.shares) > 0 {
		tails = append(tails, "  "+s.nodes())
	}
	if left := s.left(); left >= 0 && s.Ended < s.Users {
		tails = append(tails, "  "+clock(left)+" left")
	}
	if s.OfIterations > 0 {
		tails = append(tails, fmt.Sprintf("  %d of %d", s.Iterations, s.OfIterations))
	}
	const least = 8 // columns of a bar that still says something
	room := columns - runewidth.StringWidth(head) - least
	tail := ""
	for _, t := range tails {
		if n := runewidth.StringWidth(t); n <= room {
			tail, room = tail+t, room-n
		}
	}
	room += least
	if room < 1 {
		return runewidth.Truncate(head+tail, columns, "")
	}
	full := int(s.part() * float64(room))
	return head + strings.Repeat("━", full) + strings.Repeat("─", room-full) + tail
}

// clock is a duration as minutes and seconds.
func clock(d time.Duration) string {
	d = d.Round(time.Second)
	if d >= time.Hour {
		return fmt.Sprintf("%d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

// notices is where messages to the user go while a run lasts: to stderr, above the bars where there are
// some.
type notices struct {
	mu  sync.Mutex
	out io.Writer
}

func (n *notices) to(out io.Writer) {
	n.mu.Lock()
	n.out = out
	n.mu.Unlock()
}

func (n *notices) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.out.Write(b)
}

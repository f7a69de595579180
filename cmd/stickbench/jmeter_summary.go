package main

import (
	"fmt"
	"io"
	"time"

	"stickbench/loadgen"
)

// summariser prints JMeter's lines about a run that lasts (org.apache.jmeter.reporters.Summariser): "summary +" for
// what came since the last one, and "summary =" for the whole. Like JMeter's, rates are over the time of the clock
// since the start and not over that of the samples, and rows of transactions do not count.
type summariser struct {
	out      io.Writer
	interval time.Duration // between lines; JMeter's summariser.interval, 30 s
	now      func() time.Time
	progress func(time.Time) []loadgen.Progress // nil before the run

	began, deltaBegan, last time.Time
	total, delta            tally
}

// tally are the sums of one line.
type tally struct {
	n, errors, sum, min, max int64
}

func newSummariser(out io.Writer, interval time.Duration) *summariser {
	s := &summariser{out: out, interval: interval, now: time.Now}
	s.began = s.now()
	s.deltaBegan, s.last = s.began, s.began
	return s
}

func (t *tally) add(ms int64, failed bool) {
	if t.n == 0 || ms < t.min {
		t.min = ms
	}
	t.max = max(t.max, ms)
	t.n++
	t.sum += ms
	if failed {
		t.errors++
	}
}

// window is how close to a whole interval a line is due, so that several generators print at one time.
const window = 5 * time.Second

// Record takes a sample, and prints lines when they are due (loadgen.Sink).
func (s *summariser) Record(sample *loadgen.Sample) error {
	if sample.Transaction {
		return nil
	}
	ms := sample.WholeMillis()
	s.total.add(ms, sample.Failed())
	s.delta.add(ms, sample.Failed())
	now := s.now()
	if into := time.Duration(now.UnixNano() % int64(s.interval)); into > min(window, s.interval) || now.Sub(s.last) <= min(window, s.interval/2) {
		return nil
	}
	s.last = now
	return s.print(now, true)
}

// print prints what came since the last line, and the whole if that is something else.
func (s *summariser) print(now time.Time, since bool) error {
	same := s.delta.n == s.total.n
	if since {
		if _, err := fmt.Fprintf(s.out, "%s%s\n", s.delta.line("+", now.Sub(s.deltaBegan)), s.users(now)); err != nil {
			return err
		}
	}
	s.delta, s.deltaBegan = tally{}, now
	if since && same {
		return nil
	}
	_, err := fmt.Fprintln(s.out, s.total.line("=", now.Sub(s.began)))
	return err
}

// users are JMeter's threads: those at work, those that have begun, and those that have ended.
func (s *summariser) users(now time.Time) string {
	var active, started, ended int
	if s.progress != nil {
		for _, p := range s.progress(now) {
			active, started, ended = active+p.Active, started+p.Started, ended+p.Ended
		}
	}
	return fmt.Sprintf(" Active: %d Started: %d Finished: %d", active, started, ended)
}

// line is JMeter's line of the sums over a time.
func (t *tally) line(kind string, over time.Duration) string {
	seconds := int64((over + time.Second/2) / time.Second)
	rate := "******"
	if over > 0 {
		rate = fmt.Sprintf("%6.1f", float64(t.n)/over.Seconds())
	}
	average, percent := int64(0), 0.0
	if t.n > 0 {
		average, percent = t.sum/t.n, 100*float64(t.errors)/float64(t.n)
	}
	return fmt.Sprintf("summary %s %6d in %02d:%02d:%02d = %s/s Avg: %5d Min: %5d Max: %5d Err: %5d (%.2f%%)",
		kind, t.n, seconds/3600, seconds/60%60, seconds%60, rate, average, t.min, t.max, t.errors, percent)
}

// Flush does nothing (loadgen.Sink).
func (s *summariser) Flush() error { return nil }

// Close prints the last lines: what came since the last ones only if there were any (loadgen.Sink).
func (s *summariser) Close() error {
	now := s.now()
	return s.print(now, s.deltaBegan != s.began && s.delta.n > 0)
}

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/loadgen"
)

// JMeter's lines: "+" at every whole interval for what came since, "=" after it for the whole, and "=" at the end.
func TestSummariser(t *testing.T) {
	var out strings.Builder
	now := time.Unix(1_800_000_000, 0) // a whole multiple of 30 s
	s := newSummariser(&out, 30*time.Second)
	s.now = func() time.Time { return now }
	s.began, s.deltaBegan, s.last = now, now, now
	s.progress = func(time.Time) []loadgen.Progress {
		return []loadgen.Progress{{Active: 2, Started: 3, Ended: 1}, {Active: 1, Started: 1}}
	}
	sample := func(after, elapsed time.Duration, kind loadgen.Kind) {
		now = now.Add(after)
		if err := s.Record(&loadgen.Sample{Elapsed: elapsed, Kind: kind, Fine: true}); err != nil {
			t.Fatal(err)
		}
	}
	sample(time.Second, 10*time.Millisecond, loadgen.OK)
	sample(10*time.Second, 31*time.Millisecond, loadgen.OK)
	sample(20*time.Second, 1200*time.Millisecond, loadgen.KindStatus)
	sample(2*time.Second, 5*time.Millisecond, loadgen.OK)
	if err := s.Record(&loadgen.Sample{Transaction: true, Elapsed: time.Hour}); err != nil {
		t.Fatal(err)
	}
	sample(28*time.Second, 5*time.Millisecond, loadgen.OK)
	now = now.Add(time.Minute)
	sample(10*time.Second, 7*time.Millisecond, loadgen.OK)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	const want = `summary +      3 in 00:00:31 =    0.1/s Avg:   413 Min:    10 Max:  1200 Err:     1 (33.33%) Active: 3 Started: 4 Finished: 1
summary +      2 in 00:00:30 =    0.1/s Avg:     5 Min:     5 Max:     5 Err:     0 (0.00%) Active: 3 Started: 4 Finished: 1
summary =      5 in 00:01:01 =    0.1/s Avg:   250 Min:     5 Max:  1200 Err:     1 (20.00%)
summary +      1 in 00:01:10 =    0.0/s Avg:     7 Min:     7 Max:     7 Err:     0 (0.00%) Active: 3 Started: 4 Finished: 1
summary =      6 in 00:02:11 =    0.0/s Avg:   209 Min:     5 Max:  1200 Err:     1 (16.67%)
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// Files of properties as java.util.Properties reads them.
func TestJavaProperties(t *testing.T) {
	const source = "# a comment\n! another\n\n a = 1\nb:2\nc 3\nd\n  long = one \\\n    two\\\n three\npath = C:\\\\dir\\ttab \\u00e9\r\nkey\\ with\\=odd : x=y\nspaced   =  value  \n"
	want := map[string]string{"a": "1", "b": "2", "c": "3", "d": "", "long": "one twothree", "path": "C:\\dir\ttab é", "key with=odd": "x=y", "spaced": "value  "}
	if diff := cmp.Diff(want, javaProperties(source)); diff != "" {
		t.Error(diff)
	}
}

// A command line is JMeter's only where it begins as JMeter's do.
func TestLikeJMeter(t *testing.T) {
	for line, want := range map[string]bool{
		"-n -t plan.jmx": true, "-Jusers=3 -n -t plan.jmx": true, "--nongui --testfile plan.jmx": true, "-g results.jtl -o report": true, "-tplan.jmx -n": true,
		"run plan.toml -n 5": false, "--version": false, "--help": false, "-h": false, "": false, "compare -t": false,
	} {
		if got := likeJMeter(strings.Fields(line)); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}

package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"stickbench/loadgen"
	"stickbench/report/fold"
	"stickbench/report/jtl"
)

const (
	benchUsers  = 50
	benchAgents = 2
)

// benchSamples are those of users that go as fast as they can against a server that sticks.
func benchSamples(n int) []loadgen.Sample {
	rng := rand.New(rand.NewPCG(1, 1))
	all := make([]loadgen.Sample, n)
	for i := range all {
		user, elapsed, head := i%benchUsers, 300+rng.IntN(700), 3+rng.IntN(6)
		all[i] = loadgen.Sample{
			Start: 1_700_000_000_000_000 + int64(i*3-elapsed), Elapsed: time.Duration(elapsed) * time.Microsecond, Latency: time.Duration(elapsed-head) * time.Microsecond, Fine: true,
			Label: "GET /", Thread: fmt.Sprintf("bench 1-%d", user+1), User: user + 1, Iteration: i/benchUsers + 1, ActiveGroup: benchUsers / benchAgents, ActiveAll: benchUsers / benchAgents,
			Status: 200, Reason: "OK", URL: "http://127.0.0.1/", DataType: "text", Received: 372, Sent: 120, Node: "s1", Session: fmt.Sprintf("%016x", user*77), Life: 1, Counter: int64(i/benchUsers + 1), HasCounter: true,
		}
	}
	return all
}

// recording is the report and samples.jtl: what each sample costs without agents too.
type recording struct {
	*fold.Builder
	*jtl.Writer
}

func (r recording) Record(s *loadgen.Sample) error { r.Add(s); return r.Write(s) }
func (recording) Close() error                     { return nil }

func newRecording(b *testing.B) recording {
	f, err := os.Create(filepath.Join(b.TempDir(), "samples.jtl"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return recording{fold.NewBuilder(), jtl.NewWriter(f)}
}

// BenchmarkCoordinator tells the processor time that samples take in the coordinator, server and all, as fast as it can, and
// in its sinks alone, which a plain run has as well.
func BenchmarkCoordinator(b *testing.B) {
	samples := benchSamples(400_000)
	measure := func(b *testing.B, run func() error) {
		var spent time.Duration
		for b.Loop() {
			gauge := loadgen.NewGauge()
			if err := run(); err != nil {
				b.Fatal(err)
			}
			spent += gauge.Since().CPU
		}
		b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N*len(samples)), "cpu-ns/sample")
	}
	b.Run("sinks", func(b *testing.B) {
		measure(b, func() error {
			r := newRecording(b)
			for i := range samples {
				if err := r.Record(&samples[i]); err != nil {
					return err
				}
			}
			return r.Flush()
		})
	})
	b.Run("agents", func(b *testing.B) {
		var boxes [benchAgents]*outbox
		for i := range boxes {
			boxes[i] = newOutbox(fmt.Sprint("a", i), 0, "")
		}
		for i := range samples {
			boxes[i%benchUsers*benchAgents/benchUsers].Record(&samples[i])
		}
		for _, o := range boxes {
			o.tick(endOfTime)
		}
		measure(b, func() error { return replay(b, boxes[:], newRecording(b)) })
	})
}

// replay sends what is in the boxes to a coordinator, and returns when it has recorded that.
func replay(b *testing.B, boxes []*outbox, sink loadgen.Sink) error {
	plan := &loadgen.Plan{Groups: []loadgen.Group{{Users: benchUsers}}}
	c, err := Open(b.Context(), Server{}, "1", plan, nil, sink)
	if err != nil {
		return err
	}
	defer c.Close()
	var sending errgroup.Group
	for _, o := range boxes {
		name := o.head.agent
		c.order.Names, c.order.Weights = append(c.order.Names, name), append(c.order.Weights, 1)
		ledger := o.ledger(loadgen.Account{OK: int64(o.head.first), Started: int64(o.head.first)})
		c.members[name] = &known{member: member{Name: name, State: left, Ledger: ledger}, moved: time.Now(), gone: make(chan struct{}), counts: counter{Counts: Counts{}}}
		sending.Go(func() error {
			for _, p := range o.kept {
				if _, err := c.jet.Publish(b.Context(), samplesSubject(c.run, name), p.wire); err != nil {
					return err
				}
			}
			return nil
		})
	}
	c.order.Phase, c.order.Steered = running, []loadgen.Steering{{}} // or else it is missed that the users came to their end
	_, err = c.Run(b.Context(), context.Background())
	return errors.Join(err, sending.Wait())
}

func BenchmarkEncode(b *testing.B) {
	samples := benchSamples(20_000)
	o := newOutbox("a", 0, "")
	for b.Loop() {
		for i := range samples {
			o.Record(&samples[i])
		}
		o.kept = o.kept[:0]
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(samples)), "ns/sample")
}

package loadgen

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkJar is what the cookies of a request cost: kept is the way of almost every request, set a response that
// sets the stickiness cookie again.
func BenchmarkJar(b *testing.B) {
	to, err := parseTarget("http://127.0.0.1:8080/")
	if err != nil {
		b.Fatal(err)
	}
	var j jar
	j.clear()
	for _, line := range []string{"SERVERID=s1; path=/", "NODESESSID=s%3AZk3v9bQ2mX7tR5cY1aL8wE4uJ6hN0sPd.abcdef; Path=/; HttpOnly"} {
		if err := j.set(to, line); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("kept", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if j.at(to).field == "" {
				b.Fatal("no cookies")
			}
		}
	})
	b.Run("set", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := j.set(to, "SERVERID=s1; path=/"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRecord hands samples to the recorder from as many users as -cpu says, with the collector at
// work beside them. Between two samples a user works for half a microsecond, a tenth of what a request
// costs: `-cpu 1,2,4,8` shows that users do not wait for each other, as the time per sample falls with
// the processors, as far as there are so many.
func BenchmarkRecord(b *testing.B) {
	r := newRecorder(Sinks{}, func(error) {})
	done, ended := make(chan struct{}), make(chan struct{})
	go func() { defer close(ended); r.collect(done) }()
	var users atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		user := int(users.Add(1))
		work := rand.NewPCG(1, uint64(user))
		s := Sample{Label: "GET /", Thread: "Thread Group 1-1", User: user, Status: 200, Elapsed: time.Millisecond}
		for pb.Next() {
			for range 150 {
				s.Counter += int64(work.Uint64() & 1)
			}
			s.Start++
			r.add(user, &s)
		}
	})
	close(done)
	<-ended
	b.ReportMetric(float64(r.stalls.Load()), "stalls")
}

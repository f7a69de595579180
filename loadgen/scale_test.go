package loadgen

import (
	"context"
	"net"
	"runtime"
	"testing"
	"time"
)

// patient is a server that answers one request of each connection and keeps it, with next to no memory
// for it.
func patient(t testing.TB) (string, <-chan struct{}) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	responded := make(chan struct{}, 1<<16)
	go func() {
		var kept []net.Conn
		defer func() {
			for _, c := range kept {
				c.Close()
			}
		}()
		buf := make([]byte, 4096)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			kept = append(kept, c)
			c.Read(buf)
			c.Write(benchResponse)
			responded <- struct{}{}
		}
	}()
	return l.Addr().String(), responded
}

// memoryOf is what the heap and the stacks take.
func memoryOf() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// TestMemoryPerUser: 10 000 users who have a session and a connection open and think fit into 250 MB, with
// what the garbage collector has not yet taken back, which is half as much again. The race detector and
// goroutines of other tests would count too, so that the test stands alone.
func TestMemoryPerUser(t *testing.T) {
	const users = 2000
	most := uint64(13 << 10)
	if raceEnabled { // which takes memory of its own
		most *= 4
	}
	o, responded := patient(t)
	plan := labPlan(t, o, users)
	think, err := ParseThink("1h")
	if err != nil {
		t.Fatal(err)
	}
	plan.Groups[0].RampUp = 300 * time.Millisecond
	plan.Groups[0].Steps = append(plan.Groups[0].Steps, Step{Think: think})
	before := memoryOf()
	r, err := New(plan, Sinks{})
	if err != nil {
		t.Fatal(err)
	}
	graceful, stop := context.WithCancel(context.Background())
	ended := make(chan Account)
	go func() {
		a, _ := r.Run(graceful, context.Background())
		ended <- a
	}()
	for range users {
		<-responded
	}
	time.Sleep(50 * time.Millisecond) // until the last ones think
	per := (memoryOf() - before) / users
	stop()
	if a := <-ended; a.OK != users || a.Connections != users {
		t.Fatalf("%+v", a)
	}
	t.Logf("%d bytes per user", per)
	if per > most {
		t.Errorf("%d bytes per user, %d at most", per, most)
	}
}

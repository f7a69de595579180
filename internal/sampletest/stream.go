package sampletest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"stickbench/loadgen"
)

// Stream makes up the samples of a plausible run: users that send one request after the other through
// a balancer to nodes with sessions of their own.
type Stream struct {
	Seed   uint64
	Users  int
	Rounds int // iterations of each user
	Nodes  []string
	Labels []string
	Sticky bool
	Clear  bool    // the jar is emptied before each iteration
	Marks  bool    // "<node> reached" after each response
	Fail   float64 // share of requests that fail in one way or another
	Pace   time.Duration
	// open makes the first request of each iteration an arrival, up to 200 µs late, and one in a
	// hundred up to a second.
	Open bool
	// hops is the share of responses that one to three redirects led to, each counted by the node; so are
	// some of the requests without a response then.
	Hops float64
	// out are the states that nodes are in from some time on; nil: none.
	Out func(at time.Duration) map[string]string
	// slow multiplies the pace of a node; 0 does not.
	Slow map[string]time.Duration

	random *rand.Rand
	turn   int // of the balancer
	store  map[string]int64
	ids    uint64
	emit   func(*loadgen.Sample)
}

// user is one of the stream's users.
type user struct {
	number, iteration, life int
	clock                   time.Duration
	node, id                string
}

// Epoch is the start of all streams, not on a whole millisecond.
const Epoch = 1_795_398_023_297_413

// Samples are those of the whole run, in order of completion.
func (s Stream) Samples() []*loadgen.Sample {
	var all []*loadgen.Sample
	s.Each(func(sample *loadgen.Sample) { all = append(all, sample) })
	return all
}

// Each hands every sample to emit.
func (s Stream) Each(emit func(*loadgen.Sample)) {
	s.random, s.emit = rand.New(rand.NewPCG(s.Seed, 2)), emit
	s.store = map[string]int64{}
	if s.Pace == 0 {
		s.Pace = time.Millisecond
	}
	var active []*user
	for i := range s.Users {
		active = append(active, &user{number: i + 1, life: 1, clock: time.Duration(i) * 10 * time.Millisecond})
	}
	for len(active) > 0 {
		next := 0
		for i, u := range active {
			if u.clock < active[next].clock {
				next = i
			}
		}
		u := active[next]
		u.iteration++
		s.iterate(u, len(active))
		if u.iteration == s.Rounds {
			active = append(active[:next], active[next+1:]...)
		}
	}
}

// iterate makes one iteration: a request per label.
func (s *Stream) iterate(u *user, active int) {
	if s.Clear && u.iteration > 1 {
		u.life++
		u.node, u.id = "", ""
	}
	for i, label := range s.Labels {
		sample := s.request(u, label)
		if s.Open && i == 0 {
			sample.Arrival, sample.Late = true, s.late()
		}
		sample.ActiveGroup, sample.ActiveAll = active, active
		s.emit(sample)
		if s.Marks && sample.Node != "" {
			mark := *sample
			mark.Mark, mark.Label, mark.URL = true, sample.Node+" reached", ""
			mark.Elapsed, mark.Latency, mark.Connect, mark.Received, mark.Sent = 0, 0, 0, 0, 0
			mark.Start = sample.Start + sample.Elapsed.Microseconds()
			mark.Kind, mark.Failure, mark.DataType = loadgen.OK, "", ""
			mark.Status, mark.Reason = 200, "OK"
			mark.Node, mark.Session, mark.Counter, mark.HasCounter = "", "", 0, false
			s.emit(&mark)
		}
	}
}

// late is how long after it was due an arrival begins.
func (s *Stream) late() time.Duration {
	most := 200 * time.Microsecond
	if s.random.IntN(100) == 0 {
		most = time.Second
	}
	return time.Duration(s.random.Int64N(int64(most))).Truncate(time.Microsecond)
}

// request makes one request and its response.
func (s *Stream) request(u *user, label string) *loadgen.Sample {
	sample := &loadgen.Sample{
		Start: Epoch + u.clock.Microseconds(), Fine: true,
		Elapsed: s.Pace/4 + time.Duration(s.random.ExpFloat64()*float64(s.Pace)).Truncate(time.Microsecond),
		Label:   label, Thread: fmt.Sprintf("Thread Group 1-%d", u.number), User: u.number,
		Iteration: u.iteration, Life: u.life,
		Status: 200, Reason: "OK", URL: "http://127.0.0.1:8080/", DataType: "text",
		Received: 360 + s.random.Int64N(20), Sent: 190,
	}
	if u.iteration == 1 {
		sample.Connect = 80 * time.Microsecond
	}
	sample.Latency = sample.Elapsed * 9 / 10 / time.Microsecond * time.Microsecond
	u.clock += sample.Elapsed
	if s.random.Float64() < s.Fail && s.broken(sample) {
		if s.Hops > 0 && u.id != "" && sample.Status == 0 {
			s.store[u.node+u.id] += s.random.Int64N(2)
		}
		return sample
	}
	if s.Hops > 0 && s.random.Float64() < s.Hops {
		sample.Hops = 1 + s.random.IntN(3)
	}
	s.response(u, sample)
	return sample
}

// broken makes the sample a failure without a response of a node; it says false for one with it.
func (s *Stream) broken(sample *loadgen.Sample) bool {
	switch s.random.IntN(4) {
	case 0:
		sample.Status, sample.Reason, sample.Kind = 503, "Service Unavailable", loadgen.KindStatus
		sample.Failure = "status 503 Service Unavailable"
	case 1:
		sample.Status, sample.Reason, sample.Kind = 0, "", loadgen.KindTimeout
		sample.Failure, sample.Received, sample.DataType = "no response within 30s", 0, ""
		sample.Latency = 0
	case 2:
		sample.Status, sample.Reason, sample.Kind = 0, "", loadgen.KindClosed
		sample.Failure, sample.Received, sample.DataType = "connection closed before the response", 0, ""
		sample.Latency = 0
	default:
		sample.Kind = loadgen.KindAssertion
		sample.Failure = fmt.Sprintf("elapsed < 5: elapsed is %s", sample.Elapsed)
		return false
	}
	return true
}

// response lets a node answer, as the balancer chooses.
func (s *Stream) response(u *user, sample *loadgen.Sample) {
	node := u.node
	at := u.clock - sample.Elapsed // when the request began
	if node == "" || !s.Sticky || s.away(node, at) {
		for node = ""; node == ""; s.turn++ {
			if next := s.Nodes[s.turn%len(s.Nodes)]; s.Out == nil || s.Out(at)[next] == "" {
				node = next
			}
		}
	}
	if times := s.Slow[node]; times > 0 {
		sample.Elapsed *= times
		u.clock += sample.Elapsed - sample.Elapsed/times
	}
	u.node = node
	if _, known := s.store[node+u.id]; u.id == "" || !known {
		s.ids++
		u.id = fmt.Sprintf("%016x", s.ids*0x9e3779b97f4a7c15)
	}
	s.store[node+u.id] += 1 + int64(sample.Hops)
	sample.Node, sample.Session = node, u.id
	sample.Counter, sample.HasCounter = s.store[node+u.id], true
}

// away reports whether the node answers nobody any more.
func (s *Stream) away(node string, at time.Duration) bool {
	if s.Out == nil {
		return false
	}
	state := s.Out(at)[node]
	return state == "maint" || state == "down"
}

package lab

import "time"

// serverCounters are a server's row of `show stat`. The backend's lock guards them.
type serverCounters struct {
	stot      int64 // assignments: sticky ones and connection retries included
	lbtot     int64 // assignments by the algorithm: stot − lbtot were served by persistence
	econ      int64 // requests that found no connection
	eresp     int64 // requests that got 502 or 504 in place of the server
	wretr     int64 // connection retries
	responses statusCounts
	requests  int64 // requests that a response was had for
	bin, bout int64 // bytes to and from the node
	cliAbrt   int64
	connect   int64 // connections made
	reuse     int64 // requests over a connection that was there
	chkfail   int64
	chkdown   int64
	scurMax   int
	rate      secondRate
	last      time.Time // of the last assignment; zero: never
	ctime     slidingMean
	rtime     slidingMean
	ttime     slidingMean
}

// proxyCounters are the counters of the frontend's and the backend's rows.
type proxyCounters struct {
	conns, connsNow, connsMax int64
	requests                  int64
	bin, bout                 int64
	noServer                  int64 // requests that no server was left for (econ of the backend)
	responses                 statusCounts
	rate                      secondRate
	connRate                  secondRate
	scur, scurMax             int
	chkdown                   int64
}

// statusCounts counts responses by class: 1xx to 5xx, and others at 0.
type statusCounts [6]int64

func (c *statusCounts) add(status int) {
	if class := status / 100; class >= 1 && class <= 5 {
		c[class]++
	} else {
		c[0]++
	}
}

// total is the number of responses.
func (c *statusCounts) total() (n int64) {
	for _, count := range c {
		n += count
	}
	return n
}

// A secondRate counts events per second of the clock.
type secondRate struct {
	second       int64
	now, maximum int64
	previous     int64
}

func (r *secondRate) add(t time.Time) {
	r.at(t)
	r.now++
	r.maximum = max(r.maximum, r.now)
}

// at is the number of events in the last full second before t.
func (r *secondRate) at(t time.Time) int64 {
	switch second := t.Unix(); {
	case second == r.second+1:
		r.second, r.previous, r.now = second, r.now, 0
	case second != r.second:
		r.second, r.previous, r.now = second, 0, 0
	}
	return r.previous
}

// A slidingMean is a mean over about the last 1024 values, as HAProxy's qtime, ctime, rtime and
// ttime are: each new value takes the place of a 1024th of the sum.
type slidingMean struct {
	sum, n, maximum int64
}

const slidingWindow = 1024

func (m *slidingMean) add(d time.Duration) {
	ms := d.Milliseconds()
	m.sum += ms
	if m.n++; m.n > slidingWindow {
		m.n = slidingWindow
		m.sum -= (m.sum + slidingWindow - 1) / slidingWindow
	}
	m.maximum = max(m.maximum, ms)
}

// mean is in milliseconds, 0 without values.
func (m *slidingMean) mean() int64 {
	if m.n == 0 {
		return 0
	}
	return (m.sum + m.n - 1) / m.n
}

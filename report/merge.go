package report

import "math/bits"

// merge adds what another row folded, as if its samples had been added to f.
func (f *rowFold) merge(o *rowFold) {
	if o.count == 0 {
		return
	}
	if f.count == 0 {
		f.min, f.max, f.first, f.last = o.min, o.max, o.first, o.last
	}
	f.min, f.max = min(f.min, o.min), max(f.max, o.max)
	f.first, f.last = min(f.first, o.first), max(f.last, o.last)
	f.count += o.count
	f.errors += o.errors
	f.received += o.received
	f.sent += o.sent
	f.halves += o.halves
	f.sum += o.sum
	f.squares.add(o.squares)
	f.times.merge(&o.times)
	if o.response == nil {
		return
	}
	if f.response == nil {
		f.response = &responseFold{}
	}
	f.response.merge(o.response)
}

// clone is a copy that shares nothing with f.
func (f *rowFold) clone() *rowFold {
	c := &rowFold{}
	c.merge(f)
	return c
}

func (w *wide) add(o wide) {
	var carry uint64
	w.low, carry = bits.Add64(w.low, o.low, 0)
	w.high, _ = bits.Add64(w.high, o.high, carry)
}

// over is the row with rates over a time in milliseconds, instead of over the time of its samples; they
// are 0 where there was no time.
func (r Row) over(f *rowFold, ms int64) Row {
	r.Throughput, r.ReceivedKBps, r.SentKBps = 0, 0, 0
	if ms > 0 {
		seconds := float64(ms) / 1000
		r.Throughput = float64(f.count) / seconds
		r.ReceivedKBps, r.SentKBps = float64(f.received)/seconds/1024, float64(f.sent)/seconds/1024
	}
	return r
}

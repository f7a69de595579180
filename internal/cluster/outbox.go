package cluster

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"sync"
	"time"

	"stickbench/loadgen"
)

// outbox is an agent's sink: it makes batches of samples and keeps them until the coordinator has recorded them, in
// memory first, then in a file, and then no more, which it counts. It never waits for the network.
//
//	samples ─▶ encoder ─every 500 ms─▶ kept: memory │ file ─▶ sent ─▶ recorded, and forgotten
type outbox struct {
	file string // for what memory does not hold
	room int    // bytes in memory

	mu      sync.Mutex
	head    head // of the next batch
	encoder *encoder
	labels  counter
	dropped uint64
	wire    int64 // bytes of all batches
	kept    []parcel
	size    int // of what is in memory
	spool   *os.File
	offset  int64 // of the file's end
	full    error // why the file takes no more
	wake    chan struct{}
	next    int // of kept, to be sent
}

// parcel is a batch that is kept.
type parcel struct {
	number, first uint64
	count         int
	wire          []byte // nil if it is in the file
	at            int64
	size          int
}

// mostKept is what an agent holds in memory of what is not recorded, in bytes.
const mostKept = 64 << 20

func newOutbox(agent string, epoch uint64, file string) *outbox {
	return &outbox{file: file, room: mostKept, head: head{agent: agent, epoch: epoch}, encoder: newEncoder(), labels: counter{Counts: Counts{}}, wake: make(chan struct{}, 1)}
}

// Record takes a sample (loadgen.Sink).
func (o *outbox) Record(s *loadgen.Sample) error {
	o.mu.Lock()
	o.labels.add(s)
	o.encoder.add(s)
	if o.encoder.count >= batchMost {
		o.pack(end(s))
	}
	o.mu.Unlock()
	return nil
}

// Flush does nothing: batches go by the clock (loadgen.Sink).
func (o *outbox) Flush() error { return nil }

// Close does nothing (loadgen.Sink).
func (o *outbox) Close() error { return nil }

// tick makes a batch of what there is; through is the time until which there is nothing else.
func (o *outbox) tick(through int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.encoder.count == 0 && len(o.kept)-o.next > 2 && through != endOfTime {
		return // nothing to say, and nobody listens
	}
	o.pack(through)
}

// pack keeps what was added as a batch, wherever there is room for it.
func (o *outbox) pack(through int64) {
	h := o.head
	h.through = through
	p := parcel{number: h.number, first: h.first, count: o.encoder.count}
	p.wire = o.encoder.take(h)
	p.size = len(p.wire)
	o.wire += int64(p.size)
	o.head.first += uint64(p.count)
	if through != endOfTime && (o.spool != nil || o.full != nil || o.size+p.size > o.room) && !o.toFile(&p) {
		o.dropped += uint64(p.count)
		return
	}
	if p.wire != nil {
		o.size += p.size
	}
	o.head.number++
	o.kept = append(o.kept, p)
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// toFile puts a batch into the file, and reports whether there is room. After the first failure nothing is put there.
func (o *outbox) toFile(p *parcel) bool {
	if o.spool == nil && o.full == nil {
		o.spool, o.full = os.OpenFile(o.file, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	}
	if o.full != nil {
		return false
	}
	frame := appendFrame(nil, p.wire)
	if _, o.full = o.spool.WriteAt(frame, o.offset); o.full != nil {
		return false
	}
	p.at = o.offset + int64(len(frame)-len(p.wire))
	o.offset += int64(len(frame))
	p.wire = nil
	return true
}

// waiting is the next batch to be sent; nil if there is none.
func (o *outbox) waiting() (wire []byte, number uint64, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.next == len(o.kept) {
		return nil, 0, nil
	}
	p := &o.kept[o.next]
	if wire = p.wire; wire == nil {
		wire = make([]byte, p.size)
		if _, err := o.spool.ReadAt(wire, p.at); err != nil {
			return nil, 0, fmt.Errorf("%s: %w", o.file, err)
		}
	}
	return wire, p.number, nil
}

// sent says that the first one that waits has been sent.
func (o *outbox) sent() {
	o.mu.Lock()
	o.next++
	o.mu.Unlock()
}

// recorded forgets the batches whose samples are all among the first so many, which the coordinator has recorded.
func (o *outbox) recorded(samples uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for n < o.next && o.kept[n].first+uint64(o.kept[n].count) <= samples {
		o.size -= len(o.kept[n].wire)
		n++
	}
	o.kept = append(o.kept[:0], o.kept[n:]...)
	if o.next -= n; len(o.kept) == 0 && o.spool != nil && o.full == nil {
		o.spool.Truncate(0) // memory is enough again
		o.spool.Close()
		os.Remove(o.file)
		o.spool, o.offset = nil, 0
	}
}

// send sends what there is with publish, until ctx ends. What is refused is sent again.
func (o *outbox) send(ctx context.Context, publish func(wire []byte, number uint64) error) {
	for {
		wire, number, err := o.waiting()
		if err == nil && wire != nil {
			if err = publish(wire, number); err == nil {
				o.sent()
				continue
			}
		}
		wait := time.NewTimer(100 * time.Millisecond)
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		case <-o.woken(err):
			wait.Stop()
		}
	}
}

// woken is told of new batches; never after an error, which is to be waited out.
func (o *outbox) woken(err error) <-chan struct{} {
	if err != nil {
		return nil
	}
	return o.wake
}

// samples are all that were put into batches so far.
func (o *outbox) samples() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.head.first
}

// ledger is the account of what was recorded here, beside the engine's.
func (o *outbox) ledger(a loadgen.Account) *Ledger {
	o.mu.Lock()
	defer o.mu.Unlock()
	return &Ledger{Account: a, Samples: o.head.first, Dropped: o.dropped, Labels: o.labels.Counts, Wire: o.wire}
}

// keep writes what is not known to be recorded into the agent's file, with its ledger, and returns how many samples
// that are.
func (o *outbox) keep(run string, m *member) (samples int, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	path := o.file + ".new"
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	b := appendFrame(nil, encode(leftover{Run: run, Member: *m}))
	for i := range o.kept {
		p := &o.kept[i]
		wire := p.wire
		if wire == nil {
			wire = make([]byte, p.size)
			if _, err := o.spool.ReadAt(wire, p.at); err != nil {
				return samples, err
			}
		}
		if b = appendFrame(b, wire); len(b) > 1<<20 || i == len(o.kept)-1 {
			if _, err := f.Write(b); err != nil {
				return samples, err
			}
			b = b[:0]
		}
		samples += p.count
	}
	if _, err := f.Write(b); err != nil {
		return samples, err
	}
	return samples, os.Rename(path, o.file)
}

// leftover is how an agent's file begins.
type leftover struct {
	Run    string `json:"stickbench_run"`
	Member member `json:"agent"`
}

// appendFrame puts the length of a part of a file before it.
func appendFrame(b, part []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(part))), part...)
}

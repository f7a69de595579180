package loadgen

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync/atomic"
	"time"
)

// wire is a user's connections, one per origin, kept alive from request to request, and the buffers that
// its requests and responses share.
type wire struct {
	dialer *dialer
	source net.Addr // to connect from, nil for any
	hard   context.Context
	kept   []*connection
	// inUse is what the second stop closes.
	inUse     atomic.Pointer[connection]
	unhook    func() bool
	once      bool // a connection serves one request
	opened    int64
	coldStack coldStack

	raw      []byte
	response response
	target   *target // of the last response
}

type connection struct {
	origin origin
	conn   client
}

// mostKept is how many origins a user stays connected to.
const mostKept = 6

func (w *wire) open(hard context.Context, d *dialer) {
	w.dialer, w.hard = d, hard
	w.unhook = context.AfterFunc(hard, func() {
		if k := w.inUse.Load(); k != nil {
			k.conn.close()
		}
	})
}

func (w *wire) close() {
	w.unhook()
	w.hangUp()
}

// hangUp closes the connections that are kept.
func (w *wire) hangUp() {
	for _, k := range w.kept {
		k.conn.close()
	}
	clear(w.kept)
	w.kept = w.kept[:0]
}

// exchange sends raw to o and reads the response, and returns how long connecting took, 0 on a connection
// kept alive. Nothing that a server could answer is ever sent twice: where it closed a kept connection
// meanwhile, before the request reached it, a new one takes its place, as in browsers. The error is a
// *wireError.
func (w *wire) exchange(o origin, raw []byte, head bool, deadline time.Time) (connect time.Duration, err error) {
	if k := w.find(o); k != nil {
		err := w.on(k, raw, head, deadline)
		if !errors.Is(err, errUnsent) {
			return 0, err
		}
	}
	w.response.reset()
	began := time.Now()
	k, err := w.connect(o, deadline)
	connect = time.Since(began)
	if err != nil {
		return connect, err
	}
	return connect, w.on(k, raw, head, deadline)
}

// connect opens a connection to o and keeps it.
func (w *wire) connect(o origin, deadline time.Time) (k *connection, err error) {
	var c client
	w.coldStack.do(func() { c, err = w.dialer.client(w.hard, w.source, o, deadline) })
	if err != nil {
		return nil, err
	}
	w.opened++
	return w.keep(&connection{o, c}), nil
}

// on makes one exchange on a connection, and drops it if it serves no further one.
func (w *wire) on(k *connection, raw []byte, head bool, deadline time.Time) error {
	if w.inUse.Load() != k {
		w.inUse.Store(k)
		if w.hard.Err() != nil { // the stop came before it could see this connection
			k.conn.close()
		}
	}
	err := k.conn.do(raw, head, deadline, &w.response)
	if err != nil || w.once || !k.conn.reusable() {
		w.drop(k)
	}
	return err
}

// find is the connection kept to o, nil without one.
func (w *wire) find(o origin) *connection {
	for _, k := range w.kept {
		if k.origin == o {
			return k
		}
	}
	return nil
}

func (w *wire) keep(k *connection) *connection {
	if len(w.kept) == mostKept {
		w.drop(w.kept[0])
	}
	w.kept = append(w.kept, k)
	return k
}

func (w *wire) drop(k *connection) {
	k.conn.close()
	w.kept = slices.DeleteFunc(w.kept, func(other *connection) bool { return other == k })
}

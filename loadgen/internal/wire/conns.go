package wire

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"time"
)

// Conns are one user's connections, one per origin, kept alive from request to request. One goroutine uses
// them.
type Conns struct {
	dialer *Dialer
	source net.Addr // to connect from, nil for any
	cut    context.Context
	kept   []*keptConn
	// inUse is what the end of cut closes.
	inUse  atomic.Pointer[keptConn]
	unhook func() bool
	once   bool // a connection serves one request
	opened int64
	stack  ColdStack
}

type keptConn struct {
	origin Origin
	conn
}

// mostKept is how many origins a user stays connected to.
const mostKept = 6

// Open is the connections of the user of that number, from 1. The end of cut ends what is in flight; once says
// that a connection serves one request.
func (d *Dialer) Open(cut context.Context, user int, once bool) *Conns {
	c := &Conns{dialer: d, source: d.source(user), cut: cut, once: once}
	c.unhook = context.AfterFunc(cut, func() {
		if k := c.inUse.Load(); k != nil {
			k.close()
		}
	})
	return c
}

// Connect connects to o before there is a request: one that the peer ends until the first comes is replaced by another,
// as any that was kept.
func (c *Conns) Connect(o Origin, deadline time.Time) error {
	k, err := c.connect(&Request{Origin: o, Deadline: deadline})
	if err != nil {
		return err
	}
	if h, ok := k.conn.(*http1); ok {
		h.state = kept
	}
	return nil
}

// Adopt takes over the connections of another one, which is not used any more.
func (c *Conns) Adopt(from *Conns) {
	c.kept, c.opened = from.kept, from.opened
	from.unhook()
}

// Close ends all connections.
func (c *Conns) Close() {
	c.unhook()
	c.HangUp()
}

// Opened is how many connections were opened so far.
func (c *Conns) Opened() int64 { return c.opened }

// HangUp closes the connections that are kept.
func (c *Conns) HangUp() {
	for _, k := range c.kept {
		k.close()
	}
	clear(c.kept)
	c.kept = c.kept[:0]
}

// Do sends a request and reads the response into a, and returns how long connecting took, 0 on a connection
// kept alive. The error is an *Error; what came until then is counted in a.
func (c *Conns) Do(q *Request, a *Response) (connect time.Duration, err error) {
	var sent, received int64
	stray := ""
	if k := c.find(q.Origin); k != nil {
		if err := c.on(k, q, a); !errors.Is(err, errUnsent) {
			return 0, err
		}
		stray, sent, received = a.Stray, a.Sent, a.Received
	}
	a.reset(q)
	began := time.Now()
	k, err := c.connect(q)
	connect = time.Since(began)
	if err == nil {
		err = c.on(k, q, a)
	}
	if errors.Is(err, errGone) { // of a new connection, there is no other to go on
		err = lost(io.EOF, nil, false)
	}
	a.Stray = cmp.Or(stray, a.Stray)
	a.Sent, a.Received = a.Sent+sent, a.Received+received
	return connect, err
}

func (c *Conns) connect(q *Request) (k *keptConn, err error) {
	var n conn
	deadline := q.Deadline
	if q.Connecting > 0 {
		if own := time.Now().Add(q.Connecting); own.Before(deadline) {
			deadline = own
		}
	}
	c.stack.Do(func() { n, err = c.dialer.connect(c.cut, c.source, q.Origin, deadline) })
	if err != nil {
		return nil, err
	}
	c.opened++
	if len(c.kept) == mostKept {
		c.drop(c.kept[0])
	}
	k = &keptConn{q.Origin, n}
	c.kept = append(c.kept, k)
	return k, nil
}

// on makes one exchange on a connection, and drops it if it serves no further one.
func (c *Conns) on(k *keptConn, q *Request, a *Response) error {
	if c.inUse.Load() != k {
		c.inUse.Store(k)
		if c.cut.Err() != nil { // which came before it could see this connection
			k.close()
		}
	}
	err := k.do(q, a)
	if err != nil || c.once || q.Close || !k.reusable() {
		c.drop(k)
	}
	return err
}

// find is the connection kept to o, nil without one.
func (c *Conns) find(o Origin) *keptConn {
	for _, k := range c.kept {
		if k.origin == o {
			return k
		}
	}
	return nil
}

func (c *Conns) drop(k *keptConn) {
	k.close()
	c.kept = slices.DeleteFunc(c.kept, func(other *keptConn) bool { return other == k })
}

// ColdStack does what most users do only when they begin, such as connecting and asking the cookie jar. It takes
// twice the stack of all the rest, which a user's goroutine would keep; so the first few times it happens on a
// stack of its own. Who does it again and again is better off with a stack that has grown.
type ColdStack struct{ times int }

// Do does f and returns when it is done.
func (s *ColdStack) Do(f func()) {
	const few = 4
	if s.times++; s.times > few {
		f()
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

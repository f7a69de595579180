// Package wire speaks HTTP for the users of a run: HTTP/1.1 and HTTP/2, with and without TLS.
//
//	Dialer ─ Open ─▶ Conns (one user's) ─ Do(Request) ─▶ kept connection? ─▶ idle check ─▶ write ─▶ read ─▶ Response
//	   ▲                                                     │ none, or it had ended: nothing was sent       │ Error
//	   └───────────────────── connect, TLS ◀─────────────────┘                                               ▼
//	                                                                                                   Kind, message
//
// A request is sent once. It goes on a new connection only where no byte of it can have reached the server (the
// kept connection had ended before, seen by the idle check), and where the server itself says that it did not
// process it (GOAWAY and REFUSED_STREAM of HTTP/2, RFC 9113 §8.7).
//
// net/http's client was rejected: it resends an idempotent request in silence when a kept connection closes
// before the first byte, and a balancer closes exactly so when a node dies.
package wire

import (
	"errors"
	"time"
)

// Error is why a request has no response. Its message is our own, alike on every system and in every run, as
// reports count failures by their message.
type Error struct {
	Kind Kind
	Err  error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Within is the message, with the time limit where that was the reason.
func (e *Error) Within(limit time.Duration) string {
	var l late
	if errors.As(e.Err, &l) {
		return string(l) + " within " + limit.String()
	}
	return e.Error()
}

// Request is a request ready to be sent.
type Request struct {
	Origin Origin
	// Raw is the whole request as HTTP/1.1 has it, head and body; HTTP/2 sends the same.
	Raw []byte
	// Head says that the method is HEAD, whose responses have no body whatever their fields say.
	Head bool
	// KeepBody keeps the response's body, as far as MaxBody. Otherwise it is counted and dropped, and takes no
	// memory.
	KeepBody bool
	// Close ends the connection behind the response: the request says so.
	Close bool
	// Deadline bounds it all, from connecting to the last byte.
	Deadline time.Time
	// Connecting bounds connecting alone; 0 for no bound of its own.
	Connecting time.Duration
}

// MaxBody is how much of a body is kept. What lies beyond is read, counted and dropped, so that a server that
// never stops sending costs time but no memory.
const MaxBody = 16 << 20

// conn speaks HTTP over one connection of one user, one request at a time. One goroutine uses it; close alone
// may be called from another, and ends do at once.
//
//	fresh ─── do: a response, and to be kept ──▶ kept ─── do: the same ──▶ kept
//	  │                                            │
//	  └─ do: anything else ──▶ spent ◀─────────────┘ do: anything else
type conn interface {
	// do sends the request and reads its response. The error is an *Error, and the connection is spent after
	// it. If it is errUnsent, the server has seen or processed nothing of the request: sending it on another
	// connection is not a second attempt.
	do(*Request, *Response) error
	// reusable reports whether the next request may go on this connection.
	reusable() bool
	close() error
}

package wire

import (
	"iter"
	"strings"
	"time"
	"unsafe"
)

// Response is one response. A user has one and reuses it from request to request: everything in it, and every
// slice and string taken from it, is valid until the next Do.
type Response struct {
	head // with the Status
	// Body is what the framing wraps, as it came: nothing is decompressed. It is empty unless the request asked
	// to keep it.
	Body []byte
	// Dropped counts the bytes of the body that Body lacks.
	Dropped int64
	// Received counts the bytes of this response: interim responses (1xx), heads, the framing of chunks, body and
	// trailers; on an error, all that came. Sent counts the bytes of the request that the operating system took.
	// In HTTP/1.1 under TLS both are the bytes of HTTP, not of the records around them.
	Received, Sent int64
	// FirstByte is when the read returned that brought the first byte of the final response (not of an interim
	// one); zero if none came. End is when the one with its last byte returned, where a response ends with its
	// connection the one that saw the end, and on an error when it was noticed.
	FirstByte, End time.Time
	// Stray is what the server sent without being asked, one of the constants below, "" for nothing. The
	// response itself is whole.
	Stray string

	most int // bytes of the body are kept
}

// What a server may send that belongs to no request, and what became of it.
const (
	StrayEarly  = "a response before any request: it was taken for that to the first one"
	StrayIdle   = "bytes between two requests: they were dropped and the connection closed"
	StraySecond = "a second response to one request: it was dropped and the connection closed"
	StrayBytes  = "bytes behind the end of a response: they were dropped and the connection closed"
)

// freed is the size from which a body's memory does not outlive the next request.
const freed = 256 << 10

// reset makes a ready for the response to q, and keeps its memory.
func (a *Response) reset(q *Request) {
	a.head.reset()
	if cap(a.Body) > freed {
		a.Body = nil
	}
	a.Body, a.Dropped, a.most = a.Body[:0], 0, 0
	if q.KeepBody {
		a.most = MaxBody
	}
	a.Received, a.Sent, a.Stray = 0, 0, ""
	a.FirstByte, a.End = time.Time{}, time.Time{}
}

// Forget empties a.
func (a *Response) Forget() { a.reset(&Request{}) }

// Lines are the status line and the fields as they came, to the empty line.
func (a *Response) Lines() string { return text(a.raw) }

// Reason is the phrase of the status line, which may be empty.
func (a *Response) Reason() string { return text(a.phrase.of(a.raw)) }

// Field is the value of the first field called name in any case, "" if there is none.
func (a *Response) Field(name string) string {
	for i := range a.spans {
		s := &a.spans[i]
		if int(s.name.to-s.name.from) == len(name) && strings.EqualFold(text(s.name.of(a.raw)), name) {
			return text(s.value.of(a.raw))
		}
	}
	return ""
}

// Values is the values of all fields called name in any case, in their order.
func (a *Response) Values(name string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := range a.spans {
			s := &a.spans[i]
			if int(s.name.to-s.name.from) == len(name) && strings.EqualFold(text(s.name.of(a.raw)), name) && !yield(s.value.of(a.raw)) {
				return
			}
		}
	}
}

// SetCookies is the values of the Set-Cookie fields, each as it came and in their order: they are never
// joined (RFC 9110 §5.3).
func (a *Response) SetCookies() iter.Seq[[]byte] { return a.Values("Set-Cookie") }

// text is b as a string without a copy: it changes with b.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

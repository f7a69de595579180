package loadgen

import (
	"iter"
	"strings"
	"time"
)

// maxBody is how much of a body is kept for extraction and assertions. What lies beyond is read, counted
// and dropped, so that a server that never stops sending costs time but no memory.
const maxBody = 16 << 20

// response is one response. A user has one and reuses it from request to request: everything in it, and
// every slice and string taken from it, is valid until the next do.
type response struct {
	head // with the status
	// body is what the framing wraps, as it came: nothing is decompressed.
	body []byte
	// dropped counts the bytes of the body beyond maxBody, which body lacks.
	dropped int64
	// received counts the bytes of this response: interim responses (1xx), heads, the framing of chunks, body
	// and trailers; on an error, all that came. sent counts the bytes of the request that the operating
	// system took. Under TLS both are the bytes of HTTP, not of the records around them.
	received, sent int64
	// firstByte is when the read returned that brought the first byte of the final response (not of an
	// interim one); zero if none came. end is when the one with its last byte returned, where a response
	// ends with its connection the one that saw the end, and on an error when it was noticed. Both have a
	// monotonic reading.
	firstByte, end time.Time
}

// reset empties a and keeps its memory.
func (a *response) reset() {
	a.head.reset()
	a.body, a.dropped = a.body[:0], 0
	a.received, a.sent = 0, 0
	a.firstByte, a.end = time.Time{}, time.Time{}
}

// reason is the phrase of the status line, which may be empty.
func (a *response) reason() []byte { return a.phrase.of(a.raw) }

// field is the value of the first field called name in any case, "" if there is none.
func (a *response) field(name string) string {
	for i := range a.spans {
		s := &a.spans[i]
		if int(s.name.to-s.name.from) == len(name) && strings.EqualFold(text(s.name.of(a.raw)), name) {
			return text(s.value.of(a.raw))
		}
	}
	return ""
}

// values is the values of all fields called name in any case, in their order.
func (a *response) values(name string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := range a.spans {
			s := &a.spans[i]
			if int(s.name.to-s.name.from) == len(name) && strings.EqualFold(text(s.name.of(a.raw)), name) && !yield(s.value.of(a.raw)) {
				return
			}
		}
	}
}

// setCookies is the values of the Set-Cookie fields, each as it came and in their order: they are never
// joined (RFC 9110 §5.3).
func (a *response) setCookies() iter.Seq[[]byte] { return a.values("Set-Cookie") }

package wire

import (
	"bytes"
	"cmp"
	"math"
	"net/http"
)

// framing is how the end of a response's body is found, and whether its connection lives on.
type framing struct {
	kind bodyKind
	size int64 // of a sized body
	keep bool
}

type bodyKind byte

const (
	bodyNone    bodyKind = iota // HEAD, 1xx, 204, 304
	bodySized                   // Content-Length
	bodyChunked                 // Transfer-Encoding: chunked
	bodyToEnd                   // ends with the connection
)

// framing applies RFC 9112 §6.3 (length of the body) and §9.3 (persistence) to a complete head:
//
//	the response …                          body            connection
//	to HEAD; 204, 304                     none            kept
//	101                                   none            closed: it speaks something else now
//	chunked                               chunks          kept
//	chunked, with Content-Length          chunks          closed (§6.3 rule 3)
//	chunked, in HTTP/1.0                  chunks          closed (§6.1)
//	another Transfer-Encoding             malformed: we asked for none
//	Content-Length, the same repeated     sized           kept
//	Content-Length no number, or two      malformed
//	neither                               to the end      closed
//
// The first row that fits counts: a Content-Length that decides nothing may say what it likes.
//
// "kept" is what HTTP/1.1 does without "Connection: close", and HTTP/1.0 with "Connection: keep-alive".
func (h *head) framing(toHead bool) (framing, error) {
	size, chunked, closed, alive := int64(-1), false, false, false
	var invalid error // Content-Length
	for i := range h.spans {
		name, value := h.spans[i].name.of(h.raw), h.spans[i].value.of(h.raw)
		switch {
		case is(name, "content-length"):
			n, err := contentLength(value)
			if err == nil && size >= 0 && n != size {
				err = malformed("Content-Length has different values")
			}
			size, invalid = n, cmp.Or(invalid, err)
		case is(name, "transfer-encoding"):
			if chunked || !is(value, "chunked") {
				return framing{}, malformed("unsupported Transfer-Encoding " + quoted(value) + " (want chunked, once)")
			}
			chunked = true
		case is(name, "connection"):
			closed = closed || hasOption(value, "close")
			alive = alive || hasOption(value, "keep-alive")
		}
	}
	f := framing{keep: !closed && (alive || h.minor > 0)}
	switch {
	case h.Status == http.StatusSwitchingProtocols:
		f.keep = false
	case toHead, h.Status == http.StatusNoContent, h.Status == http.StatusNotModified:
	case chunked:
		f.kind, f.keep = bodyChunked, f.keep && size < 0 && invalid == nil && h.minor > 0
	case invalid != nil:
		return framing{}, invalid
	case size >= 0:
		f.kind, f.size = bodySized, size
	default:
		f.kind, f.keep = bodyToEnd, false
	}
	return f, nil
}

// contentLength reads the value of the field: digits, or the same digits in a list, which is what a
// repeated field becomes where a proxy joins it (RFC 9112 §6.3 rule 5).
func contentLength(value []byte) (int64, error) {
	if n, ok := decimal(value); ok { // as nearly always
		return n, nil
	}
	size := int64(-1)
	for more := true; more; {
		var item []byte
		item, value, more = bytes.Cut(value, []byte(","))
		n, ok := decimal(bytes.Trim(item, " \t"))
		if !ok || size >= 0 && n != size {
			return 0, malformed("invalid Content-Length " + quoted(item))
		}
		size = n
	}
	return size, nil
}

func decimal(b []byte) (n int64, ok bool) {
	for _, c := range b {
		if !digit(c) || n > (math.MaxInt64-9)/10 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(b) > 0
}

// hasOption reports whether a list of tokens has the one called want, in lower case.
func hasOption(list []byte, want string) bool {
	for more := true; more; {
		var item []byte
		item, list, more = bytes.Cut(list, []byte(","))
		if is(bytes.Trim(item, " \t"), want) {
			return true
		}
	}
	return false
}

// is reports whether b is want in any case; want is in lower case.
func is(b []byte, want string) bool {
	if len(b) != len(want) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != want[i] {
			return false
		}
	}
	return true
}

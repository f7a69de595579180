package wire

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"
)

// responseCase is a response as bytes and what must become of it. The server closes behind it.
type responseCase struct {
	name     string
	wire     string
	head     bool // asked for with HEAD
	kind     Kind
	message  string // part of it
	status   int
	body     string
	received int // len(wire) unless set
	keep     bool
}

func long(n int) string { return strings.Repeat("x", n) }

var responseCases = []responseCase{
	// The length of the body: RFC 9112 §6.3.
	{name: "sized", wire: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello", keep: true},
	{name: "empty", wire: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", status: 200, keep: true},
	{name: "name in any case", wire: "HTTP/1.1 200 OK\r\ncONTENT-lENGTH:5\r\n\r\nhello", status: 200, body: "hello", keep: true},
	{name: "same length twice", wire: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", status: 200, body: "hello", keep: true},
	{name: "same length joined", wire: "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello", status: 200, body: "hello", keep: true},
	{name: "two lengths", wire: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", kind: KindMalformed, message: "different values"},
	{name: "two lengths joined", wire: "HTTP/1.1 200 OK\r\nContent-Length: 5,6\r\n\r\nhello", kind: KindMalformed, message: "invalid Content-Length"},
	{name: "negative length", wire: "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", kind: KindMalformed, message: `invalid Content-Length "-5"`},
	{name: "signed length", wire: "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello", kind: KindMalformed},
	{name: "no length in the field", wire: "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", kind: KindMalformed},
	{name: "length in words", wire: "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello", kind: KindMalformed},
	{name: "hexadecimal length", wire: "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello", kind: KindMalformed},
	{name: "endless length", wire: "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello", kind: KindMalformed},
	{name: "lying length", wire: "HTTP/1.1 200 OK\r\nContent-Length: 922337203685477580\r\n\r\nhello", kind: KindTruncated, message: "body cut short: 5 of 922337203685477580 bytes"},
	{name: "body cut short", wire: "HTTP/1.1 200 OK\r\nContent-Length: 512\r\n\r\n" + long(120), kind: KindTruncated, message: "body cut short: 120 of 512 bytes"},
	{name: "to the end", wire: "HTTP/1.1 200 OK\r\n\r\nhello", status: 200, body: "hello"},
	{name: "to the end, nothing", wire: "HTTP/1.1 200 OK\r\n\r\n", status: 200},
	{name: "to the end, long", wire: "HTTP/1.1 200 OK\r\n\r\n" + long(100_000), status: 200, body: long(100_000)},
	{name: "sized, long", wire: "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + long(100_000), status: 200, body: long(100_000), keep: true},
	{name: "left over", wire: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n", status: 200, body: "hello", received: 43},
	{name: "HEAD", wire: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", head: true, status: 200, keep: true},
	{name: "HEAD, chunked", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", head: true, status: 200, keep: true},
	{name: "HEAD, no length", wire: "HTTP/1.1 200 OK\r\n\r\n", head: true, status: 200, keep: true},
	{name: "HEAD with a body", wire: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", head: true, status: 200, received: 38},
	{name: "204", wire: "HTTP/1.1 204 No Content\r\n\r\n", status: 204, keep: true},
	{name: "304 with a length", wire: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", status: 304, keep: true},
	{name: "304 with a length that is none", wire: "HTTP/1.1 304 Not Modified\r\nContent-Length: five\r\n\r\n", status: 304, keep: true},
	{name: "HEAD with two lengths", wire: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", head: true, status: 200, keep: true},
	{name: "chunked and a length that is none", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: five\r\n\r\n2\r\nok\r\n0\r\n\r\n", status: 200, body: "ok"},

	// Interim responses: RFC 9110 §15.2.
	{name: "100", wire: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok", keep: true},
	{name: "102 and 103", wire: "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 99\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok", keep: true},
	{name: "100 and the end", wire: "HTTP/1.1 100 Continue\r\n\r\n", kind: KindClosed},
	{name: "101", wire: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", status: 101},

	// Whether the connection lives on: RFC 9112 §9.3.
	{name: "close", wire: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok"},
	{name: "close in a list", wire: "HTTP/1.1 200 OK\r\nConnection: foo , CLOSE\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok"},
	{name: "close on a second line", wire: "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok"},
	{name: "1.0", wire: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok"},
	{name: "1.0 kept", wire: "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok", keep: true},
	{name: "1.0 to the end", wire: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nok", status: 200, body: "ok"},

	// Chunks: RFC 9112 §6.1, §7.1.
	{name: "chunked", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", status: 200, body: "hello world", keep: true},
	{name: "chunked, nothing", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", status: 200, keep: true},
	{name: "chunked, long", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186A0\r\n" + long(100_000) + "\r\n0\r\n\r\n", status: 200, body: long(100_000), keep: true},
	{name: "extensions and trailers", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n00 ; c=\"d\"\r\nX-Sum: 1\r\nY: \r\n\r\n", status: 200, body: "hello", keep: true},
	{name: "chunked and length", wire: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", status: 200, body: "hello"},
	{name: "chunked in 1.0", wire: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", status: 200, body: "hello"},
	{name: "another coding", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", kind: KindMalformed, message: "want chunked, once"},
	{name: "identity", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n", kind: KindMalformed},
	{name: "chunked twice", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", kind: KindMalformed},
	{name: "chunk without a size", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n", kind: KindMalformed, message: "without a size"},
	{name: "negative chunk", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", kind: KindMalformed},
	{name: "chunk in 0x", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", kind: KindMalformed},
	{name: "endless chunk", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n", kind: KindMalformed},
	{name: "lying chunk", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3fffffffffffffff\r\nhello", kind: KindTruncated},
	{name: "chunk longer than it says", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n", kind: KindMalformed, message: "longer than its size"},
	{name: "chunk line in LF", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n", kind: KindMalformed, message: "CRLF"},
	{name: "CR in an extension", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;\rx\r\nhello\r\n0\r\n\r\n", kind: KindMalformed},
	{name: "chunk cut short", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", kind: KindTruncated, message: "3 of 5 bytes of a chunk"},
	{name: "cut between chunks", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", kind: KindTruncated, message: "between chunks"},
	{name: "cut in the trailers", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\n", kind: KindTruncated},
	{name: "trailer that is none", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nhello\r\n\r\n", kind: KindMalformed},
	{name: "NUL in a trailer", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: a\x00b\r\n\r\n", kind: KindMalformed},
	{name: "endless trailers", wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("X: 1234567890123\r\n", 5000), kind: KindTooLarge},

	// The head: RFC 9112 §2.2, §4, §5.
	{name: "no phrase", wire: "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", status: 200, keep: true},
	{name: "no blank behind the status", wire: "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", status: 200, keep: true},
	{name: "bare LF", wire: "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", status: 200, body: "ok", keep: true},
	{name: "folded", wire: "HTTP/1.1 200 OK\r\nConnection: keep-alive,\r\n\t close\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok"},
	{name: "folded from the start", wire: "HTTP/1.1 200 OK\r\nContent-Length:\r\n 2\r\n \r\n\r\nok", status: 200, body: "ok", keep: true},
	{name: "blanks only, folded", wire: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX:\r\n \t \r\n\r\n", status: 200, keep: true},
	{name: "first field folded", wire: "HTTP/1.1 200 OK\r\n Content-Length: 2\r\n\r\nok", kind: KindMalformed},
	{name: "not HTTP", wire: "SSH-2.0-OpenSSH_9.9\r\n", kind: KindMalformed, message: `not HTTP/1.1: it begins "S`},
	{name: "TLS", wire: "\x15\x03\x01\x00\x02\x02\x46", kind: KindMalformed, message: "https://"},
	{name: "not HTTP, no line", wire: "\x00\x01\x02", kind: KindMalformed},
	{name: "0.9", wire: "<html>hello</html>", kind: KindMalformed},
	{name: "empty line first", wire: "\r\nHTTP/1.1 200 OK\r\n\r\n", kind: KindMalformed},
	{name: "2.0", wire: "HTTP/2.0 200 OK\r\n\r\n", kind: KindMalformed},
	{name: "lower case", wire: "http/1.1 200 OK\r\n\r\n", kind: KindMalformed},
	{name: "no status", wire: "HTTP/1.1\r\n\r\n", kind: KindMalformed},
	{name: "status in words", wire: "HTTP/1.1 all OK\r\n\r\n", kind: KindMalformed},
	{name: "status of two digits", wire: "HTTP/1.1 20 OK\r\n\r\n", kind: KindMalformed},
	{name: "status of four digits", wire: "HTTP/1.1 2000 OK\r\n\r\n", kind: KindMalformed},
	{name: "status 000", wire: "HTTP/1.1 000 OK\r\n\r\n", kind: KindMalformed, message: "status 000"},
	{name: "status 600", wire: "HTTP/1.1 600 OK\r\n\r\n", kind: KindMalformed},
	{name: "two blanks", wire: "HTTP/1.1  200 OK\r\n\r\n", kind: KindMalformed},
	{name: "blank before the colon", wire: "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok", kind: KindMalformed},
	{name: "no colon", wire: "HTTP/1.1 200 OK\r\nhello\r\n\r\n", kind: KindMalformed, message: "invalid header line"},
	{name: "no name", wire: "HTTP/1.1 200 OK\r\n: x\r\n\r\n", kind: KindMalformed},
	{name: "CR in a value", wire: "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", kind: KindMalformed},
	{name: "NUL in a value", wire: "HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n", kind: KindMalformed},
	{name: "nothing", wire: "", kind: KindClosed, message: "connection closed before a response"},
	{name: "header cut short", wire: "HTTP/1.1 200 OK\r\nContent-Le", kind: KindTruncated, message: "header cut short"},
	{name: "largest head", wire: "HTTP/1.1 204 No Content\r\nX: " + long(maxHead-32) + "\r\n\r\n", status: 204, keep: true},
	{name: "head too large", wire: "HTTP/1.1 204 No Content\r\nX: " + long(maxHead-31) + "\r\n\r\n", kind: KindTooLarge, message: "64 KiB"},
}

func (want responseCase) check(t *testing.T, c *http1, a *Response, err error) {
	t.Helper()
	if kind := kindOf(err); kind != want.kind {
		t.Fatalf("kind %q (%v), want %q", kind, err, want.kind)
	}
	if err != nil {
		if !strings.Contains(err.Error(), want.message) {
			t.Errorf("message %q, want %q", err, want.message)
		}
		if c.reusable() {
			t.Error("reusable after an error")
		}
		return
	}
	if want.received == 0 {
		want.received = len(want.wire)
	}
	if a.Status != want.status || string(a.Body) != want.body || a.Received != int64(want.received) || c.reusable() != want.keep {
		t.Errorf("status %d, %d bytes of body %.40q, received %d, reusable %v\nwant %d, %d bytes %.40q, %d, %v",
			a.Status, len(a.Body), a.Body, a.Received, c.reusable(),
			want.status, len(want.body), want.body, want.received, want.keep)
	}
	if a.FirstByte.IsZero() || a.End.Before(a.FirstByte) {
		t.Errorf("first byte %v, end %v", a.FirstByte, a.End)
	}
}

// TestResponses reads every response as a whole, in small pieces and byte by byte.
func TestResponses(t *testing.T) {
	for _, tt := range responseCases {
		for _, size := range []int{1, 2, 7, 1 << 20} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, size), func(t *testing.T) {
				c := cannedConn([]byte(tt.wire), size)
				var a Response
				err := do(c, []byte(plainGet), tt.head, soon(), &a)
				if tt.received == 0 || size > 1000 { // what is left over is noticed if it comes with the response
					tt.check(t, c, &a, err)
				}
			})
		}
	}
}

// TestResponsesOverSockets reads them over TCP, in one packet and in many.
func TestResponsesOverSockets(t *testing.T) {
	for _, tt := range responseCases {
		if tt.received != 0 {
			continue // what comes behind the response may come later
		}
		for _, size := range []int{1, 1 << 20} {
			if len(tt.wire) > 10_000 && size == 1 {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d", tt.name, size), func(t *testing.T) {
				c := connected(t, served(t, func(c net.Conn) {
					taken(c)
					for data := []byte(tt.wire); len(data) > 0; {
						n := min(size, len(data))
						c.Write(data[:n])
						data = data[n:]
					}
				}))
				var a Response
				err := do(c, []byte(plainGet), tt.head, soon(), &a)
				tt.check(t, c, &a, err)
				if a.Sent != int64(len(plainGet)) {
					t.Errorf("sent %d of %d", a.Sent, len(plainGet))
				}
			})
		}
	}
}

func TestFields(t *testing.T) {
	const wire = "HTTP/1.1 404 Not  There\r\nX-Backend-IP:\t10.0.0.1 \r\nset-cookie: a=1; Path=/\r\nSet-Cookie: a=1; Path=/x\r\n" +
		"Empty:\r\nFolded: one\r\n\t two\r\nSET-COOKIE:b=2, c\r\nContent-Length: 0\r\n\r\n"
	c := cannedConn([]byte(wire), 3)
	var a Response
	if err := do(c, []byte(plainGet), false, soon(), &a); err != nil {
		t.Fatal(err)
	}
	if got := string(a.Reason()); got != "Not  There" {
		t.Errorf("reason %q", got)
	}
	for name, want := range map[string]string{
		"x-backend-ip": "10.0.0.1", "X-BACKEND-IP": "10.0.0.1", "empty": "", "none": "", "": "",
		"folded": "one    two", "set-cookie": "a=1; Path=/",
	} {
		if got := a.Field(name); got != want {
			t.Errorf("field %q is %q, want %q", name, got, want)
		}
	}
	var cookies []string
	for v := range a.SetCookies() {
		cookies = append(cookies, string(v))
	}
	if got := strings.Join(cookies, "|"); got != "a=1; Path=/|a=1; Path=/x|b=2, c" {
		t.Errorf("cookies %q", got)
	}
}

// TestBodyBeyondLimit: a server may send more than is kept; it is counted all the same, and the
// connection goes on behind it.
func TestBodyBeyondLimit(t *testing.T) {
	const size = MaxBody + 100_000
	wire := append(fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size), bytes.Repeat([]byte("x"), size)...)
	next := "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	gate := make(chan struct{})
	c := connected(t, served(t, func(c net.Conn) {
		taken(c)
		c.Write(wire)
		<-gate
		taken(c)
		c.Write([]byte(next))
	}))
	var a Response
	if err := do(c, []byte(plainGet), false, soon(), &a); err != nil {
		t.Fatal(err)
	}
	if len(a.Body) != MaxBody || a.Dropped != 100_000 || a.Received != int64(len(wire)) || !c.reusable() {
		t.Errorf("body %d, dropped %d, received %d of %d, reusable %v", len(a.Body), a.Dropped, a.Received, len(wire), c.reusable())
	}
	close(gate)
	if err := do(c, []byte(plainGet), false, soon(), &a); err != nil || string(a.Body) != "ok" || a.Received != int64(len(next)) {
		t.Errorf("then %q, received %d, %v", a.Body, a.Received, err)
	}
}

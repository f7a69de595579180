//go:build unix

package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"stickbench/internal/conntest"
	"stickbench/report"
)

const failuresPath = "../../loadgen/help_failures.md"

// fault is something that may go wrong between a request and its response.
type fault struct {
	name, what string
	// http1 is what the server does once it has read a request, also under TLS, and http2 the same in HTTP/2; nil is
	// nothing that can happen there. They report whether the connection goes on.
	http1 func(c net.Conn) bool
	http2 func(s *stream) bool
	// kind is what becomes of the request, "ok" for a success; kind2 that in HTTP/2 where it is another one.
	kind, kind2 string
	// url is where the request goes if not to the server, by protocol; "" is not there.
	url func(f *faults, c column) string
	// step is what the plan says beside the request.
	step string
	// requests are made, 1 if 0; reach is how many of them the server reads of each, 1 unless set.
	requests int
	reach    *int
}

// stream is a request in HTTP/2.
type stream struct {
	*http2.Framer
	conn net.Conn
	id   uint32
}

func (s *stream) head(end bool, fields ...string) {
	s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: encoded(fields...), EndHeaders: true, EndStream: end})
}

func encoded(fields ...string) []byte {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	for i := 0; i < len(fields); i += 2 {
		e.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return b.Bytes()
}

func (s *stream) ok() bool { return whole()(s) }

// whole is a response of two bytes with those fields.
func whole(fields ...string) func(*stream) bool {
	return func(s *stream) bool {
		s.head(false, append([]string{":status", "200"}, fields...)...)
		s.WriteData(s.id, true, []byte("ok"))
		return true
	}
}

const okResponse = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// says writes text and goes on, ends writes it and ends the connection, resets resets it, stalls says no more.
func says(text string) func(net.Conn) bool {
	return func(c net.Conn) bool { io.WriteString(c, text); return true }
}

func ends(text string) func(net.Conn) bool {
	return func(c net.Conn) bool { io.WriteString(c, text); finish(c); return false }
}

func resets(text string) func(net.Conn) bool {
	return func(c net.Conn) bool { io.WriteString(c, text); reset(c); return false }
}

func stalls(text string) func(net.Conn) bool {
	return func(c net.Conn) bool { io.WriteString(c, text); io.Copy(io.Discard, c); return false }
}

// finish ends the server's side and reads until the client has ended its own, so that nothing unread makes a reset
// of the end.
func finish(c net.Conn) {
	c.(interface{ CloseWrite() error }).CloseWrite()
	io.Copy(io.Discard, c)
}

func reset(c net.Conn) {
	if s, ok := c.(*tls.Conn); ok {
		c = s.NetConn()
	}
	c.(*net.TCPConn).SetLinger(0)
	c.Close()
}

func headed(fields string) string { return "HTTP/1.1 200 OK\r\n" + fields + "\r\n" }
func chunked(body string) string  { return headed("Transfer-Encoding: chunked\r\n") + body }

func resetBehindTLS(c net.Conn) bool {
	c.(*tls.Conn).NetConn().(*net.TCPConn).SetLinger(0)
	c.Close()
	return false
}

// garbled is a TLS record of application data that no key decrypts.
var garbled = append([]byte{0x17, 0x03, 0x03, 0, 40}, make([]byte, 40)...)

func times(n int) *int { return &n }

const (
	quick = `timeout = "300ms"`
	never = `timeout = "30s"`
)

// allFaults are those of the matrix; the help topic's table is made of them.
var allFaults = []fault{
	// Connecting.
	{name: "no-such-host", what: "the name has no address", kind: "dns", reach: times(0), url: at(strings.Repeat("a", 64) + ".test")},
	{name: "refused", what: "nothing listens there", kind: "connect_refused", reach: times(0), url: func(f *faults, c column) string { return scheme(c.secure) + f.shut }},
	{name: "unanswered", what: "no answer to the connect within the timeout", kind: "connect_timeout", step: quick, reach: times(0), url: func(f *faults, c column) string { return scheme(c.secure) + f.full }},
	{name: "unknown-authority", what: "the certificate is not signed by a known authority", kind: "tls", reach: times(0), url: secureOnly(func(f *faults) string { return f.strange })},
	{name: "other-name", what: "the certificate is for another name", kind: "tls", reach: times(0), url: secureOnly(func(f *faults) string { return strings.Replace(f.secure, "localhost", "127.0.0.1", 1) })},
	{name: "expired", what: "the certificate has expired", kind: "tls", reach: times(0), url: secureOnly(func(f *faults) string { return f.expired })},
	{name: "plain-for-tls", what: "the server does not speak TLS", kind: "tls", reach: times(0), url: secureOnly(func(f *faults) string { return f.plain })},
	{name: "handshake-refused", what: "the server refuses the handshake with an alert", kind: "tls", reach: times(0), url: secureOnly(func(f *faults) string { return f.old })},
	{name: "handshake-ends", what: "the connection ends within the handshake", kind: "tls", reach: times(0), url: secureOnly(func(f *faults) string { return f.hangsUp })},
	{name: "handshake-stalls", what: "the handshake is not over within the timeout", kind: "connect_timeout", step: quick, reach: times(0), url: secureOnly(func(f *faults) string { return f.silent })},
	{name: "no-http2", what: "the server does not speak HTTP/2", kind: "tls", reach: times(0), url: func(f *faults, c column) string {
		if !c.secure || !c.two {
			return ""
		}
		return "https://" + f.only1
	}},
	{name: "certificate-wanted", what: "the server wants a certificate of the client", kind: "tls", reach: times(0), url: secureOnly(func(f *faults) string { return f.wanting })},

	// The end of a connection.
	{name: "closed", what: "the server closes without a response", kind: "closed", http1: ends(""), http2: func(s *stream) bool { finish(s.conn); return false }},
	{name: "reset", what: "the server resets the connection", kind: "reset", http1: resets(""), http2: func(s *stream) bool { reset(s.conn); return false }},
	{name: "closed-in-the-head", what: "the connection ends within the head", kind: "truncated", kind2: "closed", http1: ends("HTTP/1.1 200 OK\r\nX:"), http2: func(s *stream) bool {
		s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: encoded(":status", "200")})
		finish(s.conn)
		return false
	}},
	{name: "reset-behind-tls", what: "TLS says the end without a response, and the connection is reset behind it", kind: "closed", http1: resetBehindTLS, http2: func(s *stream) bool { return resetBehindTLS(s.conn) }, url: secureOnly(func(f *faults) string { return f.secure })},
	{name: "reset-in-the-head", what: "the connection is reset within the head", kind: "reset", http1: resets("HTTP/1.1 200 OK\r\nX:")},
	{name: "closed-in-the-body", what: "the connection ends within the body", kind: "truncated", http1: ends(headed("Content-Length: 9\r\n") + "he"), http2: func(s *stream) bool {
		s.head(false, ":status", "200", "content-length", "9")
		s.WriteData(s.id, false, []byte("he"))
		finish(s.conn)
		return false
	}},
	{name: "reset-in-the-body", what: "the connection is reset within the body", kind: "reset", http1: resets(headed("Content-Length: 9\r\n") + "he"), http2: func(s *stream) bool {
		s.head(false, ":status", "200", "content-length", "9")
		s.WriteData(s.id, false, []byte("he"))
		reset(s.conn)
		return false
	}},
	{name: "closed-in-a-chunk", what: "the connection ends within a chunk", kind: "truncated", http1: ends(chunked("5\r\nhel"))},
	{name: "closed-between-chunks", what: "the connection ends between chunks", kind: "truncated", http1: ends(chunked("5\r\nhello\r\n"))},
	{name: "closed-in-the-trailers", what: "the connection ends within the trailers", kind: "truncated", http1: ends(chunked("0\r\nX: 1\r\n"))},
	{name: "ends-too-early", what: "the stream ends before its Content-Length", kind: "truncated", http2: func(s *stream) bool {
		s.head(false, ":status", "200", "content-length", "9")
		s.WriteData(s.id, true, []byte("he"))
		return true
	}},
	{name: "body-to-the-end", what: "the end of the connection ends the body", kind: "ok", http1: ends(headed("") + "hello")},
	{name: "closed-behind", what: "the server closes behind the response", kind: "ok", http1: ends(okResponse), step: `headers = { Connection = "close" }`},
	{name: "reset-behind", what: "the server resets behind the response", kind: "ok", http1: func(c net.Conn) bool {
		io.WriteString(c, okResponse)
		c.Read(make([]byte, 1)) // until the client has gone
		reset(c)
		return false
	}, step: `headers = { Connection = "close" }`},

	// Timeouts.
	{name: "stalled", what: "no response within the timeout", kind: "timeout", step: quick, http1: stalls(""), http2: func(s *stream) bool { return true }},
	{name: "stalled-in-the-head", what: "the head is not over within the timeout", kind: "timeout", step: quick, http1: stalls("HTTP/1.1 200 OK\r\nX:")},
	{name: "stalled-in-the-body", what: "the body is not over within the timeout", kind: "timeout", step: quick, http1: stalls(headed("Content-Length: 9\r\n") + "he"), http2: func(s *stream) bool {
		s.head(false, ":status", "200")
		return true
	}},
	{name: "dripping", what: "a body without end", kind: "timeout", step: quick, http1: func(c net.Conn) bool {
		_, err := io.WriteString(c, headed(""))
		for ; err == nil; time.Sleep(time.Millisecond) {
			_, err = io.WriteString(c, "x")
		}
		return false
	}},
	{name: "stalled-after-100", what: "an interim response, and no final one", kind: "timeout", step: quick, http1: stalls("HTTP/1.1 100 Continue\r\n\r\n"), http2: func(s *stream) bool { s.head(false, ":status", "103"); return true }},

	// What is not HTTP.
	{name: "another-protocol", what: "the server speaks another protocol", kind: "malformed", http1: ends("SSH-2.0-OpenSSH_9.9\r\n"), http2: func(s *stream) bool { return malformedFrame(s, "SSH-2.0-OpenSSH_9.9\r\n") }},
	{name: "another-version", what: "HTTP/1.1 where HTTP/2 is spoken, and the other way round", kind: "malformed", http1: ends("\x00\x00\x00\x04\x00\x00\x00\x00\x00"), http2: func(s *stream) bool { return malformedFrame(s, "HTTP/1.1 400 Bad Request\r\n\r\n") }},
	{name: "tls-for-plain", what: "a TLS record where none is spoken", kind: "malformed", http1: ends("\x15\x03\x03\x00\x02\x02\x28")},
	{name: "status-0", what: "status 000", kind: "malformed", http1: ends("HTTP/1.1 000 None\r\n\r\n"), http2: status("000")},
	{name: "status-999", what: "status 999", kind: "malformed", http1: ends("HTTP/1.1 999 What\r\n\r\n"), http2: status("999")},
	{name: "status-1000", what: "a status of four digits", kind: "malformed", http1: ends("HTTP/1.1 1000 What\r\n\r\n"), http2: status("1000")},
	{name: "status-with-a-sign", what: "a status with a sign", kind: "malformed", http1: ends("HTTP/1.1 +200 OK\r\n\r\n"), http2: status("+200")},
	{name: "status-in-words", what: "a status that is no number", kind: "malformed", http1: ends("HTTP/1.1 abc OK\r\n\r\n"), http2: status("abc")},
	{name: "no-status", what: "no status", kind: "malformed", http1: ends("HTTP/1.1\r\n\r\n"), http2: func(s *stream) bool { s.head(true, "x", "1"); return true }},
	{name: "bad-name", what: "a header name that is none", kind: "malformed", http1: ends(headed("A B: 1\r\n")), http2: func(s *stream) bool { s.head(true, ":status", "200", "X-Up", "1"); return true }},
	{name: "no-colon", what: "a header line without a colon", kind: "malformed", http1: ends(headed("hello\r\n"))},
	{name: "nul-in-a-value", what: "a NUL in a header value", kind: "malformed", http1: ends(headed("X: a\x00b\r\n")), http2: func(s *stream) bool { s.head(true, ":status", "200", "x", "a\x00b"); return true }},
	{name: "cr-in-a-value", what: "a CR in a header value", kind: "malformed", http1: ends(headed("X: a\rb\r\n"))},
	{name: "two-lengths", what: "two different Content-Lengths", kind: "malformed", http1: ends(headed("Content-Length: 5\r\nContent-Length: 6\r\n") + "hello"), http2: whole("content-length", "2", "content-length", "3")},
	{name: "negative-length", what: "a negative Content-Length", kind: "malformed", http1: ends(headed("Content-Length: -5\r\n") + "hello"), http2: whole("content-length", "-2")},
	{name: "length-in-words", what: "a Content-Length that is no number", kind: "malformed", http1: ends(headed("Content-Length: two\r\n") + "ok"), http2: whole("content-length", "two")},
	{name: "length-of-nothing", what: "a Content-Length of a response that has no body (304)", kind: "ok", requests: 2, http1: says("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), http2: func(s *stream) bool { s.head(true, ":status", "304", "content-length", "5"); return true }},
	{name: "of-the-connection", what: "a header of the connection (Connection: keep-alive)", kind: "ok", kind2: "malformed", http1: says(headed("Connection: keep-alive\r\nContent-Length: 2\r\n") + "ok"), http2: whole("connection", "keep-alive")},
	{name: "chunked-in-http2", what: "Transfer-Encoding, which HTTP/2 does not have", kind: "malformed", http2: whole("transfer-encoding", "chunked")},
	{name: "length-too-small", what: "more body than the Content-Length says", kind: "malformed", http2: func(s *stream) bool {
		s.head(false, ":status", "200", "content-length", "2")
		s.WriteData(s.id, true, []byte("too long"))
		return true
	}},
	{name: "transfer-coding", what: "a Transfer-Encoding other than chunked", kind: "malformed", http1: ends(headed("Transfer-Encoding: gzip, chunked\r\n"))},
	{name: "chunk-size", what: "a chunk size that is none", kind: "malformed", http1: ends(chunked("0x5\r\nhello\r\n0\r\n\r\n"))},
	{name: "chunk-too-long", what: "a chunk longer than its size", kind: "malformed", http1: ends(chunked("4\r\nhello\r\n0\r\n\r\n"))},
	{name: "chunk-in-lf", what: "chunk lines that end in LF", kind: "malformed", http1: ends(chunked("5\nhello\n0\n\n"))},
	{name: "bad-trailer", what: "a trailer that is none", kind: "malformed", http1: ends(chunked("0\r\nhello\r\n\r\n"))},
	{name: "endless-interim", what: "interim responses (1xx) without end", kind: "malformed", http1: func(c net.Conn) bool {
		for i := 0; i < 200; i++ {
			if _, err := io.WriteString(c, "HTTP/1.1 102 Processing\r\n\r\n"); err != nil {
				break
			}
		}
		return stalls("")(c)
	}},
	{name: "data-first", what: "a body before the head", kind: "malformed", http2: func(s *stream) bool { s.WriteData(s.id, false, []byte("x")); return true }},
	{name: "broken-hpack", what: "a head that HPACK cannot decode", kind: "malformed", http2: func(s *stream) bool {
		s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, EndHeaders: true})
		return true
	}},
	{name: "push", what: "a pushed response", kind: "malformed", http2: func(s *stream) bool {
		s.WritePushPromise(http2.PushPromiseParam{StreamID: s.id, PromiseID: 2, BlockFragment: encoded(":method", "GET"), EndHeaders: true})
		return true
	}},
	{name: "large-head", what: "a head of 1 MB", kind: "too_large", http1: stalls(headed("X: " + strings.Repeat("x", 1<<20) + "\r\n")), http2: func(s *stream) bool { return largeHead(s, encoded(":status", "200", "x", strings.Repeat("~", 1<<20))) }},
	{name: "many-fields", what: "a head of 20 000 fields", kind: "too_large", http1: stalls(headed(strings.Repeat("X: 123456789\r\n", 20_000))), http2: func(s *stream) bool {
		return largeHead(s, append(encoded(":status", "200"), bytes.Repeat([]byte{0x10, 1, 'x', 3, '1', '2', '3'}, 20_000)...))
	}},
	{name: "garbled-record", what: "a TLS record that cannot be decrypted", kind: "tls", http1: func(c net.Conn) bool {
		raw := c.(*tls.Conn).NetConn()
		raw.Write(garbled)
		return stalls("")(raw)
	}, http2: func(s *stream) bool {
		raw := s.conn.(*tls.Conn).NetConn()
		raw.Write(garbled)
		return stalls("")(raw)
	}, url: secureOnly(func(f *faults) string { return f.secure })},

	// HTTP/2's own words.
	{name: "stream-reset", what: "the server resets the stream", kind: "reset", http2: func(s *stream) bool { s.WriteRSTStream(s.id, http2.ErrCodeCancel); return true }},
	{name: "stream-reset-in-the-body", what: "the server resets the stream within the body", kind: "reset", http2: func(s *stream) bool {
		s.head(false, ":status", "200")
		s.WriteRSTStream(s.id, http2.ErrCodeInternal)
		return true
	}},
	{name: "refused-in-the-body", what: "REFUSED_STREAM within the body: it was processed", kind: "reset", http2: func(s *stream) bool {
		s.head(false, ":status", "200")
		s.WriteRSTStream(s.id, http2.ErrCodeRefusedStream)
		return true
	}},
	{name: "goaway", what: "GOAWAY with an error", kind: "closed", http2: func(s *stream) bool {
		s.WriteGoAway(s.id, http2.ErrCodeEnhanceYourCalm, nil)
		finish(s.conn)
		return false
	}},
	{name: "goaway-graceful", what: "GOAWAY, and the response", kind: "ok", requests: 2, http2: func(s *stream) bool {
		s.WriteGoAway(s.id, http2.ErrCodeNo, nil)
		s.ok()
		finish(s.conn)
		return false
	}},
	{name: "goaway-unprocessed", what: "GOAWAY on a kept connection: the request was not processed, and goes on a new one", kind: "ok", requests: 2, reach: times(2), http2: func(s *stream) bool {
		if s.id == 1 {
			return s.ok()
		}
		s.WriteGoAway(1, http2.ErrCodeNo, nil)
		finish(s.conn)
		return false
	}},
	{name: "refused-stream", what: "REFUSED_STREAM on a kept connection: not processed, and goes on a new one", kind: "ok", requests: 2, reach: times(2), http2: func(s *stream) bool {
		if s.id == 1 {
			return s.ok()
		}
		s.WriteRSTStream(s.id, http2.ErrCodeRefusedStream)
		return true
	}},

	// What is odd in a response that is whole.
	{name: "interim", what: "103 Early Hints, and the response", kind: "ok", http1: says("HTTP/1.1 103 Early Hints\r\n\r\n" + okResponse), http2: func(s *stream) bool { s.head(false, ":status", "103"); return s.ok() }},
	{name: "switching", what: "101 to another protocol", kind: "status", http1: stalls("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")},
	{name: "old-version", what: "HTTP/1.0", kind: "ok", http1: ends("HTTP/1.0 200 OK\r\n\r\nok")},
	{name: "two-responses", what: "a second response, dropped and warned of", kind: "ok", http1: stalls(okResponse + okResponse)},
	{name: "surplus", what: "bytes behind the response, dropped and warned of", kind: "ok", http1: stalls(okResponse + "hello")},
	{name: "gateway-timeout", what: "a status outside 200 to 399", kind: "status", http1: says("HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n"), http2: status("504")},
	{name: "redirect-to-nowhere", what: "a redirect without Location, or with an invalid one", kind: "ok", http1: says("HTTP/1.1 303 See Other\r\nContent-Length: 0\r\n\r\n"), http2: status("303")},
	{name: "redirects-without-end", what: "more redirects than are followed", kind: "redirect", step: "redirects = 3", reach: times(4), http1: says("HTTP/1.1 302 Found\r\nLocation: /redirects-without-end\r\nContent-Length: 0\r\n\r\n"), http2: func(s *stream) bool {
		s.head(true, ":status", "302", "location", "/redirects-without-end")
		return true
	}},
	{name: "coding", what: "a body that is not what its Content-Encoding says, read as far as it can be", kind: "ok", http1: says(headed("Content-Encoding: gzip\r\nContent-Length: 2\r\n") + "ok"), http2: whole("content-encoding", "gzip")},
	{name: "extraction", what: "nothing matches an extract", kind: "extraction", step: `extract = { x = "json:x" }`, http1: says(okResponse), http2: (*stream).ok},
	{name: "assertion", what: "an assertion does not hold", kind: "assertion", step: `assert = ['body == "no"']`, http1: says(okResponse), http2: (*stream).ok},
	{name: "no-value", what: "a variable of the request has no value: nothing is sent", kind: "variable", reach: times(0), step: `headers = { X = "${x}" }`, http1: says(okResponse), http2: (*stream).ok},
}

func scheme(secure bool) string {
	if secure {
		return "https://"
	}
	return "http://"
}

func at(host string) func(*faults, column) string {
	return func(_ *faults, c column) string { return scheme(c.secure) + host + ":81" }
}

func secureOnly(address func(*faults) string) func(*faults, column) string {
	return func(f *faults, c column) string {
		if !c.secure {
			return ""
		}
		return "https://" + address(f)
	}
}

func status(code string) func(*stream) bool {
	return func(s *stream) bool { s.head(true, ":status", code); return true }
}

func malformedFrame(s *stream, text string) bool {
	io.WriteString(s.conn, text)
	finish(s.conn)
	return false
}

// largeHead writes a head in as many frames as it takes.
func largeHead(s *stream, block []byte) bool {
	const size = 16_000
	s.WriteHeaders(http2.HeadersFrameParam{StreamID: s.id, BlockFragment: block[:size]})
	for block = block[size:]; len(block) > 0; {
		n := min(size, len(block))
		if s.WriteContinuation(s.id, n == len(block), block[:n]) != nil {
			return false
		}
		block = block[n:]
	}
	return true
}

// faults are the servers of the matrix.
type faults struct {
	plain, secure, h2c                                                 string // host:port of those that do what the faults say
	shut, full, strange, expired, old, hangsUp, silent, wanting, only1 string
	ca                                                                 string // file
	mu                                                                 sync.Mutex
	reached                                                            map[string]int
}

func (f *faults) reach(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reached[name]++
}

func faultNamed(path string) *fault {
	for i := range allFaults {
		if "/"+allFaults[i].name == path {
			return &allFaults[i]
		}
	}
	return nil
}

func newFaults(t *testing.T) *faults {
	f := &faults{reached: map[string]int{}, ca: filepath.Join(t.TempDir(), "ca.pem")}
	good, goodPEM := certificate(t, time.Now().Add(time.Hour))
	strange, _ := certificate(t, time.Now().Add(time.Hour))
	expired, expiredPEM := certificate(t, time.Now().Add(-time.Hour))
	if err := os.WriteFile(f.ca, append(goodPEM, expiredPEM...), 0o600); err != nil {
		t.Fatal(err)
	}
	f.plain = f.listen(t, f.serve1)
	f.h2c = f.listen(t, f.serve2)
	both := []string{"h2", "http/1.1"}
	f.secure = f.listenTLS(t, &tls.Config{Certificates: []tls.Certificate{good}, NextProtos: both})
	f.only1 = f.listenTLS(t, &tls.Config{Certificates: []tls.Certificate{good}})
	f.strange = f.listenTLS(t, &tls.Config{Certificates: []tls.Certificate{strange}})
	f.expired = f.listenTLS(t, &tls.Config{Certificates: []tls.Certificate{expired}})
	f.old = f.listenTLS(t, &tls.Config{Certificates: []tls.Certificate{good}, NextProtos: []string{"imap"}})
	f.wanting = f.listenTLS(t, &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAnyClientCert, NextProtos: both})
	f.hangsUp = localhost(f.listen(t, func(c net.Conn) { io.ReadFull(c, make([]byte, 5)); finish(c) }))
	f.silent = localhost(f.listen(t, func(c net.Conn) { io.Copy(io.Discard, c) }))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.shut = l.Addr().String()
	l.Close()
	f.full = fullBacklog(t)
	return f
}

func localhost(address string) string { return strings.Replace(address, "127.0.0.1", "localhost", 1) }

func (f *faults) listen(t *testing.T, serve func(net.Conn)) string {
	return conntest.Serve(t, func(c net.Conn) {
		c.SetDeadline(time.Now().Add(time.Minute))
		serve(c)
	}).String()
}

func (f *faults) listenTLS(t *testing.T, c *tls.Config) string {
	return localhost(f.listen(t, func(raw net.Conn) {
		switch s := tls.Server(raw, c); {
		case s.Handshake() != nil:
		case s.ConnectionState().NegotiatedProtocol == "h2":
			f.serve2(s)
		default:
			f.serve1(s)
		}
	}))
}

func (f *faults) serve1(c net.Conn) {
	r := bufio.NewReader(c)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		x := faultNamed(req.URL.Path)
		if x == nil {
			return
		}
		f.reach(x.name)
		if !x.http1(c) {
			return
		}
	}
}

func (f *faults) serve2(c net.Conn) {
	if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	framer := http2.NewFramer(c, c)
	framer.AllowIllegalWrites = true
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	first := true
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() && !first {
				framer.WriteSettingsAck()
			}
		case *http2.PingFrame:
			if !frame.IsAck() {
				framer.WritePing(true, frame.Data)
			}
		case *http2.MetaHeadersFrame:
			x := faultNamed(frame.PseudoValue("path"))
			if x == nil {
				return
			}
			f.reach(x.name)
			if speaksOtherwise := x.name == "another-protocol" || x.name == "another-version"; first && !speaksOtherwise {
				framer.WriteSettings()
				framer.WriteSettingsAck()
			}
			first = false
			if !x.http2(&stream{framer, c, frame.StreamID}) {
				return
			}
		}
	}
}

// certificate is one for localhost, signed by itself.
func certificate(t *testing.T, until time.Time) (tls.Certificate, []byte) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// column is a protocol of the matrix.
type column struct {
	name, target, extra string
	secure, two         bool
}

// url is where the fault's request goes; "" if it cannot be had in that protocol.
func (x *fault) where(f *faults, c column) string {
	switch {
	case x.url != nil:
		if base := x.url(f, c); base != "" {
			return base + "/" + x.name
		}
		return ""
	case c.two && x.http2 == nil, !c.two && x.http1 == nil:
		return ""
	}
	return "/" + x.name
}

func (x *fault) want(c column) string {
	if c.two && x.kind2 != "" {
		return x.kind2
	}
	return x.kind
}

// TestFailures is the matrix: every fault in every protocol where it can be had. What a run says became of each
// request is the kind of the table, the server saw as many requests as the report has, nothing waits longer than its
// timeout, and the run fails for its expectation.
func TestFailures(t *testing.T) {
	f := newFaults(t)
	for _, c := range []column{
		{"HTTP/1.1", "http://" + f.plain, "", false, false},
		{"HTTP/1.1 over TLS", "https://" + f.secure, fmt.Sprintf("ca = %q\n", f.ca), true, false},
		{"HTTP/2", "http://" + f.h2c, "http = \"2\"\n", false, true},
		{"HTTP/2 over TLS", "https://" + f.secure, fmt.Sprintf("ca = %q\nhttp = \"2\"\n", f.ca), true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.reached = map[string]int{}
			plan := fmt.Sprintf("name = \"faults\"\nexpect = ['errors == 0']\n[target]\nurl = %q\n%s[[group]]\nusers = 1\niterations = 1\n", c.target, c.extra)
			asked := map[string]int{}
			for i := range allFaults {
				x := &allFaults[i]
				if where := x.where(f, c); where != "" {
					asked[x.name] = max(1, x.requests)
					for range asked[x.name] {
						step := x.step
						if !strings.Contains(step, "timeout") {
							step += "\n" + never
						}
						plan += fmt.Sprintf("[[group.step]]\nname = %q\nrequest = %q\n%s\n", x.name, "GET "+where, step)
					}
				}
			}
			if len(allFaults) < 60 {
				t.Errorf("%d faults", len(allFaults))
			}
			got := runFaults(t, plan)
			for i := range allFaults {
				x := &allFaults[i]
				if n := asked[x.name]; n > 0 {
					checkFault(t, f, x, c, n, got)
				}
			}
		})
	}
}

// runFaults runs a plan whose expectation fails.
func runFaults(t *testing.T, plan string) *report.Results {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plan.toml")
	if err := os.WriteFile(path, []byte(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("stickbench", "run", path, "--json", "--no-out", "--quiet")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	began := time.Now()
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
		t.Fatalf("%v, want exit code %d\n%s%s", err, exitFailed, &errs, plan)
	}
	if took := time.Since(began); took > 50*time.Second {
		t.Errorf("took %v", took)
	}
	var r report.Results
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func checkFault(t *testing.T, f *faults, x *fault, c column, requests int, r *report.Results) {
	t.Helper()
	kind, message := "ok", ""
	var samples int64
	for _, row := range r.Labels {
		if row.Label == x.name {
			samples = row.Samples
		}
	}
	for _, e := range r.Errors {
		if e.Label == x.name {
			kind, message = e.Kind, e.Message
		}
	}
	if kind != x.want(c) || samples != int64(requests) {
		t.Errorf("%s: %s (%s), want %s; %d samples of %d requests", x.name, kind, message, x.want(c), samples, requests)
	}
	reached, want := f.reached[x.name], requests
	if x.reach != nil {
		want = *x.reach
	}
	resent := x.name == "goaway-unprocessed" || x.name == "refused-stream"
	if reached != want && !(resent && reached > want && reached <= 2*want) { // the server reads what it turns away
		t.Errorf("%s: the server read %d requests, want %d", x.name, reached, want)
	}
}

// TestFailuresTopic holds the table of the help topic against the matrix; -update writes it.
func TestFailuresTopic(t *testing.T) {
	const begin, end = "<!-- faults -->\n", "<!-- /faults -->\n"
	text, err := os.ReadFile(failuresPath)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no table", failuresPath)
	}
	want := before + begin + faultTable() + end + after
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatalf("the table of %s is not that of the matrix: go test ./cmd/stickbench -run FailuresTopic -update", failuresPath)
	}
	if err := os.WriteFile(failuresPath, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func faultTable() string {
	var b strings.Builder
	b.WriteString("| what happens | HTTP/1.1 | over TLS | HTTP/2 | over TLS |\n|---|---|---|---|---|\n")
	f := &faults{}
	for i := range allFaults {
		x := &allFaults[i]
		fmt.Fprintf(&b, "| %s |", x.what)
		for _, c := range []column{{}, {secure: true}, {two: true}, {secure: true, two: true}} {
			cell := "–"
			if x.where(f, c) != "" {
				cell = "`" + x.want(c) + "`"
			}
			fmt.Fprintf(&b, " %s |", cell)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestOwnFiles: a run that has too few files for its connections is told as that, and nothing is held against the
// target.
func TestOwnFiles(t *testing.T) {
	f := &faults{}
	answer := func(c net.Conn) {
		for r := bufio.NewReader(c); ; {
			if _, err := http.ReadRequest(r); err != nil {
				return
			}
			io.WriteString(c, "HTTP/1.1 200 OK\r\nX-One: 1\r\nContent-Length: 2\r\n\r\nok")
		}
	}
	plan := fmt.Sprintf("expect = ['samples > 0']\n[target]\nurl = \"http://%s\"\n[[group]]\nusers = 20\niterations = 3\n[[group.step]]\nrequest = \"GET /\"\nextract = { one = \"header:X-One\" }\n", f.listen(t, answer))
	for range 6 { // of servers whose addresses only the run knows
		_, port, _ := net.SplitHostPort(f.listen(t, answer))
		plan += fmt.Sprintf("[[group.step]]\nrequest = \"GET http://127.0.0.${one}:%s/\"\n", port)
	}
	path := filepath.Join(t.TempDir(), "plan.toml")
	if err := os.WriteFile(path, []byte(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell")
	}
	cmd := exec.Command(shell, "-c", `ulimit -n 90 && exec stickbench run "$0" --json --no-out --quiet`, path)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	var r report.Results
	if json.Unmarshal(out.Bytes(), &r) != nil || err == nil {
		t.Fatalf("%v\n%s%s", err, &out, &errs)
	}
	if r.Verdict != report.NotTrustworthy || !strings.Contains(strings.Join(r.Warnings, "\n"), "failed at limits of this machine") {
		t.Errorf("%s, warnings %q", r.Verdict, r.Warnings)
	}
	for _, e := range r.Errors {
		if e.Kind != "local" && e.Kind != "variable" && e.Kind != "extraction" {
			t.Errorf("%d × %s: %s", e.Count, e.Kind, e.Message)
		}
	}
}

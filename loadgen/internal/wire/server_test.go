package wire

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"stickbench/internal/conntest"
)

// soon bounds what a test waits for; it passes only when the test fails.
func soon() time.Time { return time.Now().Add(10 * time.Second) }

const plainGet = "GET / HTTP/1.1\r\nHost: test\r\n\r\n"

// served is the address of a server that runs script on every connection, one goroutine each, and closes
// it afterwards.
func served(t testing.TB, script func(net.Conn)) Origin {
	t.Helper()
	return at(conntest.Serve(t, func(c net.Conn) {
		c.SetDeadline(soon())
		script(c)
	}))
}

func at(address net.Addr) Origin {
	a := address.(*net.TCPAddr)
	return Origin{Host: "127.0.0.1", Port: strconv.Itoa(a.Port)}
}

// do makes an exchange on c that keeps the body.
func do(c *http1, raw []byte, head bool, deadline time.Time, a *Response) error {
	return c.do(&Request{Raw: raw, Head: head, KeepBody: true, Deadline: deadline}, a)
}

// refused is an address at which nobody listens.
func refused(t testing.TB) Origin {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return at(l.Addr())
}

// taken reads one request without a body, as far as a test's server cares, and reports whether one came.
func taken(c net.Conn) bool {
	r := bufio.NewReaderSize(c, 16) // hardly reads ahead
	for {
		line, err := r.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil {
			return false
		}
		if len(line) == 2 {
			return true
		}
	}
}

// connected is a connection to o.
func connected(t testing.TB, o Origin) *http1 {
	t.Helper()
	c, err := NewDialer(Config{}).connect(context.Background(), nil, o, soon())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.close() })
	return c.(*http1)
}

// shoot ends a connection with a RST.
func shoot(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }

// canned is a connection without a socket: reads give data in pieces of size bytes and then the end.
type canned struct {
	net.Conn
	data []byte
	size int
}

func (c *canned) Read(b []byte) (int, error) {
	if len(c.data) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), c.size)], c.data)
	c.data = c.data[n:]
	return n, nil
}

func (c *canned) Write(b []byte) (int, error) { return len(b), nil }
func (c *canned) SetDeadline(time.Time) error { return nil }
func (c *canned) Close() error                { return nil }
func cannedConn(data []byte, size int) *http1 {
	return newHTTP1(newSocket(&canned{data: data, size: size}), nil)
}
func kindOf(err error) Kind {
	if err == nil {
		return OK
	}
	return err.(*Error).Kind
}

// reference reads data as net/http does.
func reference(data []byte, head bool) (*http.Response, []byte, error) {
	r := bufio.NewReader(bytes.NewReader(data))
	method := http.MethodGet
	if head {
		method = http.MethodHead
	}
	for {
		res, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			return nil, nil, err
		}
		if res.StatusCode >= 200 || res.StatusCode == 101 {
			body, err := io.ReadAll(res.Body)
			return res, body, err
		}
	}
}

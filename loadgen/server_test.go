package loadgen

import (
	"bufio"
	"net"
	"testing"
	"time"

	"stickbench/internal/conntest"
)

const okay = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// soon bounds what a test waits for; it passes only when the test fails.
func soon() time.Time { return time.Now().Add(10 * time.Second) }

// served is the address of a server that runs script on every connection, one goroutine each, and closes
// it afterwards.
func served(t testing.TB, script func(net.Conn)) string {
	t.Helper()
	return conntest.Serve(t, func(c net.Conn) {
		c.SetDeadline(soon())
		script(c)
	}).String()
}

// shoot ends a connection with a RST.
func shoot(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }

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

// benchResponse is what the laboratory's nodes answer behind HAProxy.
var benchResponse = []byte("HTTP/1.1 200 OK\r\nx-powered-by: Express\r\nx-backend-ip: 10.0.0.11\r\n" +
	"content-type: application/json; charset=utf-8\r\ncontent-length: 120\r\netag: W/\"7a-Jm1n3yq1bTkWw0q3yPp4d9m0oT8\"\r\n" +
	"date: Thu, 01 Jan 2026 00:00:00 GMT\r\nset-cookie: SERVERID=s1; path=/\r\ncache-control: private\r\n\r\n" +
	`{"hello":"world!","ip":"10.0.0.11","host":"node-1","tag":"s1","sessionViews":12,"id":"Zk3v9bQ2mX7tR5cY1aL8wE4uJ6hN0sPd"}`)

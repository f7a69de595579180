package wire

import (
	"net"
	"testing"
)

// benchResponse is what the laboratory's nodes answer behind HAProxy.
var benchResponse = []byte("HTTP/1.1 200 OK\r\nx-powered-by: Express\r\nx-backend-ip: 10.0.0.11\r\n" +
	"content-type: application/json; charset=utf-8\r\ncontent-length: 120\r\netag: W/\"7a-Jm1n3yq1bTkWw0q3yPp4d9m0oT8\"\r\n" +
	"date: Thu, 01 Jan 2026 00:00:00 GMT\r\nset-cookie: SERVERID=s1; path=/\r\ncache-control: private\r\n\r\n" +
	`{"hello":"world!","ip":"10.0.0.11","host":"node-1","tag":"s1","sessionViews":12,"id":"Zk3v9bQ2mX7tR5cY1aL8wE4uJ6hN0sPd"}`)

var benchRequest = []byte("GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: stickbench\r\nAccept: */*\r\n" +
	"Cookie: SERVERID=s1; NODESESSID=s%3AZk3v9bQ2mX7tR5cY1aL8wE4uJ6hN0sPd.abcdefghijklmnopqrstuvwxyz\r\n\r\n")

// repeater gives the same response to every read.
type repeater struct {
	net.Conn
	data []byte
}

func (r *repeater) Read(b []byte) (int, error) { return copy(b, r.data), nil }

// BenchmarkParse is a response's way from the buffer into the response, without any system call but for the
// time.
func BenchmarkParse(b *testing.B) {
	c := newHTTP1(newSocket(&repeater{data: benchResponse}), nil)
	var a Response
	b.ReportAllocs()
	b.SetBytes(int64(len(benchResponse)))
	for b.Loop() {
		a.reset(&Request{KeepBody: true})
		c.r, c.w = 0, 0
		if err := c.receive(false, &a); err != nil || len(a.Body) != 120 {
			b.Fatal(err)
		}
	}
}

// rawServer answers every read with the same bytes.
func rawServer(b *testing.B) Origin {
	return served(b, func(c net.Conn) {
		buf := make([]byte, 4096)
		for {
			if _, err := c.Read(buf); err != nil {
				return
			}
			if _, err := c.Write(benchResponse); err != nil {
				return
			}
		}
	})
}

// BenchmarkDo is a request over loopback, the server's part included.
func BenchmarkDo(b *testing.B) {
	c := connected(b, rawServer(b))
	var a Response
	deadline := soon()
	b.ReportAllocs()
	for b.Loop() {
		if err := do(c, benchRequest, false, deadline, &a); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWriteRead is the same with a plain write and read and nothing else: what cannot be saved.
func BenchmarkWriteRead(b *testing.B) {
	o := rawServer(b)
	c, err := net.Dial("tcp", o.Address())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	buf := make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		c.Write(benchRequest)
		if _, err := c.Read(buf); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDeadline is what a deadline per request costs, and what it costs when it is only noted.
func BenchmarkDeadline(b *testing.B) {
	c := connected(b, served(b, stall))
	b.Run("set", func(b *testing.B) {
		for d := soon(); b.Loop(); d = d.Add(1000) {
			c.socket.Conn.SetDeadline(d)
		}
	})
	b.Run("noted", func(b *testing.B) {
		for d := soon(); b.Loop(); d = d.Add(1000) {
			c.socket.SetDeadline(d)
		}
	})
}

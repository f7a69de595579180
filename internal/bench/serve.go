package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync/atomic"
)

// The answer of the laboratory's node, in pieces: the counter goes up by one with every request of a
// connection, and each connection is a session. In the steady state its JSON has 122 bytes.
const (
	answerHead = "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/json\r\nConnection: keep-alive\r\nx-backend-ip: 10.0.0.11\r\n"
	answerBody = `{"hello":"world!","ip":"10.0.0.11","host":"node-1","tag":"s1","sessionViews":`
	sessionID  = "Zk3v9bQ2mX7tR5cY1aL8wE4uJ6hN0"
)

// serveMain is the sub-mode "serve ADDRESS": the server in a process of its own, until standard input
// ends, which it does at the latest with the parent.
func serveMain(args []string, stdin io.Reader, stderr io.Writer) int {
	if len(args) != 1 {
		fmt.Fprintln(stderr, "usage: bench serve HOST:PORT")
		return exitUsage
	}
	l, err := net.Listen("tcp", args[0])
	if err != nil {
		fmt.Fprintln(stderr, "bench serve:", err)
		return exitCannotRun
	}
	go serve(l)
	io.Copy(io.Discard, stdin)
	l.Close()
	return 0
}

// serve answers every connection of a listener until it is closed.
func serve(l net.Listener) {
	var requests, connections atomic.Int64
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go answer(c, connections.Add(1), &requests)
	}
}

// answer speaks as much HTTP as is needed: requests without a body, one at a time.
func answer(c net.Conn, session int64, requests *atomic.Int64) {
	defer c.Close()
	in, out, body := make([]byte, 0, 4096), make([]byte, 0, 512), make([]byte, 0, 256)
	for counter := int64(1); ; counter++ {
		in = in[:0]
		for !bytes.HasSuffix(in, []byte("\r\n\r\n")) {
			n, err := c.Read(in[len(in):cap(in)])
			if in = in[:len(in)+n]; err != nil {
				return
			}
		}
		all := requests.Add(1)
		if bytes.HasPrefix(in, []byte("GET "+statusPath+" ")) {
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(status(all)), status(all))
			continue
		}
		body = appendBody(body[:0], session, counter)
		out = appendAnswer(out[:0], session, counter, body)
		if _, err := c.Write(out); err != nil {
			return
		}
	}
}

func appendBody(b []byte, session, counter int64) []byte {
	b = append(b, answerBody...)
	b = strconv.AppendInt(b, counter, 10)
	b = append(b, `,"id":"`+sessionID...)
	b = strconv.AppendInt(b, session, 10)
	return append(b, `"}`...)
}

// appendAnswer sets the session's cookie with the first answer only.
func appendAnswer(b []byte, session, counter int64, body []byte) []byte {
	b = append(b, answerHead...)
	if counter == 1 {
		b = append(b, "Set-Cookie: NODESESSID="+sessionID...)
		b = strconv.AppendInt(b, session, 10)
		b = append(b, "; path=/\r\n"...)
	}
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, "\r\n\r\n"...)
	return append(b, body...)
}

// status is the third line of nginx's stub_status, in its place.
func status(requests int64) string {
	return fmt.Sprintf("Active connections: 0 \nserver accepts handled requests\n 0 0 %d \n", requests)
}

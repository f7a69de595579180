// Package conntest is a TCP server for tests, whose every connection does what the test says.
package conntest

import (
	"net"
	"testing"
)

// Serve runs script on every connection, one goroutine each, and closes it afterwards. The server ends with the test,
// and its address is on 127.0.0.1.
func Serve(t testing.TB, script func(net.Conn)) *net.TCPAddr {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				script(c)
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr)
}

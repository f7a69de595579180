package wire

import (
	"context"
	"net"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// full is a listener whose queue is full: the system drops what knocks, as a host behind a firewall does.
func full(t *testing.T) Origin {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	o := Origin{Host: "127.0.0.1", Port: strconv.Itoa(name.(*syscall.SockaddrInet4).Port)}
	for range 4 {
		c, err := net.DialTimeout("tcp", o.Address(), 50*time.Millisecond)
		if err != nil {
			return o
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Skip("the queue of a listener does not fill up here")
	return o
}

func TestConnectTimeout(t *testing.T) {
	o := full(t)
	_, err := NewDialer(Config{}).connect(context.Background(), nil, o, time.Now().Add(30*time.Millisecond))
	if kindOf(err) != KindConnTime || err.(*Error).Within(time.Second) != "no connection to "+o.Address()+" within 1s" {
		t.Errorf("%q %v", kindOf(err), err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := NewDialer(Config{}).connect(ctx, nil, o, soon()); err == nil || err.(*Error).Err != errCut {
		t.Errorf("the second stop while connecting: %v", err)
	}
}

func TestSocketOptions(t *testing.T) {
	c := connected(t, served(t, stall))
	raw, err := c.socket.Conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		if v, err := syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_NODELAY); v == 0 || err != nil {
			t.Errorf("TCP_NODELAY %d, %v", v, err)
		}
		if v, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE); v != 0 || err != nil {
			t.Errorf("SO_KEEPALIVE %d, %v", v, err)
		}
	})
}

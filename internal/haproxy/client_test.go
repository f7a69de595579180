package haproxy

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestNew(t *testing.T) {
	for _, tc := range []struct{ address, want, problem string }{
		{address: "tcp://127.0.0.1:9999", want: "tcp://127.0.0.1:9999"},
		{address: "tcp://lb.example:9999/", want: "tcp://lb.example:9999"},
		{address: "tcp://[::1]:9999", want: "tcp://[::1]:9999"},
		{address: "unix:///var/run/haproxy.sock", want: "unix:///var/run/haproxy.sock"},
		{address: "unix:///run/with%20blank.sock", want: "unix:///run/with blank.sock"},
		{address: "", problem: "scheme must be tcp or unix"},
		{address: "127.0.0.1:9999", problem: "not a URL"},
		{address: "localhost:9999", problem: "scheme must be tcp or unix"},
		{address: "http://127.0.0.1:1936", problem: "scheme must be tcp or unix"},
		{address: "tcp://127.0.0.1", problem: "a host and a port"},
		{address: "tcp://:9999", problem: "a host and a port"},
		{address: "tcp://h:0", problem: "from 1 to 65535"},
		{address: "tcp://h:65536", problem: "from 1 to 65535"},
		{address: "tcp://h:9999/path", problem: "nothing after them"},
		{address: "tcp://user@h:9999", problem: "nothing but an address"},
		{address: "unix://run/haproxy.sock", problem: "after three slashes"},
		{address: "unix:haproxy.sock", problem: "after three slashes"},
	} {
		client, err := New(tc.address)
		switch {
		case tc.problem == "" && err != nil:
			t.Errorf("New(%q): %v", tc.address, err)
		case tc.problem == "" && client.String() != tc.want:
			t.Errorf("New(%q) = %s, want %s", tc.address, client, tc.want)
		case tc.problem != "" && (err == nil || !strings.Contains(err.Error(), tc.problem)):
			t.Errorf("New(%q): error %v, want one with %q", tc.address, err, tc.problem)
		case tc.problem != "" && !strings.Contains(err.Error(), "tcp://HOST:PORT or unix:///PATH"):
			t.Errorf("New(%q): error %v does not say what to write", tc.address, err)
		}
	}
}

// A scripted stands in for HAProxy where it cannot be made to misbehave: it hands each connection
// and its first line to respond, and closes it afterwards.
func scripted(t *testing.T, respond func(conn net.Conn, line string)) *Client {
	t.Helper()
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() { listener.Close(); running.Wait() })
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				line, _ := bufio.NewReader(conn).ReadString('\n')
				respond(conn, line)
			})
		}
	})
	client, err := New("unix://" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// reply is a scripted response.
func reply(text string) func(net.Conn, string) {
	return func(conn net.Conn, _ string) { io.WriteString(conn, text) }
}

// untilClosed is a scripted silence: it lasts until the client gives up.
func untilClosed(conn net.Conn, _ string) { io.Copy(io.Discard, conn) }

func TestDoSendsOneLine(t *testing.T) {
	var got string
	client := scripted(t, func(conn net.Conn, line string) { got = line; io.WriteString(conn, "one\ntwo\n\n") })
	response, err := client.Do(t.Context(), "  show  info \n")
	if err != nil || response != "one\ntwo" || got != "show  info\n" {
		t.Errorf("sent %q, response %q, error %v", got, response, err)
	}
}

func TestDoRefusesWithoutSending(t *testing.T) {
	client := scripted(t, func(_ net.Conn, line string) { t.Errorf("%q was sent", line) })
	for _, command := range []string{
		"", "  ", "show info\nshow stat", "show info\rx", "a\x00b", "show info; show stat", `a \\; b`,
		"prompt", "prompt i", "set ssl cert x <<", "set ssl cert x <<EOF",
	} {
		if _, err := client.Do(t.Context(), command); !errors.Is(err, ErrBadCommand) {
			t.Errorf("Do(%q): %v, want ErrBadCommand", command, err)
		}
	}
	if _, err := client.Stat(t.Context(), "a;b"); !errors.Is(err, ErrBadCommand) {
		t.Errorf("a proxy's name with a semicolon: %v", err)
	}
}

func TestDoTakesAnEscapedSemicolon(t *testing.T) {
	if _, err := scripted(t, reply("\n")).Do(t.Context(), `set map m k a\;b`); err != nil {
		t.Error(err)
	}
}

func TestDoWithoutAResponse(t *testing.T) {
	t.Run("bare close", func(t *testing.T) {
		if _, err := scripted(t, reply("")).Do(t.Context(), "show info"); !errors.Is(err, ErrNoResponse) {
			t.Error(err)
		}
	})
	t.Run("silence", func(t *testing.T) {
		client := scripted(t, untilClosed)
		client.Timeout = 20 * time.Millisecond
		_, err := client.Do(t.Context(), "show info")
		if !errors.Is(err, ErrNoResponse) || !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
	t.Run("interrupt", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		client := scripted(t, func(conn net.Conn, line string) { cancel(); untilClosed(conn, line) })
		_, err := client.Do(ctx, "show info")
		if !errors.Is(err, ErrInterrupted) || !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Run("endless", func(t *testing.T) {
		client := scripted(t, func(conn net.Conn, _ string) {
			block := make([]byte, 1<<20)
			for err := error(nil); err == nil; {
				_, err = conn.Write(block)
			}
		})
		client.Timeout = time.Minute
		if _, err := client.Do(t.Context(), "show events"); err == nil || !strings.Contains(err.Error(), "more than") {
			t.Error(err)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		client, _ := New("unix://" + filepath.Join(t.TempDir(), "none"))
		_, err := client.Do(t.Context(), "show info")
		if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "is HAProxy running") {
			t.Error(err)
		}
	})
}

// HAProxy serves 10 connections of a `stats socket` at a time; the next one waits without a word.
func TestOneConnectionAtATime(t *testing.T) {
	var mu sync.Mutex
	open, most := 0, 0
	client := scripted(t, func(conn net.Conn, _ string) {
		mu.Lock()
		open++
		most = max(most, open)
		mu.Unlock()
		defer func() { mu.Lock(); open--; mu.Unlock(); io.WriteString(conn, "\n") }()
	})
	var users sync.WaitGroup
	for range 20 {
		users.Go(func() {
			if _, err := client.Do(t.Context(), "show info"); err != nil {
				t.Error(err)
			}
		})
	}
	users.Wait()
	if most != 1 {
		t.Errorf("%d connections at the same time", most)
	}
}

package lab

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// statusLog watches a server's status word and notes when it changes, in seconds from now.
func statusLog(b *backend, s *server, seconds int) string {
	var log []string
	last := ""
	start := time.Now()
	for range seconds * 10 {
		b.mu.Lock()
		word := s.status()
		b.mu.Unlock()
		if word != last {
			log = append(log, fmt.Sprintf("%.1f %s", time.Since(start).Seconds(), word))
			last = word
		}
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
	}
	return strings.Join(log, ", ")
}

// watched runs the checks of one server until the test is over.
func watched(t *testing.T, b *backend, first time.Duration, check probe) {
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { b.watch(ctx, b.servers[0], DefaultCheckInterval, first, check) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

// As measured: with 2500 ms of delay, UP 2/3 after 2.0 s, 1/3 after 6.1 s, DOWN after 10.1 s.
func TestChecksOfANodeThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := backendOf("roundrobin", 1)
		hangs := time.Now().Add(11 * time.Second)
		watched(t, b, 0, func(ctx context.Context, _ string) checkResult {
			if time.Now().Before(hangs) {
				<-ctx.Done()
				return checkResult{word: "L7TOUT"}
			}
			return checkResult{passed: true, word: "L7OK"}
		})
		got := statusLog(b, b.servers[0], 16)
		if want := "0.0 UP, 2.0 UP 2/3, 6.0 UP 1/3, 10.0 DOWN, 12.0 DOWN 1/2, 14.0 UP"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestChecksInMaint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := backendOf("roundrobin", 1)
		checks := 0
		watched(t, b, time.Second, func(context.Context, string) checkResult {
			checks++
			return checkResult{passed: true, word: "L7OK"}
		})
		time.Sleep(1500 * time.Millisecond) // one check, at 1 s
		b.run([]string{"set", "server", "nodes/A", "state", "maint"})
		time.Sleep(4 * time.Second)
		b.run([]string{"set", "server", "nodes/A", "state", "ready"})
		got := statusLog(b, b.servers[0], 4)
		// The clock of the checks went on: the next is at 7 s.
		if want := "0.0 UP 1/3, 1.5 UP"; got != want || checks != 3 {
			t.Errorf("got %s with %d checks, want %s with 3", got, checks, want)
		}
	})
}

// The words of `show stat` for what a node may do to a check.
func TestHTTPProbe(t *testing.T) {
	for _, test := range []struct {
		response string // "": none
		word     string
		code     int
	}{
		{"HTTP/1.1 200 OK\r\nContent-Length: 115\r\n\r\n", "L7OK", 200},
		{"HTTP/1.0 302 Found\r\n\r\n", "L7OK", 302},
		{"HTTP/1.1 500 Oops\r\n\r\n", "L7STS", 500},
		{"no HTTP\r\n\r\n", "L7RSP", 0},
		{"", "L7TOUT", 0},
	} {
		t.Run(test.word, func(t *testing.T) {
			listener, err := listen("")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			asked := make(chan string, 1)
			go func() {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				request := make([]byte, 100)
				n, _ := conn.Read(request)
				asked <- string(request[:n])
				fmt.Fprint(conn, test.response)
				if test.response == "" {
					conn.Read(request) // until the check gives up
				}
			}()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			if test.response == "" {
				cancel()
				ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
			}
			defer cancel()
			result := httpProbe(ctx, listener.Addr().String())
			if result.word != test.word || result.code != test.code || result.passed != (test.word == "L7OK") || result.text == "" {
				t.Errorf("%+v", result)
			}
			if request := <-asked; request != "HEAD / HTTP/1.0\r\n\r\n" {
				t.Errorf("asked %q", request)
			}
		})
	}
}

func TestHTTPProbeOfNobody(t *testing.T) {
	listener, err := listen("")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().(*net.TCPAddr).String()
	listener.Close()
	result := httpProbe(t.Context(), address)
	if result.word != "L4CON" || result.reason != "Connection refused" {
		t.Errorf("%+v", result)
	}
}

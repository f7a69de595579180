package lab

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"
)

// DefaultCheckInterval is HAProxy's own interval of health checks ("inter").
const DefaultCheckInterval = 2 * time.Second

// A checkResult is what one health check found, in the words of `show stat`.
type checkResult struct {
	passed   bool
	word     string // check_status
	code     int    // HTTP status; 0: none was had
	duration time.Duration
	text     string // check_desc
	reason   string // last_chk
}

// checkTexts are what the words of check_status mean (management guide, section 9.1).
var checkTexts = map[string]string{
	"L7OK":   "Layer7 check passed",
	"L7STS":  "Layer7 wrong status",
	"L7RSP":  "Layer7 invalid response",
	"L7TOUT": "Layer7 timeout",
	"L4CON":  "Layer4 connection problem",
	"L4TOUT": "Layer4 timeout",
}

// A probe makes one health check of the node at addr, until ctx ends.
type probe func(ctx context.Context, addr string) checkResult

// httpProbe is `option httpchk HEAD /`: HTTP/1.0 over a connection of its own; 2xx and 3xx pass.
func httpProbe(ctx context.Context, addr string) checkResult {
	start := time.Now()
	result := func(word string, code int) checkResult {
		return checkResult{word == "L7OK", word, code, time.Since(start), checkTexts[word], ""}
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	switch {
	case err != nil && timedOut(err):
		return result("L4TOUT", 0)
	case err != nil:
		failed := result("L4CON", 0)
		if errors.Is(err, syscall.ECONNREFUSED) {
			failed.reason = "Connection refused"
		}
		return failed
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	if _, err = conn.Write([]byte("HEAD / HTTP/1.0\r\n\r\n")); err != nil {
		return result("L4CON", 0)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodHead})
	switch {
	case err != nil && timedOut(err):
		return result("L7TOUT", 0)
	case errors.Is(err, syscall.ECONNRESET):
		return result("L4CON", 0)
	case err != nil:
		return result("L7RSP", 0)
	case response.StatusCode < 200 || response.StatusCode > 399:
		return result("L7STS", response.StatusCode)
	}
	return result("L7OK", response.StatusCode)
}

func timedOut(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, syscall.ETIMEDOUT)
}

// checkAll checks all servers at once, for the start.
func (b *backend) checkAll(ctx context.Context, interval time.Duration, check probe) {
	var checks sync.WaitGroup
	for _, s := range b.servers {
		checks.Go(func() { b.checkOnce(ctx, s, interval, check) })
	}
	checks.Wait()
}

// watch checks s until ctx ends: at offset first, and then every interval, which is also the timeout
// of a whole check. A check that takes all of its interval uses up the next one too, so a node that
// hangs is checked every second interval:
//
//	             0       2       4       6       8      10 s
//	it responds  ✓       ✓       ✓       ✓       ✓       ✓       UP
//	it hangs     ├───────✗       ├───────✗       ├───────✗       UP 2/3, UP 1/3, DOWN
//
// No check is made in maint, but the clock goes on.
func (b *backend) watch(ctx context.Context, s *server, interval, first time.Duration, check probe) {
	timer := time.NewTimer(first)
	defer timer.Stop()
	next := time.Now().Add(first)
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if !b.inMaint(s) {
			b.checkOnce(ctx, s, interval, check)
		}
		for !next.After(time.Now()) {
			next = next.Add(interval)
		}
		timer.Reset(time.Until(next))
	}
}

func (b *backend) inMaint(s *server) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return s.admin == maint
}

func (b *backend) checkOnce(ctx context.Context, s *server, interval time.Duration, check probe) {
	limited, cancel := context.WithTimeout(ctx, interval)
	defer cancel()
	result := check(limited, s.addr)
	if ctx.Err() != nil {
		return // the balancer is being closed: the check says nothing
	}
	b.change(s.tag, func(s *server, now time.Time) { s.checked(result, now) })
}

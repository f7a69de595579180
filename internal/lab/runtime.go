package lab

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

const (
	runtimeConns = 10               // connections served at a time ("stats maxconn"); the next ones wait
	runtimeIdle  = 30 * time.Second // for a command line to come ("stats timeout")
	runtimeLine  = 16 << 10         // bytes of a command line, as HAProxy's buffer
)

// A runtimeAPI is the embedded balancer's Runtime API: HAProxy's command-line interface in its
// non-interactive form (management guide, section 9.3). A connection brings one line of commands
// between semicolons, gets their responses, and is closed. A response ends with an empty line; a command
// that has nothing to say has only that; a command that fails does not stop the next.
type runtimeAPI struct {
	backend  *backend
	listener net.Listener
	address  string

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
	served sync.WaitGroup
}

func serveRuntime(listener net.Listener, b *backend) *runtimeAPI {
	a := &runtimeAPI{backend: b, listener: listener, address: listener.Addr().String(), conns: make(map[net.Conn]struct{})}
	for range runtimeConns {
		a.served.Go(a.accept)
	}
	return a
}

// accept serves one connection after the other. There are runtimeConns of it.
func (a *runtimeAPI) accept() {
	for {
		conn, err := a.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // such as too many open files: the user may have none the next time
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if a.keep(conn) {
			a.serve(conn)
		}
	}
}

// keep notes a connection, so that close can cut it; it closes it if it is too late.
func (a *runtimeAPI) keep(conn net.Conn) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		conn.Close()
		return false
	}
	a.conns[conn] = struct{}{}
	return true
}

func (a *runtimeAPI) serve(conn net.Conn) {
	defer func() {
		conn.Close()
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.conns, conn)
	}()
	conn.SetDeadline(time.Now().Add(runtimeIdle))
	line, err := bufio.NewReader(io.LimitReader(conn, runtimeLine)).ReadString('\n')
	if err != nil {
		return // without its end a line is no command
	}
	var response strings.Builder
	for _, command := range splitCommands(line) {
		words := strings.Fields(command)
		if len(words) > 0 && words[0] == "quit" {
			break
		}
		response.WriteString(a.backend.run(words))
	}
	io.WriteString(conn, response.String())
}

// splitCommands splits a line at its semicolons; \; is a semicolon of a command.
func splitCommands(line string) (commands []string) {
	var command strings.Builder
	escaped := false
	for _, c := range strings.TrimRight(line, "\r\n") {
		switch {
		case c == ';' && !escaped:
			commands = append(commands, command.String())
			command.Reset()
			continue
		case c == '\\' && !escaped:
			escaped = true
			continue
		case escaped && c != ';' && c != '\\':
			command.WriteRune('\\')
		}
		escaped = false
		command.WriteRune(c)
	}
	return append(commands, command.String())
}

// close cuts all connections and waits for those who serve them.
func (a *runtimeAPI) close() error {
	a.mu.Lock()
	a.closed = true
	for conn := range a.conns {
		conn.Close()
	}
	a.mu.Unlock()
	err := a.listener.Close()
	a.served.Wait()
	return err
}

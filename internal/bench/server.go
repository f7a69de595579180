package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// statusPath is where the server tells how many requests it has had, in the words of nginx's stub_status.
const statusPath = "/stub_status"

// server is the target of all tools: nginx, or our own.
type server struct {
	address string
	process *exec.Cmd
	stdin   io.Closer // keeps our own server alive
	ended   chan error
	log     *bytes.Buffer // to be read once ended has been
	client  *http.Client
}

// startServer starts nginx, if its path is not "", or else our own server, and waits until it answers.
// prefix is what pins it to its core.
func startServer(ctx context.Context, nginx, dir string, prefix []string) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	args, err := serverCommand(nginx, dir, address)
	if err != nil {
		return nil, err
	}
	args = append(prefix[:len(prefix):len(prefix)], args...)
	s := &server{address: address, ended: make(chan error, 1), log: &bytes.Buffer{},
		client: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}}
	s.process = exec.Command(args[0], args[1:]...)
	s.process.Stderr, s.process.WaitDelay = s.log, time.Second
	if s.stdin, err = s.process.StdinPipe(); err != nil {
		return nil, err
	}
	ownGroup(s.process)
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("the server: %w", err)
	}
	go func() { s.ended <- s.process.Wait() }()
	if err := s.ready(ctx); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// serverCommand prepares the server's folder and returns its command.
func serverCommand(nginx, dir, address string) ([]string, error) {
	if nginx == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("the server: %w", err)
		}
		return []string{self, "serve", address}, nil
	}
	conf, err := fill(dir, "nginx.conf", struct {
		Address     string
		Connections int
	}{address, 16384})
	if err != nil {
		return nil, err
	}
	return []string{nginx, "-p", dir, "-c", filepath.Base(conf)}, nil
}

// freeAddress is a free port of a loopback address of our own, which other tests do not use; where there
// is only one loopback address, of that one.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.42.11:0")
	if err != nil {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return "", fmt.Errorf("the server: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// ready waits until the server answers.
func (s *server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		_, err := s.requests()
		if err == nil {
			return nil
		}
		select {
		case failure := <-s.ended:
			s.ended <- failure
			return fmt.Errorf("the server did not start: %w: %s", failure, strings.TrimSpace(s.log.String()))
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// requests is how many requests the server has had, this one included.
func (s *server) requests() (int64, error) {
	r, err := s.client.Get("http://" + s.address + statusPath)
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, err
	}
	n := text(body).count(`requests\n \d+ \d+ (\d+)`)
	if n == 0 {
		return 0, fmt.Errorf("%s: no count of requests in %q; this nginx may be one without stub_status: --server own", statusPath, body)
	}
	return n, nil
}

// stop ends the server, by force if it does not follow.
func (s *server) stop() error {
	err := errors.Join(s.stdin.Close(), terminate(s.process.Process))
	select {
	case <-s.ended:
		return nil
	case <-time.After(3 * time.Second):
		return errors.Join(err, killGroup(s.process.Process), <-s.ended)
	}
}

// serverName is the server and its version, for the report.
func serverName(ctx context.Context, nginx string) string {
	if nginx == "" {
		return "a small server of its own"
	}
	return strings.TrimSpace("nginx " + versionOf(ctx, &tool{name: "nginx", version: []string{"-v"}}, nginx))
}
